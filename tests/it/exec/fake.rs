//! A machine of scripts with one jail, `test`, in which commands run as they are on
//! this machine: whatever the simulator's own shell has not got, signals, megabytes and
//! bytes, is real here. Files in its folder say how it is: `down` (the jail is stopped),
//! `template` (it is one), `no-sh` (there is no /bin/sh in it).

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::{Folder, Host, write_program};

/// The jail's UUID, where it has one.
pub(super) const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

/// Runs a command as jexec does: $user, and the command's words.
const JEXEC: &str = r#"
run() {
    case "$user" in root|www) ;; *) echo "jexec: $user: no such user" >&2; return 1 ;; esac
    if [ "$1" = /bin/sh ] && [ -e "$here/no-sh" ] || ! command -v "$1" > /dev/null; then
        echo "jexec: execvp: $1: No such file or directory" >&2
        return 1
    fi
    $exec "$@"
}
"#;

/// A Python iocage: what the command ends with, it keeps to itself.
const PYTHON: &str = r#"
exec=
case "$1" in
--version) printf 'Version\t1.13\n' ;;
df) printf 'test\t1.00x\tnone\tnone\t1M\t1G\n' ;;
get) echo 3 ;;
list)
    case "$2 $(ls "$here")" in
    *template*) [ "$2" != -tlh ] || printf -- '-\ttest\toff\tdown\ttemplate\tx\t-\t-\t-\tno\n' ;;
    *down*) [ "$2" != -lh ] || printf -- '-\ttest\toff\tdown\tjail\tx\t-\t-\t-\tno\n' ;;
    *) [ "$2" != -lh ] || printf '5\ttest\toff\tup\tjail\tx\t-\t-\t-\tno\n' ;;
    esac ;;
exec)
    if [ -e "$here/down" ] || [ -e "$here/template" ]; then
        echo 'test is not running! Please supply --force (-f) or start the jail' >&2
        exit 1
    fi
    user=$3
    shift 5
    run "$@" && exit 0
    echo "Command: $* failed!" >&2
    exit 1 ;;
esac
"#;

/// A shell iocage: where the jail is, it leaves to jexec.
const SHELL: &str = r#"
exec=
case "$1" in
--version) echo 'iocage DEVELOP (2016-02-10)' ;;
df) echo 'UUID CRT RES QTA USE AVA TAG'
    [ -e "$here/template" ] || echo "UUID_ 1.15x none none 88.1M 83.4G test" ;;
get) echo 3 ;;
list)
    echo 'JID UUID BOOT STATE TAG TYPE IP4'
    case "$2 $(ls "$here" | tr '\n' ' ')" in
    *template*) [ "$2" != -t ] || echo "- UUID_ off down test template -" ;;
    *down*) [ "$2" = -t ] || echo "- UUID_ off down test basejail -" ;;
    *) [ "$2" = -t ] || echo "5 UUID_ off up test basejail -" ;;
    esac ;;
exec)
    if [ -e "$here/template" ]; then
        echo "cannot open 'tank/iocage/jails/UUID_': dataset does not exist" >&2
        echo '[: -ne: unexpected operator' >&2
    fi
    if [ -e "$here/down" ] || [ -e "$here/template" ]; then
        echo 'jexec: jail "ioc-UUID_" not found' >&2
        exit 1
    fi
    user=$3
    shift 4
    run "$@"
    exit $? ;;
esac
"#;

const JLS: &str = r#"
if [ "$1" = -n ]; then
    # All that run, by the name that either generation gives.
    [ -e "$here/down" ] || [ -e "$here/template" ] ||
        printf 'jid=5 name=%s\n' ioc-test ioc-0bf985de-ca0f-11e5-8d45-d05099728dbf
    exit 0
fi
if [ -e "$here/down" ] || [ -e "$here/template" ]; then
    echo "jls: jail \"$2\" not found" >&2
    exit 1
fi
echo "jid=5 name=$2 path=$here/pool/jails/test/root"
"#;

const OF_JEXEC: &str = r#"
exec=exec
[ "$3" = 5 ] || { echo "jexec: jail $3 not found" >&2; exit 1; }
user=$2
shift 3
run "$@"
"#;

/// Says in which routing table, and goes on.
const SETFIB: &str = r#"
echo "fib $1"
shift
exec "$@"
"#;

/// The properties of the jail's dataset: its pool is active; what is in the file `fib`.
const ZFS: &str = r#"
case "$5" in org.freebsd.ioc:active) echo yes ;; *) cat "$here/fib" ;; esac
"#;

/// A generation of iocage, and whether commands go past it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) dialect: &'static str,
    pub(super) direct: &'static str,
}

/// All ways to run a command.
pub(super) const WAYS: [Way; 4] = [
    Way { dialect: "shell", direct: "auto" },
    Way { dialect: "shell", direct: "off" },
    Way { dialect: "python", direct: "auto" },
    Way { dialect: "python", direct: "off" },
];

/// The machine.
pub(super) struct Fake(Folder, Way);

impl Fake {
    pub(super) fn new(way: Way) -> Fake {
        let folder = Folder::new();
        let iocage = if way.dialect == "shell" { SHELL } else { PYTHON };
        let iocage = iocage.replace("UUID_", UUID);
        for (name, script) in [
            ("iocage", [JEXEC, &iocage].concat()),
            ("jexec", [JEXEC, OF_JEXEC].concat()),
            ("jls", JLS.to_owned()),
            ("setfib", SETFIB.to_owned()),
            ("zfs", ZFS.to_owned()),
        ] {
            write_program(&folder.0.join(name), &format!("#!/bin/sh\nhere=${{0%/*}}\n{script}"));
        }
        fs::write(folder.0.join("fib"), "0\n").expect("written");
        fs::create_dir_all(folder.0.join("pool/jails/test/root")).expect("made");
        Fake(folder, way)
    }

    /// A file in its folder, which may lie in folders that are there.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.0.0.join(name)
    }

    pub(super) fn is(&self, name: &str) {
        fs::write(self.file(name), "").expect("written");
    }

    pub(super) fn config(&self) -> Value {
        let program = |name: &str| self.file(name);
        json!({
            "direct": self.1.direct,
            "iocage": program("iocage"),
            "jexec": program("jexec"),
            "jls": program("jls"),
            "lock_dir": self.file("locks"),
            "setfib": program("setfib"),
            "zfs": program("zfs"),
            "zpool": program("zpool"),
        })
    }

    pub(super) fn host(&self, door: sysadm_class::host::Door) -> Host {
        Host::new(door, &self.config().to_string())
    }
}
