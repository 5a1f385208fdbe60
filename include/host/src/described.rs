//! What a class says of its actions, as far as a host goes by it: what the caller of each needs, and whether it is long.

use std::collections::BTreeMap;

use serde_json::Value;
use sysadm_class::Access;

/// What a class says of one of its actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Told {
    /// What its caller needs. Full access is also what a word means that is not known.
    pub access: Access,
    /// May it take longer than a client waits?
    pub is_long: bool,
}

/// The actions of a class, and what it says of each.
#[derive(Debug)]
pub(crate) struct Described(BTreeMap<String, Told>);

impl Described {
    /// Read a description. `None` if it is none, which the examiner of modules would have found.
    pub(crate) fn read(told: &[u8]) -> Option<Described> {
        let told: Value = serde_json::from_slice(told).ok()?;
        let mut needs = BTreeMap::new();
        for action in told["actions"].as_array()? {
            // A word that is not known is not taken for less than it may be.
            let is_limited = action["access"] == Access::Limited.word();
            let access = if is_limited { Access::Limited } else { Access::Full };
            let is_long = action["long"] == true;
            needs.insert(action["action"].as_str()?.to_owned(), Told { access, is_long });
        }
        Some(Described(needs))
    }

    /// What is said of this action; `None` if there is none of this name.
    pub(crate) fn told(&self, action: &str) -> Option<Told> {
        self.0.get(action).copied()
    }
}
