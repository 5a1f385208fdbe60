//! listmounts: the entries of a jail's fstab, which lies beside its root.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::{Value, json};
use sysadm_class::Access::Limited;

use crate::support::{DOORS, Host, Machine, fault, write_program};

const BOTH: [&str; 2] = ["1.13", "2016-02-10"];
const WEB: &str = "611c89ae-c43c-11e5-9602-54ee75595566";
const OTHER: &str = "5e1fe97e-cfba-11e5-8209-d05099728dbf";

/// Let what a simulated shell iocage has mounted at `/iocage`, where nothing is, be where files can be.
pub(crate) fn mount_below_the_machine(machine: &Machine) {
    let zfs = machine.iocage().with_file_name("zfs");
    let (script, end) = (fs::read_to_string(&zfs).expect("a script"), "exec \"$here/sim/$name\" \"$@\"");
    assert!(script.contains(end), "{script}");
    let told = format!(
        "told=$(\"$here/sim/$name\" \"$@\"); status=$?\n\
         [ -z \"$told\" ] || printf '%s\\n' \"$told\" | sed 's|\t/iocage|\t{}/iocage|'\nexit \"$status\"",
        machine.folder_text()
    );
    write_program(&zfs, &script.replace(end, &told));
}

/// Two jails whose files are there, and where the first has its own.
fn machine(version: &str) -> (Machine, PathBuf) {
    let is_python = version == "1.13";
    let jail = |tag: &str, uuid: &str| match is_python {
        true => json!({"name": tag}),
        false => json!({"uuid": uuid, "tag": tag}),
    };
    let machine = Machine::new(&json!({"version": version, "mounted": true, "pools": [
        {"name": "tank", "active": true, "jails": [jail("web", WEB), jail("web2", OTHER)]}]}));
    let top = if is_python { "tank/iocage" } else { "iocage" };
    if !is_python {
        mount_below_the_machine(&machine);
    }
    let all = PathBuf::from(machine.folder_text());
    let at = |name: &str| all.join(top).join("jails").join(name);
    let folder = at(if is_python { "web" } else { WEB });
    for folder in [&folder, &at(if is_python { "web2" } else { OTHER })] {
        fs::create_dir_all(folder.join("root/etc")).expect("ours");
        // What lies in the jail is the jail's own, and none of this.
        fs::write(folder.join("root/etc/fstab"), "/x /y nullfs rw 0 0\n").expect("written");
    }
    (machine, folder)
}

#[test]
fn entries_are_told_by_their_targets() {
    for (door, version) in DOORS.into_iter().flat_map(|door| BOTH.map(|version| (door, version))) {
        let (machine, folder) = machine(version);
        let host = Host::new(door, &machine.config());
        let ask = json!({"action": "listmounts", "jail": "web"});
        assert_eq!(host.ask(&ask), json!({"listmounts": {}}), "{version}");
        let text = "# by hand\n/data\t/j/root/data\tnullfs\tro\t0\t0 # Added by iocage on 2026-01-01 00:00:00\n\
                    /a\\040b /j/root/mnt nullfs rw,late 1 2\ntmpfs\n/again /j/root/mnt nullfs ro 0 0\n";
        fs::write(folder.join("fstab"), text).expect("written");
        let answer = host.ask(&ask);
        assert_eq!(
            answer["listmounts"],
            json!({
                "/j/root/data": {"dump": "0", "inside": "", "options": "ro", "pass": "0", "source": "/data", "type": "nullfs"},
                "/j/root/mnt": {"dump": "1", "inside": "", "options": "rw,late", "pass": "2", "source": "/a b", "type": "nullfs"},
            })
        );
        let problems = answer["problems"].to_string();
        assert!(problems.contains("no entry: tmpfs") && problems.contains("/again"), "{answer}");
        let asked = host.ask(&json!({"action": "listmounts", "jail": "web", "filter": ["options=ro"],
            "select": ["source"], "count": true}));
        assert_eq!(
            (&asked["count"], &asked["listmounts"]),
            (&json!(1), &json!({"/j/root/data": {"source": "/data"}}))
        );
        // Of the jail with the longer name nothing is told, nor of what is nearly a name.
        assert_eq!(host.ask(&json!({"action": "listmounts", "jail": "web2"})), json!({"listmounts": {}}));
        assert_eq!(host.answer(&json!({"action": "listmounts", "jail": "we"}))["code"], "unknown-jail");
        let (_, text) = host.send_as(Limited, "sysadm", "iocage", &ask.to_string());
        assert!(text.contains("access-denied"), "it shows paths of the host: {text}");
        let host = Host::new(door, &machine.config_with(&json!({"deny_actions": ["listmounts"]})));
        assert_eq!(host.answer(&ask)["code"], "denied");
    }
}

/// It is read as root: by no link, and nothing but a file.
#[test]
fn what_is_no_file_is_not_read() {
    for version in BOTH {
        let (machine, folder) = machine(version);
        let host = Host::new(DOORS[0], &machine.config());
        let code = || host.answer(&json!({"action": "listmounts", "jail": "web"}))["code"].clone();
        let fstab = folder.join("fstab");
        // A jail of the Python iocage has one.
        if version == BOTH[0] {
            fs::remove_file(&fstab).expect("it is there");
        }
        symlink(folder.join("root/etc/fstab"), &fstab).expect("linked");
        assert_eq!(code(), "corrupt-jail");
        fs::remove_file(&fstab).expect("ours");
        fs::create_dir(&fstab).expect("ours");
        assert_eq!(code(), "corrupt-jail");
        fs::remove_dir(&fstab).expect("ours");
        fs::write(&fstab, "/a /b nullfs ro 0 0\n".repeat(60_000)).expect("written");
        assert_eq!(code(), "corrupt-jail");
        fs::write(&fstab, "/a /b nullfs ro 0 0\n").expect("written");
        assert_eq!(code(), Value::Null);
    }
}

#[test]
fn what_is_not_mounted_is_not_known() {
    let jails = json!([{"name": "web", "mounted": false}]);
    let pools = json!([{"name": "tank", "active": true, "jails": jails}]);
    let machine = Machine::new(&json!({"version": "1.13", "pools": pools}));
    let host = Host::new(DOORS[0], &machine.config());
    let answer = host.answer(&json!({"action": "listmounts", "jail": "web"}));
    assert_eq!(fault(&answer), ("corrupt-jail", "jail"), "{answer}");
}
