//! How long a program may run, by what it is run for.
//!
//! A limit is no estimate: it is there so that a program that hangs does not hold its
//! request, its jail and a thread of the host for ever.

use std::time::Duration;

use serde_json::Value;

use super::value::{bad, known_keys, number};
use crate::error::Error;

/// The kinds of action that differ in how long they take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Looking something up.
    Read,
    /// Starting, stopping, capping a jail; activating a pool.
    Start,
    /// Creating, cloning, destroying a jail.
    Create,
    /// Cleaning.
    Clean,
    /// Running a command in a jail.
    Exec,
    /// Downloading a release, perhaps for a jail that is created; packing a jail, and unpacking one.
    Fetch,
}

impl Kind {
    /// All kinds with their key in the configuration and the default, in seconds.
    pub const ALL: [(Kind, &'static str, u64); 6] = [
        (Kind::Read, "read", 120),
        (Kind::Start, "start", 300),
        (Kind::Create, "create", 900),
        (Kind::Clean, "clean", 3600),
        (Kind::Exec, "exec", 600),
        (Kind::Fetch, "fetch", 3600),
    ];
}

/// A day: a longer time limit is none.
const MAX_TIMEOUT_S: u64 = 86_400;

/// A time limit for each kind of action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts([Duration; Kind::ALL.len()]);

impl Timeouts {
    /// How long a program may run for an action of this kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> Duration {
        self.0[kind as usize]
    }

    /// The value of the key; kinds that it does not name have their default.
    pub(super) fn parse(value: &Value) -> Result<Timeouts, Error> {
        let Value::Object(object) = value else {
            return Err(bad("timeouts_s", "`timeouts_s` takes an object of seconds".to_owned()));
        };
        known_keys("timeouts_s", object, &Kind::ALL.map(|(_, key, _)| key))?;
        let mut timeouts = Timeouts::default();
        for (kind, key, _) in Kind::ALL {
            if let Some(value) = object.get(key) {
                timeouts.0[kind as usize] =
                    Duration::from_secs(number("timeouts_s", value, 1, MAX_TIMEOUT_S)?);
            }
        }
        Ok(timeouts)
    }
}

impl Default for Timeouts {
    fn default() -> Timeouts {
        Timeouts(Kind::ALL.map(|(_, _, seconds)| Duration::from_secs(seconds)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_kind_has_its_own_limit_at_its_own_place() {
        for (kind, key, _) in Kind::ALL {
            let value = json!({key: 7});
            let timeouts = Timeouts::parse(&value).expect("valid");
            assert_eq!(timeouts.of(kind), Duration::from_secs(7), "{key}");
            assert_eq!(Kind::ALL.iter().filter(|k| timeouts.of(k.0) == Duration::from_secs(7)).count(), 1);
        }
    }
}
