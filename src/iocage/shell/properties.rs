//! The properties of the shell iocage by name.
//!
//! The development line refuses others by itself. 1.7.x takes every `name=value` for
//! a variable of its own, root's shell among the readers: `PATH`, and as well `pool`
//! or `iocroot`. So names are held against this list before anything is run. What
//! the line of late 2016 has beyond it cannot be set.

use crate::error::{Code, Error, Quoted};
use crate::policy::Props;

/// What `get all` and `defaults` of both lines list, and `count`, which create and
/// clone take.
const KNOWN: &[&str] = &[
    "allow_chflags",
    "allow_mount",
    "allow_mount_devfs",
    "allow_mount_nullfs",
    "allow_mount_procfs",
    "allow_mount_tmpfs",
    "allow_mount_zfs",
    "allow_quotas",
    "allow_raw_sockets",
    "allow_set_hostname",
    "allow_socket_af",
    "allow_sysvipc",
    "available",
    "boot",
    "bpf",
    "branch",
    "children_max",
    "compression",
    "compressratio",
    "coredumpsize",
    "count",
    "cpuset",
    "cputime",
    "datasize",
    "dedup",
    "defaultrouter",
    "defaultrouter6",
    "devfs_ruleset",
    "dhcp",
    "enforce_statfs",
    "exec_clean",
    "exec_fib",
    "exec_jail_user",
    "exec_poststart",
    "exec_poststop",
    "exec_prestart",
    "exec_prestop",
    "exec_start",
    "exec_stop",
    "exec_system_jail_user",
    "exec_system_user",
    "exec_timeout",
    "ftpdir",
    "ftpfiles",
    "ftphost",
    "ftplocaldir",
    "gitlocation",
    "hack88",
    "host_domainname",
    "host_hostname",
    "host_hostuuid",
    "hostid",
    "hostname",
    "interfaces",
    "ip4",
    "ip4_addr",
    "ip4_autoend",
    "ip4_autostart",
    "ip4_autosubnet",
    "ip4_saddrsel",
    "ip6",
    "ip6_addr",
    "ip6_saddrsel",
    "istemplate",
    "jail_zfs",
    "jail_zfs_dataset",
    "jail_zfs_mountpoint",
    "last_started",
    "login_flags",
    "maxproc",
    "memorylocked",
    "memoryuse",
    "mount_devfs",
    "mount_fdescfs",
    "mount_linprocfs",
    "mount_procfs",
    "mountpoint",
    "msgqqueued",
    "msgqsize",
    "nmsgq",
    "notes",
    "nsemop",
    "nshm",
    "nthr",
    "openfiles",
    "origin",
    "owner",
    "pcpu",
    "pkglist",
    "priority",
    "pseudoterminals",
    "quota",
    "release",
    "reservation",
    "resolver",
    "rlimits",
    "securelevel",
    "shmsize",
    "stacksize",
    "start",
    "stop_timeout",
    "swapuse",
    "sync_stat",
    "sync_target",
    "sync_tgt_zpool",
    "tag",
    "template",
    "type",
    "used",
    "vmemoryuse",
    "vnet",
    "vnet0_mac",
    "vnet1_mac",
    "vnet2_mac",
    "vnet3_mac",
    "wallclock",
];

/// Refuse names that are none of this generation's.
pub(super) fn refuse_unknown(props: &Props) -> Result<(), Error> {
    match props.iter().find(|(name, _)| KNOWN.binary_search(name).is_err()) {
        None => Ok(()),
        Some((name, _)) => Err(Error::about(
            "props",
            Code::UnknownProperty,
            format!("{} is no property of this iocage", Quoted(name)),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(props: &[&str]) -> Option<Code> {
        let words: Vec<_> = props.iter().map(|&word| word.to_owned()).collect();
        let props = Props::parse(&words).expect("no matter for another iocage");
        refuse_unknown(&props).err().map(|error| {
            assert_eq!(error.key, Some("props"));
            error.code
        })
    }

    #[test]
    fn no_variable_of_a_shell_is_a_property() {
        for name in ["PATH", "IFS", "LD_PRELOAD", "Path", "tAg", "pool", "iocroot", "name", "fulluuid"] {
            let prop = format!("{name}=x");
            assert_eq!(refused(&["tag=x", &prop]), Some(Code::UnknownProperty), "{name}");
        }
        assert_eq!(refused(&["tag=PATH", "vnet0_mac=none", "count=2", "ip4_addr=em0|10.0.0.2/24"]), None);
        assert!(KNOWN.is_sorted());
    }
}
