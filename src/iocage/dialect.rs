//! What a generation of iocage is asked and told, and what it answers with.
//!
//! Reading and changing are two interfaces, because other sources can be read
//! from than are changed through. Neither has heard of JSON; both return typed
//! values, or an error whose text is iocage's own.
//!
//! They stand apart from those that answer, in `shell` and `python`, and from
//! what chooses among these, so that both know the interface and it knows neither.

mod images;
mod mounts;
mod releases;
mod settings;
mod snapshots;
mod templates;
mod updates;

use crate::error::{Child, Error};
use crate::iocage::lines::Lines;
use crate::iocage::names::{JailId, Names};
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;
use crate::iocage::text::{OneValue, Properties};
use crate::iocage::told::Told;
use crate::policy::{CommandLine, JailName, PoolName, PropertyName, Props, UserName};

pub use images::{Exported, Images};
pub use mounts::Mounts;
pub use releases::Releases;
pub use settings::{Set, Settings, Settled, Works};
pub use snapshots::{Said, Snapshots};
pub use templates::Templates;
pub use updates::Updates;

/// The jails: JID, UUID, BOOT, STATE, TAG, TYPE and IP4 of each.
pub type Jails = Rows<7>;
/// What each uses: UUID, CRT, RES, QTA, USE, AVA and TAG.
pub type Usage = Rows<7>;
/// One property of each: UUID, TAG and the value.
pub type ValueOfEach = Rows<3>;

/// What can be looked up.
pub trait Reads: Sync {
    /// UUID and tag of every jail, templates included. A question on the way
    /// to something else.
    ///
    /// # Errors
    /// As for all of these: why it could not be found out.
    fn names(&self, session: &Session<'_>) -> Result<Names, Error>;
    /// Is the jail there, and does it run?
    #[allow(clippy::missing_errors_doc)]
    fn state(&self, session: &Session<'_>, jail: &JailId) -> Result<State, Error>;
    /// What is left of a jail that iocage does not know for one, if it is called so.
    #[allow(clippy::missing_errors_doc)]
    fn remains(&self, _: &Session<'_>, _: &JailName) -> Result<Option<JailId>, Error> {
        Ok(None)
    }
    /// All jails.
    #[allow(clippy::missing_errors_doc)]
    fn jails(&self, session: &Session<'_>) -> Result<Jails, Error>;
    /// The same, with seven columns more: UUID, release, IPv6 address, template, basejail, path and
    /// pool; a dash for what is not told.
    #[allow(clippy::missing_errors_doc)]
    fn jails_and_more(&self, session: &Session<'_>) -> Result<Jails, Error>;
    /// What every jail uses.
    #[allow(clippy::missing_errors_doc)]
    fn usage(&self, session: &Session<'_>) -> Result<Usage, Error>;
    /// The properties a new jail gets.
    #[allow(clippy::missing_errors_doc)]
    fn defaults(&self, session: &Session<'_>) -> Result<Properties, Error>;
    /// One property of a jail.
    #[allow(clippy::missing_errors_doc)]
    fn property(&self, session: &Session<'_>, jail: &JailId, name: &PropertyName) -> Result<OneValue, Error>;
    /// All properties of a jail.
    #[allow(clippy::missing_errors_doc)]
    fn properties(&self, session: &Session<'_>, jail: &JailId) -> Result<Properties, Error>;
    /// Does iocage answer of another jail where the one that it is asked for has gone?
    /// Only where it is found by more than its whole name: a full UUID, which the shell
    /// iocage is given, is no other jail's, and gone it is none's.
    fn may_answer_of_another(&self) -> bool {
        false
    }
    /// One property of every jail, and of the defaults.
    #[allow(clippy::missing_errors_doc)]
    fn property_of_each(&self, session: &Session<'_>, name: &PropertyName) -> Result<ValueOfEach, Error>;
    /// What the logs of the console of the jail of this UUID are called.
    fn consoles(&self, uuid: &str) -> Vec<String> {
        vec![format!("{uuid}-console.log")]
    }
    /// Why any question would change something now, where that can be known without
    /// asking one: iocage activates a pool by itself, and makes datasets that it misses.
    fn would_change(&self, session: &Session<'_>) -> Option<String>;
    /// The active pool.
    #[allow(clippy::missing_errors_doc)]
    fn active_pool(&self, session: &Session<'_>) -> Result<String, Error>;
}

/// Where a jail is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Up,
    /// It is there and does not run.
    Down,
    /// It is there, but nothing is in it: a destroy went half the way.
    Hollow,
    /// There is none.
    Gone,
}

impl State {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            State::Up => "up",
            State::Down => "down",
            State::Hollow => "half destroyed",
            State::Gone => "gone",
        }
    }
}

/// What can be done. An `Ok` means it was done: the outcome is judged by exit
/// status and both streams, and where those are known to lie by looking again.
pub trait Changes: Sync {
    /// Use a pool.
    ///
    /// # Errors
    /// As for all of these: why it was not done.
    fn activate(&self, session: &Session<'_>, pool: &PoolName) -> Result<Done, Error>;
    /// Do not use a pool any more.
    #[allow(clippy::missing_errors_doc)]
    fn deactivate(&self, session: &Session<'_>, pool: &PoolName) -> Result<Done, Error>;
    /// Start a jail, or find that it runs.
    #[allow(clippy::missing_errors_doc)]
    fn start(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error>;
    /// Stop a jail, or find that it does not run.
    #[allow(clippy::missing_errors_doc)]
    fn stop(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error>;
    /// Apply the resource limits of a running jail again.
    #[allow(clippy::missing_errors_doc)]
    fn cap(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error>;
    /// Refuse properties that this generation would do something else with, or
    /// has not. Asked before anything is run.
    #[allow(clippy::missing_errors_doc)]
    fn accepts(&self, props: &Props) -> Result<(), Error>;
    /// May a destroy, or a create that fails, take other jails along, whose names are
    /// not known before? Then each excludes all other changes.
    fn takes_others_along(&self) -> bool {
        false
    }
    /// Does it call a new jail without a tag by the time, which another may have?
    fn calls_jails_by_the_time(&self) -> bool {
        false
    }
    /// Clone a jail.
    #[allow(clippy::missing_errors_doc)]
    fn clone_jail(&self, session: &Session<'_>, jail: &JailId, props: &Props) -> Result<Done, Error>;
    /// Create a jail.
    #[allow(clippy::missing_errors_doc)]
    fn create(&self, session: &Session<'_>, creation: &Creation<'_>) -> Result<Created, Error>;
    /// Destroy a jail that does not run and has no dependents.
    #[allow(clippy::missing_errors_doc)]
    fn destroy(&self, session: &Session<'_>, jail: &JailId) -> Result<Done, Error>;
    /// Run a command in a jail.
    #[allow(clippy::missing_errors_doc)]
    fn exec(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        user: &UserName,
        command: &CommandLine,
    ) -> Result<Done, Error>;
    /// Destroy whole sorts of things. While jails run, or clones of what would be
    /// destroyed lie elsewhere, only with `force`; then it is told what went.
    #[allow(clippy::missing_errors_doc)]
    fn clean(&self, session: &Session<'_>, what: Clean, force: bool) -> Result<Done, Error>;
}

/// A generation of iocage.
pub trait Dialect:
    Reads + Changes + Images + Mounts + Releases + Settings + Snapshots + Templates + Updates
{
}
impl<T: Reads + Changes + Images + Mounts + Releases + Settings + Snapshots + Templates + Updates> Dialect
    for T
{
}

/// A jail to create, in the words of the document.
#[derive(Clone, Copy, Debug)]
pub struct Creation<'a> {
    /// Its properties; `tag`, `release` and `template` among them.
    pub props: &'a Props,
    /// Of the switches that the document's iocage has.
    pub switches: &'a [String],
    /// May the release be downloaded, if it is not there?
    pub fetch: bool,
}

/// Something was done, and this is what was said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// In the document's form.
    pub lines: Lines,
    /// What an administrator should look at although it was done.
    pub warnings: Told,
    /// The jails that are new, as `UUID (tag)` or by the one name that they have.
    pub made: Told,
    /// The limits that were applied, where they are applied one by one.
    pub applied: Vec<String>,
    /// The datasets that are gone, where that was asked for.
    pub destroyed: Vec<String>,
    /// The end of a command in a jail, should nobody wait for its lines.
    pub child: Option<Box<Child>>,
}

/// A jail was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// With what was said of it.
    Jail(Done),
    /// An empty one, of which only the UUID is told.
    Empty {
        /// Its UUID.
        uuid: String,
        /// As in [`Done`].
        warnings: Told,
    },
}

/// What is cleaned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clean {
    /// Everything of iocage's.
    All,
    /// All jails.
    Jails,
    /// All releases.
    Releases,
    /// All templates.
    Templates,
}
