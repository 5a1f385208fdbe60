//! Who waits for whom, on a machine whose iocage can be held up in the middle
//! of a command: threads, instances, generations and processes exclude each
//! other where they change the same, and nowhere else.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

mod asker;
mod commands;
mod files;
mod foreign;
mod prefix;
mod survivors;
mod waiting;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::DOORS;
use asker::{Asker, BRIEFLY, DB, ask, askers, begin, code, config, instance, left, machine, of};

#[test]
fn changes_to_one_jail_exclude_each_other_and_no_others() {
    for door in DOORS {
        let machine = machine();
        let first = Arc::new(instance(door, &config(&machine, 1)));
        let hold = machine.hold("start");
        let started = begin(&first, of("startjail", "db"));
        machine.wait_for_call(&format!("[start][{DB}]"));
        let names = ["db", DB, &DB.to_uppercase(), "db"];
        for ((who, mut asker), name) in askers(door, &first, &machine).into_iter().zip(names) {
            let before = Instant::now();
            let answer = asker.ask(&of("stopjail", name));
            let waited = before.elapsed();
            assert_eq!(code(&answer), "busy", "{who}: {answer}");
            assert!((1000..20_000).contains(&waited.as_millis()), "{who} waited {waited:?}");
            let error = answer["error"].as_str().expect("a sentence");
            let by = format!("(process {}, request 7)", std::process::id());
            assert!(error.contains("startjail of \"db\" has been at it for "), "{who}: {error}");
            assert!(error.contains(&by), "{who}: {error}");
            // The jail beside it, whoever reads, and who runs something in a jail.
            let before = Instant::now();
            for (args, expected) in [
                (of("stopjail", "web"), ""),
                (json!({"action": "listjails"}), ""),
                (json!({"action": "df"}), ""),
                (json!({"action": "getdefaultsettings"}), ""),
                (of("getjailsettings", "db"), ""),
                (json!({"action": "activatepool"}), ""),
                (
                    json!({"action": "execjail", "jail": "db", "user": "root", "command": "true"}),
                    "jail-not-running",
                ),
                (of("destroyjail", "nosuch"), "unknown-jail"),
            ] {
                assert_eq!(code(&asker.ask(&args)), expected, "{who}: {args}");
            }
            assert!(before.elapsed() < Duration::from_secs(20), "{who} took {:?}", before.elapsed());
        }
        drop(hold);
        assert_eq!(code(&started.join().expect("no panic")), "");
        assert_eq!(code(&ask(&first, &of("stopjail", "db"))), "", "free again");
    }
}

/// What works on all jails, and what is held back by it.
#[test]
fn a_change_to_all_jails_excludes_every_other() {
    let whole = [
        json!({"action": "cleanjails"}),
        json!({"action": "cleantemplates"}),
        json!({"action": "activatepool", "pool": "tank"}),
        json!({"action": "deactivatepool", "pool": "spare"}),
        json!({"action": "createjail", "props": "tag=many count=17"}),
        json!({"action": "setproperty", "defaults": true, "props": "boot=off"}),
    ];
    let each = [
        of("startjail", "db"),
        json!({"action": "createjail"}),
        json!({"action": "createjail", "props": "tag=new"}),
        json!({"action": "clonejail", "jail": "db", "props": "tag=copy"}),
        json!({"action": "clonejail", "jail": "db"}),
        json!({"action": "setproperty", "jail": "db", "props": "notes=x"}),
        json!({"action": "restartjail", "jail": "db"}),
        json!({"action": "renamejail", "jail": "db", "name": "later"}),
    ];
    let machine = machine();
    let first = Arc::new(instance(DOORS[0], &config(&machine, 1)));
    let mut others = askers(DOORS[0], &first, &machine);
    let hold = machine.hold("clean");
    let cleaned = begin(&first, json!({"action": "cleantemplates"}));
    machine.wait_for_call("[clean][-ft]");
    for (at, args) in whole.iter().chain(&each).enumerate() {
        let count = others.len();
        let (who, other) = &mut others[at % count];
        let answer = other.ask_within(args, BRIEFLY);
        let error = answer["error"].as_str().unwrap_or_default();
        assert_eq!(code(&answer), "busy", "{who}: {args}: {answer}");
        assert!(error.starts_with("the pool is busy: cleantemplates has been at it for "), "{error}");
        assert_eq!(code(&other.ask(&json!({"action": "listjails"}))), "", "{who}");
    }
    drop(hold);
    assert_eq!(code(&cleaned.join().expect("no panic")), "");
    // And the other way round: each of those holds up what works on all.
    for (args, command) in
        each.iter().zip(["start", "create", "create", "clone", "clone", "set", "stop", "set"])
    {
        let hold = machine.hold(command);
        machine.calls();
        let begun = begin(&first, args.clone());
        machine.wait_for_command(command);
        let (who, other) = &mut others[1];
        let answer = other.ask_within(&whole[1], BRIEFLY);
        assert_eq!(code(&answer), "busy", "{who}: {args}: {answer}");
        let action = args["action"].as_str().expect("an action");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(action)), "{answer}");
        drop(hold);
        assert_eq!(code(&begun.join().expect("no panic")), "", "{args}");
    }
}

#[test]
fn a_clone_holds_its_source() {
    let machine = machine();
    let first = Arc::new(instance(DOORS[0], &config(&machine, 1)));
    let hold = machine.hold("clone");
    let cloned = begin(&first, json!({"action": "clonejail", "jail": "db", "props": "tag=copy"}));
    machine.wait_for_call(&format!("[clone][{DB}][tag=copy]"));
    for args in [of("destroyjail", DB), json!({"action": "createjail", "props": "tag=copy"})] {
        let answer = ask(&first, &args);
        assert_eq!(code(&answer), "busy", "{answer}");
        assert!(answer["error"].as_str().is_some_and(|e| e.contains("clonejail of \"db\"")), "{answer}");
    }
    drop(hold);
    assert_eq!(code(&cloned.join().expect("no panic")), "");
}

/// Nobody makes a jail of the name that another is about to get, nor changes that one meanwhile.
#[test]
fn another_name_is_held_with_the_old_one() {
    let machine = machine();
    let first = Arc::new(instance(DOORS[0], &config(&machine, 1)));
    let hold = machine.hold("set");
    let renamed = begin(&first, json!({"action": "renamejail", "jail": "db", "name": "later"}));
    machine.wait_for_call(&format!("[set][tag=later][{DB}]"));
    for args in [
        of("startjail", DB),
        of("stopjail", "db"),
        json!({"action": "createjail", "props": "tag=later"}),
        json!({"action": "setproperty", "jail": DB, "props": "notes=x"}),
    ] {
        let answer = ask(&first, &args);
        assert_eq!(code(&answer), "busy", "{answer}");
        assert!(answer["error"].as_str().is_some_and(|e| e.contains("renamejail of \"db\"")), "{answer}");
    }
    drop(hold);
    assert_eq!(code(&renamed.join().expect("no panic")), "");
}

/// It waits, is done when the other is, and does not act on a jail that is gone
/// by then, whatever the two called it.
#[test]
fn who_waited_looks_again() {
    for (first_name, second_name) in [("db", "db"), (DB, "db"), ("db", DB)] {
        let machine = machine();
        let first = Arc::new(instance(DOORS[0], &machine.config()));
        let hold = machine.hold("destroy");
        let destroyed = begin(&first, of("destroyjail", first_name));
        machine.wait_for_call(&format!("[destroy][{DB}]"));
        let waits = begin(&first, of("startjail", second_name));
        thread::sleep(Duration::from_millis(300));
        assert!(!waits.is_finished());
        drop(hold);
        assert_eq!(code(&destroyed.join().expect("no panic")), "");
        assert_eq!(code(&waits.join().expect("no panic")), "unknown-jail", "{first_name} {second_name}");
        assert!(!machine.calls().iter().any(|call| call.starts_with("[start]")));
    }
}

/// Many at once, from threads of two instances and from two processes, by tag
/// and by UUID: exactly one does it.
#[test]
fn of_many_that_do_the_same_one_does_it() {
    for (args, done, losers) in [
        ([of("destroyjail", "db"), of("destroyjail", DB)], "destroy", &["unknown-jail", "busy"][..]),
        (
            [
                json!({"action": "createjail", "props": "tag=new"}),
                json!({"action": "clonejail", "jail": "web", "props": "tag=new"}),
            ],
            "(new)",
            &["tag-in-use", "busy"],
        ),
    ] {
        let machine = machine();
        let config = machine.config();
        let instances = DOORS.map(|door| Arc::new(instance(door, &config)));
        let mut askers: Vec<_> = (0..8).map(|at| Asker::Instance(Arc::clone(&instances[at % 2]))).collect();
        askers.extend(DOORS.map(|door| Asker::process(door, &config)));
        let workers = askers.into_iter().enumerate().map(|(at, mut asker)| {
            let args = args[at % 2].clone();
            thread::spawn(move || asker.ask(&args))
        });
        let workers: Vec<_> = workers.collect();
        let answers: Vec<_> = workers.into_iter().map(|worker| worker.join().expect("no panic")).collect();
        let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| code(answer).is_empty());
        assert_eq!((good.len(), bad.len()), (1, 9), "{answers:?}");
        assert!(bad.iter().all(|answer| losers.contains(&code(answer))), "{bad:?}");
        let is_change =
            |call: &&String| ["[destroy]", "[create]", "[clone]"].iter().any(|c| call.starts_with(c));
        let calls = machine.calls();
        assert_eq!(calls.iter().filter(is_change).count(), 1, "{done}: {calls:?}");
        assert_eq!(left(&machine), ["pool"]);
        let losers: Vec<_> = bad.iter().map(|answer| code(answer)).collect();
        println!("{done}: one of {}, the others {losers:?}", answers.len());
    }
}

#[test]
fn a_folder_that_cannot_be_used_stops_changes_and_no_reads() {
    for door in DOORS {
        let machine = machine();
        fs::create_dir(machine.locks()).expect("made");
        fs::set_permissions(machine.locks(), fs::Permissions::from_mode(0o777)).expect("ours");
        let instance = instance(door, &machine.config());
        assert_eq!(code(&ask(&instance, &json!({"action": "listjails"}))), "");
        machine.calls();
        for args in [of("startjail", "db"), json!({"action": "createjail"}), json!({"action": "cleanall"})] {
            let answer = ask(&instance, &args);
            assert_eq!(code(&answer), "cannot-lock", "{answer}");
            let error = answer["error"].as_str().expect("a sentence");
            assert!(error.contains("mode 0777") && error.contains("/locks"), "{error}");
        }
        assert_eq!(machine.calls(), [""; 0]);
    }
}
