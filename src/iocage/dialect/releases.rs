//! Releases: which are fetched, which could be, and fetching one.

use crate::error::Error;
use crate::iocage::session::Session;
use crate::iocage::told::Told;
use crate::policy::Release;

/// What can be asked of releases and done with them.
pub trait Releases: Sync {
    /// The active pool, on the way to something else.
    ///
    /// # Errors
    /// As for all of these: why it could not be found out or done.
    fn pool(&self, session: &Session<'_>) -> Result<String, Error>;
    /// The releases that iocage's server has, and what it printed beside them.
    #[allow(clippy::missing_errors_doc)]
    fn remote(&self, session: &Session<'_>) -> Result<(Vec<Release>, Told), Error>;
    /// Fetch one, of which nothing is there; what should be looked at although it was done. The
    /// others are the names below `releases`.
    #[allow(clippy::missing_errors_doc)]
    fn fetch(&self, session: &Session<'_>, release: &Release, others: &[&str]) -> Result<Told, Error>;
}
