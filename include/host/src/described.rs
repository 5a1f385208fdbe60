//! What a class says of its actions, as far as a host goes by it: what the caller of each needs.

use std::collections::BTreeMap;

use serde_json::Value;
use sysadm_class::Access;

/// The actions of a class, and what each needs.
#[derive(Debug)]
pub(crate) struct Described(BTreeMap<String, Access>);

impl Described {
    /// Read a description. `None` if it is none, which the examiner of modules would have found.
    pub(crate) fn read(told: &[u8]) -> Option<Described> {
        let told: Value = serde_json::from_slice(told).ok()?;
        let mut needs = BTreeMap::new();
        for action in told["actions"].as_array()? {
            // A word that is not known is not taken for less than it may be.
            let is_limited = action["access"] == Access::Limited.word();
            let access = if is_limited { Access::Limited } else { Access::Full };
            needs.insert(action["action"].as_str()?.to_owned(), access);
        }
        Some(Described(needs))
    }

    /// What this action needs; `None` if there is none of this name.
    pub(crate) fn needs(&self, action: &str) -> Option<Access> {
        self.0.get(action).copied()
    }
}
