//! A request that was held to the table of actions.
//!
//! In two steps, so that who may not, or asks for what there is not, costs no more than
//! the look for a name: which action it is and whether the caller may; then its args.

use super::action::Action;
use super::args::Args;
use super::object::{self, Object};
use super::outcome::Failure;
use crate::Access;
use crate::quoted::Quoted;

/// A request for an action that there is, by somebody who may.
pub struct Request<'t, R> {
    action: &'t Action<R>,
    object: Object,
}

impl<'t, R> Request<'t, R> {
    /// Hold args to a table.
    ///
    /// # Errors
    /// `bad-request` (400): no JSON object of sane size that names an action of the table.
    /// `access-denied` (403): the action needs more than the caller has.
    pub fn of(actions: &'t [Action<R>], args: &[u8], access: Access) -> Result<Request<'t, R>, Failure> {
        let name = object::action(args)?;
        let action = actions
            .iter()
            .find(|action| action.name() == name)
            .ok_or_else(|| object::bad(format!("this class has no action {}", Quoted(&name))))?;
        if action.access() > access {
            return Err(Failure::needs(action, action.access()));
        }
        Ok(Request { action, object: Object::parse(action.params(), args)? })
    }

    /// The action.
    #[must_use]
    pub fn action(&self) -> &'t Action<R> {
        self.action
    }

    /// What was sent for a key, if it was a text and has not been read: for logs, where it may
    /// be somebody's nonsense. Of one that is too long the beginning.
    #[must_use]
    pub fn text(&self, key: &str) -> Option<&str> {
        self.object.text(key)
    }

    /// Make the args. Once: they are moved out.
    ///
    /// # Errors
    /// `missing-key`, `contradictory-keys`, `wrong-type`, `too-long`, `illegal-value`, and what
    /// the types of the keys say: the first that is wrong, in the order of the table.
    pub fn read(&mut self) -> Result<Args, Failure> {
        Args::read(self.action.params(), &mut self.object)
    }
}
