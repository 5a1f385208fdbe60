//! What an action works with: a session, a dialect, and the jail that it is about.

use sysadm_class::kit::Args;

use super::answer::Answer;
use super::detail::Detail;
use crate::error::{Code, Error};
use crate::iocage::{Dialect, JailId, Session};
use crate::request::keys::JAIL;

/// What an action is done by.
pub type Run = fn(&Context<'_>, &Args) -> Result<Answer, Error>;

/// What an action works with.
pub struct Context<'a> {
    /// How iocage is run for this request.
    pub session: &'a Session<'a>,
    /// How iocage is spoken to.
    pub dialect: &'a dyn Dialect,
    /// The jail, if it was looked up on the way to its lock.
    pub(super) found: Option<JailId>,
}

impl Context<'_> {
    /// How long the documented object may be: of the room for the answer what the text of
    /// the run beside it leaves, which gets no more than half.
    pub(super) fn room(&self) -> usize {
        let room = self.session.room.get();
        let detail = self.session.last.borrow().as_ref().map_or(0, Detail::length);
        room - detail.min(room / 2)
    }

    /// The one jail that the request names.
    pub(super) fn jail(&self, args: &Args) -> Result<JailId, Error> {
        match &self.found {
            Some(jail) => Ok(jail.clone()),
            None => self.dialect.names(self.session)?.resolve(args.need(&JAIL)?),
        }
    }

    /// The same, or what is left of one.
    pub(super) fn jail_or_remains(&self, args: &Args) -> Result<JailId, Error> {
        self.jail(args).or_else(|error| {
            if error.code != Code::UnknownJail {
                return Err(error);
            }
            match self.dialect.remains(self.session, args.need(&JAIL)?) {
                Ok(found) => found.ok_or(error),
                Err(why) => {
                    log::warn!("whether something is left of it is not known: {}", why.message);
                    Err(error)
                }
            }
        })
    }
}
