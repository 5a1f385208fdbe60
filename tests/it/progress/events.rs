//! What clients are told of what has changed.

use std::thread;

use serde_json::{Value, json};
use sysadm_class::Access;

use super::ear::Ear;
use super::{BOTH, DOOR, fits, machine};
use crate::support::process::eventually;
use crate::support::{Machine, write_program};

/// What is told of requests, one after the other.
fn told(machine: &Machine, requests: &[Value]) -> Vec<Vec<Value>> {
    let ear = Ear::new();
    let instance = ear.instance(DOOR, machine);
    let each = requests.iter().map(|args| {
        ear.forget();
        instance.ask_as(9, Access::Full, args);
        let events = ear.events();
        events.iter().for_each(|event| fits(include_str!("../../../include/schema/event.json"), event));
        events
    });
    each.collect()
}

fn of(action: &str, jail: &str) -> Value {
    json!({"action": action, "jail": jail})
}

#[test]
fn a_change_is_told_with_what_the_jail_is_now() {
    for version in BOTH {
        let machine = machine(version, 0);
        let uuid = if version == "1.13" { "test" } else { "0a1b2c3d-0001-11e6-9602-54ee75595566" };
        let requests = ["startjail", "capjail", "stopjail", "destroyjail"].map(|action| of(action, "test"));
        let states = ["up", "up", "down", "gone"];
        for ((events, state), args) in told(&machine, &requests).into_iter().zip(states).zip(&requests) {
            if version == "1.13" && args["action"] == "capjail" {
                // This generation has limits to apply, or nothing is run.
                assert!(events.len() <= 1, "{events:?}");
                continue;
            }
            let expected = json!([{"action": args["action"], "jail": "test", "outcome": "done", "request": 9,
                "state": state, "tag": "test", "uuid": uuid}]);
            assert_eq!(json!(events), expected, "{version}");
        }
    }
}

/// The old name is gone, the new one is there; to the shell iocage it is one jail.
#[test]
fn another_name_is_told_with_the_old_one() {
    for version in BOTH {
        let machine = machine(version, 0);
        let args = json!({"action": "renamejail", "jail": "test", "name": "shop"});
        let events = told(&machine, &[args]).remove(0);
        let uuid = if version == "1.13" { "shop" } else { "0a1b2c3d-0001-11e6-9602-54ee75595566" };
        let named = json!({"action": "renamejail", "jail": "test", "outcome": "done", "request": 9,
            "tag": "shop", "uuid": uuid});
        let gone =
            json!({"action": "renamejail", "outcome": "done", "request": 9, "state": "gone", "uuid": "test"});
        let expected = if version == "1.13" { json!([named, gone]) } else { json!([named]) };
        assert_eq!(json!(events), expected, "{version}");
    }
}

#[test]
fn what_is_new_is_told_one_by_one() {
    for version in BOTH {
        let machine = machine(version, 0);
        let create = json!({"action": "createjail", "props": "tag=new release=10.2-RELEASE"});
        let events = &told(&machine, &[create])[0];
        assert_eq!(events.len(), 1, "{events:?}");
        let (event, uuid) = (&events[0], events[0]["uuid"].as_str().expect("a text"));
        assert_eq!((&event["action"], &event["outcome"]), (&json!("createjail"), &json!("done")));
        assert_eq!(event["state"], "down", "{event}");
        let asked = Ear::new();
        let listed = asked.instance(DOOR, &machine).ask(Access::Limited, &json!({"action": "listjails"}));
        assert!(listed["listjails"].get(uuid).is_some(), "{uuid} in {listed}");
    }
}

/// What comes of an image is new, and where that has failed what it has left.
#[test]
fn what_is_imported_is_told_as_what_is_new() {
    let image = json!({"new_2026-11-27.zip": r#"{"release": "10.2-RELEASE"}"#});
    let pool = json!({"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "images": image});
    let fails = "#!/bin/sh\n\"${0%/*}/sim/iocage\" \"$@\"\n[ \"$1\" != import ]\n";
    for (script, expected) in [
        (None, json!({"outcome": "done", "state": "down"})),
        (Some(fails), json!({"code": "iocage-failed", "outcome": "failed"})),
    ] {
        let machine = Machine::new(&json!({"version": "1.13", "pools": [pool]}));
        if let Some(script) = script {
            let draft = machine.iocage().with_extension("other");
            write_program(&draft, script);
            std::fs::rename(draft, machine.iocage()).expect("renamed");
        }
        let ear = Ear::new();
        let instance = ear.instance_with(DOOR, &machine.config_with(&json!({"images": true})));
        let args = json!({"action": "importjail", "image": "new_2026-11-27.zip"});
        instance.ask_as(9, Access::Full, &args);
        let events = ear.events();
        events.iter().for_each(|event| fits(include_str!("../../../include/schema/event.json"), event));
        let mut event = json!({"action": "importjail", "request": 9, "uuid": "new"});
        event.as_object_mut().expect("an object").extend(expected.as_object().expect("an object").clone());
        assert_eq!(json!(events), json!([event]));
    }
}

/// Questions, refusals, and what is not found change nothing.
#[test]
fn what_changes_nothing_is_not_told() {
    for version in BOTH {
        let machine = machine(version, 0);
        let requests = [
            json!({"action": "listjails"}),
            json!({"action": "activatepool"}),
            of("startjail", "nobody"),
            json!({"action": "createjail", "props": "tag=test release=10.2-RELEASE"}),
            json!({"action": "createjail", "props": "tag=x release=none"}),
        ];
        for (events, args) in told(&machine, &requests).into_iter().zip(&requests) {
            assert!(events.is_empty(), "{version}, {args}: {events:?}");
        }
    }
}

#[test]
fn a_clean_is_told_of_each_jail_and_of_all() {
    for version in BOTH {
        let machine = machine(version, 0);
        let events = &told(&machine, &[json!({"action": "cleanjails"})])[0];
        let gone: Vec<_> = events.iter().filter(|event| event["state"] == "gone").collect();
        assert_eq!((gone.len(), events.len()), (2, 3), "{events:?}");
        let last = json!({"action": "cleanjails", "outcome": "done", "request": 9});
        assert_eq!(events[2], last);
    }
}

/// An iocage that does what it is asked for, and then fails.
fn fails_after(machine: &Machine, command: &str) {
    let script = format!(
        "#!/bin/sh\n\"${{0%/*}}/sim/iocage\" \"$@\" || exit\nif [ \"$1\" = {command} ]; then echo ERROR: no >&2; exit 1; fi\n"
    );
    write_program(&machine.iocage(), &script);
}

/// What a change that failed has left is told, and not the jail that it was made of.
#[test]
fn what_a_failure_has_done_all_the_same_is_told() {
    for version in BOTH {
        for (command, args) in [
            ("create", json!({"action": "createjail", "props": "tag=new release=10.2-RELEASE"})),
            ("clone", json!({"action": "clonejail", "jail": "test", "props": "tag=new"})),
        ] {
            let machine = machine(version, 0);
            fails_after(&machine, command);
            let events = &told(&machine, &[args])[0];
            assert_eq!(events.len(), 1, "{version}, {command}: {events:?}");
            let event = &events[0];
            assert_eq!(
                (&event["outcome"], &event["code"]),
                (&json!("failed"), &json!("iocage-failed")),
                "{event}"
            );
            let names = [&event["uuid"], &event["tag"]];
            assert!(names.contains(&&json!("new")) && !names.contains(&&json!("test")), "{event}");
            assert!(event.get("jail").is_none() && event.get("state").is_none(), "{event}");
        }
        let machine = machine(version, 0);
        fails_after(&machine, "clean");
        let events = &told(&machine, &[json!({"action": "cleanjails"})])[0];
        let gone = events.iter().filter(|event| event["state"] == "gone" && event["outcome"] == "failed");
        assert_eq!((gone.count(), events.len()), (2, 3), "{version}: {events:?}");
    }
}

/// Who shows jails has to look again, and is told what was seen.
#[test]
fn a_change_that_is_cut_short_is_told_as_ended() {
    for version in BOTH {
        let machine = machine(version, 0);
        let ear = Ear::new();
        let instance = ear.instance(DOOR, &machine);
        let hold = machine.hold("start");
        let answer = thread::scope(|scope| {
            let asked = scope.spawn(|| instance.ask_as(5, Access::Full, &of("startjail", "test")));
            eventually("start is told", || ear.told().iter().any(|one| one["program"][1] == "start"));
            instance.cancel(5);
            asked.join().expect("answered")
        });
        drop(hold);
        assert_eq!(answer["startjail"]["code"], "cancelled", "{answer}");
        let events = ear.events();
        assert_eq!(events.len(), 1, "{events:?}");
        let event = &events[0];
        assert_eq!((&event["outcome"], &event["code"]), (&json!("ended"), &json!("cancelled")), "{event}");
        assert_eq!((&event["state"], &event["jail"]), (&json!("down"), &json!("test")), "{event}");
    }
}
