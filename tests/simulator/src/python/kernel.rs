//! The running jails of the Python iocage as the kernel knows them: each by the name `ioc-NAME`, where a dot, which
//! would mean a jail in a jail, is an underscore.

use super::properties::{self, is_true};
use super::{names, network};
use crate::prison::{Prison, addresses, told};
use crate::state::State;

pub(crate) fn prisons(state: &State) -> Vec<Prison> {
    let mut prisons: Vec<Prison> = Vec::new();
    for pool in &state.pools {
        for jail in &pool.jails {
            let Some(jid) = jail.jid else { continue };
            // What iocage takes for two running jails, for their names differ in a dot, is one.
            if prisons.iter().any(|known| known.jid == jid) {
                continue;
            }
            let all = properties::of_jail(state, pool, jail);
            let has_vnet = is_true(&all["vnet"]);
            let bound = |name: &str| if has_vnet { Vec::new() } else { addresses(&all[name]) };
            prisons.push(Prison {
                jid,
                name: format!("ioc-{}", names::of_process(jail)),
                path: format!("{}/{}/root", names::root(state, pool), jail.place()),
                hostname: told(&jail.hostname, all.get("host_hostname").cloned().unwrap_or_default()),
                hostuuid: all.get("host_hostuuid").cloned().unwrap_or_default(),
                ip4: bound("ip4_addr"),
                ip6: bound("ip6_addr"),
                ruleset: jail.ruleset.unwrap_or(0),
                securelevel: all["securelevel"].clone(),
                has_vnet,
                files: jail.files.clone(),
                lacks: jail.lacks.clone(),
                interfaces: network::interfaces(state, Some(jid), &all),
            });
        }
    }
    prisons
}
