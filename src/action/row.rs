//! A row of the table of actions: what each is and whom it excludes.

use sysadm_class::Access;

use super::answer::Answer;
use super::context::Context;
use crate::config::Turn;
use crate::error::Error;
use crate::request::{Arguments, Key};

/// What an action is.
pub struct Action {
    /// The word in a request.
    pub name: &'static str,
    /// A sentence.
    pub summary: &'static str,
    /// What its caller needs.
    pub access: Access,
    /// Whom it excludes.
    pub locks: Lock,
    /// The keys it takes beside `action`.
    pub keys: &'static [Key],
    /// The words its `switches` may hold.
    pub switches: &'static [&'static str],
    /// Does it.
    pub run: fn(&Context<'_>, &Arguments) -> Result<Answer, Error>,
}

impl Action {
    /// What a request needs: what the action does, or more where it sets properties
    /// that reach the host.
    #[must_use]
    pub fn needs(&self, arguments: &Arguments) -> Access {
        self.access.max(arguments.props.0.access())
    }

    /// As what a request is counted among those that have programs running.
    #[must_use]
    pub fn turn(&self, arguments: &Arguments) -> Turn {
        match self.locks {
            Lock::None => Turn::Read,
            Lock::NamedPool if arguments.pool().is_none() => Turn::Read,
            Lock::Command => Turn::Exec,
            Lock::Clean => Turn::Long,
            Lock::NewJail if arguments.fetch => Turn::Long,
            _ => Turn::Change,
        }
    }
}

/// Which changes, and commands that iocage runs in jails, an action excludes while
/// it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// None: it changes nothing that iocage keeps.
    None,
    /// None, but it runs a command in a jail, which must stay the one that it is.
    Command,
    /// Those to the jail.
    Jail,
    /// The same, or those to what is left of one; and commands in it.
    Destroy,
    /// Those that make a jail of the same name.
    NewJail,
    /// Those to the jail and those that make one of the same name.
    Clone,
    /// All, if the request names a pool; otherwise it is a question.
    NamedPool,
    /// All.
    Pool,
    /// All, and commands in all jails.
    Clean,
}

impl Lock {
    /// The word in a description.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Lock::None | Lock::Command => "none",
            Lock::Jail | Lock::Destroy => "jail",
            Lock::NewJail => "new jail",
            Lock::Clone => "jail and new jail",
            Lock::NamedPool | Lock::Pool | Lock::Clean => "all",
        }
    }
}
