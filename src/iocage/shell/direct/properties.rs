//! The properties of the shell iocage, in its order, each with what its scripts have for it
//! where the dataset of the defaults has nothing.
//!
//! As texts: as tables of texts they would be five times as long in the module.

use std::borrow::Cow;

use super::line::Line;

/// Whose a property is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// iocage's, kept as a property of a user's own.
    Iocage,
    /// One of ZFS.
    Zfs,
}

impl Of {
    /// What zfs calls it.
    pub(super) fn column(self, name: &str) -> Cow<'_, str> {
        match self {
            Of::Iocage => format!("org.freebsd.iocage:{name}").into(),
            Of::Zfs => name.into(),
        }
    }
}

/// What the scripts have for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Own {
    /// Nothing; then `defaults` does not tell of it.
    None,
    /// Always this.
    Is(&'static str),
    /// Something else each time: a date, a new UUID, what the kernel has.
    MadeUp,
}

/// `NAME|OWN`, and `|OWN` of release 1.7.x if that is another: nothing, `*` for what is made
/// up, `!` where the line has not the property. From `lib/ioc-globals` of both.
const FIRST: &str = "\
interfaces|vnet0:bridge0,vnet1:bridge1\n\
vnet|*\n\
host_domainname|none|!\n\
host_hostname|*\n\
hostname|!|*\n\
ip4_addr|none\n\
ip4_autostart|none\n\
ip4_autoend|none\n\
ip4_autosubnet|none\n\
ip4_saddrsel|1\n\
ip4|new\n\
ip6_addr|none\n\
ip6_saddrsel|1\n\
ip6|new\n\
defaultrouter|none\n\
defaultrouter6|none\n\
resolver|none\n\
exec_fib|0\n\
vnet0_mac|none\n\
vnet1_mac|none\n\
vnet2_mac|none\n\
vnet3_mac|none\n\
devfs_ruleset|4\n\
mount_devfs|1\n\
exec_start|/bin/sh /etc/rc\n\
exec_stop|/bin/sh /etc/rc.shutdown\n\
exec_prestart|/usr/bin/true\n\
exec_prestop|/usr/bin/true\n\
exec_poststop|/usr/bin/true\n\
exec_poststart|/usr/bin/true\n\
exec_clean|1\n\
exec_timeout|60\n\
stop_timeout|30\n\
exec_jail_user|root\n\
exec_system_jail_user|0\n\
exec_system_user|root\n\
mount_fdescfs|1\n\
mount_procfs|0\n\
mount_linprocfs|0|!\n\
enforce_statfs|2\n\
children_max|0\n\
login_flags|-f root\n\
securelevel|2\n\
allow_set_hostname|1|0\n\
allow_sysvipc|0\n\
allow_raw_sockets|0\n\
allow_chflags|0\n\
allow_mount|0\n\
allow_mount_devfs|0\n\
allow_mount_nullfs|0\n\
allow_mount_procfs|0\n\
allow_mount_tmpfs|0\n\
allow_mount_zfs|0\n\
allow_quotas|0\n\
allow_socket_af|0\n\
host_hostuuid|*\n\
memoryuse|8G:log\n\
memorylocked|off\n\
vmemoryuse|off\n\
maxproc|off\n\
cputime|off\n\
pcpu|off\n\
datasize|off\n\
stacksize|off\n\
coredumpsize|off\n\
openfiles|off\n\
pseudoterminals|off\n\
swapuse|off\n\
nthr|off\n\
msgqqueued|off\n\
msgqsize|off\n\
nmsgq|off\n\
nsemop|off\n\
nshm|off\n\
shmsize|off\n\
wallclock|off\n\
tag|*\n\
template||no\n\
istemplate|no|!\n\
rlimits|off\n\
bpf|off|!\n\
boot|off\n\
dhcp|off|!\n\
notes|none\n\
owner|root\n\
priority|99\n\
pkglist|none|!\n\
last_started|none\n\
type|basejail|jail\n\
hostid|*\n\
cpuset|off\n\
jail_zfs|off\n\
jail_zfs_dataset|*\n\
jail_zfs_mountpoint|none|!\n\
release|*\n\
hack88|0\n\
start||!\n\
count|1|!\n\
";
/// Those that `defaults` tells last.
const LAST: &str = "\
sync_stat|\n\
sync_target|none\n\
sync_tgt_zpool|none\n\
ftphost|ftp.freebsd.org\n\
ftpfiles|base.txz doc.txz lib32.txz src.txz|!\n\
ftpdir|\n\
ftplocaldir||!\n\
gitlocation|https://github.com\n\
branch|\n\
";
/// Those of ZFS.
const ZFS: &str = "\
compression|lz4\n\
origin|readonly\n\
quota|none\n\
mountpoint|readonly\n\
compressratio|readonly\n\
available|readonly\n\
used|readonly\n\
dedup|off\n\
reservation|none\n\
";

fn parse(text: &'static str, line: Line, of: Of) -> impl Iterator<Item = (&'static str, Of, Own)> {
    text.lines().filter_map(move |entry| {
        let mut parts = entry.split('|');
        let (name, development) = (parts.next()?, parts.next()?);
        let own = match line {
            Line::Development => development,
            Line::Release => parts.next().unwrap_or(development),
        };
        let own = match own {
            "!" => return None,
            "" => Own::None,
            "*" => Own::MadeUp,
            own => Own::Is(own),
        };
        Some((name, of, own))
    })
}

/// In the order of `defaults`.
pub(super) fn with_defaults(line: Line) -> impl Iterator<Item = (&'static str, Of, Own)> {
    let [first, last] = [FIRST, LAST].map(|text| parse(text, line, Of::Iocage));
    first.chain(parse(ZFS, line, Of::Zfs)).chain(last)
}

/// In the order of `get all`, which in release 1.7.x leaves those of ZFS out.
pub(super) fn all(line: Line) -> Vec<(&'static str, Of)> {
    let own = [FIRST, LAST].into_iter().flat_map(|text| parse(text, line, Of::Iocage));
    let zfs = parse(ZFS, line, Of::Zfs).filter(|_| line == Line::Development);
    own.chain(zfs).map(|(name, of, _)| (name, of)).collect()
}

/// What zfs calls a property, and whose it is; none where iocage has it not.
pub(super) fn column(line: Line, name: &str) -> Option<(Cow<'static, str>, Of)> {
    let found = with_defaults(line).find(|(known, ..)| *known == name);
    found.map(|(name, of, _)| (of.column(name), of))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_has_its_own() {
        let names = |line| all(line).len();
        assert_eq!((names(Line::Development), names(Line::Release)), (115, 96));
        let own = |line, name| with_defaults(line).find(|(known, ..)| *known == name).map(|(.., own)| own);
        assert_eq!(own(Line::Development, "type"), Some(Own::Is("basejail")));
        assert_eq!(own(Line::Release, "type"), Some(Own::Is("jail")));
        assert_eq!(own(Line::Release, "count"), None);
        assert_eq!(own(Line::Development, "hostname"), None);
        assert_eq!(own(Line::Release, "hostname"), Some(Own::MadeUp));
        assert_eq!(column(Line::Release, "used"), Some(("used".into(), Of::Zfs)));
    }
}
