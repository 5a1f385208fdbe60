//! Bringing a jail to the latest patches, over both generations: what is told of it, what is
//! refused, and what an update leaves that was not done.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

use std::thread;

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;

use crate::support::{DOORS, Host, Machine, fault};

const BOTH: [&str; 2] = ["1.13", "2016-02-10"];
const UUID: &str = "0a1b2c3d-0001-11e6-9602-54ee75595566";
const LONGER: &str = "0a1b2c3d-0002-11e6-9602-54ee75595566";
const OTHER: &str = "0a1b2c3d-0003-11e6-9602-54ee75595566";

/// A machine with a jail `test`, one whose name begins so, and one of another kind.
fn machine(version: &str, is_up: bool, level: u64, milliseconds: u64) -> Machine {
    let is_python = version == "1.13";
    let jail = |uuid: &str, name: &str, kind: &str| {
        let mut jail = match is_python {
            true => json!({"name": name, "type": kind}),
            false => json!({"uuid": uuid, "tag": name, "type": kind}),
        };
        if is_up && name == "test" {
            jail["jid"] = 1.into();
        }
        jail
    };
    let jails = [
        jail(UUID, "test", "jail"),
        jail(LONGER, "testing", "jail"),
        jail(OTHER, "base", "basejail"),
        jail("0a1b2c3d-0004-11e6-9602-54ee75595566", "form", "template"),
    ];
    Machine::new(&json!({
        "version": version,
        "patches": {"10.2-RELEASE": level},
        "mirror": {"10.2-RELEASE": milliseconds},
        "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}],
    }))
}

fn update(jail: &str) -> Value {
    json!({"action": "updatejail", "jail": jail, "trust": true})
}

/// The calls of iocage that change something.
fn updates(machine: &Machine) -> Vec<String> {
    machine.calls().into_iter().filter(|call| call.starts_with("[update]")).collect()
}

fn called(version: &str) -> &'static str {
    if version == "1.13" { "ioc_update_10.2-RELEASE_" } else { "ioc-update_" }
}

#[test]
fn a_jail_is_updated_and_is_where_it_was() {
    for (door, version) in DOORS.into_iter().flat_map(|door| BOTH.map(|version| (door, version))) {
        for is_up in [true, false] {
            let machine = machine(version, is_up, 4, 0);
            let host = Host::new(door, &machine.config());
            let all = host.ask(&update("test"));
            let answer = &all["updatejail"];
            let is_python = version == "1.13";
            // The shell iocage keeps the release as it was made.
            let new = if is_python { "10.2-RELEASE-p4" } else { "10.2-RELEASE" };
            assert_eq!(answer["release"], json!({"new": new, "old": "10.2-RELEASE"}), "{all}");
            assert_eq!(answer["state"], if is_up { "up" } else { "down" }, "{all}");
            assert_eq!(answer["jail"], "test");
            assert!(all.get("warnings").is_none(), "{all}");
            let snapshot = answer["snapshot"].as_str().expect("told").to_owned();
            assert!(snapshot.starts_with(called(version)), "{all}");
            let word = if is_python { "test" } else { UUID };
            assert_eq!(updates(&machine), [format!("[update][{word}]")]);
            let there = host.answer(&json!({"action": "listsnapshots", "jail": "test"}));
            assert!(there.get(&snapshot).is_some(), "{there}");
            let others = host.answer(&json!({"action": "listsnapshots", "jail": "testing"}));
            assert_eq!(others, json!({}), "no other jail");
        }
    }
}

/// The Python iocage takes it for a failure, and leaves a jail running that it has started.
#[test]
fn what_is_up_to_date_is_done() {
    for version in BOTH {
        for is_up in [true, false] {
            let machine = machine(version, is_up, 1, 0);
            let mut state: Value = serde_json::from_str(&machine.shown()).expect("JSON");
            state["patches"] = json!({});
            machine.become_like(&state);
            let all = Host::new(DOORS[0], &machine.config()).ask(&update("test"));
            let answer = &all["updatejail"];
            assert_eq!(answer["release"], json!({"new": "10.2-RELEASE", "old": "10.2-RELEASE"}), "{all}");
            let is_started = version == "1.13" && !is_up;
            assert_eq!(answer["state"], if is_up || is_started { "up" } else { "down" }, "{all}");
            let warning = "the jail is up now, which it was not before";
            assert_eq!(all["warnings"].to_string().contains(warning), is_started, "{all}");
        }
    }
}

#[test]
fn what_is_not_done_is_told_with_what_it_has_left() {
    for version in BOTH {
        let machine = machine(version, false, 0, 0);
        let answer = Host::new(DOORS[0], &machine.config()).answer(&update("test"));
        let is_python = version == "1.13";
        assert_eq!(fault(&answer).0, if is_python { "iocage-failed" } else { "not-done" }, "{answer}");
        let error = answer["error"].as_str().expect("a sentence");
        assert!(error.contains(&format!("as it was before is the snapshot {}", called(version))), "{error}");
        let state = if is_python { "the jail test is now up" } else { "is now down" };
        assert!(error.contains(state) && error.contains("a second devfs may be mounted"), "{error}");
    }
}

/// By the time that is configured, or by the caller.
#[test]
fn one_that_is_ended_tells_what_it_has_left() {
    for version in BOTH {
        let machine = machine(version, true, 4, 60_000);
        let config = machine.config_with(&json!({"timeouts_s": {"fetch": 1}, "grace_s": 1}));
        let host = Host::new(DOORS[0], &config);
        let answer = host.answer(&update("test"));
        assert_eq!(fault(&answer).0, "timed-out", "{answer}");
        let error = answer["error"].as_str().expect("a sentence");
        assert!(error.contains(called(version)) && error.contains("is now up"), "{error}");
        assert_eq!(error.matches("is now up").count(), 1, "{error}");
        assert!(error.contains("a second devfs may be mounted"), "{error}");
        assert_eq!(error.contains("resolv.conf"), version != "1.13", "{error}");
        // Nobody holds its lock any more.
        assert!(host.answer(&json!({"action": "stopjail", "jail": "test"})).get("error").is_none());
    }
}

#[test]
fn nothing_is_run_for_what_is_refused() {
    for (door, version) in DOORS.into_iter().flat_map(|door| BOTH.map(|version| (door, version))) {
        let machine = machine(version, false, 4, 0);
        let host = Host::new(door, &machine.config());
        for (args, expected) in [
            (json!({"action": "updatejail", "jail": "test"}), ("missing-key", "trust")),
            (json!({"action": "updatejail", "jail": "test", "trust": false}), ("illegal-value", "trust")),
            (json!({"action": "updatejail", "jail": "test", "trust": "yes"}), ("wrong-type", "trust")),
            (json!({"action": "updatejail", "trust": true}), ("missing-key", "jail")),
            (update("tes"), ("unknown-jail", "jail")),
            (update("0a1b2c3d-0001"), ("unknown-jail", "jail")),
            (update("ALL"), ("illegal-name", "jail")),
            (update("-P"), ("illegal-name", "jail")),
            (update("../test"), ("illegal-name", "jail")),
            (update("base"), ("unsupported", "jail")),
            (update("form"), ("unsupported", "jail")),
        ] {
            for args in [args.clone(), {
                let mut dry = args;
                dry["dryrun"] = true.into();
                dry
            }] {
                let answer = host.answer(&args);
                assert_eq!(fault(&answer), expected, "{version}, {args}: {answer}");
            }
        }
        let (status, _) = host.send_as(Limited, "sysadm", "iocage", &update("test").to_string());
        assert_eq!(status, Status::Forbidden);
        let mut dry = update("test");
        dry["dryrun"] = true.into();
        let plan = host.answer(&dry);
        assert_eq!(plan["runs"].as_array().map(Vec::len), Some(1), "{plan}");
        assert_eq!(updates(&machine), [""; 0], "{version}");
        let denying =
            |action: &str| Host::new(door, &machine.config_with(&json!({"deny_actions": [action]})));
        let denied = denying("updatejail");
        assert_eq!(fault(&denied.answer(&update("test"))).0, "denied");
        // It would start the jail.
        let answer = denying("startjail").answer(&update("test"));
        assert_eq!(fault(&answer).0 == "denied", version == "1.13", "{answer}");
    }
    // Its freebsd-update would need a terminal.
    let machine = machine("2016-02-10", true, 4, 0);
    let iocage = machine.iocage();
    let text = std::fs::read_to_string(&iocage).expect("a script");
    let old = "[ \"$1\" != --version ] || { echo 'iocage 1.7.6 (2015/11/07)'; exit; }\nexec ";
    std::fs::write(&iocage, text.replace("exec ", old)).expect("written");
    let answer = Host::new(DOORS[0], &machine.config()).answer(&update("test"));
    assert_eq!(fault(&answer), ("unsupported", "jail"), "{answer}");
    assert!(answer["error"].as_str().is_some_and(|error| error.contains("execjail")), "{answer}");
    assert_eq!(updates(&machine), [""; 0]);
}

/// The jail `test` of a machine's state, which lists its jails in an order of its own.
fn test_of(state: &mut Value) -> &mut Value {
    let jails = state["pools"][0]["jails"].as_array_mut().expect("jails");
    jails.iter_mut().find(|jail| jail["name"] == "test" || jail["tag"] == "test").expect("the jail")
}

/// Of a jail that iocage starts it would stop the last that it depends on.
#[test]
fn a_stopped_jail_that_depends_on_others_is_not_updated() {
    for (is_up, depends) in [(false, "testing"), (true, "testing"), (false, "none"), (false, "")] {
        let machine = machine("1.13", is_up, 4, 0);
        let mut state: Value = serde_json::from_str(&machine.shown()).expect("JSON");
        test_of(&mut state)["properties"]["depends"] = depends.into();
        machine.become_like(&state);
        let answer = Host::new(DOORS[0], &machine.config()).answer(&update("test"));
        if is_up || depends != "testing" {
            assert!(answer.get("error").is_none(), "{depends}: {answer}");
            continue;
        }
        assert_eq!(fault(&answer), ("unsupported", "jail"), "{answer}");
        let error = answer["error"].as_str().expect("a sentence");
        let why = "it depends on testing, which iocage would stop in its place; start the jail first";
        assert!(error.contains(why), "{error}");
        assert_eq!(updates(&machine), [""; 0]);
    }
}

/// What the shell iocage makes of a `jail` when it starts it.
#[test]
fn a_thickjail_is_updated() {
    let machine = machine("2016-02-10", true, 4, 0);
    let mut state: Value = serde_json::from_str(&machine.shown()).expect("JSON");
    test_of(&mut state)["type"] = "thickjail".into();
    machine.become_like(&state);
    let answer = Host::new(DOORS[0], &machine.config()).answer(&update("test"));
    assert!(answer["snapshot"].as_str().is_some_and(|name| name.starts_with("ioc-update_")), "{answer}");
}

/// Makes the iocage of a machine do something before it updates.
fn before_update(machine: &Machine, line: &str) {
    let iocage = machine.iocage();
    let text = std::fs::read_to_string(&iocage).expect("a script");
    let text = text.replace("exec ", &format!("[ \"$1\" != update ] || {line}\nexec "));
    std::fs::write(&iocage, text).expect("written");
}

#[test]
fn what_freebsd_update_leaves_alone_is_told() {
    let old = "WARNING: FreeBSD 10.2-RELEASE HAS PASSED ITS END-OF-LIFE DATE.";
    let files = "The following files are affected by updates. No changes have been downloaded, however, because \
                 the files have been modified locally:";
    for version in BOTH {
        for is_current in [true, false] {
            let machine = machine(version, true, 4, 0);
            if is_current {
                let mut state: Value = serde_json::from_str(&machine.shown()).expect("JSON");
                state["patches"] = json!({});
                machine.become_like(&state);
            }
            let wrapped = files.replace(" been", "\\nbeen").replace(" locally", "\\nlocally");
            before_update(&machine, &format!("printf '{wrapped}\\n/etc/motd\\n/etc/rc\\n\\n{old}\\n'"));
            let all = Host::new(DOORS[0], &machine.config()).ask(&update("test"));
            assert!(all["updatejail"].get("error").is_none(), "{all}");
            assert_eq!(all["warnings"], json!([format!("{files} /etc/motd, /etc/rc"), old]), "{all}");
        }
    }
}

/// Nothing was mounted before there is a snapshot, unless nobody knows how far it has come.
#[test]
fn a_devfs_is_told_of_only_where_there_may_be_one() {
    for version in BOTH {
        for (line, is_told) in [("{ echo no >&2; exit 1; }", false), ("kill -9 $$", true)] {
            let machine = machine(version, true, 4, 0);
            before_update(&machine, line);
            let answer = Host::new(DOORS[0], &machine.config()).answer(&update("test"));
            let error = answer["error"].as_str().expect("a sentence");
            assert!(error.contains("it has left no snapshot"), "{error}");
            assert_eq!(error.contains("a second devfs may be mounted on its /dev"), is_told, "{error}");
            let is_copied = is_told && version != "1.13";
            assert_eq!(error.contains("resolv.conf may be left in the jail"), is_copied, "{error}");
        }
    }
}

/// While one is updated nobody else changes it, and another jail is free.
#[test]
fn an_update_excludes_changes_of_its_jail() {
    for (door, version) in DOORS.into_iter().zip(BOTH) {
        let machine = machine(version, true, 4, 0);
        let host = Host::new(door, &machine.config_with(&json!({"lock_wait_s": 1})));
        thread::scope(|scope| {
            let hold = machine.hold("update");
            let updating = scope.spawn(|| host.answer(&update("test")));
            machine.wait_for_command("update");
            for busy in [update("test"), json!({"action": "stopjail", "jail": "test"})] {
                let answer = host.answer(&busy);
                assert_eq!(fault(&answer).0, "busy", "{busy}: {answer}");
                let error = answer["error"].as_str().expect("a sentence");
                assert!(error.contains("updatejail of \"test\""), "{error}");
            }
            let other = host.answer(&json!({"action": "startjail", "jail": "testing"}));
            assert!(other.get("error").is_none(), "{other}");
            drop(hold);
            let answer = updating.join().expect("no panic");
            assert!(answer.get("error").is_none(), "{answer}");
        });
    }
}
