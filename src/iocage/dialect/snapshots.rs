//! Snapshots of a jail: how each generation is told to make and to remove one, and where they are.
//!
//! Which there are, ZFS is asked, before and after (`machine::snapshots`): neither generation tells
//! numbers, and both end with words and an exit status that say nothing sure.

use crate::error::Error;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::told::Told;
use crate::policy::SnapshotName;

/// What can be done with the snapshots of a jail.
pub trait Snapshots: Sync {
    /// The datasets of which one is the jail's: the one that is there, and of two the first.
    ///
    /// # Errors
    /// As for all of these: why they are not known, or what was not run.
    fn places(&self, session: &Session<'_>, jail: &JailId) -> Result<[String; 2], Error>;
    /// Make a snapshot of all of a jail's datasets; without a name it gets one by the time.
    #[allow(clippy::missing_errors_doc)]
    fn snapshot(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        name: Option<&SnapshotName>,
    ) -> Result<Said, Error>;
}

/// What iocage said of what it has done, which is nothing sure.
#[derive(Debug)]
pub struct Said {
    /// The snapshot that it says it made, or how what it makes without a name begins.
    pub name: String,
    /// Did it say that it failed?
    pub has_failed: bool,
    /// What to look at although it was done.
    pub warnings: Told,
    /// Why it was not done, should that be so.
    pub why_not: Error,
}
