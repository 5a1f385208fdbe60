//! Images: a jail as one file, which iocage packs and, on another machine or a later day, unpacks.
//!
//! Where such a file lies is iocage's to say and nobody else's: no path comes from a request.

use crate::error::Error;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::told::Told;
use crate::policy::ImageName;

/// What can be done with images.
pub trait Images: Sync {
    /// Is there anything that a configuration could turn on?
    fn has_images(&self) -> bool {
        true
    }

    /// Pack a jail that does not run into a file in iocage's own folder, and tell of that file.
    ///
    /// # Errors
    /// Why not, and what that has left.
    fn export(&self, session: &Session<'_>, jail: &JailId) -> Result<Exported, Error>;

    /// Make a jail of an image in that folder, and tell what to look at although it was done.
    ///
    /// # Errors
    /// Why not, and what that has left.
    fn import(&self, session: &Session<'_>, image: &ImageName) -> Result<Told, Error>;
}

/// A file that was made.
#[derive(Debug)]
pub struct Exported {
    /// What it is called in the folder.
    pub image: String,
    /// Where it is, the whole path.
    pub path: String,
    /// How long it is, in bytes.
    pub bytes: u64,
    /// The SHA-256 that iocage has written beside it, in hexadecimal digits.
    pub sha256: Option<String>,
    /// What to look at although it was done.
    pub warnings: Told,
}
