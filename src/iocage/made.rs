//! Telling which jails a create or clone has made.
//!
//! iocage does not always say, and a failure may leave half a jail behind. So the
//! jails are looked up before, and where it is needed again after, and compared.
//! Names that are taken are refused on the way: iocage itself would take them
//! from their jail, or fail half-way.

use crate::error::Error;
use crate::iocage::Reads;
use crate::iocage::names::Names;
use crate::iocage::session::Session;

/// The jails before a change.
pub(super) struct Before<'a> {
    reads: &'a dyn Reads,
    session: &'a Session<'a>,
    names: Names,
}

impl<'a> Before<'a> {
    /// Look, and refuse `tags` that are taken.
    pub(super) fn look(
        reads: &'a dyn Reads,
        session: &'a Session<'a>,
        tags: &[String],
    ) -> Result<Before<'a>, Error> {
        let names = reads.names(session)?;
        names.refuse_taken(tags)?;
        Ok(Before { reads, session, names })
    }

    /// The jails that are there now and were not then, as `UUID (tag)`.
    pub(super) fn new_jails(&self) -> Result<Vec<String>, Error> {
        self.reads.names(self.session).map(|after| after.new_since(&self.names))
    }

    /// Why it failed, and what that has left behind.
    pub(super) fn left_behind(&self, error: Error) -> Error {
        let jails = self.new_jails().unwrap_or_default();
        if jails.is_empty() {
            return error;
        }
        let message = format!("{}; it left the jail {} behind", error.message, jails.join(", "));
        Error { message, ..error }
    }
}
