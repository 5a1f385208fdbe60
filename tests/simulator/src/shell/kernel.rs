//! The running jails of the shell iocage as the kernel knows them: each by the name `ioc-UUID`.

use std::collections::BTreeMap;

use super::properties;
use crate::prison::{Prison, addresses, told};
use crate::state::{Jail, State};

/// What jls tells: those, and the jails of others.
pub(super) fn running(state: &State) -> Vec<Prison> {
    prisons(state).into_iter().chain(Prison::foreign(state)).collect()
}

/// The one that has this jail's name.
pub(super) fn of_jail<'a>(running: &'a [Prison], jail: &Jail) -> Option<&'a Prison> {
    let name = format!("ioc-{}", properties::uuid(jail));
    running.iter().find(|prison| prison.name == name)
}

pub(crate) fn prisons(state: &State) -> Vec<Prison> {
    let mut prisons = Vec::new();
    for pool in &state.pools {
        for jail in &pool.jails {
            let Some(jid) = jail.jid else { continue };
            // Of two that have one UUID, one runs, and is taken for both.
            if prisons.iter().any(|known: &Prison| known.jid == jid) {
                continue;
            }
            let value = |name| properties::of_jail(state, pool, jail, name);
            let has_vnet = value("vnet") == "on";
            let bound = |name| if has_vnet { Vec::new() } else { addresses(&value(name)) };
            prisons.push(Prison {
                jid,
                name: format!("ioc-{}", properties::uuid(jail)),
                path: format!("{}/root", properties::mountpoint(jail)),
                hostname: told(&jail.hostname, value("host_hostname")),
                hostuuid: value("host_hostuuid"),
                ip4: bound("ip4_addr"),
                ip6: bound("ip6_addr"),
                ruleset: value("devfs_ruleset").parse().unwrap_or(0),
                securelevel: value("securelevel"),
                has_vnet,
                files: jail.files.clone(),
                lacks: jail.lacks.clone(),
                interfaces: BTreeMap::new(),
            });
        }
    }
    prisons
}
