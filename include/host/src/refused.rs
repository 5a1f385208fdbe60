//! Why a module was not loaded, swapped or unloaded: a word for programs and a
//! sentence for people. Nothing was changed then.

use std::fmt;

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
