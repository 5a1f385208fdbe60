//! The parameters of a jail, as a kernel of FreeBSD 14 has them, and what they are in a simulated one.

use crate::prison::Prison;
use crate::state::State;

/// All of them in the order of `jls -n`: those of the top level first.
pub(super) const PARAMETERS: [&str; 61] = [
    "devfs_ruleset",
    "dying",
    "enforce_statfs",
    "host",
    "ip4",
    "ip6",
    "jid",
    "linux",
    "name",
    "osreldate",
    "osrelease",
    "parent",
    "path",
    "persist",
    "securelevel",
    "sysvmsg",
    "sysvsem",
    "sysvshm",
    "vnet",
    "zfs",
    "allow.adjtime",
    "allow.chflags",
    "allow.extattr",
    "allow.mlock",
    "allow.mount",
    "allow.mount.devfs",
    "allow.mount.fdescfs",
    "allow.mount.fusefs",
    "allow.mount.nullfs",
    "allow.mount.procfs",
    "allow.mount.tmpfs",
    "allow.mount.zfs",
    "allow.nfsd",
    "allow.quotas",
    "allow.raw_sockets",
    "allow.read_msgbuf",
    "allow.reserved_ports",
    "allow.routing",
    "allow.set_hostname",
    "allow.settime",
    "allow.socket_af",
    "allow.suser",
    "allow.sysvipc",
    "allow.unprivileged_parent_tampering",
    "allow.unprivileged_proc_debug",
    "allow.vmm",
    "children.cur",
    "children.max",
    "cpuset.id",
    "host.domainname",
    "host.hostid",
    "host.hostname",
    "host.hostuuid",
    "ip4.addr",
    "ip4.saddrsel",
    "ip6.addr",
    "ip6.saddrsel",
    "linux.osname",
    "linux.osrelease",
    "linux.oss_version",
    "zfs.mount_snapshot",
];

pub(super) enum Value {
    Text(String),
    /// Shown by its name with or without `no`, where names are shown.
    Truth(bool),
    Addresses(Vec<String>),
}

/// What the kernel answers. A name that is not in `PARAMETERS` has no value.
pub(super) fn value(state: &State, prison: &Prison, name: &str) -> Value {
    let text = |text: &str| Value::Text(text.to_owned());
    match name {
        "jid" => Value::Text(prison.jid.to_string()),
        "name" => text(&prison.name),
        "path" => text(&prison.path),
        "host.hostname" => text(&prison.hostname),
        "host.hostuuid" => text(&prison.hostuuid),
        "ip4.addr" => Value::Addresses(prison.ip4.clone()),
        "ip6.addr" => Value::Addresses(prison.ip6.clone()),
        "devfs_ruleset" => Value::Text(prison.ruleset.to_string()),
        "securelevel" => text(&prison.securelevel),
        "vnet" => text(if prison.has_vnet { "new" } else { "inherit" }),
        "cpuset.id" => Value::Text((prison.jid + 1).to_string()),
        "osrelease" => text(&state.host.release),
        "osreldate" => Value::Text(reldate(&state.host.release)),
        "dying" => Value::Truth(false),
        "persist" | "ip4.saddrsel" | "ip6.saddrsel" => Value::Truth(true),
        "allow.reserved_ports" | "allow.set_hostname" | "allow.suser" | "allow.unprivileged_proc_debug" => {
            Value::Truth(true)
        }
        "enforce_statfs" => text("2"),
        "linux.osname" => text("Linux"),
        "linux.osrelease" => text("4.4.0"),
        "linux.oss_version" => text("198144"),
        "host.domainname" => text(""),
        "parent" | "children.cur" | "children.max" | "host.hostid" | "zfs.mount_snapshot" => text("0"),
        name if name.starts_with("allow.") => Value::Truth(false),
        // host, ip4, ip6, linux, zfs and the three of System V.
        _ => text("new"),
    }
}

/// `1403000` of `14.3-RELEASE-p5`.
fn reldate(release: &str) -> String {
    let number = release.split('-').next().unwrap_or_default();
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    let number = |digits: &str| digits.parse::<u64>().unwrap_or(0);
    (number(major) * 100_000 + number(minor) * 1000).to_string()
}
