//! What a generation of iocage can do to the settings of a jail that there is: its
//! properties, and what it is called.
//!
//! Where one property fails, those before it are set, and both generations say little of
//! it. So what can be known before is asked before, and what came of it is read again:
//! the reading is a question here, beside those that are answered.

use std::collections::BTreeMap;

use crate::error::Error;
use crate::iocage::lines::Lines;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::text::Properties;
use crate::iocage::told::Told;
use crate::policy::{NewName, Props};

/// When a property of a jail that runs works as it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Works {
    /// At once, or at the next moment that it is for, as what is run at a stop.
    AtOnce,
    /// Not before the jail starts again.
    AtStart,
    /// Not before the limits are applied again.
    Capped,
    /// Not at all: it is refused until the jail is stopped.
    Stopped,
}

/// What was said of properties that are set.
#[derive(Debug, Default)]
pub struct Set {
    /// What an administrator should look at.
    pub warnings: Told,
    /// Those of which nothing tells that they are set, but that they are seen to be.
    pub untold: Vec<String>,
}

/// What was said of a restart, or of another name.
#[derive(Debug, Default)]
pub struct Settled {
    /// In the document's form.
    pub lines: Lines,
    /// What an administrator should look at.
    pub warnings: Told,
    /// The jail as it is now, as `UUID (tag)`, where it has got another name.
    pub now: Told,
}

/// What can be done to them. `None` in place of a jail stands for what new jails get.
pub trait Settings: Sync {
    /// Refuse properties that this generation does not set, or sets to something else. Asked before
    /// anything is run.
    ///
    /// # Errors
    /// As for all of these: why it is not done.
    fn settable(&self, props: &Props, of_defaults: bool) -> Result<(), Error>;
    /// When does it work, where a jail of these properties runs?
    fn works(&self, name: &str, values: &BTreeMap<String, String>) -> Works;
    /// All properties as they are now, and those of `props` among them that there are.
    #[allow(clippy::missing_errors_doc)]
    fn settings(
        &self,
        session: &Session<'_>,
        jail: Option<&JailId>,
        props: &Props,
    ) -> Result<Properties, Error>;
    /// Set properties, one after the other; the first that fails is the last.
    #[allow(clippy::missing_errors_doc)]
    fn set(&self, session: &Session<'_>, jail: Option<&JailId>, props: &Props) -> Result<Set, Error>;
    /// Run the services of a running jail anew, and leave the jail itself as it is.
    #[allow(clippy::missing_errors_doc)]
    fn restart_softly(&self, session: &Session<'_>, jail: &JailId) -> Result<Settled, Error>;
    /// Call a jail by a name that no other has.
    #[allow(clippy::missing_errors_doc)]
    fn rename(&self, session: &Session<'_>, jail: &JailId, name: &NewName) -> Result<Settled, Error>;
}
