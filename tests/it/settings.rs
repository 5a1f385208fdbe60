//! The settings of a jail that there is: set, read again, and told where one fails half-way.

use serde_json::{Value, json};

use crate::support::{DOORS, Host, Machine, fault, write_program};

const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
const BOTH: [&str; 2] = ["2016-02-10", "1.13"];

/// A machine with a jail `test`, that runs or not, and another one.
fn machine(version: &str, jid: Option<u32>) -> Machine {
    let mut jail = match version {
        "1.13" => json!({"name": "test"}),
        _ => json!({"uuid": UUID, "tag": "test"}),
    };
    if let Some(jid) = jid {
        jail["jid"] = json!(jid);
    }
    let other = if version == "1.13" { json!({"name": "other"}) } else { json!({"tag": "other"}) };
    let pools =
        json!([{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail, other]}]);
    Machine::new(&json!({"version": version, "pools": pools}))
}

fn set(props: &str) -> Value {
    json!({"action": "setproperty", "jail": "test", "props": props})
}

fn of_defaults(props: &str) -> Value {
    json!({"action": "setproperty", "defaults": true, "props": props})
}

/// What iocage was run for that sets something.
fn sets(machine: &Machine) -> Vec<String> {
    machine.calls().into_iter().filter(|call| call.starts_with("[set]")).collect()
}

#[test]
fn properties_are_set_at_once_and_read_again() {
    for door in DOORS {
        for version in BOTH {
            let machine = machine(version, None);
            let host = Host::new(door, &machine.config());
            let answer = host.answer(&set("notes='a  b' boot=on"));
            let (old, new) = if version == "1.13" { ("0", "1") } else { ("off", "on") };
            // The shell iocage hands the value to its shell, which reads the blanks.
            let notes = host.answer(&json!({"action": "getjailsettings", "jail": "test", "prop": "notes"}));
            let notes = notes["test"]["notes"].as_str().expect("a value").to_owned();
            let expected = json!({"jail": "test", "restart": [], "properties": {
                "boot": {"new": new, "old": old}, "notes": {"new": notes, "old": "none"}}});
            assert_eq!(answer, expected, "{version}");
            assert_eq!(notes.split_whitespace().collect::<Vec<_>>(), ["a", "b"]);
            let called = match version {
                "1.13" => vec!["[set][notes=a  b][boot=on][test]".to_owned()],
                _ => vec![format!("[set][notes=a  b][{UUID}]"), format!("[set][boot=on][{UUID}]")],
            };
            assert_eq!(sets(&machine), called);
            // The same again changes nothing, and is no failure.
            assert_eq!(host.answer(&set("boot=on"))["properties"]["boot"], json!({"new": new, "old": new}));
            let other = host.answer(&json!({"action": "getjailsettings", "jail": "other", "prop": "notes"}));
            assert_eq!(other, json!({"other": {"notes": "none"}}));
        }
    }
}

#[test]
fn what_new_jails_get_is_set_too() {
    for door in DOORS {
        for version in BOTH {
            let machine = machine(version, Some(1));
            let host = Host::new(door, &machine.config());
            let old = host.answer(&json!({"action": "getdefaultsettings"}))["defaults"]["vnet"].take();
            let expected =
                json!({"defaults": true, "properties": {"vnet": {"new": "1", "old": old}}, "restart": []});
            assert_eq!(host.answer(&of_defaults("vnet=1")), expected, "{version}");
            assert_eq!(sets(&machine), ["[set][vnet=1][default]"]);
            let now = host.answer(&json!({"action": "getdefaultsettings"}));
            assert_eq!(now["defaults"]["vnet"], "1");
        }
    }
}

/// What is refused is refused before anything is set.
#[test]
fn all_are_looked_at_before_the_first_is_set() {
    let both = [
        (set(""), "illegal-value", "props"),
        (set("notes=x bogus=1"), "unknown-property", "props"),
        (set("notes=x tag=new"), "illegal-value", "props"),
        (set("notes=x template=yes"), "illegal-value", "props"),
        (set("notes=x istemplate=yes"), "illegal-value", "props"),
        (set("notes=x count=2"), "illegal-value", "props"),
        (set("notes=x release=10.2-RELEASE"), "illegal-value", "props"),
        (set("notes=x host_hostuuid=y"), "illegal-value", "props"),
        (set("notes=x used=1G"), "illegal-value", "props"),
        (set("notes=x notes=y"), "illegal-value", "props"),
        (of_defaults("notes=x bogus=1"), "unknown-property", "props"),
        (json!({"action": "setproperty", "props": "notes=x"}), "missing-key", "jail"),
        (
            json!({"action": "setproperty", "defaults": false, "props": "notes=x"}),
            "illegal-value",
            "defaults",
        ),
        (json!({"action": "setproperty", "jail": "test"}), "missing-key", "props"),
        (
            json!({"action": "setproperty", "jail": "test", "defaults": true, "props": "notes=x"}),
            "contradictory-keys",
            "defaults",
        ),
        (json!({"action": "setproperty", "jail": "tes", "props": "notes=x"}), "unknown-jail", "jail"),
        (json!({"action": "setproperty", "jail": "default", "props": "notes=x"}), "illegal-name", "jail"),
    ];
    let shell = [
        (set("boot=on notes=$(id)"), "illegal-value", "props"),
        (set("boot=on exec_start='/bin/env A=b'"), "illegal-value", "props"),
        (set("boot=on notes="), "illegal-value", "props"),
        (set("boot=on hack88=1"), "jail-running", "jail"),
    ];
    let python = [
        (set("notes=x vnet=maybe"), "illegal-value", "props"),
        (set("notes=x ip4=banana"), "illegal-value", "props"),
        (set("notes=x memoryuse=8G:log"), "illegal-value", "props"),
        (set("notes=x quota=12"), "illegal-value", "props"),
        (set("notes=x nat_prefix=172.16"), "illegal-value", "props"),
        (set("notes=x hack88=1"), "illegal-value", "props"),
        (of_defaults("notes=x quota=1G"), "illegal-value", "props"),
        (set("notes=x dhcp=1"), "jail-running", "jail"),
        (set("notes=x jail_zfs=1"), "jail-running", "jail"),
    ];
    for (version, own) in BOTH.into_iter().zip([&shell[..], &python]) {
        let machine = machine(version, Some(1));
        for door in DOORS {
            let host = Host::new(door, &machine.config());
            for (request, code, key) in both.iter().chain(own) {
                let answer = host.answer(request);
                assert_eq!(fault(&answer), (*code, *key), "{request}: {answer}");
                // `key` is one of the args; which property it is stands in the sentence.
                let second = request["props"].as_str().and_then(|props| props.split_once(' '));
                let name = second.and_then(|(_, second)| second.split('=').next());
                let said = answer["error"].as_str().expect("a sentence");
                assert!(
                    name.is_none_or(|name| [format!("`{name}`"), format!("\"{name}\"")]
                        .iter()
                        .any(|name| said.contains(name))),
                    "{request}: {answer}"
                );
            }
        }
        assert_eq!(sets(&machine), [""; 0], "{version}");
        assert!(!machine.evaluated());
    }
}

#[test]
fn what_needs_a_restart_is_told_of_a_jail_that_runs() {
    for (version, props, restart, warned) in [
        ("2016-02-10", "vnet=on notes=x exec_start=/bin/sh memoryuse=4G:log", ["exec_start", "vnet"], 1),
        ("1.13", "vnet=1 notes=x exec_start=/bin/sh memoryuse=deny=8g", ["exec_start", "vnet"], 0),
    ] {
        for jid in [Some(1), None] {
            let machine = machine(version, jid);
            let host = Host::new(DOORS[0], &machine.config());
            let answer = host.ask(&set(props));
            let mut told: Vec<_> = answer["setproperty"]["restart"].as_array().expect("an array").clone();
            told.sort_by_key(ToString::to_string);
            let (expected, count) = if jid.is_some() { (json!(restart), warned) } else { (json!([]), 0) };
            assert_eq!(json!(told), expected, "{version}: {answer}");
            assert_eq!(answer["warnings"].as_array().map_or(0, Vec::len), count, "{version}: {answer}");
            // What is as it was needs nothing.
            let again = host.answer(&set(props));
            assert_eq!(again["restart"], json!([]), "{version}: {again}");
        }
    }
}

/// An iocage that runs `script` before, or in place of, what it is asked for.
fn with_script(machine: &Machine, script: &str) {
    let text = format!("#!/bin/sh\n{script}\nexec \"${{0%/*}}/sim/iocage\" \"$@\"\n");
    write_program(&machine.iocage(), &text);
}

#[test]
fn what_failed_half_way_tells_which_are_set() {
    let failed = "if [ \"$1 $2\" = 'set boot=on' ]; then echo '  ERROR: no' >&2; exit 1; fi";
    let silent = "if [ \"$1 $2\" = 'set boot=on' ]; then exit 0; fi";
    for (version, script, props, code, said) in [
        (
            "2016-02-10",
            failed,
            "notes=x boot=on owner=y",
            "iocage-failed",
            "set: notes; not set: boot, owner",
        ),
        ("2016-02-10", silent, "notes=x boot=on owner=y", "not-done", "set: notes, owner; not set: boot"),
        ("1.13", "", "notes=x ip4_addr=banana", "illegal-value", "set: notes; not set: ip4_addr"),
        ("1.13", "", "ip4_addr=banana notes=x", "illegal-value", "set: none; not set: ip4_addr, notes"),
    ] {
        for door in DOORS {
            let machine = machine(version, None);
            with_script(&machine, script);
            let answer = Host::new(door, &machine.config()).answer(&set(props));
            let error = answer["error"].as_str().expect("a sentence");
            assert_eq!(answer["code"], code, "{answer}");
            assert!(error.ends_with(&format!("; {said}")), "{error}");
        }
    }
}

/// Which of two jails is changed while it runs, the Python iocage takes from a name in which
/// `.` is `_`.
#[test]
fn a_twin_is_not_changed() {
    let jails = json!([{"name": "a.b"}, {"name": "a_b", "jid": 1}]);
    let pools = json!([{"name": "tank", "active": true, "jails": jails}]);
    let machine = Machine::new(&json!({"version": "1.13", "pools": pools}));
    let args = json!({"action": "setproperty", "jail": "a.b", "props": "securelevel=3"});
    assert_eq!(Host::new(DOORS[0], &machine.config()).answer(&args)["code"], "ambiguous-jail");
    assert_eq!(sets(&machine), [""; 0]);
}

/// Old values are whoever's, and may be longer than an answer.
#[test]
fn values_for_which_there_is_no_room_are_counted() {
    let notes = "x".repeat(2 << 20);
    for version in BOTH {
        let mut jail = match version {
            "1.13" => json!({"name": "test"}),
            _ => json!({"uuid": UUID, "tag": "test"}),
        };
        jail["properties"] = json!({"notes": notes});
        let pools = json!([{"name": "tank", "active": true, "jails": [jail]}]);
        let machine = Machine::new(&json!({"version": version, "pools": pools}));
        let config = machine.config_with(&json!({"max_answer": 1 << 20}));
        let answer = Host::new(DOORS[1], &config).ask(&set("notes=short boot=off"));
        let properties = answer["setproperty"]["properties"].as_object().expect("an object");
        assert_eq!(properties.keys().collect::<Vec<_>>(), ["boot"], "{version}");
        assert_eq!(answer["left_out"], json!({"properties": 1}));
    }
}

#[test]
fn a_restart_is_a_stop_and_a_start() {
    for door in DOORS {
        for version in BOTH {
            let machine = machine(version, Some(1));
            let host = Host::new(door, &machine.config());
            let of = |action: &str| json!({"action": action, "jail": "test"});
            let both = host.ask(&of("restartjail"));
            assert!(both.get("warnings").is_none(), "{both}");
            let mut lines = host.answer(&of("stopjail"))["test"].take();
            let started = host.ask(&of("restartjail"));
            assert_eq!(started["warnings"], json!(["the jail did not run, and is started"]), "{started}");
            let more = started["restartjail"]["test"].as_object().expect("lines").clone();
            lines.as_object_mut().expect("lines").extend(more);
            assert_eq!(both["restartjail"]["test"], lines, "{version}");
            let calls = machine.calls();
            let turns: Vec<_> = calls.iter().filter_map(|call| call.split([']', '[']).nth(1)).collect();
            let turns: Vec<_> = turns.into_iter().filter(|word| ["start", "stop"].contains(word)).collect();
            assert_eq!(turns, ["stop", "start", "stop", "start"], "{version}");
            for action in ["startjail", "stopjail", "restartjail"] {
                let host = Host::new(door, &machine.config_with(&json!({"deny_actions": [action]})));
                assert_eq!(host.answer(&of("restartjail"))["code"], "denied", "{action}");
            }
        }
    }
}

#[test]
fn a_soft_restart_is_iocages_own() {
    let soft = json!({"action": "restartjail", "jail": "test", "soft": true});
    for door in DOORS {
        let shell = machine(BOTH[0], Some(1));
        let answer = Host::new(door, &shell.config()).answer(&soft);
        assert_eq!(fault(&answer), ("unsupported", "soft"), "{answer}");
        assert!(!shell.calls().iter().any(|call| call.contains("st") && call.contains("art]")));
        let python = machine(BOTH[1], Some(1));
        let answer = Host::new(door, &python.config()).answer(&soft);
        assert_eq!(answer, json!({"test": {"Soft restarting test (test)": ""}}));
        assert!(python.calls().contains(&"[restart][-s][test]".to_owned()));
        let silent = machine(BOTH[1], Some(1));
        with_script(&silent, "if [ \"$1\" = restart ]; then exit 0; fi");
        assert_eq!(Host::new(door, &silent.config()).answer(&soft)["code"], "not-done");
    }
}

#[test]
fn a_start_that_fails_after_the_stop_says_so() {
    for version in BOTH {
        let machine = machine(version, Some(1));
        with_script(&machine, "if [ \"$1\" = start ]; then echo '  ERROR: no' >&2; exit 1; fi");
        let answer =
            Host::new(DOORS[0], &machine.config()).answer(&json!({"action": "restartjail", "jail": "test"}));
        let error = answer["error"].as_str().expect("a sentence");
        assert!(error.starts_with("it was stopped, and then: "), "{error}");
        assert!(error.contains("down"), "{error}");
    }
}

fn rename(jail: &str, name: &str) -> Value {
    json!({"action": "renamejail", "jail": jail, "name": name})
}

#[test]
fn a_jail_gets_another_name() {
    for door in DOORS {
        for version in BOTH {
            // The tag of a jail that runs can be changed.
            let jid = if version == "1.13" { None } else { Some(1) };
            let machine = machine(version, jid);
            let host = Host::new(door, &machine.config());
            assert_eq!(
                host.ask(&rename("test", "shop")),
                json!({"renamejail": {"jail": "test", "name": "shop"}})
            );
            let jails = host.answer(&json!({"action": "listjails"}));
            let tags: Vec<_> =
                jails.as_object().expect("rows").values().map(|row| row["tag"].clone()).collect();
            assert!(tags.contains(&json!("shop")) && !tags.contains(&json!("test")), "{jails}");
            assert_eq!(host.answer(&rename("test", "x"))["code"], "unknown-jail");
            assert!(host.answer(&json!({"action": "destroyjail", "jail": "other"})).get("error").is_none());
        }
    }
}

#[test]
fn a_name_that_is_taken_or_none_is_refused() {
    for (version, more) in [
        (
            BOTH[0],
            vec![
                (rename("test", UUID), "illegal-name", "name"),
                (rename("base", "new"), "unsupported", "jail"),
            ],
        ),
        (
            BOTH[1],
            vec![
                (rename("test", "o.ther"), "tag-in-use", "name"),
                (rename("test", "FIREWALL"), "illegal-value", "name"),
                (rename("test", "a:b"), "illegal-value", "name"),
                (rename("up", "new"), "jail-running", "jail"),
            ],
        ),
    ] {
        let jails = match version {
            "1.13" => {
                json!([{"name": "test"}, {"name": "o_ther"}, {"name": "up", "jid": 1}, {"name": "base", "type": "template"}])
            }
            _ => {
                json!([{"uuid": UUID, "tag": "test"}, {"tag": "o_ther"}, {"tag": "base", "type": "template"}])
            }
        };
        let pools = json!([{"name": "tank", "active": true, "jails": jails}]);
        let machine = Machine::new(&json!({"version": version, "pools": pools}));
        let host = Host::new(DOORS[0], &machine.config());
        let before = machine.shown();
        let both = [
            (rename("test", "o_ther"), "tag-in-use", "name"),
            (rename("test", "base"), "tag-in-use", "name"),
            (rename("test", "test"), "tag-in-use", "name"),
            (rename("test", "ALL"), "illegal-name", "name"),
            (rename("test", "default"), "illegal-name", "name"),
            (rename("test", "-f"), "illegal-name", "name"),
            (rename("test", "a b"), "illegal-name", "name"),
            (rename("test", ""), "illegal-name", "name"),
            (json!({"action": "renamejail", "jail": "test"}), "missing-key", "name"),
            (rename("tes", "new"), "unknown-jail", "jail"),
        ];
        for (request, code, key) in both.into_iter().chain(more) {
            let answer = host.answer(&request);
            assert_eq!(fault(&answer), (code, key), "{version}: {request}: {answer}");
        }
        assert_eq!(machine.shown(), before, "{version}");
    }
}

/// It says that it did, or nothing, and the jail is called as before.
#[test]
fn a_name_that_is_not_given_is_no_success() {
    let says = "if [ \"$1\" = rename ]; then echo \"Jail: $2 renamed to $3\"; exit 0; fi";
    let silent = "if [ \"$1\" = set ]; then exit 0; fi";
    for (version, script) in BOTH.into_iter().zip([silent, says]) {
        let machine = machine(version, None);
        with_script(&machine, script);
        let answer = Host::new(DOORS[0], &machine.config()).answer(&rename("test", "shop"));
        assert_eq!(answer["code"], "not-done", "{version}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|text| text.contains("test")), "{answer}");
    }
}

/// Who ends it half-way, or behind that, is told which name there is.
#[test]
fn a_rename_that_is_cut_short_tells_the_name() {
    let machine = machine(BOTH[1], None);
    with_script(&machine, "if [ \"$1\" = rename ]; then \"${0%/*}/sim/iocage\" \"$@\"; kill -9 $$; fi");
    let answer = Host::new(DOORS[0], &machine.config()).answer(&rename("test", "shop"));
    let error = answer["error"].as_str().expect("a sentence");
    assert_eq!(answer["code"], "killed", "{answer}");
    assert!(error.ends_with("; test is not there, shop is there"), "{error}");
}
