//! A row of the table of actions: what each is and whom it excludes.

use sysadm_class::Access;
use sysadm_class::kit::{self, Args};

use super::context::Run;
use crate::config::Turn;
use crate::iocage::State;
use crate::request::keys::{self, DRYRUN, FETCH, POOL};

/// A row.
pub type Action = kit::Action<Does>;

/// What an action is done with.
#[derive(Clone, Copy)]
pub struct Does {
    /// Whom it excludes.
    pub locks: Lock,
    /// Does it.
    pub run: Run,
    /// What it leaves its jail as, where that goes without saying.
    pub leaves: Option<State>,
}

/// What a request needs: what the action does, or more where it sets properties
/// that reach the host.
#[must_use]
pub fn needs(action: &Action, args: &Args) -> Access {
    action.access().max(keys::props(args).value.access())
}

/// As what a request is counted among those that have programs running.
#[must_use]
pub fn turn(action: &Action, args: &Args) -> Turn {
    match action.run().locks {
        Lock::None => Turn::Read,
        _ if args.is_set(&DRYRUN) => Turn::Read,
        Lock::NamedPool if args.get(&POOL).is_none() => Turn::Read,
        Lock::Command => Turn::Exec,
        Lock::Clean | Lock::Import | Lock::Release | Lock::Update => Turn::Long,
        Lock::NewJail if args.is_set(&FETCH) => Turn::Long,
        _ => Turn::Change,
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
    /// The same, or those to what is left of one; commands in it, and those that make jails of it as of a template.
    Destroy,
    /// Those to the jail, for long: a download belongs to it, or all of it is packed.
    Update,
    /// Those that make a jail of the same name.
    NewJail,
    /// Those that make a jail of the name that is in an image, for long.
    Import,
    /// Those to the jail and those that make one of the same name.
    Clone,
    /// Those to the jail, and those that make jails of it as of a template.
    Template,
    /// The same, and those to one of the name that it is to get.
    Rename,
    /// Those to the jail; all, where the request is about what new jails get.
    Settings,
    /// Those that fetch the same release, and those that make jails of it.
    Release,
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
            Lock::Jail | Lock::Update | Lock::Destroy | Lock::Template => "jail",
            Lock::NewJail | Lock::Import => "new jail",
            Lock::Clone | Lock::Rename => "jail and new jail",
            Lock::Settings => "jail or all",
            Lock::Release => "release",
            Lock::NamedPool | Lock::Pool | Lock::Clean => "all",
        }
    }
}
