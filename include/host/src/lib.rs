//! Class modules that are replaced under load.
//!
//! A [`Registry`] holds classes by namespace and name. Each is served by one
//! generation at a time: a loaded module with its instance. A swap makes a new
//! generation ready beside the old one and then puts it in its place:
//!
//! 1. `stage`: the file is copied to a private path that no file had before.
//!    The system's loader gives back the old library for a path it knows, and a
//!    mapped file that somebody writes over is a crash; our copy is neither.
//! 2. `candidate`: load, handshake, identity, create, hand-over of state, health
//!    probe. Each step runs foreign code, so each has a time limit.
//! 3. Publish: one pointer is exchanged under a lock that is otherwise held for
//!    taking a reference. Until here any failure leaves the old one untouched.
//! 4. `reaper`: requests hold the generation they began with. When the last one
//!    has been answered, the old one is closed, and then unmapped or kept.
//!
//! [`Registry::list`] shows every generation with its state and its counts;
//! [`Watch`] swaps by itself when a file is replaced.
//!
//! A file descriptor passed to a new process, the other way to replace code,
//! was not chosen: requests in flight could not be carried over, and the server
//! holds connections that have nothing to do with the class.

mod bounded;
mod candidate;
pub mod dispatcher;
mod generation;
mod history;
mod mapped;
mod modules;
mod reaper;
mod registry;
mod slot;
mod stage;
mod watch;

use std::fmt;
use std::time::Duration;

use sysadm_class::host::Door;

pub use candidate::Handed;
pub use generation::{Generation, State};
pub use mapped::is_mapped;
pub use registry::{Registry, Swapped};
pub use slot::Answer;
pub use stage::{Stage, Staged};
pub use watch::Watch;

/// What a host decides about its modules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Through which door modules are loaded.
    pub door: Door,
    /// May a module that declares itself fit for it be unmapped? If not, it
    /// stays mapped when it has been replaced.
    pub unload: bool,
    /// How long loading, and how long creating an instance may take.
    pub create: Duration,
    /// How long handing over the state may take, on either side.
    pub state: Duration,
    /// How long the health probe may take.
    pub probe: Duration,
    /// How long the requests of a replaced generation may run on before they are
    /// cancelled.
    pub drain: Duration,
    /// How long they then have to end.
    pub cancel: Duration,
    /// How many generations that serve no more may be mapped at once. At that
    /// number swaps are refused.
    pub most_retained: usize,
}

impl Policy {
    /// The defaults for a door. On FreeBSD nothing is unmapped: that a module can
    /// be was proved on Linux only.
    #[must_use]
    pub const fn new(door: Door) -> Policy {
        Policy {
            door,
            unload: !cfg!(target_os = "freebsd"),
            create: Duration::from_secs(10),
            state: Duration::from_secs(5),
            probe: Duration::from_secs(30),
            drain: Duration::from_secs(60),
            cancel: Duration::from_secs(15),
            most_retained: 32,
        }
    }
}

/// What kept a module from being loaded, swapped or unloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// There is no such class here, or it has nothing to go back to.
    Unknown,
    /// Another swap is under way.
    Busy,
    /// As many generations are mapped as may be.
    Full,
    /// The file could not be staged.
    File,
    /// It is no module for this host.
    Load,
    /// It is another class.
    Identity,
    /// It gave no instance.
    Create,
    /// The state could not be handed over.
    Hand,
    /// It is not able to work.
    Health,
}

impl Obstacle {
    /// The stable word for programs.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Obstacle::Unknown => "unknown-class",
            Obstacle::Busy => "swap-busy",
            Obstacle::Full => "too-many-retained",
            Obstacle::File => "file-refused",
            Obstacle::Load => "load-refused",
            Obstacle::Identity => "other-class",
            Obstacle::Create => "create-failed",
            Obstacle::Hand => "state-refused",
            Obstacle::Health => "health-failed",
        }
    }
}

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// For programs.
    pub obstacle: Obstacle,
    /// For people: a sentence.
    pub why: String,
}

impl Refused {
    pub(crate) fn new(obstacle: Obstacle, why: impl Into<String>) -> Refused {
        Refused { obstacle, why: why.into() }
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

impl std::error::Error for Refused {}
