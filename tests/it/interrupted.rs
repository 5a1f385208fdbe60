//! A change that is ended early, by its time limit, by the request's own deadline
//! or by a cancellation: nobody knows how far it came, so the answer says where
//! the jail is now. Here it has been done each time, and iocage does not return.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_class::host::Request;
use sysadm_iocage::action::ACTIONS;
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Generation};

use crate::support::stand::nowhere;
use crate::support::{Counting, DOORS, Folder, Host, Machine, write_program};

/// Does its work and then stays.
const STAYS: &str = r#"#!/bin/sh
here=${0%/*}
"$here/sim/iocage" "$@"
case $1 in start | stop | destroy | create | clone) sleep 60 ;; esac
"#;

const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

fn machine(generation: &str) -> Machine {
    let machine = Machine::new(&match generation {
        "shell" => json!({"pools": [{
            "name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [{"uuid": UUID, "tag": "test"}]
        }]}),
        _ => json!({"version": "1.13", "pools": [{
            "name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [{"name": "test"}]
        }]}),
    });
    let draft = machine.iocage().with_extension("stays");
    write_program(&draft, STAYS);
    fs::rename(draft, machine.iocage()).expect("renamed");
    machine
}

/// The requests, and what the error must say at its end.
fn requests() -> [(Value, &'static str); 4] {
    [
        (json!({"action": "startjail", "jail": "test"}), "is now up"),
        (json!({"action": "stopjail", "jail": "test"}), "is now down"),
        (json!({"action": "createjail", "props": "tag=new release=10.2-RELEASE"}), "(new) behind"),
        (json!({"action": "destroyjail", "jail": "test"}), "is now gone"),
    ]
}

fn says(answer: &Value, code: &str, end: &str) {
    let error = answer["error"].as_str().expect("an error");
    assert!(answer["code"] == code && error.ends_with(end), "{code}, {end}: {answer}");
}

#[test]
fn a_time_limit() {
    for generation in ["shell", "python"] {
        let machine = machine(generation);
        let config = machine.config_with(&json!({"grace_s": 1, "timeouts_s": {"start": 3, "create": 3}}));
        let host = Host::new(DOORS[0], &config);
        for (request, end) in requests() {
            says(&host.answer(&request), "timed-out", end);
        }
    }
}

#[test]
fn the_requests_own_deadline() {
    for door in DOORS {
        let machine = machine("shell");
        let host = Host::new(door, &machine.config_with(&json!({"grace_s": 1})));
        for (request, end) in requests() {
            let response = host.instance().dispatch(
                &Request::new("sysadm", "iocage", &request.to_string(), Access::Full)
                    .with_id(1)
                    .within(Some(Duration::from_secs(4))),
            );
            let response = response.expect("the contract is kept");
            let args: Value = serde_json::from_str(&response.text()).expect("JSON");
            says(&args[request["action"].as_str().expect("an action")], "timed-out", end);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn a_cancellation() {
    let machine = machine("shell");
    let host = Host::new(DOORS[0], &machine.config_with(&json!({"grace_s": 1})));
    for (request, end) in requests() {
        std::thread::scope(|scope| {
            let answer = scope.spawn(|| host.answer(&request));
            // It has done its work by then, on a busy machine, too.
            std::thread::sleep(Duration::from_secs(3));
            host.instance().cancel(7).expect("the contract is kept");
            says(&answer.join().expect("no panic"), "cancelled", end);
        });
    }
}

/// Looking has an end, too, where iocage hangs whatever it is asked.
#[test]
fn an_iocage_that_does_not_answer_any_more() {
    let machine = machine("shell");
    let draft = machine.iocage().with_extension("hangs");
    // `list -t` is answered, for the jail is looked up by it before.
    write_program(&draft, &STAYS.replace("esac", "list) [ \"$2\" = -t ] || sleep 60 ;; esac"));
    fs::rename(draft, machine.iocage()).expect("renamed");
    // Nor does anybody else tell.
    let config = json!({"grace_s": 1, "jls": "/nonexistent/jls", "timeouts_s": {"start": 1}});
    let host = Host::new(DOORS[0], &machine.config_with(&config));
    let start = Instant::now();
    let answer = host.answer(&json!({"action": "startjail", "jail": "test"}));
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
    assert_eq!(answer["code"], "timed-out");
    assert!(answer["error"].as_str().is_some_and(|text| text.contains("is not known")), "{answer}");
}

/// Does its work, and after that is slow to tell of it.
const SLOW_TO_TELL: &str = r#"#!/bin/sh
here=${0%/*}
case $1 in df | list) [ ! -e "$here/done" ] || sleep 6 ;; esac
"$here/sim/iocage" "$@"
case $1 in destroy) : > "$here/done" ;; esac
"#;

fn ask_within(host: &Host, request: &Value, timeout: Duration) -> Value {
    let args = request.to_string();
    let request = Request::new("sysadm", "iocage", &args, Access::Full).with_id(7).within(Some(timeout));
    let response = host.instance().dispatch(&request).expect("the contract is kept");
    let args: Value = serde_json::from_str(&response.text()).expect("JSON");
    args[args.as_object().and_then(|args| args.keys().next()).expect("an action")].clone()
}

/// The change was made in time, and the answer says so, though the look at it was
/// not: who is told of a time limit would take it for undone.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn what_was_done_is_told_although_the_time_is_over() {
    for generation in ["shell", "python"] {
        for is_cancelled in [false, true] {
            let machine = machine(generation);
            let draft = machine.iocage().with_extension("slow");
            write_program(&draft, SLOW_TO_TELL);
            fs::rename(draft, machine.iocage()).expect("renamed");
            let host = Host::new(DOORS[0], &machine.config());
            // Which iocage it is has been found out.
            host.answer(&json!({"action": "listjails"}));
            let request = json!({"action": "destroyjail", "jail": "test"});
            let done = machine.iocage().with_file_name("done");
            let limit = Duration::from_millis(if is_cancelled { 60_000 } else { 4_000 });
            let answer = std::thread::scope(|scope| {
                let answer = scope.spawn(|| ask_within(&host, &request, limit));
                while !done.exists() && !answer.is_finished() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                if is_cancelled {
                    host.instance().cancel(7).expect("the contract is kept");
                }
                answer.join().expect("no panic")
            });
            assert!(answer.get("success").is_some(), "{generation}, {is_cancelled}: {answer}");
        }
    }
}

/// With no time left nothing is started, to be ended at once and half done.
#[test]
fn a_request_whose_time_is_over_starts_nothing() {
    let folder = Folder::new();
    let runs = Arc::new(AtomicU32::new(0));
    for generation in Generation::ALL {
        let config = Config {
            allow_unsafe_program: true,
            dialect: Some(generation),
            images: true,
            lock_dir: folder.0.clone(),
            ..nowhere()
        };
        let instance = Instance::with_runner(config, Box::new(Counting(Arc::clone(&runs))));
        let ask = |action: &str, deadline| {
            let props = if action == "setproperty" { "notes=x" } else { "release=x" };
            let args = json!({"action": action, "jail": "test", "pool": "tank", "user": "root",
                "command": "true", "props": props, "release": "14.3-RELEASE", "name": "new", "snapshot": "x", 
                 "template": true, "trust": true, "source": "/data", "target": "/mnt",
                "image": "new_2026-11-27.zip"});
            let caller = Caller { deadline, ..Caller::ANYBODY };
            String::from_utf8(instance.dispatch(&caller, args.to_string().as_bytes()).1).expect("JSON")
        };
        for action in &ACTIONS {
            let answer = ask(action.name(), Some(Instant::now()));
            // There it is refused whatever there is.
            let is_refused = generation == Generation::Shell && action.name() == "importjail";
            let code = if is_refused { "\"unsupported\"" } else { "\"timed-out\"" };
            assert!(answer.contains(code), "{answer}");
            assert_eq!(runs.load(Ordering::Relaxed), 0, "{}", action.name());
            ask(action.name(), None);
            assert_eq!(runs.swap(0, Ordering::Relaxed) > 0, !is_refused, "{} runs something", action.name());
        }
    }
}
