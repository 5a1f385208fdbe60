//! What is refused before anything is run: requests of every wrong shape, names
//! and values that iocage or its shell would act on, callers without the right,
//! and requests for somebody else. A spy before iocage tells what was run.

pub mod table;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::Access::{Full, Limited};
use sysadm_class::host::Module;
use sysadm_class::{Access, Status};

use crate::support::{DOORS, Folder, Host, Machine, REQUESTS, action_of, artifacts, fault, without_tools};
use table::{ACTIVE, DOCUMENTED, EVALUATED, Is, MORE, Row};

/// A machine on which each of these requests would hit something.
fn machine() -> Machine {
    let jail = |uuid: &str, tag: &str, jid: u32| json!({"uuid": uuid, "tag": tag, "jid": jid});
    Machine::new(&json!({"pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [
            jail("611c89ae-c43c-11e5-9602-54ee75595566", "test", 1),
            jail("0bf985de-ca0f-11e5-8d45-d05099728dbf", "a", 2),
            jail("5e1fe97e-cfba-11e5-8209-d05099728dbf", "b", 3),
        ]},
        {"name": "zroot"},
    ]}))
}

/// Send the args of one row and see that what becomes of them is what it says.
fn check(host: &Host, machine: &Machine, &(name, args, expected): &Row) {
    let before = machine.shown();
    let (status, text) = host.send(args);
    let answer: Value = serde_json::from_str(&text).expect("JSON");
    let calls = machine.calls();
    let context = format!("{name}: {args}: {text}");
    let body = if expected_status(expected) == Status::Ok { &answer[action_of(args)] } else { &answer };
    let told = (status, body["code"].as_str(), body["key"].as_str());
    match expected {
        Is::BadRequest => assert_eq!(told, (Status::BadRequest, Some("bad-request"), None), "{context}"),
        Is::Error(code, key) => {
            assert_eq!(told, (Status::Ok, Some(code), Some(key)), "{context}");
            let error = body["error"].as_str().expect("a sentence");
            assert_eq!(error.starts_with("Missing required keys: "), code == "missing-key", "{context}");
            assert_eq!(answer.as_object().map(serde_json::Map::len), Some(1), "{context}");
        }
        Is::Served(commands) => {
            assert_eq!(told, (Status::Ok, None, None), "{context}");
            assert_eq!(calls, commands, "{context}");
            return;
        }
    }
    assert!(calls.is_empty(), "{context}: {calls:?}");
    assert_eq!(machine.shown(), before, "{context}");
}

fn expected_status(expected: Is) -> Status {
    if matches!(expected, Is::BadRequest) { Status::BadRequest } else { Status::Ok }
}

#[test]
fn the_table_is_answered_as_it_says() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &machine.by_iocage());
        for row in DOCUMENTED.iter().chain(MORE) {
            check(&host, &machine, row);
        }
        assert!(!machine.evaluated());
    }
    println!("{} documented cases and {} more, each through both doors", DOCUMENTED.len(), MORE.len());
}

#[test]
fn no_documented_case_is_forgotten() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/cases/awkward.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        crate::support::skipped!("the cases are not at {}", path.display());
        return;
    };
    let cases: Vec<Value> = serde_json::from_str(&text).expect("JSON");
    let ours: BTreeSet<&str> = DOCUMENTED.iter().map(|(_, args, _)| *args).collect();
    let mut theirs = BTreeSet::new();
    for case in &cases {
        let (id, args) = (case["id"].as_str().expect("text"), case["args_text"].as_str().expect("text"));
        if ["shape/", "missing/", "type/", "get/", "inj/"].iter().any(|group| id.starts_with(group)) {
            assert!(ours.contains(args), "{id} is not in the table: {args}");
            theirs.insert(args);
        }
    }
    assert_eq!(ours, theirs, "the table says to cover what is not there");
    assert_eq!(theirs.len(), DOCUMENTED.len(), "a case is in the table twice");
    println!("{} cases of five groups, all in the table", theirs.len());
}

/// `notes=VALUE` as one word of `props`, whatever is in it.
fn notes(value: &str) -> String {
    format!("tag=x 'notes={}'", value.replace('\'', "'\\''"))
}

#[test]
fn no_value_reaches_a_shell_that_would_act_on_it() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &machine.config());
        for value in EVALUATED.iter().chain(&ACTIVE) {
            for request in [
                json!({"action": "createjail", "props": notes(value)}),
                json!({"action": "createjail", "props": notes(value), "switches": "-e"}),
                json!({"action": "clonejail", "jail": "test", "props": notes(value)}),
            ] {
                let answer = host.answer(&request);
                assert_eq!(fault(&answer), ("illegal-value", "props"), "{request}: {answer}");
                assert_eq!(machine.calls(), Vec::<String>::new(), "{request}");
            }
        }
        assert!(!machine.evaluated());
    }
}

/// That the test above can fail: a driver that hands the values on has them
/// evaluated, each one.
#[test]
fn a_naive_driver_has_them_evaluated() {
    for value in EVALUATED {
        for command in [["create", "-e"], ["clone", "test"]] {
            let machine = machine();
            machine.run_naively(&[command[0], command[1], "tag=x", &format!("notes={value}")]);
            assert!(machine.evaluated(), "{command:?} {value}");
        }
    }
}

/// Likewise for names: what is refused would have hit jails.
#[test]
fn a_naive_driver_hits_other_jails() {
    for name in ["ALL", "566", "54EE75595566", "566 b"] {
        let machine = machine();
        let before = machine.shown();
        machine.run_naively(&["stop", name]);
        assert_ne!(machine.shown(), before, "{name}");
    }
}

#[test]
fn limited_access_is_for_reads() {
    for door in DOORS {
        let described: Value = {
            let module = Module::load(&artifacts().module, door).expect("our module");
            let description = module.describe().expect("it describes itself");
            serde_json::from_slice(description.args()).expect("JSON")
        };
        for (args, access) in &REQUESTS {
            let machine = machine();
            let host = Host::new(door, &machine.config());
            let (status, text) = host.send_as(Limited, "sysadm", "iocage", args);
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            if *access == Full {
                assert_eq!((status, answer["code"].as_str()), (Status::Forbidden, Some("access-denied")));
                assert!(machine.calls().is_empty(), "{args}");
            } else {
                assert_eq!(status, Status::Ok, "{args}: {text}");
                assert!(answer[action_of(args)]["error"].is_null(), "{args}: {text}");
                assert!(!machine.calls().is_empty(), "{args}");
            }
            let of = |told: &&Value| told["action"] == action_of(args);
            let told = described["actions"].as_array().and_then(|all| all.iter().find(of)).expect("told");
            let word = if *access == Full { "full" } else { "limited" };
            assert_eq!((&told["action"], &told["access"]), (&json!(action_of(args)), &json!(word)));
        }
    }
}

/// The access that a caller has not is missing also where the args are wrong:
/// nothing is told to it of what would be right.
#[test]
fn access_comes_before_the_args() {
    let machine = machine();
    let host = Host::new(DOORS[1], &machine.config());
    let answered = |access: Access, args: &str| host.send_as(access, "sysadm", "iocage", args).0;
    assert_eq!(answered(Limited, r#"{"action":"destroyjail"}"#), Status::Forbidden);
    assert_eq!(answered(Limited, r#"{"action":"nosuch"}"#), Status::BadRequest);
    assert_eq!(answered(Full, r#"{"action":"destroyjail"}"#), Status::Ok);
}

#[test]
fn requests_for_somebody_else_are_not_found() {
    let machine = machine();
    for door in DOORS {
        let host = Host::new(door, &machine.config());
        for (namespace, name, status) in [
            ("sysadm", "iocage", Status::Ok),
            ("SYSADM", "Iocage", Status::Ok),
            ("sysadm", "zfs", Status::NotFound),
            ("sysadm", "iocage2", Status::NotFound),
            ("sysadm", "iocag", Status::NotFound),
            ("sysadm", " iocage", Status::NotFound),
            ("sysadm", "", Status::NotFound),
            ("rpc", "iocage", Status::NotFound),
            ("iocage", "sysadm", Status::NotFound),
            ("", "", Status::NotFound),
            // A long s becomes an S in upper case; only ASCII is compared without case.
            ("\u{17f}ysadm", "iocage", Status::NotFound),
        ] {
            let answered = host.send_as(Full, namespace, name, r#"{"action":"df"}"#).0;
            assert_eq!(answered, status, "{namespace:?} {name:?}");
            assert_eq!(machine.calls().is_empty(), status != Status::Ok, "{namespace:?} {name:?}");
        }
    }
}

/// `{"action":"df", ...}` with this many keys.
fn with_keys(count: usize) -> String {
    let more: String = (1..count).map(|n| format!(",\"k{n}\":0")).collect();
    format!("{{\"action\":\"df\"{more}}}")
}

/// The same of this length.
fn of_length(length: usize) -> String {
    let frame = r#"{"action":"df","x":""}"#.len();
    format!("{{\"action\":\"df\",\"x\":\"{}\"}}", "x".repeat(length - frame))
}

/// The same with an array in an array in an array.
fn nested(depth: usize) -> String {
    format!("{{\"action\":\"df\",\"x\":{}{}}}", "[".repeat(depth), "]".repeat(depth))
}

#[test]
fn args_out_of_all_proportion_are_no_request() {
    for door in DOORS {
        let machine = machine();
        let host = Host::new(door, &machine.config());
        for (args, good) in [
            (of_length(1 << 20), true),
            (of_length((1 << 20) + 1), false),
            (of_length(16 << 20), false),
            (with_keys(64), true),
            (with_keys(65), false),
            (with_keys(50_000), false),
            (nested(100), true),
            (nested(1000), false),
            (nested(500_000), false),
            (format!("{{\"action\":{}", "[".repeat(1_000_000)), false),
        ] {
            let (status, text) = host.send(&args);
            let (start, length) = (&args[..args.len().min(40)], args.len());
            assert_eq!(status, if good { Status::Ok } else { Status::BadRequest }, "{start}... ({length})");
            assert_eq!(machine.calls().is_empty(), !good, "{start}... ({length})");
            assert!(text.len() < 4096, "{start}... ({length}) is answered with {} bytes", text.len());
        }
    }
}

#[test]
fn an_iocage_that_cannot_start_is_named_at_once() {
    let folder = Folder::new();
    let plain = folder.0.join("plain");
    std::fs::write(&plain, "#!/bin/sh\nexit 0\n").expect("written");
    let mut answered = 0;
    for program in [Path::new("/nonexistent/iocage"), &plain, &folder.0] {
        let config = json!({"iocage": program, "lock_dir": folder.0.join("locks")});
        let config = without_tools(config).to_string();
        for door in DOORS {
            let host = Host::new(door, &config);
            for (args, _) in REQUESTS {
                let started = Instant::now();
                let (status, text) = host.send(args);
                assert!(started.elapsed() < Duration::from_secs(20), "{args}: {:?}", started.elapsed());
                let answer: Value = serde_json::from_str(&text).expect("JSON");
                let body = &answer[action_of(args)];
                assert_eq!((status, body["code"].as_str()), (Status::Ok, Some("cannot-start")), "{text}");
                let path = program.to_str().expect("our own name");
                assert!(body["error"].as_str().is_some_and(|error| error.contains(path)), "{text}");
                answered += 1;
            }
        }
    }
    assert_eq!(answered, 3 * 2 * REQUESTS.len());
}
