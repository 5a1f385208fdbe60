//! The end of a host by a signal, in Rust, C and C++: what runs is cancelled and answered
//! so, with what it has left behind; no program of it outlives the host, no lock is free
//! before they are gone, and nothing temporary stays. What happens to a host that is killed
//! is in `killed`.

mod hosts;
mod killed;

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::host::{Instance, Module, Silent};

use crate::support::process::{eventually, members};
use crate::support::{DOORS, Folder, Machine, artifacts, write_program};
use hosts::{Kind, Started};

const UP: &str = "611c89ae-c43c-11e5-9602-54ee75595566";
const DOWN: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

/// Does its work, and then stays, whatever it is told.
const STAYS: &str = r#"#!/bin/sh
here=${0%/*}
case $1 in start | create | clean) trap '' TERM ;; esac
"$here/sim/iocage" "$@"
case $1 in start | create | clean) : > "$here/done"; while :; do sleep 0.05; done ;; esac
"#;

/// `up` and `down`, which are called as they are, of the shell iocage.
fn machine() -> Machine {
    let jails = json!([{"uuid": UP, "tag": "up", "jid": 1}, {"uuid": DOWN, "tag": "down"}]);
    let machine = Machine::new(&json!({
        "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}]
    }));
    let draft = machine.iocage().with_extension("stays");
    write_program(&draft, STAYS);
    fs::rename(draft, machine.iocage()).expect("renamed");
    machine
}

/// A machine of the Python iocage, which finds a release that takes its time.
fn downloading() -> Machine {
    Machine::new(&json!({
        "version": "1.13", "mirror": {"12.4-RELEASE": 60_000},
        "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE"]}],
    }))
}

/// What runs, what its answer must end in, and what is asked then about the same jail.
struct Scene {
    machine: Machine,
    request: Value,
    says: &'static str,
    then: Value,
}

fn scenes() -> Vec<Scene> {
    let scene = |machine, request, says, then| Scene { machine, request, says, then };
    vec![
        scene(
            machine(),
            json!({"action": "createjail", "props": "tag=new release=10.2-RELEASE"}),
            "(new) behind",
            json!({"action": "destroyjail", "jail": "new"}),
        ),
        scene(
            machine(),
            json!({"action": "startjail", "jail": "down"}),
            "is now up",
            json!({"action": "stopjail", "jail": "down"}),
        ),
        scene(
            machine(),
            json!({"action": "cleantemplates", "force": true}),
            "",
            json!({"action": "stopjail", "jail": "up"}),
        ),
        scene(
            machine(),
            json!({"action": "execjail", "jail": "up", "user": "root", "command": "sleep 60"}),
            "",
            json!({"action": "setjailproperty", "jail": "up", "property": "notes=x"}),
        ),
        scene(
            downloading(),
            json!({"action": "createjail", "fetch": true, "props": "tag=new release=12.4-RELEASE"}),
            "",
            json!({"action": "destroyjail", "jail": "new"}),
        ),
    ]
}

/// All of it, on hosts of this kind.
fn all_end_well(kind: Kind) {
    let folder = Folder::new();
    let program = kind.built(&folder);
    for (number, scene) in scenes().into_iter().enumerate() {
        let config = scene.machine.config_with(&json!({"grace_s": 3, "lock_wait_s": 1}));
        // Who asks meanwhile is there before.
        let module = Module::load(&artifacts().module, DOORS[1]).expect("our module");
        let other = module.create(Arc::new(Silent), &config).expect("good");
        let mut host = Started::new(kind, &program, &["2"], &config);
        host.send(&scene.request);
        let groups = host.wait_for_programs(&scene.machine);
        let signal = if number == 0 { libc::SIGINT } else { libc::SIGTERM };
        let since = Instant::now();
        host.signal(signal);
        let action = scene.request["action"].as_str().expect("an action");
        // A command in a jail is in nobody's way.
        if action != "execjail" {
            assert!(is_kept_out(&other, &scene.then, &groups), "{kind:?}: {}", scene.request);
        }
        let (answer, status) = host.end();
        assert!(since.elapsed() < Duration::from_secs(40), "{:?}", since.elapsed());
        assert_eq!(members(&groups), [], "{kind:?}: {}", scene.request);
        assert_eq!(status, Some(128 + signal), "{kind:?}: {}", scene.request);
        let answer = &answer[action];
        let error = answer["error"].as_str().unwrap_or_default();
        assert!(answer["code"] == "cancelled" && error.ends_with(scene.says), "{kind:?}: {answer}");
    }
}

/// Was somebody else who asks about the same jail told that it is busy, for as long as there was
/// any of these processes?
fn is_kept_out(other: &Instance, args: &Value, groups: &BTreeMap<i32, u64>) -> bool {
    let (mut was_busy, since) = (false, Instant::now());
    loop {
        let answer = hosts::ask(other, args);
        let left = members(groups);
        if answer["code"] != "busy" {
            assert!(left.is_empty(), "{answer} beside {left:?}");
            return was_busy;
        }
        assert!(since.elapsed() < Duration::from_secs(60), "{answer} beside {left:?}");
        was_busy = true;
    }
}

#[test]
fn a_host_in_rust() {
    all_end_well(Kind::Rust);
}

#[test]
fn a_host_in_c() {
    all_end_well(Kind::C);
}

#[test]
fn a_host_in_cpp() {
    all_end_well(Kind::Cpp);
}

/// Nobody waits for a line that does not come, nor is one that has come begun.
#[test]
fn who_waits_for_a_request_ends_at_once() {
    let (folder, machine) = (Folder::new(), machine());
    for kind in Kind::ALL {
        for signal in [libc::SIGINT, libc::SIGTERM] {
            let mut host = Started::new(kind, &kind.built(&folder), &["60"], &machine.config());
            // It serves.
            host.send(&json!({"action": "listjails"}));
            assert!(host.line().contains("listjails"));
            if kind != Kind::Rust {
                // By which they end the thread that waits for signals; this one is not theirs.
                host.signal(libc::SIGUSR1);
                std::thread::sleep(Duration::from_millis(100));
            }
            let since = Instant::now();
            host.signal(signal);
            let (rest, status) = host.end();
            assert_eq!((rest, status), (Value::Null, Some(128 + signal)), "{kind:?}");
            assert!(since.elapsed() < Duration::from_secs(30), "{kind:?}: {:?}", since.elapsed());
        }
    }
}

/// A new module that takes its time keeps no signal out.
#[test]
fn a_replacement_is_in_nobodys_way() {
    let (folder, machine) = (Folder::new(), machine());
    let mut host = Started::new(Kind::Cpp, &Kind::Cpp.built(&folder), &["0"], &machine.config());
    host.send(&json!({"action": "listjails"}));
    assert!(host.line().contains("listjails"));
    let hold = machine.hold("zpool");
    let before = machine.noted().len();
    host.signal(libc::SIGHUP);
    eventually("it is asked how it is", || machine.noted().len() > before);
    let since = Instant::now();
    for _ in 0..2 {
        host.signal(libc::SIGTERM);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(host.end(), (Value::Null, Some(128 + libc::SIGTERM)));
    assert!(since.elapsed() < Duration::from_secs(40), "{:?}", since.elapsed());
    drop(hold);
}

/// What runs in the time that it is given is answered as ever.
#[test]
fn what_is_done_in_time_is_answered_well() {
    let folder = Folder::new();
    for kind in Kind::ALL {
        let machine = machine();
        let mut host = Started::new(kind, &kind.built(&folder), &["30"], &machine.config());
        host.send(&json!({"action": "execjail", "jail": "up", "user": "root", "command": "sleep 1"}));
        host.wait_for_programs(&machine);
        host.signal(libc::SIGTERM);
        let (answer, status) = host.end();
        assert_eq!(answer["execjail"]["error"], Value::Null, "{kind:?}: {answer}");
        assert!(answer["execjail"].is_object(), "{kind:?}: {answer}");
        assert_eq!(status, Some(128 + libc::SIGTERM), "{kind:?}");
    }
}

/// Nobody waits for a job, and it ends all the same.
#[test]
fn a_job_ends_with_its_host() {
    let folder = Folder::new();
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let machine = machine();
        let config = machine.config_with(&json!({"grace_s": 1}));
        let mut host = Started::new(Kind::Rust, &Kind::Rust.built(&folder), &["1"], &config);
        host.send(&json!({"action": "startjail", "jail": "down", "async": true}));
        assert!(host.line().contains("started_dispatcher_id"));
        let groups = host.wait_for_programs(&machine);
        let since = Instant::now();
        host.signal(signal);
        assert_eq!(host.end(), (Value::Null, Some(128 + signal)));
        assert!(since.elapsed() < Duration::from_secs(40), "{:?}", since.elapsed());
        assert_eq!(members(&groups), []);
    }
}

/// As with nohup, and in the background of a script.
#[test]
fn a_signal_that_was_ignored_stays_so() {
    let (folder, machine) = (Folder::new(), machine());
    for kind in Kind::ALL {
        let program = kind.built(&folder);
        let (words, state) = kind.command_line(&["1"], &machine.config());
        let mut shell = Command::new("sh");
        shell.args(["-c", "trap '' INT; exec \"$0\" \"$@\""]).arg(&program).args(&words);
        let mut host = Started::begin(kind, shell.env("XDG_STATE_HOME", state).stderr(Stdio::null()));
        for _ in 0..2 {
            host.send(&json!({"action": "listjails"}));
            assert!(host.line().contains("listjails"), "{kind:?}");
            host.signal(libc::SIGINT);
        }
        assert_eq!(host.finish(), Some(0), "{kind:?}");
    }
}

/// The folder in which machines are simulated, and what is left there.
fn left_in(folder: &Folder) -> Vec<String> {
    let entries = fs::read_dir(&folder.0).expect("ours");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn simulated_machines_go_with_their_host() {
    let state = Folder::new();
    for (words, input, signals) in [
        (
            &["--sim", "--drain", "0", "call"][..],
            "{\"action\":\"execjail\",\"jail\":\"db\",\"user\":\"root\",\"command\":\"sleep 60\"}\n",
            &[libc::SIGTERM][..],
        ),
        (&["--sim", "--drain", "60", "call"], "", &[libc::SIGHUP]),
        // The second one ends it hard, in the time that the first gives.
        (
            &["--sim", "--drain", "60", "call"],
            "{\"action\":\"execjail\",\"jail\":\"db\",\"user\":\"root\",\"command\":\"sleep 60\"}\n",
            &[libc::SIGTERM, libc::SIGTERM],
        ),
        (
            &["--sim", "--drain", "0", "rest"],
            "PUT /sysadm/iocage\nContent-Length: 68\n\n{\"action\":\"execjail\",\"jail\":\"db\",\"user\":\"root\",\"command\":\"sleep 60\"}",
            &[libc::SIGTERM],
        ),
        (&["--drain", "60", "rest"], "PUT /sysadm/iocage\n", &[libc::SIGTERM]),
        (&["demo"], "", &[libc::SIGINT]),
    ] {
        let temporary = Folder::new();
        let mut host = Command::new(&artifacts().host);
        host.args(words).env("TMPDIR", &temporary.0).env("XDG_STATE_HOME", &state.0);
        let mut host = Started::begin(Kind::Rust, host.stderr(Stdio::null()));
        host.write(input);
        if input.contains("sleep") {
            host.wait_for_child("jexec");
        } else {
            // It may be anywhere on its way.
            std::thread::sleep(Duration::from_millis(500));
        }
        let since = Instant::now();
        for signal in signals {
            host.signal(*signal);
            std::thread::sleep(Duration::from_millis(100));
        }
        let (text, status) = host.end_with_text();
        assert_eq!(status, Some(128 + signals[0]), "{words:?} {text}");
        assert!(since.elapsed() < Duration::from_secs(40), "{words:?}");
        assert_eq!(left_in(&temporary), [""; 0], "{words:?}");
        if signals.len() == 1 && input.contains("sleep") {
            assert!(text.contains("\"cancelled\""), "{words:?}: {text}");
        }
    }
}

/// Whoever reads the log may go in the middle of a change.
#[test]
fn a_reader_that_goes_ends_nothing_that_runs() {
    let folder = Folder::new();
    for kind in Kind::ALL {
        let machine = machine();
        let mut host = Started::talkative(kind, &kind.built(&folder), &machine.config());
        host.send(&json!({"action": "execjail", "jail": "up", "user": "root", "command": "sleep 0.5"}));
        let line = host.line();
        assert!(line.contains("\"execjail\"") && !line.contains("\"error\""), "{kind:?}: {line}");
        assert_eq!(host.finish(), Some(0), "{kind:?}");
    }
}
