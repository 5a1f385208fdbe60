//! What iocage shows of a jail's addresses.

use std::collections::BTreeMap;

use super::properties::is_true;
use crate::output::Output;
use crate::state::State;

/// The address that a jail has got by DHCP, where it asked for one and somebody has answered.
pub(super) fn lease(state: &State, jid: Option<u64>) -> Option<String> {
    jid.filter(|_| state.host.dhcp).map(|jid| format!("192.0.2.{}", 100 + jid % 150))
}

pub(super) fn asks_for_lease(all: &BTreeMap<String, String>) -> bool {
    is_true(&all["dhcp"]) || names_dhcp(&all["ip4_addr"])
}

fn names_dhcp(addresses: &str) -> bool {
    addresses.to_uppercase().contains("DHCP")
}

/// The interfaces of a running jail, each with its address.
pub(super) type Interfaces = BTreeMap<String, Option<String>>;

/// As `list` shows it, and as `list -l` does; of a jail that runs its interfaces are asked.
pub(super) fn ip4(
    name: &str,
    running: Option<&Interfaces>,
    all: &BTreeMap<String, String>,
    output: &mut Output,
) -> (String, String) {
    let set = all["ip4_addr"].as_str();
    let (mut short, mut full) = if set == "none" {
        ("-".to_owned(), "-".to_owned())
    } else {
        let addresses: Option<Vec<&str>> = set
            .split(',')
            .map(|one| one.split('|').nth(1).map(|address| address.split('/').next().unwrap_or_default()))
            .collect();
        (addresses.map_or(set.to_owned(), |addresses| addresses.join(",")), set.to_owned())
    };
    if is_true(&all["dhcp"]) {
        let interface = interface(&all["interfaces"]);
        (short, full) = match running.map(|interfaces| interfaces.get(&interface)) {
            None => ("DHCP".to_owned(), "DHCP (not running)".to_owned()),
            Some(Some(Some(lease))) => ("DHCP".to_owned(), format!("{interface}|{lease}")),
            // iocage takes the third line of ifconfig, and there is none.
            Some(Some(None)) => (
                "DHCP(Network Issue)".to_owned(),
                "DHCP - Failed Parsing: list index out of range".to_owned(),
            ),
            // What ifconfig complains of is not kept from being seen.
            Some(None) => {
                output.err(&format!("ifconfig: interface {interface} does not exist\n"));
                let name = name.replace('.', "_");
                let issue = format!(
                    "DHCP - Network Issue: Command '['jexec', 'ioc-{name}', 'ifconfig', '{interface}', 'inet']' \
                     returned non-zero exit status 1."
                );
                ("DHCP(Network Issue)".to_owned(), issue)
            }
        };
    } else if names_dhcp(set) {
        "DHCP".clone_into(&mut short);
    }
    (short, full)
}

/// The interface that asks for a lease, as ifconfig in the jail shows it.
pub(super) fn interfaces(state: &State, jid: Option<u64>, all: &BTreeMap<String, String>) -> Interfaces {
    let asks = is_true(&all["dhcp"]);
    asks.then(|| (interface(&all["interfaces"]), lease(state, jid))).into_iter().collect()
}

/// What the first interface is called inside the jail.
fn interface(interfaces: &str) -> String {
    let first = interfaces.split(',').next().unwrap_or_default().split(':').next().unwrap_or_default();
    if first == "vnet0" { "epair0b".to_owned() } else { first.to_owned() }
}
