//! A panic in the class ends the request it happened in and nothing else: the
//! answer is a 500, the host's log says where it was, the process's standard
//! error stays the host's own, and the next request works.

use std::sync::Arc;

use serde_json::{Value, json};
use sysadm_class::host::{Door, Module, Request};
use sysadm_class::{Access, Status};

use crate::support::{DOORS, Host, Machine, module_with_forced_panic, run_host_with};

/// What the build with the feature `forced-panic` panics at.
const FORCED: &str = r#"{"action":"listjails","x":"forced-panic"}"#;
const GOOD: &str = r#"{"action":"listjails"}"#;

fn machine() -> Machine {
    Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}))
}

fn host(door: Door, machine: &Machine) -> Host {
    Host::of(&Module::load(module_with_forced_panic(), door).expect("our module"), &machine.config())
}

/// The line that the hook writes: where, and what.
fn assert_is_hooks_line(line: &str, start: &str) {
    let rest = line.strip_prefix(start).unwrap_or_else(|| panic!("no {start:?}: {line}"));
    let place = rest.strip_suffix(": a forced panic").unwrap_or_else(|| panic!("another text: {line}"));
    let (file, number) = place.rsplit_once(':').expect("FILE:LINE");
    assert!(file.ends_with("src/abi/mod.rs") && number.parse::<u32>().is_ok(), "{line}");
}

#[test]
fn a_panic_is_a_500_and_a_line_in_the_log_and_the_next_request_works() {
    let machine = machine();
    for door in DOORS {
        let host = host(door, &machine);
        for _ in 0..3 {
            let (status, text) = host.send(FORCED);
            assert_eq!(status, Status::Internal);
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            assert_eq!(answer["code"], "internal");
            assert!(answer["error"].as_str().expect("a sentence").contains("defect"), "{text}");
            assert_eq!(machine.calls(), [""; 0]);
            match &*host.log() {
                [line] => assert_is_hooks_line(line, "error [7] panic at "),
                other => panic!("one line, not {other:?}"),
            }
            let (status, text) = host.send(GOOD);
            assert_eq!((status, text.as_str()), (Status::Ok, r#"{"listjails":{}}"#));
            assert!(!machine.calls().is_empty(), "and iocage was asked");
            host.log();
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn panics_on_many_threads_at_once_each_end_their_own_request() {
    const THREADS: u64 = 8;
    const ROUNDS: u64 = 50;
    let machine = machine();
    for door in DOORS {
        let host = host(door, &machine);
        let send = |id: u64, args: &str| {
            let request = Request::new("sysadm", "iocage", args, Access::Full).with_id(id);
            host.instance().dispatch(&request).expect("the contract is kept").status()
        };
        let begin = std::sync::Barrier::new(THREADS as usize);
        std::thread::scope(|scope| {
            for thread in 0..THREADS {
                let (send, begin) = (&send, &begin);
                scope.spawn(move || {
                    begin.wait();
                    for round in 0..ROUNDS {
                        let id = 1 + thread * ROUNDS + round;
                        assert_eq!(send(id, FORCED), Status::Internal);
                        assert_eq!(send(id, "[]"), Status::BadRequest);
                    }
                    assert_eq!(send(0, GOOD), Status::Ok);
                });
            }
        });
        let mut log = host.log();
        log.retain(|line| line.starts_with("error"));
        assert_eq!(log.len() as u64, THREADS * ROUNDS);
        for id in 1..=THREADS * ROUNDS {
            let start = format!("error [{id}] panic at ");
            let line = log.iter().find(|line| line.starts_with(&start));
            assert_is_hooks_line(line.unwrap_or_else(|| panic!("no line for request {id}")), &start);
        }
    }
}

/// The log of the example host is its standard error, so that holds the log's
/// lines and not one word more.
#[test]
fn nothing_is_written_to_the_process_itself() {
    let machine = machine();
    let line = |id: &str, args: &str| {
        format!("{{\"namespace\":\"sysadm\",\"name\":\"iocage\",\"id\":\"{id}\",\"args\":{args}}}\n")
    };
    let input = [("a", FORCED), ("b", GOOD), ("c", FORCED), ("d", GOOD)].map(|(id, args)| line(id, args));
    let failed = r#""args":{"code":"500","error":"the class failed by a defect of its own; the host's log says where","message":"Internal Server Error"}"#;
    for door in DOORS {
        let arguments = ["--iocage", &machine.iocage_text(), "--log", "error", "call"];
        let (out, log, code) = run_host_with(module_with_forced_panic(), door, &arguments, &input.concat());
        let answers: Vec<_> = out.lines().collect();
        assert_eq!((answers.len(), code), (4, Some(0)), "{out}");
        for (answer, part) in answers.iter().zip([failed, "\"listjails\":{}", failed, "\"listjails\":{}"]) {
            assert!(answer.contains(part), "{answer}");
        }
        let lines: Vec<_> = log.lines().collect();
        assert_eq!(lines.len(), 2, "{log}");
        for line in lines {
            let (target, what) = line.split_once("]: ").expect("a request's id");
            assert!(target.starts_with("error sysadm_class::module::panic ["), "{line}");
            assert_is_hooks_line(what, "panic at ");
        }
    }
}

/// A host without a log hears nothing at all; the answer still comes.
#[test]
fn without_a_log_the_answer_still_comes() {
    for door in DOORS {
        let module = Module::load(module_with_forced_panic(), door).expect("our module");
        let instance =
            module.create(Arc::new(sysadm_class::host::Silent), "").expect("the default configuration");
        let request = Request::new("sysadm", "iocage", FORCED, Access::Full).with_id(1);
        assert_eq!(instance.dispatch(&request).expect("the contract is kept").status(), Status::Internal);
    }
}
