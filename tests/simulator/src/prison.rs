//! A running jail as the kernel knows it, whoever has started it: what jls(8) and jexec(8) go by.

use std::collections::{BTreeMap, BTreeSet};

use crate::state::{Foreign, State};

/// One running jail. (`jail` is what iocage has; the kernel's word keeps the two apart.)
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prison {
    pub(crate) jid: u64,
    pub(crate) name: String,
    pub(crate) path: String,
    pub(crate) hostname: String,
    pub(crate) hostuuid: String,
    pub(crate) ip4: Vec<String>,
    pub(crate) ip6: Vec<String>,
    pub(crate) ruleset: u64,
    pub(crate) securelevel: String,
    pub(crate) has_vnet: bool,
    /// What lies in it beside what every jail has, and what is not in it.
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) lacks: BTreeSet<String>,
    /// Interfaces of its own, with the address that each has, if any.
    pub(crate) interfaces: BTreeMap<String, Option<String>>,
}

impl Prison {
    /// Those that are not iocage's.
    pub(crate) fn foreign(state: &State) -> impl Iterator<Item = Prison> {
        state.foreign.iter().map(Prison::of_foreign)
    }

    fn of_foreign(jail: &Foreign) -> Prison {
        Prison {
            jid: jail.jid,
            name: jail.name.clone(),
            path: jail.path.clone(),
            hostname: jail.hostname.clone(),
            hostuuid: "00000000-0000-0000-0000-000000000000".to_owned(),
            ip4: addresses(&jail.ip4),
            ip6: Vec::new(),
            ruleset: 0,
            securelevel: "-1".to_owned(),
            has_vnet: false,
            files: BTreeMap::new(),
            lacks: BTreeSet::new(),
            interfaces: BTreeMap::new(),
        }
    }
}

/// The addresses of what is configured: `192.168.1.12` and `192.168.1.13` of
/// `em0|192.168.1.12/24,em0|192.168.1.13/24`.
pub(crate) fn addresses(configured: &str) -> Vec<String> {
    if matches!(configured, "none" | "-" | "") {
        return Vec::new();
    }
    configured
        .split(',')
        .map(|address| address.split_once('|').map_or(address, |(_interface, address)| address))
        .map(|address| address.split_once('/').map_or(address, |(address, _mask)| address))
        .map(str::to_owned)
        .collect()
}

/// The hostname that a jail's root has set, or the one that it was started with.
pub(crate) fn told(by_root: &str, at_start: String) -> String {
    if by_root.is_empty() { at_start } else { by_root.to_owned() }
}

/// Finds one by what jail_getid(3) takes: a number is a jid, all else is a name.
///
/// # Errors
/// What the kernel says where there is none.
pub(crate) fn find(prisons: Vec<Prison>, word: &str) -> Result<Prison, String> {
    let jid = word.bytes().all(|byte| byte.is_ascii_digit()).then(|| word.parse::<u64>().ok()).flatten();
    let found = prisons.into_iter().find(|prison| match jid {
        Some(jid) => prison.jid == jid,
        None => prison.name == word,
    });
    found.ok_or_else(|| match jid {
        Some(jid) => format!("jail {jid} not found"),
        None => format!("jail \"{word}\" not found"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_lose_interface_and_mask() {
        assert_eq!(addresses("em0|10.0.0.1/24,em1|10.0.0.2"), ["10.0.0.1", "10.0.0.2"]);
        assert_eq!(addresses("10.0.0.1"), ["10.0.0.1"]);
        assert_eq!(addresses("none"), [""; 0]);
    }
}
