//! What would be done, and nothing of it: every change there is, asked for with `dryrun`.

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_iocage::action::ACTIONS;

use crate::support::{DOORS, Host, Machine, is_of_python, wants_files};

const UUIDS: [&str; 3] = [
    "0a1b2c3d-0001-11e6-9602-54ee75595566",
    "0a1b2c3d-0002-11e6-9602-54ee75595566",
    "0a1b2c3d-0003-11e6-9602-54ee75595566",
];

const IMAGE: &str = "new_2026-11-27.zip";

/// A machine with a jail that runs, `up`, one that does not, `down`, and one with snapshots, `kept`.
fn machine(version: &str) -> Machine {
    let jail = |(at, name): (usize, &str)| match version {
        "1.13" => {
            json!({"name": name, "properties": {"memoryuse": "deny=1g", "pcpu": "deny=50"}})
        }
        // What can be updated is no basejail, and what can become a template is one.
        _ if name == "up" => json!({"uuid": UUIDS[at], "tag": name, "type": "jail"}),
        _ => json!({"uuid": UUIDS[at], "tag": name}),
    };
    let jail = |(at, name)| {
        let mut jail = jail((at, name));
        if at == 0 {
            jail["jid"] = json!(1);
        }
        jail
    };
    let jails: Vec<_> = ["up", "down", "kept"].into_iter().enumerate().map(jail).collect();
    let kept = if version == "1.13" { "kept" } else { UUIDS[2] };
    let of_kept = |name: &str| ["", "/root"].map(|of| format!("tank/iocage/jails/{kept}{of}@{name}"));
    let snapshots = ["a", "b"].map(of_kept).concat();
    let mut pools = json!([
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails, "snapshots": snapshots},
        {"name": "spare"},
    ]);
    if version == "1.13" {
        pools[0]["images"] = json!({IMAGE: r#"{"release": "10.2-RELEASE"}"#});
    }
    Machine::new(&json!({"version": version, "mirror": {"12.4-RELEASE": 0}, "pools": pools}))
}

/// A request for each change that would be made, and a word of what would be run.
fn requests(version: &str) -> Vec<(Value, &'static str)> {
    let is_python = version == "1.13";
    vec![
        (json!({"action": "activatepool", "pool": if is_python { "spare" } else { "tank" }}), "activate"),
        (json!({"action": "capjail", "jail": "up"}), if is_python { "memoryuse=deny=1g" } else { "cap" }),
        (json!({"action": "cleanall", "force": true}), "clean"),
        (json!({"action": "cleanjails", "force": true}), "clean"),
        (json!({"action": "cleanreleases", "force": true}), "clean"),
        (json!({"action": "cleantemplates", "force": true}), "clean"),
        (json!({"action": "clonejail", "jail": "down", "props": "tag=new"}), "clone"),
        (json!({"action": "createjail", "props": "tag=new release=10.2-RELEASE"}), "create"),
        (json!({"action": "deactivatepool", "pool": "tank"}), if is_python { "set" } else { "deactivate" }),
        (json!({"action": "destroyjail", "jail": "down"}), "destroy"),
        (json!({"action": "execjail", "jail": "up", "user": "root", "command": "echo /x"}), "echo"),
        (
            json!({"action": "removesnapshot", "jail": "kept", "snapshot": "b"}),
            if is_python {
                "tank/iocage/jails/kept@b"
            } else {
                "tank/iocage/jails/0a1b2c3d-0003-11e6-9602-54ee75595566@b"
            },
        ),
        (
            json!({"action": "rollbackjail", "jail": "kept", "snapshot": "a", "destroys": ["b"]}),
            if is_python {
                "tank/iocage/jails/kept/root@b"
            } else {
                "tank/iocage/jails/0a1b2c3d-0003-11e6-9602-54ee75595566/root@b"
            },
        ),
        (
            json!({"action": "renamejail", "jail": "down", "name": "new"}),
            if is_python { "rename" } else { "tag=new" },
        ),
        (json!({"action": "restartjail", "jail": "up"}), "stop"),
        (json!({"action": "setproperty", "jail": "up", "props": "notes=x boot=on"}), "notes=x"),
        (
            json!({"action": "settemplate", "jail": "down", "template": true}),
            if is_python { "template=1" } else { "istemplate=yes" },
        ),
        (json!({"action": "snapshotjail", "jail": "up", "snapshot": "before"}), "snapshot"),
        (json!({"action": "fetchreleases", "release": "12.4-RELEASE"}), "fetch"),
        (json!({"action": "startjail", "jail": "down"}), "start"),
        (json!({"action": "stopjail", "jail": "up"}), "stop"),
        (json!({"action": "updatejail", "jail": "up", "trust": true}), "update"),
    ]
    .into_iter()
    .chain(is_python.then(|| (json!({"action": "exportjail", "jail": "down"}), "export")))
    .chain(is_python.then(|| (json!({"action": "importjail", "image": IMAGE}), "import")))
    .collect()
}

fn planned(mut request: Value) -> Value {
    request["dryrun"] = true.into();
    request
}

#[test]
fn nothing_is_changed_and_what_would_be_run_is_told() {
    for version in ["2016-02-10", "1.13"] {
        let machine = machine(version);
        for door in DOORS {
            let host = Host::new(door, &machine.quick_config_with(&json!({"images": true})));
            let before = machine.shown();
            let requests = requests(version);
            let asked: Vec<_> = requests.iter().map(|(request, _)| request["action"].clone()).collect();
            for action in &ACTIONS {
                assert!(
                    action.access() < Access::Full
                        || ["jaillog", "listmounts"].contains(&action.name())
                        || wants_files(action.name())
                        || version != "1.13" && is_of_python(action.name())
                        || asked.contains(&json!(action.name())),
                    "{}",
                    action.name()
                );
            }
            for (request, word) in requests {
                let answer = host.ask(&planned(request.clone()));
                let told = &answer[request["action"].as_str().expect("a text")];
                assert_eq!(told["dryrun"], true, "{version}: {request}: {answer}");
                let runs = told["runs"].as_array().expect("an array");
                let first = runs[0].as_array().expect("words");
                assert!(first[0].as_str().is_some_and(|program| program.starts_with('/')), "{answer}");
                assert!(first.contains(&json!(word)), "{version}: {request}: {answer}");
                assert_eq!(machine.shown(), before, "{request} has changed something");
                assert!(machine.locks().read_dir().map_or(0, Iterator::count) == 0, "{request} took a lock");
            }
            assert!(host.log().iter().all(|line| !line.contains(" done, exit")), "{:?}", host.log());
        }
    }
}

/// A plan is what is then run, to the word.
#[test]
fn what_is_planned_is_what_is_run() {
    for version in ["2016-02-10", "1.13"] {
        for (request, _) in requests(version) {
            let machine = machine(version);
            let host = Host::new(DOORS[0], &machine.config_with(&json!({"images": true})));
            let action = request["action"].as_str().expect("a text");
            let plan = host.ask(&planned(request.clone()))[action]["runs"].clone();
            machine.all_calls();
            // A running jail keeps its release busy; that it is tried is enough.
            let answer = host.ask(&request);
            let is_done = answer[action]["code"].is_null() || action == "cleanreleases";
            assert!(is_done, "{version}: {request}: {answer}");
            let calls = machine.all_calls();
            for run in plan.as_array().expect("an array") {
                let words = run.as_array().expect("words")[1..].iter();
                let words: String =
                    words.map(|word| format!("[{}]", word.as_str().expect("a text"))).collect();
                assert!(calls.iter().any(|call| call.ends_with(&words)), "{version}: {words}: {calls:?}");
            }
        }
    }
}

/// What would go is told with what would be run, and what is refused is refused as it would be.
#[test]
fn refusals_come_as_they_would() {
    for version in ["2016-02-10", "1.13"] {
        let machine = machine(version);
        let host = Host::new(DOORS[1], &machine.quick_config());
        for (request, code) in [
            (json!({"action": "destroyjail", "jail": "up"}), "jail-running"),
            (json!({"action": "destroyjail", "jail": "nobody"}), "unknown-jail"),
            (json!({"action": "cleanjails"}), "jail-running"),
            (json!({"action": "capjail", "jail": "down"}), "jail-not-running"),
            (json!({"action": "createjail", "props": "tag=new release=9.9-RELEASE"}), "unknown-release"),
            (json!({"action": "startjail", "jail": "down", "dryrun": "yes"}), "wrong-type"),
        ] {
            let request = if request["dryrun"].is_null() { planned(request) } else { request };
            let action = request["action"].as_str().expect("a text");
            assert_eq!(host.ask(&request)[action]["code"], code, "{version}: {request}");
        }
        let jail = if version == "1.13" { "down" } else { UUIDS[1] };
        let told = host.ask(&planned(json!({"action": "destroyjail", "jail": "down"})));
        assert_eq!(told["destroyjail"]["jail"]["uuid"], jail, "{told}");
        assert_eq!(told["destroyjail"]["jail"]["state"], "down", "{told}");
        let datasets = told["destroyjail"]["datasets"].as_array().expect("an array");
        assert!(datasets.contains(&json!(format!("tank/iocage/jails/{jail}"))), "{told}");
        let told = host.ask(&planned(json!({"action": "cleanjails", "force": true})));
        let datasets = told["cleanjails"]["datasets"].as_array().expect("an array");
        assert!(datasets.len() >= 3, "{told}");
        let limited = host.send_as(
            Access::Limited,
            "sysadm",
            "iocage",
            r#"{"action":"destroyjail","jail":"down","dryrun":true}"#,
        );
        assert_eq!(limited.0, sysadm_class::Status::Forbidden, "{}", limited.1);
    }
}

/// The shell iocage of 2016 calls a template's datasets by its tag.
#[test]
fn the_datasets_of_a_template_are_told_wherever_they_lie() {
    for version in ["2016-02-10", "1.13"] {
        let place = "templates/plain".to_owned();
        let jail = |at: usize, name: &str, kind: &str| match version {
            "1.13" => json!({"name": name, "type": kind}),
            _ => json!({"uuid": UUIDS[at], "tag": name, "type": kind}),
        };
        let jails = json!([
            jail(0, "down", if version == "1.13" { "jail" } else { "basejail" }),
            jail(1, "plain", "template"),
        ]);
        let pools = json!([{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}]);
        let machine = Machine::new(&json!({"version": version, "pools": pools}));
        let host = Host::new(DOORS[0], &machine.quick_config());
        let of_jail = format!("jails/{}", if version == "1.13" { "down" } else { UUIDS[0] });
        for (request, place) in [
            (json!({"action": "settemplate", "jail": "down", "template": true}), &of_jail),
            (json!({"action": "settemplate", "jail": "plain", "template": false}), &place),
            (json!({"action": "destroyjail", "jail": "plain"}), &place),
        ] {
            let told = host.ask(&planned(request.clone()));
            let datasets = &told[request["action"].as_str().expect("a text")]["datasets"];
            let own = format!("tank/iocage/{place}");
            let all = datasets.as_array().unwrap_or_else(|| panic!("{version} {request}: {told}"));
            assert!(all.contains(&json!(own)), "{version} {request}: {told}");
            assert!(
                all.iter().all(|name| name.as_str().is_some_and(|name| name.starts_with(&own))),
                "{told}"
            );
        }
    }
}

/// Of two pools with a template of one tag one is iocage's, and what goes is not told by the tag.
#[test]
fn of_templates_of_one_tag_none_is_told() {
    let template = |at: usize| json!({"uuid": UUIDS[at], "tag": "plain", "type": "template"});
    let pools = json!([
        {"name": "old", "releases": ["10.2-RELEASE"], "jails": [template(0)]},
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [template(1)]},
    ]);
    let machine = Machine::new(&json!({"version": "2016-02-10", "pools": pools}));
    let host = Host::new(DOORS[0], &machine.quick_config());
    let told = host.ask(&planned(json!({"action": "destroyjail", "jail": "plain"})));
    assert!(told["destroyjail"].is_object() && told["destroyjail"]["datasets"].is_null(), "{told}");
    let zfs = std::process::Command::new(machine.iocage().with_file_name("zfs"))
        .args(["list", "-H", "-o", "name"])
        .output();
    let listed = String::from_utf8(zfs.expect("it runs").stdout).expect("UTF-8");
    assert_eq!(listed.matches("/iocage/templates/plain\n").count(), 2, "{listed}");
}
