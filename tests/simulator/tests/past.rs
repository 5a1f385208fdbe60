//! What zpool and zfs tell in one call of the whole machine, whichever iocage it has, and the machine in memory.

use serde_json::json;

use crate::machine::{Folder, Machine, Ran};

fn answer(stdout: &str) -> Ran {
    Ran { stdout: stdout.to_owned(), stderr: String::new(), exit: 0 }
}

fn pools(machine: &Machine) -> Ran {
    machine.tool("zpool", &["list", "-H", "-o", "name,comment"])
}

#[test]
fn a_pool_of_the_shell_iocage_is_marked_by_its_comment() {
    let machine = Machine::new(
        &json!({"pools": [{"name": "tank", "active": true}, {"name": "z", "comment": "of Ann"}]}),
    );
    assert_eq!(pools(&machine), answer("tank\tiocage\nz\tof Ann\n"));
    machine.run(&["deactivate", "tank"]);
    assert_eq!(pools(&machine), answer("tank\tinherit\nz\tof Ann\n"));
    machine.run(&["activate", "z"]);
    assert_eq!(pools(&machine), answer("tank\tinherit\nz\tiocage\n"));
    let python = Machine::python(json!([]));
    assert_eq!(pools(&python), answer("tank\t-\n"));
    assert_eq!(python.tool("zpool", &["status"]).exit, 70);
}

/// It greps for its own name, in the names of pools as well.
#[test]
fn a_pool_that_is_called_so_is_one_too_many() {
    let machine = Machine::new(&json!({"pools": [{"name": "iocages"}, {"name": "tank", "active": true}]}));
    let ran = machine.run(&["list"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("\niocages\t-\ntank\tiocage\n***"), "{}", ran.stderr);
}

#[test]
fn all_pools_are_listed_so_deep_with_what_is_inherited() {
    let uuid = "9b8e1033-cfbc-11e5-8209-d05099728dbf";
    let machine = Machine::new(&json!({"pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"],
         "jails": [{"uuid": uuid, "tag": "a\tb", "properties": {"used": "1.69M"}}],
         "defaults": {"uuid": "b67065a9-cfb9-11e5-8209-d05099728dbf", "tag": "t"}},
        {"name": "tank-b"},
    ]}));
    let columns = "name,mounted,used,exec,encryption,keystatus,dedup,compression,org.freebsd.iocage:tag,org.freebsd.iocage:start,name";
    let list = |depth| machine.zfs(&["list", "-H", "-t", "filesystem", "-d", depth, "-o", columns]).stdout;
    let rest = "on\toff\t-\toff\tlz4";
    let row = |name: &str, used, tag| format!("{name}\tyes\t{used}\t{rest}\t{tag}\t-\t{name}\n");
    assert_eq!(list("0"), row("tank", "96K", "-") + &row("tank-b", "96K", "-"));
    let all = list("4");
    let jail = format!("tank/iocage/jails/{uuid}");
    assert!(all.contains(&row(&jail, "1.69M", "a\tb")), "{all}");
    assert!(all.contains(&row(&format!("{jail}/root"), "96K", "a\tb")), "{all}");
    // By the whole name, whatever pool it is of.
    let names: Vec<&str> = all.lines().filter_map(|line| line.split('\t').next()).collect();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(names, sorted);
    assert_eq!(list("2").lines().filter(|line| line.contains("/jails")).count(), 1);
}

#[test]
fn a_lease_is_on_the_third_line_of_ifconfig() {
    let jails = json!([{"name": "dh", "jid": 7, "properties": {"dhcp": "1"}}, {"name": "un", "properties": {"dhcp": "1"}}]);
    let machine = Machine::python(jails);
    let said = machine.tool("jexec", &["7", "ifconfig", "epair0b", "inet"]).stdout;
    let address = said.lines().nth(2).and_then(|line| line.split_whitespace().nth(1));
    let listed = machine.run(&["list", "-lh"]).stdout;
    assert_eq!(address, Some("192.0.2.107"));
    assert!(listed.contains("\tepair0b|192.0.2.107\t"), "{listed}");
}

/// What the machine in memory answers is what the programs do.
#[test]
fn a_machine_in_memory_is_the_same() {
    for state in [
        json!({"clock": "2016-02-09 23:47:04", "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"],
               "defaults": {"uuid": "b67065a9-cfb9-11e5-8209-d05099728dbf", "tag": "t"},
               "jails": [{"uuid": "9b8e1033-cfbc-11e5-8209-d05099728dbf", "tag": "a", "jid": 3}]}]}),
        json!({"version": "1.13", "mounted": false, "pools": [{"name": "tank", "active": true, "jails": [{"name": "a", "jid": 3}]}]}),
    ] {
        let folder = Folder::new();
        let held = iocage_sim::Machine::new(&state.to_string(), folder.path()).expect("a machine");
        let machine = Machine::new(&state);
        for (program, line) in [
            ("iocage", "list"),
            ("iocage", "df"),
            ("iocage", "get all a"),
            ("iocage", "start a"),
            ("iocage", "destroy a"),
            ("zfs", "list -H -t filesystem -d 4 -o name,used"),
            ("zpool", "list -H -o name,comment"),
            ("jls", "-n --libxo json"),
            ("jexec", "3 hostname"),
            ("jexec", "3 sh -c cat"),
        ] {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let ran = machine.tool(program, &words);
            let said = held
                .run(program, &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>(), b"")
                .expect("a program");
            let said = Ran {
                stdout: String::from_utf8(said.stdout).expect("UTF-8"),
                stderr: String::from_utf8(said.stderr).expect("UTF-8"),
                exit: said.exit.into(),
            };
            assert_eq!(said, ran, "{program} {line}");
        }
        assert!(held.run("rm", &[], b"").is_none());
    }
}
