//! Every property of a jail, by what setting it reaches.
//!
//! An administrator takes kinds away, not names: which properties reach the host is
//! to be known here, once, and not in every configuration. Each group says what its
//! properties do and where in iocage that was read: of the Python iocage in the
//! modules of `iocage_lib`, of the shell iocage in the scripts of `lib`. A property
//! that stands nowhere here, because a later iocage brought it, counts as one that
//! reaches the host: it is not known not to.

/// What setting a property reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The host: who sets one of them can rule it.
    Host,
    /// The jail and what is told of it.
    Jail,
    /// How much of the machine the jail may use.
    Limits,
    /// The host's interfaces, and the net that they are on.
    Network,
    /// Which jails are started without a request to start them.
    Starts,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 5] = [Kind::Host, Kind::Jail, Kind::Limits, Kind::Network, Kind::Starts];

    /// The word in a configuration.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Kind::Host => "host",
            Kind::Jail => "jail",
            Kind::Limits => "limits",
            Kind::Network => "network",
            Kind::Starts => "starts",
        }
    }
}

/// Properties that do the same.
pub struct Group {
    /// What setting them reaches.
    pub kind: Kind,
    /// What they do, the end of a sentence that begins with one's name.
    pub does: &'static str,
    /// Where that was read.
    pub source: &'static str,
    /// The properties, in one text: two hundred of their own are as many relocations.
    all: &'static str,
}

impl Group {
    /// The properties.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.all.split(' ')
    }
}

const fn group(kind: Kind, does: &'static str, source: &'static str, all: &'static str) -> Group {
    Group { kind, does, source, all }
}

/// Every property of both generations of iocage, in one group each.
pub static PROPERTIES: [Group; 18] = [
    group(
        Kind::Host,
        "is run on the host, as root",
        "ioc_start.py and ioc_stop.py (runscript), jail(8) exec.created; lib/ioc-rc (exec.prestart=, eval)",
        "exec_created exec_poststart exec_poststop exec_prestart exec_prestop",
    ),
    group(
        Kind::Host,
        "says what else is run with the jail, as whom and with which environment, partly on the host",
        "ioc_start.py, ioc_stop.py; lib/ioc-rc (setfib ${_exec_fib} jexec ... ${_exec_start}, in root's shell)",
        "exec_clean exec_fib exec_jail_user exec_start exec_stop exec_system_jail_user exec_system_user \
         exec_timeout",
    ),
    group(
        Kind::Host,
        "says what the host mounts for the jail",
        "ioc_start.py (mount -t), jail(8) mount.*; lib/ioc-rc, lib/ioc-hacks (hack88: zfs set mountpoint)",
        "hack88 mount_devfs mount_fdescfs mount_linprocfs mount_procfs mountpoint",
    ),
    group(
        Kind::Host,
        "gives the jail a dataset of the host's, whichever of the pool it names",
        "ioc_start.py (zfs create, zfs set jailed=on, zfs jail); lib/ioc-zfs (__setup_jail_zfs_datasets)",
        "jail_zfs jail_zfs_dataset jail_zfs_mountpoint",
    ),
    group(
        Kind::Host,
        "gives the jail a right that the kernel otherwise keeps from it",
        "ioc_start.py (parameters of jail -c); lib/ioc-rc; jail(8) allow.*",
        "allow_chflags allow_mlock allow_mount allow_mount_devfs allow_mount_fdescfs allow_mount_fusefs \
         allow_mount_linprocfs allow_mount_linsysfs allow_mount_nullfs allow_mount_procfs \
         allow_mount_tmpfs allow_mount_zfs allow_nfsd allow_quotas allow_raw_sockets allow_set_hostname \
         allow_socket_af allow_sysvipc allow_tun allow_vmm children_max enforce_statfs securelevel \
         sysvmsg sysvsem sysvshm",
    ),
    group(
        Kind::Host,
        "says which devices the jail sees",
        "ioc_common.py (generate_devfs_ruleset), ioc_start.py (the manifest of plugin_name); lib/ioc-network (__bpf_devfs)",
        "bpf devfs_ruleset min_dyn_devfs_ruleset plugin_name",
    ),
    group(
        Kind::Host,
        "says where root fetches from, or which file of the host's it reads",
        "ioc_plugin.py; lib/ioc-configure (__pkg_install: cat $pkglist), lib/ioc-globals",
        "branch ftpdir ftpfiles ftphost ftplocaldir gitlocation pkglist plugin_repository",
    ),
    group(
        Kind::Host,
        "is text that root writes to a path below the jail, where its own root may have put a link",
        "ioc_start.py (start_generate_resolv); lib/ioc-rc (__resolv_conf > .../etc/resolv.conf)",
        "resolver",
    ),
    group(
        Kind::Host,
        "says where the jail's data is sent",
        "ioc_json.py (defaults); lib/ioc-globals",
        "sync_stat sync_state sync_target sync_tgt_zpool",
    ),
    group(
        Kind::Host,
        "changes the host's packet filter, or takes one of its interfaces",
        "ioc_start.py (__check_nat__, vnet.interface=, get_bridge_members)",
        "nat nat_backend nat_forwards nat_interface nat_prefix vnet_default_interface vnet_interfaces",
    ),
    group(
        Kind::Network,
        "says which addresses and bridges of the host's the jail is on",
        "ioc_start.py (start_network, check_aliases); lib/ioc-network, lib/ioc-rc (ip4.addr=)",
        "assign_localhost defaultrouter defaultrouter6 dhcp interfaces ip4 ip4_addr ip4_autoend \
         ip4_autostart ip4_autosubnet ip4_saddrsel ip6 ip6_addr ip6_saddrsel ip_hostname localhost_ip \
         mac_prefix rtsold vnet vnet0_mac vnet0_mtu vnet1_mac vnet1_mtu vnet2_mac vnet2_mtu vnet3_mac \
         vnet3_mtu vnet_default_mtu",
    ),
    group(
        Kind::Limits,
        "is how much of a resource the jail's processes may use",
        "ioc_json.py, rctl(8); lib/ioc-rctl",
        "coredumpsize cpuset cputime datasize maxproc memorylocked memoryuse msgqqueued msgqsize nmsgq \
         nsem nsemop nshm nthr openfiles pcpu pseudoterminals readbps readiops rlimits shmsize stacksize \
         swapuse vmemoryuse wallclock writebps writeiops",
    ),
    group(
        Kind::Limits,
        "is how much of the pool and of its memory the jail may use",
        "ioc_json.py (zfs set); lib/ioc-globals (CONF_ZFS)",
        "dedup quota reservation",
    ),
    group(
        Kind::Starts,
        "starts a jail when it is made, with another or with the machine",
        "ioc_create.py (boot), iocage.py (depends); lib/ioc-zfs (start=yes), rc.d/iocage",
        "boot depends start",
    ),
    group(
        Kind::Jail,
        "says what the jail is called and made of, and how many",
        "ioc_create.py; lib/ioc-zfs",
        "basejail cloned_release count istemplate release source_template tag template type",
    ),
    group(
        Kind::Jail,
        "is what the jail takes for its host's name, number and time",
        "ioc_start.py; lib/ioc-rc",
        "host_domainname host_hostname host_hostuuid host_time hostid hostid_strict_check hostname",
    ),
    group(
        Kind::Jail,
        "is for people, or for a command that this class does not run",
        "ioc_json.py (defaults); lib/ioc-globals",
        "comment compression login_flags notes owner priority stop_timeout",
    ),
    group(
        Kind::Jail,
        "is told of a jail, and set by nobody",
        "ioc_json.py; lib/ioc-zfs",
        "CONFIG_TYPE CONFIG_VERSION available compressratio last_started origin state used",
    ),
];

/// What setting this property reaches, and how. Without regard to case: of a name that
/// is denied no other spelling may be left.
#[must_use]
pub fn reach(name: &str) -> (Kind, &'static str) {
    PROPERTIES
        .iter()
        .find(|group| group.names().any(|known| known.eq_ignore_ascii_case(name)))
        .map_or((Kind::Host, "is not known to this class"), |group| (group.kind, group.does))
}

/// Is there a property of this name?
#[must_use]
pub fn is_known(name: &str) -> bool {
    PROPERTIES.iter().any(|group| group.names().any(|known| known == name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_property_is_in_one_group_and_each_kind_has_some() {
        let mut all: Vec<_> = PROPERTIES.iter().flat_map(Group::names).collect();
        for group in &PROPERTIES {
            assert!(group.names().is_sorted() && !group.source.is_empty(), "{}", group.does);
        }
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        for kind in Kind::ALL {
            assert!(PROPERTIES.iter().any(|group| group.kind == kind), "{kind:?}");
            assert!(!is_known(kind.word()), "a word must not be both");
        }
    }

    #[test]
    fn what_nobody_knows_reaches_the_host() {
        assert_eq!(reach("exec_release").0, Kind::Host);
        assert_eq!(reach("EXEC_PRESTART").0, Kind::Host);
        assert_eq!((reach("notes").0, reach("Tag").0), (Kind::Jail, Kind::Jail));
    }
}
