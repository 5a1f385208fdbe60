//! A host that is not root, and an iocage that is: what it may start it may not end.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sysadm_iocage::process::effective_user;

use crate::support::process::{kill, processes};
use crate::support::{C11, Folder, artifacts, compile, without_tools, write_program};

const NOBODY: u32 = 65534;

/// One jail, `web`, of the Python iocage, whose start is root's.
const PYTHON: &str = r#"#!/bin/sh
here=${0%/*}
case "$*" in
--version) printf 'Version\t1.13\n' ;;
"df -lh") printf 'web\t1.00x\tnone\tnone\t1.2M\t10G\n' ;;
"list -lh") printf 'None\tweb\toff\tdown\tjail\t14.3-RELEASE\t-\t-\t-\tno\n' ;;
"list -tlh") ;;
"start web") exec "$here/rootsleep" ;;
*) exit 2 ;;
esac
"#;

#[test]
fn what_the_host_may_not_signal_is_told_to_run_on() {
    if effective_user() != 0 {
        crate::support::skipped!("only root can make a program that is root's for everybody");
        return;
    }
    let folder = Folder::new();
    let file = |name: &str| folder.0.join(name);
    for (from, to) in [(&artifacts().module, "module.so"), (&artifacts().host, "host")] {
        let status = Command::new("install").args(["-m", "755"]).arg(from).arg(file(to)).status();
        assert!(status.expect("install runs").success());
    }
    compile::<&str>(C11, "tests/c/rootsleep.c", &file("rootsleep"), &[]);
    fs::set_permissions(file("rootsleep"), Permissions::from_mode(0o4755)).expect("ours");
    write_program(&file("iocage"), PYTHON);
    for name in ["state", "locks"] {
        fs::create_dir(file(name)).expect("made");
        fs::set_permissions(file(name), Permissions::from_mode(0o700)).expect("ours");
        chown(file(name), Some(NOBODY), Some(NOBODY)).expect("root may");
    }
    let config = without_tools(json!({
        "grace_s": 1, "iocage": file("iocage"), "lock_dir": file("locks"), "lock_wait_s": 1,
        "timeouts_s": {"start": 1}, "zfs": "/bin/true",
    }));
    let mut host = Command::new(file("host"))
        .uid(NOBODY)
        .gid(NOBODY)
        .env("XDG_STATE_HOME", file("state"))
        .arg("--module")
        .arg(file("module.so"))
        .args(["--door", "c", "--config", &config.to_string(), "call"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the host runs");
    let mut stdin = host.stdin.take().expect("piped");
    let mut stdout = BufReader::new(host.stdout.take().expect("piped"));
    let mut ask = |action: &str| -> Value {
        writeln!(stdin, "{}", json!({"action": action, "jail": "web"})).expect("it reads");
        let mut line = String::new();
        stdout.read_line(&mut line).expect("it answers");
        let mut answer: Value = serde_json::from_str(&line).expect("JSON");
        answer["args"][action].take()
    };
    let started = ask("startjail");
    let stopped = ask("stopjail");
    let found: Vec<_> = processes().into_iter().filter(|process| process.name == "rootsleep").collect();
    for process in &found {
        kill(process.pid, libc::SIGKILL);
    }
    drop(stdin);
    host.wait().expect("ours");
    if !found.iter().any(|process| process.state != 'Z') {
        crate::support::skipped!("no program is set-user-ID here");
        return;
    }
    let error = started["error"].as_str().unwrap_or_default();
    let runs = found.iter().any(|process| {
        error.contains(&format!("cannot be ended: process {} still runs", process.pid))
            && stopped["error"]
                .as_str()
                .is_some_and(|error| error.contains(&format!("(process {})", process.pid)))
    });
    assert!(runs && !error.contains("was stopped"), "{started} {stopped} {found:?}");
    assert_eq!((started["code"].as_str(), stopped["code"].as_str()), (Some("timed-out"), Some("busy")));
}
