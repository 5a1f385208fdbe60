//! Work that takes long, as a job that is waited for; and events.

use std::io::{BufRead, BufReader, Read};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use serde_json::{Value, json};

use crate::stand::{JOB, Pen, Ran, Stand, ended, signal};

const CREATE: [&str; 3] = ["run", "createjail", "props=tag=web"];

fn action(request: &Value) -> &str {
    request["args"]["action"].as_str().unwrap_or_default()
}

fn started(request: &Value, pen: &Pen) {
    pen.answer(request, &json!({"createjail": {"started_dispatcher_id": JOB}}));
}

fn finished(word: &str, result: Value, status: u64) -> Value {
    json!({word: {"action": "createjail", "job_id": JOB, "state": "finished", "status": status, "result": result}})
}

/// Wait until it has said a line with this in it.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, part: &str) {
    assert!(lines.any(|line| line.is_ok_and(|line| line.contains(part))), "never {part:?}");
}

#[test]
fn what_takes_long_is_a_job_and_its_answer_is_printed() {
    let asked = AtomicU32::new(0);
    let stand = Stand::new("job", move |request, pen| match action(request) {
        "createjail" => started(request, pen),
        // It takes longer than one is waited for.
        "wait" if asked.fetch_add(1, Ordering::Relaxed) == 0 => {
            pen.answer(
                request,
                &json!({"wait": {"action": "createjail", "job_id": JOB, "state": "running"}}),
            );
        }
        _ => pen.answer(request, &finished("wait", json!({"createjail": {"success": {"web": ""}}}), 200)),
    });
    stand.run(&CREATE).printed("success:\n  web\n");
    let asked = stand.asked();
    assert_eq!(asked[0].1, json!({"action": "createjail", "props": "tag=web", "async": true}));
    assert_eq!(asked.iter().filter(|(_, args)| args["action"] == "wait" && args["job_id"] == JOB).count(), 2);
    let ran = stand.run(&["run", "--json", "createjail"]);
    ran.printed("{\"createjail\":{\"success\":{\"web\":\"\"}}}\n");
    stand.run(&["run", "--no-wait", "createjail"]).printed(&format!("{JOB}\n"));
    stand.run(&["jobs", "wait", JOB]).printed("success:\n  web\n");
}

#[test]
fn a_job_that_fails_or_is_not_begun_says_so() {
    for (status, result, exit, part) in [
        (
            200,
            json!({"createjail": {"code": "unknown-release", "error": "no such release"}}),
            1,
            "no such release (unknown-release)",
        ),
        (403, json!({"error": "createjail needs full access"}), 4, "createjail needs full access (403)"),
        (500, json!({}), 1, "the class has failed (500)"),
    ] {
        let stand = Stand::new("fails", move |request, pen| match action(request) {
            "createjail" => started(request, pen),
            _ => pen.answer(request, &finished("wait", result.clone(), status)),
        });
        stand.run(&CREATE).said(exit, part);
    }
    let stand = Stand::new("full", |request, pen| {
        pen.answer(
            request,
            &json!({"createjail": {"code": "queue-full", "error": "64 jobs wait", "retry_after": 9}}),
        );
    });
    stand.run(&CREATE).said(1, "64 jobs wait (queue-full); try again in 9 s");
    let stand = Stand::new("forgotten", |request, pen| match action(request) {
        "createjail" => started(request, pen),
        _ => pen
            .answer(request, &json!({"wait": {"code": "no-such-job", "error": "there is no job of yours"}})),
    });
    stand.run(&CREATE).said(1, "no-such-job");
    let stand = Stand::new("no-jobs", |request, pen| {
        pen.answer(request, &json!({"createjail": {"success": "done"}}))
    });
    stand.run(&CREATE).printed("success: done\n");
    let stand = Stand::new("gone", |request, pen| match action(request) {
        "createjail" => started(request, pen),
        _ => pen.close(),
    });
    stand.run(&CREATE).said(3, "has closed the connection");
}

#[test]
fn ctrl_c_kills_the_job_and_says_what_became_of_it() {
    kills("INT");
}

#[test]
fn so_does_sigterm() {
    kills("TERM");
}

fn kills(name: &str) {
    let waits = std::sync::Mutex::new(None);
    let stand = Stand::new(&format!("killed-{name}"), move |request, pen| match action(request) {
        "createjail" => started(request, pen),
        "wait" => {
            *waits.lock().expect("whole") = Some(request.clone());
        }
        "kill" => {
            pen.answer(request, &json!({"killed": {"jobs": [JOB]}}));
            let cancelled =
                json!({"createjail": {"code": "cancelled", "error": "the request was cancelled"}});
            let request = waits.lock().expect("whole").take().expect("it waits");
            pen.answer(&request, &finished("wait", cancelled, 200));
        }
        _ => {}
    });
    let child = stand.start(&CREATE);
    stand.until_asked(|args| args["action"] == "wait");
    signal(&child, name);
    let ran = Ran::of(&ended(child));
    ran.said(130, "createjail: the request was cancelled (cancelled)");
    let asked = stand.asked();
    assert_eq!(
        asked.iter().find(|(_, args)| args["action"] == "kill").map(|(_, args)| &args["job_id"]),
        Some(&json!(JOB))
    );
}

#[test]
fn a_second_ctrl_c_leaves_a_job_that_does_not_end() {
    let stand = Stand::new("leaves", |request, pen| match action(request) {
        "createjail" => started(request, pen),
        "kill" => pen.answer(request, &json!({"killed": {"jobs": [JOB]}})),
        _ => {}
    });
    let mut child = stand.start(&CREATE);
    stand.until_asked(|args| args["action"] == "wait");
    signal(&child, "INT");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    until(&mut lines, "the job is being ended");
    signal(&child, "INT");
    until(&mut lines, "left while the job was being ended");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
}

#[test]
fn a_signal_that_was_ignored_stays_so() {
    let asked = AtomicU32::new(0);
    let stand = Stand::new("ignores", move |request, pen| match action(request) {
        "createjail" => started(request, pen),
        _ if asked.fetch_add(1, Ordering::Relaxed) == 0 => {
            std::thread::sleep(std::time::Duration::from_millis(300));
            pen.answer(request, &json!({"wait": {"state": "running"}}));
        }
        _ => pen.answer(request, &finished("wait", json!({"createjail": {"success": "done"}}), 200)),
    });
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT; exec \"$0\" \"$@\"", env!("CARGO_BIN_EXE_sysadmctl"), "--socket"]);
    command.arg(stand.socket()).args(CREATE).stdout(std::process::Stdio::piped());
    let child = command.stderr(std::process::Stdio::piped()).spawn().expect("it runs");
    stand.until_asked(|args| args["action"] == "wait");
    signal(&child, "INT");
    Ran::of(&ended(child)).printed("success: done\n");
}

#[test]
fn who_only_waits_for_a_job_leaves_it() {
    let stand = Stand::new("waits", |_, _| {});
    let child = stand.start(&["jobs", "wait", "job-{\u{1b}[2J}"]);
    stand.until_asked(|_| true);
    signal(&child, "INT");
    Ran::of(&ended(child)).said(130, r"the job goes on; `sysadmctl jobs kill job-{\u{1b}[2J}`");
    assert!(stand.asked().iter().all(|(_, args)| args["action"] != "kill"));
}

#[test]
fn a_killed_job_tells_what_became_of_it() {
    let stand = Stand::new("kill", |request, pen| match action(request) {
        "list" => pen.answer(request, &json!({"jobs": {"no_queue": {JOB: {"state": "running"}}}})),
        _ => {
            let job = json!({"action": "createjail", "state": "finished",
                "result": {"createjail": {"code": "cancelled", "error": "it was"}}});
            pen.answer(request, &json!({"killed": {"jobs": [JOB], "became": {JOB: job}}}));
        }
    });
    stand.run(&["jobs", "kill", "3f2b4c1e"]).printed("createjail: it was (cancelled)\n");
    let stand = Stand::new("kill-late", |request, pen| {
        pen.answer(request, &json!({"killed": {"jobs": [], "not_killed": {JOB: "finished"}}}));
    });
    stand.run(&["jobs", "kill", JOB]).said(1, "it has finished already");
}

/// On a terminal there is a line, drawn anew; what a program in a jail has printed drives nothing.
#[test]
fn progress_is_drawn_on_a_terminal_alone() {
    let frame = json!({"action": "iocage_createjail", "event_system": "sysadm/iocage", "filename": "base.txz", "percent_done": 45,
        "iocage_log": "one\n\u{1b}[2Jtwo\n", "process_details": {"process_id": JOB, "state": "running"}, "state": "running"});
    let other = json!({"action": "iocage_createjail", "filename": "other", "process_details": {"process_id": "x-{1}"}});
    let stand = Stand::new("progress", move |request, pen| match action(request) {
        "createjail" => started(request, pen),
        "wait" => {
            pen.event(&other);
            pen.event(&frame);
            pen.answer(request, &finished("wait", json!({"createjail": {"success": "done"}}), 200));
        }
        _ => pen.answer(request, &json!({"subscribe": "dispatcher"})),
    });
    let pty = nix::pty::openpty(None, None).expect("a terminal");
    // What another test starts would have it, for as long as that lives.
    for end in [&pty.master, &pty.slave] {
        fcntl(end, FcntlArg::F_SETFD(FdFlag::FD_CLOEXEC)).expect("set");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
    command.env("TERM", "xterm").arg("--socket").arg(stand.socket()).args(CREATE).stderr(pty.slave);
    let output = command.output().expect("it runs");
    drop(command);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "success: done\n");
    let mut drawn = Vec::new();
    // Linux says that nobody has the other end by an error.
    let _ = std::fs::File::from(pty.master).read_to_end(&mut drawn);
    let drawn = String::from_utf8_lossy(&drawn).into_owned();
    let line = "\r\u{1b}[K\u{1b}[?7lcreatejail: base.txz 45% [#########-----------] \\u{1b}[2Jtwo\u{1b}[?7h\r\u{1b}[K";
    assert_eq!(drawn, line, "{drawn:?}");
    assert_eq!(stand.asked()[0], ("events/subscribe".to_owned(), json!(["dispatcher"])));
}

#[test]
fn events_are_a_line_each() {
    let stand = Stand::new("events", |request, pen| {
        pen.answer(request, &json!({"subscribe": "iocage"}));
        pen.event(&json!({"process_id": JOB, "state": "running"}));
        pen.line(r#"{"args":{"jail":"a\u001b[2J","state":"up"},"id":"","missed":3,"name":"iocage","namespace":"events"}"#);
    });
    let mut child = stand.start(&["events"]);
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let (first, second) = (lines.next().expect("a line"), lines.next().expect("a line"));
    assert!(first.ends_with(&format!("Z dispatcher {JOB} running")), "{first}");
    assert!(second.ends_with(r#"Z iocage {"jail":"a\u001b[2J","state":"up"}"#), "{second}");
    signal(&child, "INT");
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    let mut said = String::new();
    child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
    assert_eq!(said, "sysadmctl: 3 events were left out, for they came faster than they were read\n");
    assert_eq!(
        stand.asked(),
        [("events/subscribe".to_owned(), json!(["dispatcher", "iocage", "system-state"]))]
    );

    let mut child = stand.start(&["events", "--json", "iocage"]);
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
    let line: Value = serde_json::from_str(&lines.next().expect("a line")).expect("JSON");
    assert_eq!((&line["name"], &line["args"]["state"]), (&json!("dispatcher"), &json!("running")));
    signal(&child, "INT");
    child.wait().expect("it ends");
}
