//! The 115 properties of iocage: their groups, their order, and what each is where nobody has set it.
//!
//! The groups are the `CONF_*` lists of the real program, seen in what `cap` dumps. `get all` walks them with the values
//! of ZFS last, `defaults` puts those after the custom ones and leaves out the six that have no default: 109 remain.

use crate::state::{Defaults, Jail, Pool, Properties, State};

use Builtin::{Own, ReadOnly, Text, Unset};

/// The list to which a property belongs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Group {
    Net,
    Jail,
    Rctl,
    Custom,
    Sync,
    Ftp,
    Git,
    Zfs,
}

/// What a property is where it was not set.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Builtin {
    /// The same for every jail.
    Text(&'static str),
    /// Its own for every jail.
    Own,
    /// What ZFS measures.
    ReadOnly,
    /// Nothing; shown as `-`.
    Unset,
}

/// All groups in the order of `get all`.
pub(super) const GROUPS: [(Group, &[(&str, Builtin)]); 8] = [
    (
        Group::Net,
        &[
            ("interfaces", Text("vnet0:bridge0,vnet1:bridge1")),
            ("vnet", Text("off")),
            ("host_domainname", Text("none")),
            ("host_hostname", Own),
            ("ip4_addr", Text("none")),
            ("ip4_autostart", Text("none")),
            ("ip4_autoend", Text("none")),
            ("ip4_autosubnet", Text("none")),
            ("ip4_saddrsel", Text("1")),
            ("ip4", Text("new")),
            ("ip6_addr", Text("none")),
            ("ip6_saddrsel", Text("1")),
            ("ip6", Text("new")),
            ("defaultrouter", Text("none")),
            ("defaultrouter6", Text("none")),
            ("resolver", Text("none")),
            ("exec_fib", Text("0")),
            ("vnet0_mac", Text("none")),
            ("vnet1_mac", Text("none")),
            ("vnet2_mac", Text("none")),
            ("vnet3_mac", Text("none")),
        ],
    ),
    (
        Group::Jail,
        &[
            ("devfs_ruleset", Text("4")),
            ("mount_devfs", Text("1")),
            ("exec_start", Text("/bin/sh /etc/rc")),
            ("exec_stop", Text("/bin/sh /etc/rc.shutdown")),
            ("exec_prestart", Text("/usr/bin/true")),
            ("exec_prestop", Text("/usr/bin/true")),
            ("exec_poststop", Text("/usr/bin/true")),
            ("exec_poststart", Text("/usr/bin/true")),
            ("exec_clean", Text("1")),
            ("exec_timeout", Text("60")),
            ("stop_timeout", Text("30")),
            ("exec_jail_user", Text("root")),
            ("exec_system_jail_user", Text("0")),
            ("exec_system_user", Text("root")),
            ("mount_fdescfs", Text("1")),
            ("mount_procfs", Text("0")),
            ("mount_linprocfs", Text("0")),
            ("enforce_statfs", Text("2")),
            ("children_max", Text("0")),
            ("login_flags", Text("-f root")),
            ("securelevel", Text("2")),
            ("allow_set_hostname", Text("1")),
            ("allow_sysvipc", Text("0")),
            ("allow_raw_sockets", Text("0")),
            ("allow_chflags", Text("0")),
            ("allow_mount", Text("0")),
            ("allow_mount_devfs", Text("0")),
            ("allow_mount_nullfs", Text("0")),
            ("allow_mount_procfs", Text("0")),
            ("allow_mount_tmpfs", Text("0")),
            ("allow_mount_zfs", Text("0")),
            ("allow_quotas", Text("0")),
            ("allow_socket_af", Text("0")),
            ("host_hostuuid", Own),
        ],
    ),
    (
        Group::Rctl,
        &[
            ("memoryuse", Text("8G:log")),
            ("memorylocked", Text("off")),
            ("vmemoryuse", Text("off")),
            ("maxproc", Text("off")),
            ("cputime", Text("off")),
            ("pcpu", Text("off")),
            ("datasize", Text("off")),
            ("stacksize", Text("off")),
            ("coredumpsize", Text("off")),
            ("openfiles", Text("off")),
            ("pseudoterminals", Text("off")),
            ("swapuse", Text("off")),
            ("nthr", Text("off")),
            ("msgqqueued", Text("off")),
            ("msgqsize", Text("off")),
            ("nmsgq", Text("off")),
            ("nsemop", Text("off")),
            ("nshm", Text("off")),
            ("shmsize", Text("off")),
            ("wallclock", Text("off")),
        ],
    ),
    (
        Group::Custom,
        &[
            ("tag", Own),
            ("template", Unset),
            ("istemplate", Text("no")),
            ("rlimits", Text("off")),
            ("bpf", Text("off")),
            ("boot", Text("off")),
            ("dhcp", Text("off")),
            ("notes", Text("none")),
            ("owner", Text("root")),
            ("priority", Text("99")),
            ("pkglist", Text("none")),
            ("last_started", Text("none")),
            ("type", Own),
            ("hostid", Own),
            ("cpuset", Text("off")),
            ("jail_zfs", Text("off")),
            ("jail_zfs_dataset", Own),
            ("jail_zfs_mountpoint", Text("none")),
            ("release", Own),
            ("hack88", Text("0")),
            ("start", Unset),
            ("count", Text("1")),
        ],
    ),
    (Group::Sync, &[("sync_stat", Unset), ("sync_target", Text("none")), ("sync_tgt_zpool", Text("none"))]),
    (
        Group::Ftp,
        &[
            ("ftphost", Text("ftp.freebsd.org")),
            ("ftpfiles", Text("base.txz doc.txz lib32.txz src.txz")),
            ("ftpdir", Unset),
            ("ftplocaldir", Unset),
        ],
    ),
    (Group::Git, &[("gitlocation", Text("https://github.com")), ("branch", Unset)]),
    (
        Group::Zfs,
        &[
            ("compression", Text("lz4")),
            ("origin", ReadOnly),
            ("quota", Text("none")),
            ("mountpoint", ReadOnly),
            ("compressratio", ReadOnly),
            ("available", ReadOnly),
            ("used", ReadOnly),
            ("dedup", Text("off")),
            ("reservation", Text("none")),
        ],
    ),
];

/// The order of groups in `defaults`.
pub(super) const DEFAULTS_ORDER: [Group; 8] =
    [Group::Net, Group::Jail, Group::Rctl, Group::Custom, Group::Zfs, Group::Sync, Group::Ftp, Group::Git];

/// One property.
#[derive(Clone, Copy, Debug)]
pub(super) struct Property {
    pub(super) group: Group,
    pub(super) name: &'static str,
    pub(super) builtin: Builtin,
}

/// All properties in the order of `get all`.
pub(super) fn all() -> impl Iterator<Item = Property> {
    GROUPS.iter().flat_map(|(group, rows)| {
        rows.iter().map(|(name, builtin)| Property { group: *group, name, builtin: *builtin })
    })
}

pub(super) fn of_group(group: Group) -> impl Iterator<Item = Property> {
    all().filter(move |property| property.group == group)
}

pub(super) fn named(name: &str) -> Option<Property> {
    all().find(|property| property.name == name)
}

/// What carries properties: the dataset of defaults or a jail's.
#[derive(Clone, Copy)]
pub(super) enum Dataset<'a> {
    Defaults(&'a Defaults),
    Jail(&'a Jail),
}

impl Dataset<'_> {
    pub(super) fn uuid(&self) -> &str {
        match self {
            Dataset::Defaults(defaults) => &defaults.uuid,
            Dataset::Jail(jail) => uuid(jail),
        }
    }

    fn tag(&self) -> &str {
        match self {
            Dataset::Defaults(defaults) => &defaults.tag,
            Dataset::Jail(jail) => &jail.tag,
        }
    }

    fn properties(&self) -> &Properties {
        match self {
            Dataset::Defaults(defaults) => &defaults.properties,
            Dataset::Jail(jail) => &jail.properties,
        }
    }

    fn kind(&self) -> &str {
        match self {
            Dataset::Defaults(_) => "basejail",
            Dataset::Jail(jail) => &jail.kind,
        }
    }
}

/// The value of a property as ZFS has it: `-` where there is none.
pub(super) fn value(state: &State, pool: &Pool, dataset: Dataset<'_>, property: Property) -> String {
    if matches!(dataset, Dataset::Jail(jail) if jail.half_made) && property.group != Group::Zfs {
        return "-".to_owned();
    }
    if let Some(set) = dataset.properties().get(property.name) {
        return set.clone();
    }
    match property.builtin {
        // Never copied to a dataset: only `defaults` shows them, from the program's own variables.
        Text(_) if property.group == Group::Ftp => "-".to_owned(),
        Text(text) => text.to_owned(),
        Unset => "-".to_owned(),
        Own => own(state, dataset, property.name),
        ReadOnly => measured(pool, dataset, property.name),
    }
}

fn own(state: &State, dataset: Dataset<'_>, name: &str) -> String {
    match name {
        "tag" => dataset.tag().to_owned(),
        "type" => dataset.kind().to_owned(),
        "hostid" => state.host.hostid.clone(),
        "release" => release_of_host(state),
        "jail_zfs_dataset" => format!("iocage/jails/{}/data", dataset.uuid()),
        // host_hostname and host_hostuuid.
        _ => dataset.uuid().to_owned(),
    }
}

fn measured(pool: &Pool, dataset: Dataset<'_>, name: &str) -> String {
    match (name, dataset) {
        ("mountpoint", Dataset::Defaults(_)) => "/iocage/.defaults".to_owned(),
        ("mountpoint", Dataset::Jail(jail)) => mountpoint(jail),
        ("compressratio", _) => "1.00x".to_owned(),
        ("available", _) => pool.available.clone(),
        ("used", _) => match (dataset, dataset.kind()) {
            (Dataset::Defaults(_), _) => "112K",
            (_, "emptyjail") => "224K",
            (_, "clonejail") => "196K",
            _ => "540K",
        }
        .to_owned(),
        // origin, of what is no clone.
        _ => "-".to_owned(),
    }
}

pub(super) fn mountpoint(jail: &Jail) -> String {
    format!("/iocage/{}", jail.place())
}

/// The host's release as iocage uses it for a default: `10.2-RELEASE` of `10.2-RELEASE-p9`.
pub(super) fn release_of_host(state: &State) -> String {
    state.host.release.splitn(3, '-').take(2).collect::<Vec<_>>().join("-")
}

/// The UUID by which iocage calls a jail, and under which it runs: a property like others, which a clone can be given of
/// another jail.
pub(super) fn uuid(jail: &Jail) -> &str {
    if jail.half_made {
        return "-";
    }
    jail.properties.get("host_hostuuid").map_or(&jail.uuid, String::as_str)
}

/// The value of a jail's property by its name, which must be one of the table.
pub(super) fn of_jail(state: &State, pool: &Pool, jail: &Jail, name: &'static str) -> String {
    let property = named(name).expect("the callers name properties of the table");
    value(state, pool, Dataset::Jail(jail), property)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_has_all_properties_once() {
        let names: std::collections::BTreeSet<&str> = all().map(|property| property.name).collect();
        assert_eq!(names.len(), 115);
        assert_eq!(all().count(), 115);
        assert_eq!(all().filter(|property| property.builtin != Unset).count(), 109);
        assert_eq!(DEFAULTS_ORDER.iter().flat_map(|group| of_group(*group)).count(), 115);
    }
}
