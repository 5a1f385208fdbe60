//! Bringing a jail to the latest patches of its release.
//!
//! Both generations make a snapshot first and leave the work to FreeBSD's `freebsd-update`, whose
//! outcome only one of them hands on. What came of it is looked at beside that, in `updates`.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::told::Told;

/// What can be done to bring a jail up to date.
pub trait Updates: Sync {
    /// Refuse a jail of these properties that iocage does not update, or not by itself: others of
    /// the same files would change with it. Asked before anything is run.
    ///
    /// # Errors
    /// As for both: why it is not done.
    fn updatable(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        values: &BTreeMap<String, String>,
        is_up: bool,
    ) -> Result<(), Error>;
    /// Do it; what should be looked at although it was done.
    #[allow(clippy::missing_errors_doc)]
    fn update(&self, session: &Session<'_>, jail: &JailId) -> Result<Told, Error>;
    /// How the snapshot that it makes before is called: it begins so, and the time follows.
    fn update_snapshot(&self) -> &'static str;
}
