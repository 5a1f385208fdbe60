//! The properties: their names, what they are without anything set, and what may be set.
//!
//! The table is in the order of the program's own, which shows where the file of defaults is corrupt; everywhere else
//! they are sorted. Values of ZFS are never told: where one is asked for, the answer is `readonly`.

use std::collections::BTreeMap;

use Rule::{Address, Fixed, Limit, OneOf, ReadOnly, Size, Text, Truth};

use super::failure::{fail, traceback};
use super::names;
use crate::output::Output;
use crate::session::Stop;
use crate::state::{Damage, Foreign, Jail, Pool, Release, State, Version};

/// What may be set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Rule {
    Text,
    /// 0 or 1, or words that mean one of them.
    Truth,
    OneOf(&'static [&'static str]),
    /// Addresses, with or without an interface.
    Address,
    /// A rule of rctl(8).
    Limit,
    /// A size with a unit.
    Size,
    /// Not by the user.
    Fixed,
    /// A value of ZFS.
    ReadOnly,
}

const NEW: &[&str] = &["new", "inherit", "disable"];

pub(super) const TABLE: [(&str, &str, Rule); 140] = [
    ("CONFIG_VERSION", "34", Fixed),
    ("interfaces", "vnet0:bridge0", Text),
    ("host_domainname", "", Text),
    ("exec_fib", "0", Text),
    ("ip4_addr", "none", Address),
    ("ip4_saddrsel", "1", Truth),
    ("ip4", "new", OneOf(NEW)),
    ("ip6_addr", "none", Address),
    ("ip6_saddrsel", "1", Truth),
    ("ip6", "new", OneOf(NEW)),
    ("defaultrouter", "auto", Text),
    ("defaultrouter6", "auto", Text),
    ("resolver", "/etc/resolv.conf", Text),
    ("mac_prefix", "5a9cfc", Text),
    ("vnet0_mac", "none", Text),
    ("vnet1_mac", "none", Text),
    ("vnet2_mac", "none", Text),
    ("vnet3_mac", "none", Text),
    ("vnet_default_interface", "none", Text),
    ("devfs_ruleset", "4", Text),
    ("exec_start", "/bin/sh /etc/rc", Text),
    ("exec_stop", "/bin/sh /etc/rc.shutdown", Text),
    ("exec_prestart", "/usr/bin/true", Text),
    ("exec_poststart", "/usr/bin/true", Text),
    ("exec_prestop", "/usr/bin/true", Text),
    ("exec_poststop", "/usr/bin/true", Text),
    ("exec_created", "/usr/bin/true", Text),
    ("exec_clean", "1", Truth),
    ("exec_timeout", "60", Text),
    ("stop_timeout", "30", Text),
    ("exec_jail_user", "root", Text),
    ("exec_system_jail_user", "0", Text),
    ("exec_system_user", "root", Text),
    ("mount_devfs", "1", Truth),
    ("mount_fdescfs", "1", Truth),
    ("enforce_statfs", "2", OneOf(&["0", "1", "2"])),
    ("children_max", "0", Text),
    ("login_flags", "-f root", Text),
    ("securelevel", "2", Text),
    ("sysvmsg", "new", OneOf(NEW)),
    ("sysvsem", "new", OneOf(NEW)),
    ("sysvshm", "new", OneOf(NEW)),
    ("allow_set_hostname", "1", Truth),
    ("allow_sysvipc", "0", Truth),
    ("allow_raw_sockets", "0", Truth),
    ("allow_chflags", "0", Truth),
    ("allow_mlock", "0", Truth),
    ("allow_mount", "0", Truth),
    ("allow_mount_devfs", "0", Truth),
    ("allow_mount_fdescfs", "0", Truth),
    ("allow_mount_fusefs", "0", Truth),
    ("allow_mount_nullfs", "0", Truth),
    ("allow_mount_procfs", "0", Truth),
    ("allow_mount_linprocfs", "0", Truth),
    ("allow_mount_linsysfs", "0", Truth),
    ("allow_mount_tmpfs", "0", Truth),
    ("allow_mount_zfs", "0", Truth),
    ("allow_quotas", "0", Truth),
    ("allow_socket_af", "0", Truth),
    ("allow_tun", "0", Truth),
    ("allow_vmm", "0", Truth),
    ("allow_nfsd", "0", Truth),
    ("cpuset", "off", Text),
    ("rlimits", "off", OneOf(&["off", "on"])),
    ("memoryuse", "off", Limit),
    ("memorylocked", "off", Limit),
    ("vmemoryuse", "off", Limit),
    ("maxproc", "off", Limit),
    ("cputime", "off", Limit),
    ("pcpu", "off", Limit),
    ("datasize", "off", Limit),
    ("stacksize", "off", Limit),
    ("coredumpsize", "off", Limit),
    ("openfiles", "off", Limit),
    ("pseudoterminals", "off", Limit),
    ("swapuse", "off", Limit),
    ("nthr", "off", Limit),
    ("msgqqueued", "off", Limit),
    ("msgqsize", "off", Limit),
    ("nmsgq", "off", Limit),
    ("nsem", "off", Limit),
    ("nsemop", "off", Limit),
    ("nshm", "off", Limit),
    ("shmsize", "off", Limit),
    ("wallclock", "off", Limit),
    ("readbps", "off", Limit),
    ("writebps", "off", Limit),
    ("readiops", "off", Limit),
    ("writeiops", "off", Limit),
    ("type", "jail", Fixed),
    ("bpf", "0", Truth),
    ("dhcp", "0", Truth),
    ("boot", "0", Truth),
    ("notes", "none", Text),
    ("owner", "root", Text),
    ("priority", "99", Text),
    ("last_started", "none", Fixed),
    ("template", "0", Truth),
    ("hostid", "5d6f8c2e-7c1b-11ee-9a3d-589cfc0a1b2c", Text),
    ("hostid_strict_check", "0", Truth),
    ("jail_zfs", "0", Truth),
    ("jail_zfs_mountpoint", "none", Text),
    ("mount_procfs", "0", Truth),
    ("mount_linprocfs", "0", Truth),
    ("count", "1", Fixed),
    ("vnet", "0", Truth),
    ("basejail", "0", Fixed),
    ("comment", "none", Text),
    ("host_time", "1", Truth),
    ("sync_state", "none", Fixed),
    ("sync_target", "none", Fixed),
    ("sync_tgt_zpool", "none", Fixed),
    ("compression", "on", Text),
    ("origin", "readonly", ReadOnly),
    ("quota", "none", Size),
    ("mountpoint", "readonly", ReadOnly),
    ("compressratio", "readonly", ReadOnly),
    ("available", "readonly", ReadOnly),
    ("used", "readonly", ReadOnly),
    ("dedup", "off", Text),
    ("reservation", "none", Size),
    ("depends", "none", Text),
    ("vnet_interfaces", "none", Text),
    ("rtsold", "0", Truth),
    ("ip_hostname", "0", Truth),
    ("assign_localhost", "0", Truth),
    ("localhost_ip", "none", Text),
    ("nat", "0", Truth),
    ("nat_prefix", "172.16", Text),
    ("nat_interface", "none", Text),
    ("nat_backend", "ipfw", OneOf(&["pf", "ipfw"])),
    ("nat_forwards", "none", Text),
    ("plugin_name", "none", Text),
    ("plugin_repository", "none", Text),
    ("min_dyn_devfs_ruleset", "1000", Text),
    ("vnet0_mtu", "auto", Text),
    ("vnet1_mtu", "auto", Text),
    ("vnet2_mtu", "auto", Text),
    ("vnet3_mtu", "auto", Text),
    ("vnet_default_mtu", "1500", Text),
];

/// Values that are ZFS's and not in the configuration.
const MEASURED: [&str; 5] = ["available", "compressratio", "mountpoint", "origin", "used"];

pub(super) fn rule(name: &str) -> Option<Rule> {
    TABLE.iter().find(|(known, ..)| *known == name).map(|(.., rule)| *rule)
}

/// Whether the word means yes.
pub(super) fn is_true(value: &str) -> bool {
    matches!(value.to_lowercase().as_str(), "1" | "on" | "yes" | "true")
}

/// Names and values, sorted.
pub(super) type Values = BTreeMap<String, String>;

/// The defaults as they are in their file.
pub(super) fn defaults_in_file(state: &State, pool: &Pool) -> Values {
    let own = TABLE.iter().map(|(name, value, _)| {
        let value = match (*name, state.version) {
            // The identity of the host is found out anew each time.
            ("hostid", _) => &state.host.hostid,
            ("CONFIG_VERSION", Version::Python(Release::V1_10)) => "33",
            ("host_domainname", Version::Python(Release::V1_10)) => "none",
            ("vnet_default_interface", Version::Python(Release::V1_10)) => "auto",
            _ => *value,
        };
        ((*name).to_owned(), value.to_owned())
    });
    let set = pool.defaults.properties.clone();
    // What a corrupt file says is not known.
    own.chain(set.into_iter().filter(|_| !pool.defaults.is_corrupt)).collect()
}

/// The defaults as they are now.
pub(super) fn defaults(state: &State, pool: &Pool) -> Values {
    as_shown(defaults_in_file(state, pool))
}

/// What is in the file of a jail that can be read. A clone that was killed half-way has its source's.
pub(super) fn config(jail: &Jail) -> Values {
    let mut all = Values::new();
    if jail.damage == Damage::Empty {
        return all;
    }
    let mut put = |name: &str, value: &str| drop(all.insert(name.to_owned(), value.to_owned()));
    let name = known_as(jail);
    // jail(8) allows fewer characters in a name than iocage does.
    put("host_hostname", &name.replace('_', "-"));
    put("host_hostuuid", name);
    put("jail_zfs_dataset", &format!("iocage/jails/{name}/data"));
    put("release", &jail.release);
    if jail.kind != "jail" {
        put("type", &jail.kind);
    }
    if jail.is_template() {
        put("template", "1");
    }
    if !jail.template.is_empty() {
        put("source_template", &jail.template);
    }
    for (name, value) in jail.properties.iter().filter(|(name, _)| !MEASURED.contains(&name.as_str())) {
        put(name, value);
    }
    for (name, value) in &jail.raw {
        put(name, &as_python(value));
    }
    all
}

/// A value of JSON as Python shows it.
fn as_python(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::Null => "None".to_owned(),
        serde_json::Value::Bool(true) => "True".to_owned(),
        serde_json::Value::Bool(false) => "False".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The name that the jail's configuration says, by which most of iocage goes.
pub(super) fn known_as(jail: &Jail) -> &str {
    jail.properties.get("host_hostuuid").unwrap_or(&jail.uuid)
}

/// All of a jail as `get all` shows it.
pub(super) fn of_jail(state: &State, pool: &Pool, jail: &Jail) -> Values {
    let mut all = defaults(state, pool);
    let is_up = jid_of(state, &jail.uuid).is_some();
    all.insert("state".to_owned(), if is_up { "up" } else { "down" }.to_owned());
    all.extend(as_shown(config(jail)));
    all
}

fn as_shown(values: Values) -> Values {
    let show = |(name, value): (String, String)| {
        let value = shown(&name, &value);
        (name, value)
    };
    values.into_iter().map(show).collect()
}

/// A value that the file holds, as iocage shows it.
pub(super) fn shown(name: &str, value: &str) -> String {
    match (name, value) {
        _ if is_switch(name) => u8::from(is_true(value)).to_string(),
        ("ip4" | "ip6", "none") => "disable".to_owned(),
        _ => value.to_owned(),
    }
}

/// Whether it is 0 or 1, whatever word says so.
pub(super) fn is_switch(name: &str) -> bool {
    name == "basejail" || rule(name) == Some(Truth)
}

/// The number of the jail that runs under this name, whoever has started it.
pub(super) fn jid_of(state: &State, name: &str) -> Option<u64> {
    let process = name.replace('.', "_");
    let jails = state.pools.iter().flat_map(|pool| &pool.jails);
    let own = jails.filter(|jail| names::of_process(jail) == process).find_map(|jail| jail.jid);
    let is_called_so = |foreign: &&Foreign| foreign.name.strip_prefix("ioc-") == Some(&process);
    own.or_else(|| state.foreign.iter().find(is_called_so).map(|foreign| foreign.jid))
}

/// One value of a jail.
pub(super) fn value(state: &State, pool: &Pool, jail: &Jail, name: &str) -> String {
    of_jail(state, pool, jail).remove(name).unwrap_or_default()
}

/// Says what is wrong with the jail's configuration, as every command does that reads it.
pub(super) fn check(state: &State, jail: &Jail, output: &mut Output) -> Result<(), Stop> {
    if jail.is_unmountable() {
        return Err(traceback(output, "ValueError: not enough values to unpack (expected 2, got 1)"));
    }
    match damage(state, jail) {
        Some(message) => Err(fail(output, &message)),
        None => Ok(()),
    }
}

pub(super) fn damage(state: &State, jail: &Jail) -> Option<String> {
    let name = &jail.uuid;
    match jail.damage {
        Damage::CutOff => Some(format!(
            "{name} has a corrupt configuration, please fix this jail or destroy and recreate it."
        )),
        Damage::Missing => {
            let its = if state.version == Version::Python(Release::V1_10) { "it's" } else { "its" };
            Some(format!("{name} is missing {its} configuration, please destroy this jail and recreate it."))
        }
        Damage::None | Damage::Empty => None,
    }
}

/// What the program says each time it reads a corrupt file of defaults.
pub(super) fn complain_of_defaults(state: &State, pool: &Pool, times: usize, output: &mut Output) {
    if pool.defaults.is_corrupt {
        let file = format!("{}/defaults.json", names::root(state, pool));
        let line = format!("{file} corrupted (delete to recreate), using memory values.\n");
        output.err(&line.repeat(times));
    }
}

/// Where a name stands among others: by what is before the last `_`, then by what is behind it, a number before a word.
pub(super) fn sort_key(name: &str) -> (String, u8, i128, String) {
    let trimmed = name.trim();
    match trimmed.rsplit_once('_') {
        None => (name.to_owned(), 0, 0, String::new()),
        Some((before, behind)) => match behind.trim().parse() {
            Ok(number) => (before.to_owned(), 10, number, String::new()),
            Err(_) => (before.to_owned(), 20, 0, behind.to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_before_words() {
        let sorted = ["a", "b", "b_1", "b_2", "b_10", "b_x", "b0", "c"];
        let mut names = sorted;
        names.reverse();
        names.sort_by_cached_key(|name| sort_key(name));
        assert_eq!(names, sorted);
    }
}
