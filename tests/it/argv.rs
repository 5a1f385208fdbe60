//! What iocage is really given: the exact words of every action and mode, in
//! order and with the lookups before them, as a spy before iocage noted them;
//! and that no name but a jail's own ever leads to a jail. iocage takes the end
//! of a UUID for the whole, so a name that is nearly right would hit somebody.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sysadm_iocage::action::{ACTIONS, Action};

use crate::support::{DOORS, Host, Machine, is_of_python};

const DB: &str = "611c89ae-c43c-11e5-9602-54ee75595566";
const FIREWALL: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
const DOT: &str = "5e1fe97e-cfba-11e5-8209-d05099728dbf";
const LINE: &str = "9b8e1033-c5b6-11e5-9f2f-fcaa14deb15d";
const TEMPLATE: &str = "b67065a9-c5b6-11e5-9f2f-fcaa14deb15d";

/// The jails, and their tags.
const JAILS: [(&str, &str); 5] =
    [(DB, "db"), (FIREWALL, "FIREWALL"), (DOT, "te.st"), (LINE, "te_st"), (TEMPLATE, "tpl")];

fn machine(running: bool) -> Machine {
    let jails: Vec<_> = JAILS
        .iter()
        .zip(1..)
        .map(|(&(uuid, tag), jid)| match (tag, running) {
            ("tpl", _) => json!({"uuid": uuid, "tag": tag, "type": "template"}),
            (_, true) => json!({"uuid": uuid, "tag": tag, "type": "jail", "jid": jid}),
            // A basejail, of which alone this iocage makes a template.
            (_, false) => json!({"uuid": uuid, "tag": tag}),
        })
        .collect();
    let of_db = |name: &str| ["", "/root"].map(|below| format!("tank/iocage/jails/{DB}{below}@{name}"));
    let snapshots = ["a", "b", "c"].map(of_db).concat();
    Machine::new(&json!({"mirror": {"11.0-RELEASE": 0}, "pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails, "snapshots": snapshots},
        {"name": "zroot"},
    ]}))
}

/// The two questions by which a jail is found.
const LOOKUP: [&str; 2] = ["[df]", "[list][-t]"];

/// Every action in every mode: does the jail run, the request, and the words of
/// the action after the lookup of its jail, if it has one.
fn modes() -> Vec<(bool, Value, Vec<String>)> {
    let word = |text: &str| vec![text.to_owned()];
    let found = |texts: &[&str]| LOOKUP.iter().chain(texts).map(|&text| text.to_owned()).collect::<Vec<_>>();
    const RELEASES: &str = "zfs[list][-H][-p][-d][2][-t][filesystem][-o][name,used][tank/iocage/releases]";
    const DATASETS: &str = "zfs[list][-H][-t][filesystem,volume][-o][name,origin]";
    const PROCESSES: &str = "ps[-ax][-o][jid=][-o][rss=][-o][%cpu=][-o][time=]";
    const RUNNING: &str = "jls[-n][jid][name]";
    let asked = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
    let cleaned = |clean: &str| {
        let calls = ["[activate]", DATASETS, RUNNING, clean, DATASETS];
        calls.map(str::to_owned).to_vec()
    };
    // How it was before is looked up first.
    let new = |texts: &[&str]| found(&[&[DATASETS], texts].concat());
    let of_db = |start: &str| format!("[{start}][{DB}]");
    let create = |more: Value| {
        let mut request = json!({"action": "createjail"});
        request.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        request
    };
    let clone = |props: &str| json!({"action": "clonejail", "jail": "db", "props": props});
    let cloned = |more: &str| found(&["[df]", "[list][-t]", DATASETS, &(of_db("clone") + more)]);
    let exec =
        |command: &str| json!({"action": "execjail", "jail": "db", "user": "root", "command": command});
    // The routing table is a property of the jail's dataset, which is where its root is.
    let look = format!("jls[-j][ioc-{DB}][-n][jid][name][path]");
    let fib = format!("zfs[get][-H][-o][value][org.freebsd.iocage:exec_fib][/iocage/jails/{DB}/root]");
    let execed = |more: &str| found(&[&look, &fib, &format!("jexec[-U][root][1]{more}")]);
    let snapshots = format!(
        "zfs[list][-H][-p][-t][filesystem,volume,snapshot][-o][name,creation,used,referenced,clones][-r][tank/iocage/jails/{DB}]"
    );
    let place =
        format!("zfs[list][-H][-p][-t][filesystem][-o][name,mounted,mountpoint][tank/iocage/jails/{DB}]");
    let get = |prop: &str| json!({"action": "getjailsettings", "jail": "db", "prop": prop});
    let all = format!("[get][all][{DB}]");
    vec![
        (
            false,
            json!({"action": "activatepool", "pool": "tank"}),
            ["[activate]", "[activate][tank]", "[activate]"].map(str::to_owned).to_vec(),
        ),
        (false, json!({"action": "activatepool"}), word("[activate]")),
        (false, json!({"action": "deactivatepool", "pool": "zroot"}), word("[deactivate][zroot]")),
        (true, json!({"action": "capjail", "jail": "db"}), found(&[&look, &of_db("cap")])),
        (false, json!({"action": "cleanall"}), cleaned("[clean][-fa]")),
        (false, json!({"action": "cleanjails"}), cleaned("[clean][-fj]")),
        (false, json!({"action": "cleanreleases"}), cleaned("[clean][-fr]")),
        (false, json!({"action": "cleantemplates"}), cleaned("[clean][-ft]")),
        (false, json!({"action": "clonejail", "jail": "db"}), cloned("")),
        (false, clone(""), cloned("")),
        (false, clone("tag=copy"), cloned("[tag=copy]")),
        (false, clone("tag=copy notes='a  b'\tboot=on"), cloned("[tag=copy][notes=a  b][boot=on]")),
        (false, create(json!({})), new(&["[create]"])),
        (false, create(json!({"props": " \t"})), new(&["[create]"])),
        (
            false,
            create(json!({"props": "tag=new release=10.2-RELEASE"})),
            [vec!["[list][-r]".to_owned()], new(&["[create][tag=new][release=10.2-RELEASE]"])].concat(),
        ),
        (
            false,
            create(json!({"props": "ip4_addr=\"em0|10.1.1.1/24\" tag=new"})),
            new(&["[create][ip4_addr=em0|10.1.1.1/24][tag=new]"]),
        ),
        (false, create(json!({"props": "tag=new", "switches": "-e"})), new(&["[create][-e][tag=new]"])),
        (false, create(json!({"switches": "-e"})), new(&["[create][-e]"])),
        (
            false,
            json!({"action": "destroyjail", "jail": "db"}),
            found(&[DATASETS, &of_db("destroy"), "[df]", "[list][-t]", DATASETS]),
        ),
        (false, json!({"action": "df"}), word("[df]")),
        (true, exec("echo hi"), execed("[echo][hi]")),
        (true, exec("  echo   a  "), execed("[echo][a]")),
        (true, exec("echo 'a  b' \"c d\" e\\ f"), execed("[echo][a  b][c d][e f]")),
        (true, exec("echo '' $HOME `id` ; ALL > x"), execed("[echo][][$HOME][`id`][;][ALL][>][x]")),
        (true, exec("echo a'b c'd \"it's\""), execed("[echo][ab cd][it's]")),
        (true, exec("echo -U toor -- -f"), execed("[echo][-U][toor][--][-f]")),
        (false, json!({"action": "activatestatus"}), asked(&[DATASETS, "[activate]"])),
        (
            false,
            json!({"action": "fetchreleases", "release": "11.0-RELEASE"}),
            asked(&["[activate]", RELEASES, "[fetch][release=11.0-RELEASE]", RELEASES]),
        ),
        (false, json!({"action": "getdefaultsettings"}), word("[defaults]")),
        (false, get("vnet"), found(&[&format!("[get][vnet][{DB}]")])),
        (false, get("all"), found(&[&format!("[get][all][{DB}]")])),
        (false, json!({"action": "getjailsettings", "jail": "db"}), found(&[&format!("[get][all][{DB}]")])),
        (
            false,
            json!({"action": "getjailsettings", "prop": "vnet", "switches": "-r"}),
            word("[get][-r][vnet]"),
        ),
        (true, json!({"action": "jailstats"}), asked(&["[list]", PROCESSES, "[df]"])),
        (true, json!({"action": "jailstats", "jail": "db"}), found(&["[list]", PROCESSES, "[df]"])),
        (false, json!({"action": "listjails"}), word("[list]")),
        (
            false,
            json!({"action": "jaillog", "jail": "db", "lines": 5}),
            found(&["[activate]", "zfs[get][-H][-o][value][mountpoint][tank/iocage]"]),
        ),
        (false, json!({"action": "listtemplates"}), word("[list][-t]")),
        (
            false,
            json!({"action": "settemplate", "jail": "db", "template": true}),
            found(&[
                "[list][-t]",
                &look,
                "[df]",
                "[list][-t]",
                "[activate]",
                "[list]",
                DATASETS,
                &format!("[set][istemplate=yes][{DB}]"),
                "[list][-t]",
            ]),
        ),
        (false, json!({"action": "listreleases"}), vec!["[activate]".to_owned(), RELEASES.to_owned()]),
        (
            true,
            json!({"action": "renamejail", "jail": "db", "name": "new"}),
            found(&[
                "[df]",
                "[list][-t]",
                "[list][-t]",
                &format!("[set][tag=new][{DB}]"),
                "[df]",
                "[list][-t]",
            ]),
        ),
        (
            true,
            json!({"action": "restartjail", "jail": "db"}),
            found(&[&look, &of_db("stop"), &look, &of_db("start"), &look]),
        ),
        (
            true,
            json!({"action": "setproperty", "jail": "db", "props": "notes='a  b' boot=on"}),
            found(&[
                &all,
                &look,
                &format!("[set][notes=a  b][{DB}]"),
                &format!("[set][boot=on][{DB}]"),
                &all,
            ]),
        ),
        (
            false,
            json!({"action": "setproperty", "defaults": true, "props": "boot=on"}),
            ["[defaults]", "[set][boot=on][default]", "[defaults]"].map(str::to_owned).to_vec(),
        ),
        (false, json!({"action": "listmounts", "jail": "db"}), found(&["[activate]", &place])),
        (false, json!({"action": "listsnapshots", "jail": "db"}), found(&["[activate]", &snapshots])),
        (
            true,
            json!({"action": "removesnapshot", "jail": "db", "snapshot": "b"}),
            found(&[
                "[activate]",
                &snapshots,
                &format!("zfs[destroy][-r][tank/iocage/jails/{DB}@b]"),
                &snapshots,
            ]),
        ),
        (
            false,
            json!({"action": "rollbackjail", "jail": "db", "snapshot": "a", "destroys": ["b", "c"]}),
            found(&[
                &look,
                "[df]",
                "[list][-t]",
                "[activate]",
                &snapshots,
                &format!("zfs[destroy][tank/iocage/jails/{DB}/root@b,c]"),
                &format!("zfs[rollback][tank/iocage/jails/{DB}/root@a]"),
                &format!("zfs[destroy][tank/iocage/jails/{DB}@b,c]"),
                &format!("zfs[rollback][tank/iocage/jails/{DB}@a]"),
                &snapshots,
            ]),
        ),
        (
            true,
            json!({"action": "updatejail", "jail": "db", "trust": true}),
            found(&[
                &all,
                &look,
                "[list][-t]",
                "[activate]",
                &snapshots,
                &of_db("update"),
                &snapshots,
                &all,
                &look,
            ]),
        ),
        (
            false,
            json!({"action": "snapshotjail", "jail": "db", "snapshot": "a:b.c"}),
            found(&["[activate]", &snapshots, &format!("[snapshot][-r][{DB}@a:b.c]"), &snapshots]),
        ),
        (
            false,
            json!({"action": "snapshotjail", "jail": "db"}),
            found(&["[activate]", &snapshots, &format!("[snapshot][-r][{DB}]"), &snapshots]),
        ),
        (false, json!({"action": "startjail", "jail": "db"}), found(&[&of_db("start"), &look])),
        (true, json!({"action": "stopjail", "jail": "db"}), found(&[&of_db("stop"), &look])),
    ]
}

#[test]
fn every_mode_of_every_action_has_its_words() {
    let modes = modes();
    for door in DOORS {
        for (running, request, expected) in &modes {
            let machine = machine(*running);
            let answer = Host::new(door, &machine.by_iocage()).answer(request);
            assert!(answer.get("error").is_none(), "{request}: {answer}");
            assert_eq!(&machine.calls(), expected, "{request}");
        }
    }
    let actions: BTreeSet<_> = modes.iter().map(|(_, request, _)| request["action"].as_str()).collect();
    let is_done = |action: &&Action| !is_of_python(action.name());
    assert_eq!(actions.len(), ACTIONS.iter().filter(is_done).count());
    println!("{} modes of {} actions", modes.len(), actions.len());
}

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
