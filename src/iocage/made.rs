//! Telling which jails a create or clone has made, and whether a destroy that
//! failed has done it all the same.
//!
//! iocage does not always say, and a failure may leave half a jail behind. So the
//! jails are looked up before, and where it is needed again after, and compared.
//! Names that are taken are refused on the way: iocage itself would take them
//! from their jail, or fail half-way.

use crate::error::{Code, Error};
use crate::iocage::Reads;
use crate::iocage::names::{JailId, Names};
use crate::iocage::session::Session;
use crate::iocage::text::some_of;

/// The jails before a change.
pub(super) struct Before<'a> {
    reads: &'a dyn Reads,
    session: &'a Session<'a>,
    names: Names,
    tags: Vec<String>,
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
        Ok(Before { reads, session, names, tags: tags.to_vec() })
    }

    /// The jails of the tags that are there now and were not then, as `UUID (tag)`:
    /// another request may make some, too.
    pub(super) fn new_jails(&self) -> Result<Vec<String>, Error> {
        self.reads.names(self.session).map(|after| after.new_since(&self.names, &self.tags))
    }

    /// Why it failed, and what that has left behind, if it was run at all.
    pub(super) fn left_behind(&self, error: Error) -> Error {
        if !self.session.changed.get() {
            return error;
        }
        let left = match self.new_jails() {
            Ok(jails) => {
                let told = left_behind(&jails, &self.tags);
                self.session.left.replace(jails);
                told
            }
            Err(why) => format!("; whether it left a jail behind is not known: {}", why.message),
        };
        let message = format!("{}{left}", error.message);
        Error { message, ..error }
    }
}

/// The end of a sentence that tells of what a failure has left. A jail that nobody gave a
/// name may be another request's.
pub(super) fn left_behind(jails: &[String], tags: &[String]) -> String {
    match (jails, tags) {
        ([], _) => String::new(),
        (jails, []) => format!(
            "; new since it began, by it or by somebody else: {}",
            some_of(jails.iter().map(|jail| &**jail))
        ),
        (jails, _) => format!("; it left the jail {} behind", some_of(jails.iter().map(|jail| &**jail))),
    }
}

/// Why a destroy failed: with a reason of iocage's own it may have gone half the way.
pub(super) fn or_gone(reads: &dyn Reads, session: &Session<'_>, jail: &JailId, error: Error) -> Error {
    if error.code != Code::IocageFailed
        || !matches!(reads.names(session), Ok(names) if !names.holds(jail.uuid()))
    {
        return error;
    }
    let message = format!("{}; the jail {} is gone all the same", error.message, jail.uuid());
    Error { message, ..error }
}
