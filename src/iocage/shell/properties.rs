//! The properties of the shell iocage by name.
//!
//! The development line refuses others by itself. 1.7.x takes every `name=value` for
//! a variable of its own, root's shell among the readers: `PATH`, and as well `pool`
//! or `iocroot`. So names are held against this list before anything is run. What
//! the line of late 2016 has beyond it cannot be set.

use crate::error::{Code, Error, Quoted};
use crate::policy::{JailName, Props};

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

/// Properties that are listed among a jail's, but that nobody gives one: what ZFS
/// counts, what iocage writes down, and what belongs to another command. They reach
/// `zfs create` as they are, or nothing.
const NOT_TO_BE_SET: &[(&str, &str)] = &[
    ("available", "ZFS counts it"),
    ("compressratio", "ZFS counts it"),
    ("ftpdir", "it is an argument of `fetch`"),
    ("ftpfiles", "it is an argument of `fetch`"),
    ("ftphost", "it is an argument of `fetch`"),
    ("ftplocaldir", "it is an argument of `fetch`"),
    ("host_hostuuid", "iocage finds the jail by it, and makes one up"),
    ("last_started", "iocage writes it down"),
    ("mountpoint", "iocage finds the jail's files by it"),
    ("origin", "ZFS writes it down"),
    ("used", "ZFS counts it"),
];

/// Refuse properties that are none of this generation's, or none of a jail to be.
pub(super) fn refuse_unfit(props: &Props) -> Result<(), Error> {
    refuse_unknown(props)?;
    for (name, value) in props.iter() {
        if let Some((_, why)) = NOT_TO_BE_SET.iter().find(|(property, _)| *property == name) {
            return Err(illegal(format!("`{name}` is no property that a new jail is given: {why}")));
        }
        match name {
            "tag" | "release" | "template" => plain(name, value)?,
            "start" if value != "yes" => {
                let message = "`start` takes only yes; whatever is said, this iocage starts the jail";
                return Err(illegal(message.to_owned()));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Refuse names that are none of a property of this generation.
pub(super) fn refuse_unknown(props: &Props) -> Result<(), Error> {
    match props.iter().find(|(name, _)| KNOWN.binary_search(name).is_err()) {
        Some((name, _)) => {
            let message = format!("{} is no property of this iocage", Quoted(name));
            Err(Error::about("props", Code::UnknownProperty, message))
        }
        None => Ok(()),
    }
}

/// Refuse what a clone takes and does nothing with.
pub(super) fn refuse_for_clone(props: &Props) -> Result<(), Error> {
    match props.get("count") {
        Some(_) => {
            Err(illegal("this iocage makes one clone, whatever `count` says; leave it out".to_owned()))
        }
        None => Ok(()),
    }
}

/// Hold to the grammar of names what iocage makes paths and patterns of.
fn plain(name: &str, value: &str) -> Result<(), Error> {
    JailName::parse(value).map(|_| ()).map_err(|error| {
        let message = match error.code {
            Code::TooLong => format!("the value of `{name}` is too long: {} bytes", value.len()),
            _ => format!(
                "{} cannot be a `{name}`: letters, digits and `_`, after the first also any of `._:@-`",
                Quoted(value)
            ),
        };
        Error::about(
            "props",
            if error.code == Code::TooLong { error.code } else { Code::IllegalValue },
            message,
        )
    })
}

fn illegal(message: String) -> Error {
    Error::about("props", Code::IllegalValue, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(props: &[&str]) -> Option<Code> {
        let words: Vec<_> = props.iter().map(|&word| word.to_owned()).collect();
        let props = Props::parse(&words).expect("no matter for another iocage");
        refuse_unfit(&props).err().map(|error| {
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
        assert!(KNOWN.iter().all(|name| crate::policy::is_known(name)), "each has its kind");
    }
}
