//! Templates: which there are, and a jail that becomes one or is one no more.
//!
//! Both generations move a jail's datasets for it, or mark the jail, and neither tells more
//! than that it began. Which of the two a jail is, the list of templates tells before and after.

use crate::error::Error;
use crate::iocage::names::JailId;
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;
use crate::iocage::told::Told;

/// What can be asked of templates and done with them.
pub trait Templates: Sync {
    /// All of them, as jails are listed, with the columns of `Jails`. `is_own`: is it the action itself?
    ///
    /// # Errors
    /// As for both: why it could not be found out or done.
    fn templates(&self, session: &Session<'_>, is_own: bool) -> Result<Rows<7>, Error>;
    /// Make a template of a jail that does not run, or of one that is a template a jail again; what
    /// should be looked at if it was done.
    #[allow(clippy::missing_errors_doc)]
    fn set_template(&self, session: &Session<'_>, jail: &JailId, is_wanted: bool) -> Result<Told, Error>;
}
