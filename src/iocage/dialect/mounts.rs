//! What is mounted for a jail when it starts: an entry of its fstab is put in or taken out.
//!
//! What it says of it is nothing sure; the file is read before and after, in `mounting`.

use crate::error::Error;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::told::Told;

/// What can be done to the mounts of a jail that does not run.
pub trait Mounts: Sync {
    /// Refuse what this generation has no command for, or would do to another jail. Asked before
    /// anything is looked at.
    ///
    /// # Errors
    /// As for both: why it is not done.
    fn mountable(&self, jail: &JailId) -> Result<(), Error>;
    /// Put an entry in: source, target as the jail calls it, type, options, dump and pass; what should
    /// be looked at if it was done.
    #[allow(clippy::missing_errors_doc)]
    fn mount(&self, session: &Session<'_>, jail: &JailId, entry: [&str; 6]) -> Result<Told, Error>;
    /// Take one out, in the same words, and each that is equal to it.
    #[allow(clippy::missing_errors_doc)]
    fn unmount(&self, session: &Session<'_>, jail: &JailId, entry: [&str; 6]) -> Result<Told, Error>;
}
