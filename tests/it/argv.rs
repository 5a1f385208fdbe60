//! What iocage is really given: the exact words of every action and mode, in
//! order and with the lookups before them, as a spy before iocage noted them. Which
//! jail they name is in `names`.

mod names;

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
