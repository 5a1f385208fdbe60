//! The system's tools are asked at the same time, where none needs the words of another: while
//! one of them is held up, the others have been started. And what was asked for the pool that
//! was iocage's before is never told of the one that is now.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

use std::fs;
use std::thread;

use serde_json::{Value, json};

use crate::support::process::{eventually, processes};
use crate::support::{DOORS, Folder, Host, Machine, write_program};

/// A machine of two pools, of which this one is iocage's.
fn state(version: &str, active: &str) -> Value {
    let jail = |name: &str| match version.contains('.') {
        true => json!({"name": name, "jid": 1}),
        false => json!({"tag": name, "jid": 1}),
    };
    let pool = |name: &str, jails: Value| json!({"name": name, "active": name == active, "releases": ["10.2-RELEASE"], "jails": jails});
    json!({"version": version, "pools": [
        pool("tank", json!([jail("of-tank")])),
        pool("vault", if active == "vault" { json!([jail("of-vault")]) } else { json!([]) }),
    ]})
}

fn is_started(machine: &Machine, tool: &str) -> bool {
    machine.noted().iter().any(|call| call.starts_with(tool))
}

/// The tools that have been started while zpool has not said anything.
fn beside_zpool(machine: &Machine, host: &Host, request: &Value, tools: &[&str]) -> Value {
    let hold = machine.hold("zpool");
    thread::scope(|scope| {
        let answer = scope.spawn(|| host.answer(request));
        for tool in ["zpool"].iter().chain(tools) {
            // Fails after a minute.
            machine.wait_for(tool, |line| line.starts_with(tool));
        }
        drop(hold);
        answer.join().expect("no panic")
    })
}

#[test]
fn one_that_is_held_up_holds_up_no_other() {
    for (version, first) in [("2016-02-10", &["jls"][..]), ("1.13", &["jls", "zfs"])] {
        let machine = Machine::new(&state(version, "tank"));
        let host = Host::new(DOORS[0], &machine.config_with(&json!({"direct": "only"})));
        let list = json!({"action": "listjails"});
        // Of the shell iocage it has to be found out once which pool is its own.
        let one = beside_zpool(&machine, &host, &list, first);
        machine.calls();
        let other = beside_zpool(&machine, &host, &list, &["jls", "zfs"]);
        assert_eq!(one, other, "{version}");
        assert!(one.to_string().contains("of-tank"), "{version}: {one}");
        assert_eq!(machine.calls().len(), 3, "{version}: each is asked once");
        let usage = json!({"action": "df"});
        beside_zpool(&machine, &host, &usage, &["zfs"]);
        assert!(!is_started(&machine, "jls"), "{version}: nobody needs it");
        machine.calls();
        let defaults = json!({"action": "getdefaultsettings"});
        let answer = beside_zpool(&machine, &host, &defaults, &["zfs"]);
        assert!(answer["getdefaultsettings"]["code"].is_null(), "{version}: {answer}");
    }
}

#[test]
fn another_pool_is_seen_at_once() {
    for version in ["2016-02-10", "1.13"] {
        let machine = Machine::new(&state(version, "tank"));
        let host = Host::new(DOORS[0], &machine.config_with(&json!({"direct": "only"})));
        let list = || host.answer(&json!({"action": "listjails"})).to_string();
        assert!(list().contains("of-tank"), "{version}");
        // Only the pool changes, and iocage stays the same program.
        machine.tell_like(&state(version, "vault"));
        for round in 0..2 {
            let answer = list();
            assert!(
                answer.contains("of-vault") && !answer.contains("of-tank"),
                "{version} {round}: {answer}"
            );
        }
        machine.tell_like(&state(version, "none"));
        assert!(list().contains("no-pool"), "{version}");
        machine.calls();
        assert!(list().contains("no-pool"), "{version}");
        let calls = machine.calls();
        let is_expected = calls.iter().any(|call| call.contains("tank") || call.contains("vault"));
        assert!(!is_expected, "{version}: nothing is asked of a pool that is iocage's no more: {calls:?}");
    }
}

/// What changes something looks at what is there then, in its turn.
#[test]
fn what_changes_something_begins_nothing() {
    for version in ["2016-02-10", "1.13"] {
        let machine = Machine::new(&state(version, "tank"));
        let host = Host::new(DOORS[0], &machine.config_with(&json!({"direct": "only"})));
        host.answer(&json!({"action": "listjails"}));
        machine.calls();
        let hold = machine.hold("zpool");
        let stop = json!({"action": "stopjail", "jail": "of-tank"});
        thread::scope(|scope| {
            let answer = scope.spawn(|| host.answer(&stop));
            machine.wait_for("zpool", |line| line.starts_with("zpool"));
            thread::sleep(std::time::Duration::from_millis(200));
            let calls = machine.noted();
            drop(hold);
            let answer = answer.join().expect("no panic");
            assert_eq!(calls.len(), 1, "{version}: {calls:?}");
            assert!(!answer.to_string().contains("\"code\""), "{version}: {answer}");
        });
    }
}

/// One that takes all of its grace to end, and one that does not.
const DEAF: &str =
    "#!/bin/sh\ntrap '' TERM\n: > \"$0.begun\"\nwhile [ -e \"$0.hold\" ]; do sleep 0.02; done\nexit 1\n";
const NUMBERED: &str = "#!/bin/sh\necho $$ > \"$0.new\"\nmv \"$0.new\" \"$0.number\"\nsleep 600\n";

/// The host may end before the one that is asked does.
#[test]
fn what_is_cancelled_leaves_none_of_the_others_at_work() {
    for version in ["2016-02-10", "1.13"] {
        let (machine, folder) = (Machine::new(&state(version, "tank")), Folder::in_memory());
        let [zpool, jls] = ["zpool", "jls"].map(|tool| folder.0.join(tool));
        write_program(&zpool, DEAF);
        write_program(&jls, NUMBERED);
        let hold = folder.0.join("zpool.hold");
        fs::write(&hold, "").expect("written");
        let more = json!({"direct": "only", "zpool": zpool, "jls": jls, "grace_s": 60});
        let host = Host::new(DOORS[0], &machine.config_with(&more));
        thread::scope(|scope| {
            let answer = scope.spawn(|| host.answer(&json!({"action": "listjails"})));
            let number = || fs::read_to_string(folder.0.join("jls.number")).ok()?.trim().parse::<i32>().ok();
            eventually("both work", || folder.0.join("zpool.begun").exists() && number().is_some());
            let number = number().expect("as above");
            host.instance().cancel(7).expect("the contract is kept");
            eventually("it is ended", || processes().iter().all(|process| process.pid != number));
            assert!(!answer.is_finished(), "{version}: the other has not ended");
            fs::remove_file(&hold).expect("removed");
            let answer = answer.join().expect("no panic");
            assert_eq!(answer["code"], "cancelled", "{version}: {answer}");
        });
    }
}
