//! A host dies, or has answered, and the iocage that it started goes on: its jail,
//! or all of them, stay busy until that is gone, and the answer says what still runs.

use std::fs;
use std::io::Write;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::host::{Door, Instance};

use super::asker::{Asker, DB, ask, code, config, instance, left, machine, of};
#[cfg(target_os = "linux")]
use crate::support::process::{Undying, eventually};
use crate::support::process::{kill, unmount};
use crate::support::{DOORS, Machine, artifacts, spawn_host, write_program};

/// The number of a host that is killed once iocage was called with this line.
fn host_that_dies(machine: &Machine, args: &Value, call: &str) -> u32 {
    let config = config(machine, 1);
    let mut host = spawn_host(&artifacts().module, Door::C, &["--config", &config, "call"]);
    writeln!(host.stdin.as_mut().expect("piped"), "{args}").expect("it reads");
    machine.wait_for_call(call);
    // It is put down right after the start, which the call itself may be ahead of.
    thread::sleep(Duration::from_millis(200));
    host.kill().expect("ours");
    host.wait().expect("ours");
    host.id()
}

/// It must say who, and that an iocage of it still runs.
fn is_busy(answer: &Value, what: &str) {
    assert_eq!(code(answer), "busy", "{answer}");
    let error = answer["error"].as_str().expect("a sentence");
    assert!(error.starts_with(what), "{error}");
    let end = error.split("and is over, but an iocage that it started still runs (process ").nth(1);
    let pid = end.and_then(|end| end.strip_suffix("); nothing was done"));
    assert!(pid.is_some_and(|pid| pid.parse::<i32>().is_ok()), "{error}");
}

fn eventually_free(instance: &Instance, args: &Value) -> Value {
    let mut answer = ask(instance, args);
    for _ in 0..20 {
        if code(&answer) != "busy" {
            break;
        }
        answer = ask(instance, args);
    }
    answer
}

#[test]
fn the_jail_of_a_host_that_was_killed_is_busy_until_its_iocage_is_gone() {
    let machine = machine();
    let hold = machine.hold("start");
    let killed = host_that_dies(&machine, &of("startjail", "db"), &format!("[start][{DB}]"));
    let alive = instance(DOORS[0], &config(&machine, 1));
    let by = "startjail of \"db\" began ";
    for name in ["db", DB] {
        let answer = ask(&alive, &of("stopjail", name));
        is_busy(&answer, &format!("jail \"{name}\" is busy: {by}"));
        let error = answer["error"].as_str().expect("a sentence");
        assert!(error.contains(&format!("(process {}, request 1)", killed)), "{error}");
    }
    is_busy(&ask(&alive, &json!({"action": "cleanjails"})), &format!("the pool is busy: {by}"));
    is_busy(
        &ask(&alive, &json!({"action": "activatepool", "pool": "tank"})),
        &format!("the pool is busy: {by}"),
    );
    // Whom the lock was in nobody's way.
    assert_eq!(code(&ask(&alive, &of("stopjail", "web"))), "");
    assert_eq!(code(&ask(&alive, &of("getjailsettings", "db"))), "");
    drop(hold);
    assert_eq!(code(&eventually_free(&alive, &of("stopjail", "db"))), "");
    let lines: Vec<_> = machine.calls().into_iter().filter(|call| call.contains(DB)).collect();
    let order: Vec<_> = lines.iter().filter(|call| call.starts_with("[st")).map(String::as_str).collect();
    assert_eq!(order, [format!("[start][{DB}]"), format!("[stop][{DB}]")]);
    assert_eq!(left(&machine), ["pool"]);
}

/// The jail is not there yet, so nobody would find it: its name is busy.
#[test]
fn so_is_one_that_was_being_made() {
    let machine = machine();
    let hold = machine.hold("create");
    let create = json!({"action": "createjail", "props": "tag=new"});
    host_that_dies(&machine, &create, "[create][tag=new]");
    let alive = instance(DOORS[0], &config(&machine, 1));
    for args in [of("destroyjail", "new"), create.clone()] {
        is_busy(&ask(&alive, &args), "jail \"new\" is busy: createjail began ");
    }
    drop(hold);
    assert_eq!(code(&eventually_free(&alive, &create)), "tag-in-use");
    assert_eq!(code(&ask(&alive, &of("destroyjail", "new"))), "");
}

#[test]
fn and_all_where_it_was_all() {
    let machine = machine();
    let hold = machine.hold("clean");
    host_that_dies(&machine, &json!({"action": "cleantemplates"}), "[clean][-ft]");
    let alive = instance(DOORS[0], &config(&machine, 1));
    let execs = machine.config_with(&json!({"direct": "off", "lock_wait_s": 1}));
    let execs = instance(DOORS[1], &execs);
    let exec = json!({"action": "execjail", "jail": "db", "user": "root", "command": "true"});
    for (instance, args, what) in [
        (&alive, of("startjail", "db"), "the pool"),
        (&alive, json!({"action": "createjail", "props": "tag=new"}), "the pool"),
        (&alive, json!({"action": "cleanall"}), "the pool"),
        (&execs, exec.clone(), "jail \"db\""),
    ] {
        is_busy(&ask(instance, &args), &format!("{what} is busy: cleantemplates began "));
    }
    drop(hold);
    assert_eq!(code(&eventually_free(&alive, &of("startjail", "db"))), "");
    assert_eq!(code(&ask(&execs, &exec)), "");
}

/// What the start left in its group lives for years.
#[test]
fn daemons_of_a_jail_keep_it_busy_for_nobody() {
    let machine = machine();
    let daemon = machine.iocage().with_file_name("daemon");
    let draft = machine.iocage().with_extension("daemon");
    write_program(
        &draft,
        "#!/bin/sh\nhere=${0%/*}\n[ \"$1\" != start ] || { sleep 60 >/dev/null 2>&1 & echo $! > \"$here/daemon\"; }\n\
         exec \"$here/sim/iocage\" \"$@\"\n",
    );
    fs::rename(draft, machine.iocage()).expect("renamed");
    let mut first = Asker::process(DOORS[0], &config(&machine, 1));
    assert_eq!(code(&first.ask(&of("startjail", "db"))), "");
    let pid: i32 = fs::read_to_string(&daemon).expect("written").trim().parse().expect("its number");
    drop(first);
    let second = instance(DOORS[0], &config(&machine, 1));
    let stopped = ask(&second, &of("stopjail", "db"));
    let cleaned = ask(&second, &json!({"action": "cleanjails"}));
    kill(pid, libc::SIGKILL);
    assert_eq!((code(&stopped), code(&cleaned)), ("", ""), "{stopped} {cleaned}");
    assert_eq!(left(&machine), ["pool"]);
}

/// Does nothing, and says who it is.
#[cfg(target_os = "linux")]
const STAYS: &str = r#"#!/bin/sh
here=${0%/*}
case $1 in
start) echo $$ > "$here/pid.new"; mv "$here/pid.new" "$here/pid"; exec sleep 300 ;;
esac
exec "$here/sim/iocage" "$@"
"#;

/// The answer is there, and what it was about is not over.
#[cfg(target_os = "linux")]
#[test]
fn what_cannot_be_ended_is_told_and_keeps_its_jail_busy() {
    let machine = machine();
    let draft = machine.iocage().with_extension("stays");
    write_program(&draft, STAYS);
    fs::rename(draft, machine.iocage()).expect("renamed");
    let more = json!({"grace_s": 1, "lock_wait_s": 1, "timeouts_s": {"start": 2}});
    let config = machine.config_with(&more);
    let mut host = Asker::process(DOORS[0], &config);
    let asked = thread::spawn(move || (host.ask(&of("startjail", "db")), host));
    let file = machine.iocage().with_file_name("pid");
    eventually("it is started", || file.exists());
    let pid: i32 = fs::read_to_string(&file).expect("written").trim().parse().expect("its number");
    let undying = Undying::new(pid);
    let (answer, mut host) = asked.join().expect("no panic");
    let Some(undying) = undying else {
        crate::support::skipped!("tracing is not allowed here");
        return;
    };
    let error = answer["error"].as_str().expect("an error");
    assert_eq!(code(&answer), "timed-out");
    let told = format!("did not end within 2.0 s and cannot be ended: process {pid} still runs");
    assert!(error.contains(&told) && !error.contains("was stopped"), "{error}");
    assert!(error.ends_with("was down just now"), "{error}");
    // For the same host, for another, and when the first is gone.
    let other = instance(DOORS[1], &config);
    for round in ["the same", "another", "an orphan's"] {
        let answer = if round == "the same" {
            host.ask(&of("stopjail", "db"))
        } else {
            ask(&other, &of("stopjail", "db"))
        };
        let end = format!("still runs (process {pid}); nothing was done");
        assert_eq!(code(&answer), "busy", "{round}: {answer}");
        assert!(answer["error"].as_str().is_some_and(|error| error.ends_with(&end)), "{round}: {answer}");
        if round == "another" {
            assert_eq!(code(&ask(&other, &of("stopjail", "web"))), "");
            drop(std::mem::replace(&mut host, Asker::process(DOORS[0], &config)));
        }
    }
    is_busy(&ask(&other, &json!({"action": "cleanall"})), "the pool is busy: startjail of \"db\" began ");
    drop(undying);
    assert_eq!(code(&eventually_free(&other, &of("stopjail", "db"))), "");
    assert_eq!(left(&machine), ["pool"]);
}

/// A full disk takes no line: the work goes on, and the answer says what is missing.
#[test]
fn a_full_disk_is_told_and_stops_nothing() {
    let machine = machine();
    fs::create_dir(machine.locks()).expect("made");
    let mount = std::process::Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=4k,mode=700", "tmpfs"])
        .arg(machine.locks())
        .status();
    if !mount.is_ok_and(|status| status.success()) {
        crate::support::skipped!("nothing can be mounted here");
        return;
    }
    fs::write(machine.locks().join("full"), "x").expect("one page");
    let instance = instance(DOORS[0], &config(&machine, 1));
    let answers = [of("startjail", "db"), of("stopjail", "db")].map(|args| {
        let text = args.to_string();
        let request = sysadm_class::host::Request::new("sysadm", "iocage", &text, sysadm_class::Access::Full)
            .with_id(7);
        let response = instance.dispatch(&request).expect("the contract is kept");
        serde_json::from_slice::<Value>(response.args()).expect("JSON")
    });
    unmount(&machine.locks());
    for answer in answers {
        let warning = answer["warnings"][0].as_str().unwrap_or_default();
        assert!(warning.contains("who is at it could not be written into"), "{answer}");
        assert!(warning.contains("No space left on device"), "{answer}");
        assert!(
            answer.as_object().is_some_and(|answer| answer.values().all(|body| body.get("error").is_none()))
        );
    }
}

/// Not even a lock's file: what makes room works, and says whom it kept out for that.
#[test]
fn a_disk_without_room_for_a_lock_stops_nothing_that_makes_room() {
    for files in 0..3 {
        let machine = machine();
        fs::create_dir(machine.locks()).expect("made");
        let options = format!("size=64k,nr_inodes={},mode=700", files + 1);
        let mount = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(machine.locks())
            .status();
        if !mount.is_ok_and(|status| status.success()) {
            crate::support::skipped!("nothing can be mounted here");
            return;
        }
        let (one, other) = DOORS.map(|door| std::sync::Arc::new(instance(door, &config(&machine, 1)))).into();
        let started = ask(&one, &of("startjail", "db"));
        // While one works, the other is kept out.
        let hold = machine.hold("stop");
        let stopping = super::asker::begin(&one, of("stopjail", "db"));
        machine.wait_for_command("stop");
        let busy = ask(&other, &of("stopjail", "db"));
        drop(hold);
        let stopped = stopping.join().expect("no panic");
        let destroyed = ask(&other, &of("destroyjail", "db"));
        let cleaned = ask(&one, &json!({"action": "cleanall"}));
        unmount(&machine.locks());
        for answer in [&started, &stopped, &destroyed, &cleaned] {
            assert_eq!(code(answer), "", "{files}: {answer}");
        }
        assert_eq!(code(&busy), "busy", "{files}: {busy}");
    }
}
