//! How many requests may have programs running at once, by what they are.
//!
//! Apart, so that none of them keeps out another kind: somebody stops a jail while
//! commands hang in all others, and sees what there is while releases are fetched.
//!
//! The numbers think of a server with 4 to 64 cores. What a request costs is iocage: a
//! list of a hundred jails is 25 to 1,155 processes, one after the other, for seconds; so
//! a read keeps a core busy, and four of them a small machine. On a large one more would
//! only ask ZFS the same again, and reads that are equal wait together for one answer.
//! A change waits more than it works (for a jail's own scripts, for daemons to end), so
//! there may be twice as many. Fetching and cleaning are bound by the network and by ZFS.
//! A command in a jail is two processes that sleep most of the time, but what it prints is
//! held in memory, and one that hangs has its place for ten minutes.

use serde_json::Value;

use super::value::{bad, known_keys, number};
use crate::error::Error;

/// What a request is, when it is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// It looks something up.
    Read,
    /// It changes a jail or a pool.
    Change,
    /// It fetches a release, or cleans.
    Long,
    /// It runs a command in a jail.
    Exec,
    /// It asks whether the class can work. Few ask that, and nobody should be told that it
    /// cannot because others have much to read.
    Health,
}

impl Turn {
    /// All of them, in order.
    pub const ALL: [Turn; 5] = [Turn::Read, Turn::Change, Turn::Long, Turn::Exec, Turn::Health];

    /// Those that are configured, with their key, the default, and what the others are called
    /// that are in the way.
    pub const CONFIGURED: [(Turn, &'static str, usize); 4] = [
        (Turn::Read, "read", 4),
        (Turn::Change, "change", 8),
        (Turn::Long, "long", 2),
        (Turn::Exec, "exec", 16),
    ];

    /// What requests of this kind are called.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Turn::Read => "lookups",
            Turn::Change => "changes",
            Turn::Long => "downloads or cleanings",
            Turn::Exec => "commands in jails",
            Turn::Health => "questions for health",
        }
    }
}

/// The most that may be configured: a host has no more threads for them.
const MOST: u64 = 1024;
/// Of health.
const HEALTH: usize = 2;

/// How many there may be of each kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AtOnce([usize; Turn::ALL.len()]);

impl AtOnce {
    /// How many of this kind.
    #[must_use]
    pub fn of(&self, turn: Turn) -> usize {
        self.0[turn as usize]
    }

    /// The value of the key; kinds that it does not name have their default.
    pub(super) fn parse(value: &Value) -> Result<AtOnce, Error> {
        let Value::Object(object) = value else {
            return Err(bad("at_once", "`at_once` takes an object of numbers".to_owned()));
        };
        known_keys("at_once", object, &Turn::CONFIGURED.map(|(_, key, _)| key))?;
        let mut at_once = AtOnce::default();
        for (turn, key, _) in Turn::CONFIGURED {
            if let Some(value) = object.get(key) {
                // At most 1024, as `number` sees to.
                at_once = at_once.with(turn, number("at_once", value, 1, MOST)? as usize);
            }
        }
        Ok(at_once)
    }

    /// The same with another number of this kind.
    #[must_use]
    pub fn with(mut self, turn: Turn, bound: usize) -> AtOnce {
        self.0[turn as usize] = bound;
        self
    }
}

impl Default for AtOnce {
    fn default() -> AtOnce {
        let none = AtOnce([HEALTH; Turn::ALL.len()]);
        Turn::CONFIGURED.into_iter().fold(none, |all, (turn, _, bound)| all.with(turn, bound))
    }
}
