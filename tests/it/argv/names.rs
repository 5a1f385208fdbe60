//! No name but a jail's own ever leads to a jail, and iocage is given its whole UUID: it takes the end of one for the
//! whole, so a name that is nearly right would hit somebody.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{DB, FIREWALL, JAILS, machine};
use crate::support::{DOORS, Host};

/// Each action that takes a jail, on a jail that is called so.
fn on(name: &str) -> [Value; 20] {
    let of = |action: &str| json!({"action": action, "jail": name});
    [
        json!({"action": "addmount", "jail": name, "source": "/data", "target": "/mnt"}),
        of("capjail"),
        json!({"action": "clonejail", "jail": name, "props": "tag=copy"}),
        of("destroyjail"),
        of("exportjail"),
        json!({"action": "execjail", "jail": name, "user": "root", "command": "echo db"}),
        of("getjailsettings"),
        json!({"action": "getjailsettings", "jail": name, "prop": "vnet"}),
        of("jailstats"),
        json!({"action": "removemount", "jail": name, "source": "/data", "target": "/mnt"}),
        json!({"action": "renamejail", "jail": name, "name": "new"}),
        of("restartjail"),
        json!({"action": "setproperty", "jail": name, "props": "notes=none"}),
        of("jaillog"),
        of("listmounts"),
        of("listsnapshots"),
        json!({"action": "settemplate", "jail": name, "template": true}),
        of("snapshotjail"),
        of("startjail"),
        of("stopjail"),
    ]
}

/// Names that are nearly a jail's, with the code that they are answered with.
const NEAR: [(&str, &str); 22] = [
    ("d", "unknown-jail"),
    ("b", "unknown-jail"),
    ("DB", "unknown-jail"),
    ("db2", "unknown-jail"),
    ("dbb", "unknown-jail"),
    ("FIRE", "unknown-jail"),
    ("WALL", "unknown-jail"),
    ("firewall", "unknown-jail"),
    ("te-st", "unknown-jail"),
    ("te", "unknown-jail"),
    ("tank", "unknown-jail"),
    ("jails", "unknown-jail"),
    ("611c89ae", "unknown-jail"),
    ("54ee75595566", "unknown-jail"),
    ("11c89ae-c43c-11e5-9602-54ee75595566", "unknown-jail"),
    ("611c89ae-c43c-11e5-9602-54ee7559556", "unknown-jail"),
    ("ALL", "illegal-name"),
    ("-R", "illegal-name"),
    ("db web", "illegal-name"),
    ("db FIREWALL", "illegal-name"),
    (" db", "illegal-name"),
    ("", "illegal-name"),
];

/// Nothing but questions that change nothing.
fn only_lookups(calls: &[String]) -> bool {
    let tools = ["zfs[list]", "zpool[list]", "jls"];
    let is_question = |call: &str| tools.iter().any(|tool| call.starts_with(tool));
    calls.iter().all(|call| ["[df]", "[list]", "[list][-t]"].contains(&call.as_str()) || is_question(call))
}

#[test]
fn a_name_that_is_nearly_right_leads_nowhere() {
    let mut asked = 0;
    for door in DOORS {
        for running in [false, true] {
            let machine = machine(running);
            let host = Host::new(door, &machine.config());
            let before = machine.shown();
            for (name, code) in NEAR {
                for request in on(name) {
                    let answer = host.answer(&request);
                    assert_eq!(
                        (answer["code"].as_str(), answer["key"].as_str()),
                        (Some(code), Some("jail")),
                        "{request}: {answer}"
                    );
                    let calls = machine.calls();
                    assert!(only_lookups(&calls), "{request}: {calls:?}");
                    assert!(code == "unknown-jail" || calls.is_empty(), "{request}: {calls:?}");
                    asked += 1;
                }
                assert_eq!(machine.shown(), before, "{name:?}");
            }
        }
    }
    println!("{asked} requests with {} names that are nearly right, none led anywhere", NEAR.len());
}

/// That the test above can fail: handed on as they are, such names destroy.
#[test]
fn a_naive_driver_destroys_the_jail_next_to_it() {
    for name in ["54ee75595566", "11c89ae-c43c-11e5-9602-54ee75595566", "75595566 x", "db FIREWALL"] {
        let machine = machine(false);
        machine.run_naively(&["destroy", name]);
        let left = machine.shown();
        assert!(!left.contains(DB) && left.contains(FIREWALL), "{name}: {left}");
    }
}

/// The word of a call by which iocage finds a jail, or the kernel, if that command
/// takes one.
fn jail_word(call: &str) -> Option<&str> {
    if let Some(name) = call.strip_prefix("jls[-j][ioc-") {
        return name.split(']').next();
    }
    let words: Vec<_> = call.strip_prefix('[')?.strip_suffix(']')?.split("][").collect();
    match words[..] {
        ["cap" | "clone" | "destroy" | "start" | "stop", jail, ..] => Some(jail),
        ["snapshot", "-r", jail] => Some(jail),
        ["get", prop, jail, ..] if prop != "-r" => Some(jail),
        _ => None,
    }
}

/// Over all actions that take a jail, by tag, by UUID and by UUID in capitals,
/// and by all the names that are nearly right: what iocage is given for a jail
/// is the whole UUID of the one that was meant, also if it is a template.
#[test]
fn a_jail_is_always_handed_on_as_its_uuid() {
    let (mut asked, mut started, mut whole) = (0, 0, 0);
    for (uuid, tag) in JAILS {
        for name in [tag.to_owned(), uuid.to_owned(), uuid.to_uppercase()] {
            let mut reached = BTreeSet::new();
            for running in [false, true] {
                // Either door for every other request, and the other way round for a jail that runs.
                let doors = DOORS.iter().cycle().skip(usize::from(running));
                for (request, door) in on(&name).iter().zip(doors) {
                    let machine = machine(running);
                    let host = Host::new(*door, &machine.by_iocage());
                    host.ask(request);
                    asked += 1;
                    for call in machine.calls() {
                        let Some(jail) = jail_word(&call) else { continue };
                        started += 1;
                        whole += usize::from(JAILS.iter().filter(|(known, _)| *known == jail).count() == 1);
                        assert_eq!(jail, uuid, "{request}: {call}");
                        reached.insert(call);
                    }
                }
            }
            // A template does not run, so it has no limits to apply again.
            assert_eq!(reached.len(), if tag == "tpl" { 8 } else { 9 }, "{name}: {reached:?}");
        }
    }
    for door in DOORS {
        let machine = machine(true);
        let host = Host::new(door, &machine.config());
        for (name, _) in NEAR {
            for request in on(name) {
                host.ask(&request);
                asked += 1;
            }
        }
        started += machine.calls().iter().filter(|call| jail_word(call).is_some()).count();
    }
    println!(
        "{asked} requests; {started} commands started with a jail, {whole} of them with one jail's UUID"
    );
    assert_eq!(started, whole);
    assert!(started > 200, "{started}");
}
