//! The script by which FreeBSD starts, reloads and restarts the server, under a rc.subr in small (`rc.subr` beside this) and
//! with a program in the server's place that takes a configuration, or does not.

use std::fs;
use std::process::Command;

use crate::support::{Folder, root, write_program};

/// What was done to a process, and whether the script says that it went well.
fn service(checks: &str, config: &str, words: &[&str]) -> (Vec<String>, bool) {
    let folder = Folder::new();
    let at = |name: &str| folder.0.join(name);
    let prefix = folder.0.display().to_string();
    let source = fs::read_to_string(root().join("include/package/sysadmd/sysadmd.rc")).expect("ours");
    assert!(source.contains("\n. /etc/rc.subr\n"));
    let subr = root().join("tests/it/port/rc.subr");
    let script = source.replace("/etc/rc.subr", subr.to_str().expect("our own name"));
    for name in ["etc", "sbin"] {
        fs::create_dir(at(name)).expect("made");
    }
    fs::write(at("etc/sysadmd.json"), "{}").expect("written");
    fs::write(at("rc.conf"), config).expect("written");
    fs::write(at("script"), script.replace("@PREFIX@", &prefix)).expect("written");
    let server =
        format!("#!/bin/sh\necho \"check $*\" >>\"$RC_LOG\"\ncase $1 in {checks}) ;; *) exit 1 ;; esac\n");
    write_program(&at("sbin/sysadmd"), &server);
    let mut command = Command::new("sh");
    command.arg(at("script")).args(words).env("RC_LOG", at("log")).env("RC_PID", "4711");
    let output = command.env("RC_CONF", at("rc.conf")).output().expect("sh runs");
    let done = fs::read_to_string(at("log")).unwrap_or_default().replace(&prefix, "/usr/local");
    // Where there are no words, a blank is left.
    let plain = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    (done.lines().map(plain).collect(), output.status.success())
}

const CHECKED: &str = "check --check=all --config /usr/local/etc/sysadmd.json";

fn started(words: &str) -> String {
    format!(
        "start /usr/sbin/daemon -f -S -T sysadmd -l daemon -s info -p /var/run/sysadmd.pid \
         /usr/local/sbin/sysadmd --config /usr/local/etc/sysadmd.json{words}"
    )
}

#[test]
fn a_restart_that_would_fail_ends_nothing() {
    let (done, is_well) = service("--check=config", "", &["restart"]);
    assert_eq!(done, [CHECKED], "the old one goes on");
    assert!(!is_well);
    let (done, is_well) = service("--check=all", "", &["restart"]);
    assert_eq!(done, [CHECKED, "kill -TERM 4711", CHECKED, &started("")]);
    assert!(is_well);
    // Who wants it all the same has a word for that.
    let (done, _) = service("nothing", "", &["forcerestart"]);
    assert_eq!(done, [CHECKED, "kill -TERM 4711", CHECKED, &started("")]);
}

#[test]
fn a_start_and_a_reload_are_tried_before() {
    for (word, check) in [("start", "all"), ("reload", "config")] {
        let (done, is_well) = service("nothing", "", &[word]);
        let checked = format!("check --check={check} --config /usr/local/etc/sysadmd.json");
        assert_eq!((done, is_well), (vec![checked], false), "{word}");
    }
    let (done, _) = service("--check=config", "", &["reload"]);
    assert_eq!(done.last().map(String::as_str), Some("kill -HUP 4711"));
}

/// rc.subr gives `sysadmd_flags` to the command, which is daemon(8), whose words those are not.
#[test]
fn flags_are_the_servers() {
    let (done, _) = service("--check=all", "sysadmd_flags=\"--log debug\"\n", &["start"]);
    assert_eq!(done, [format!("{CHECKED} --log debug"), started(" --log debug")]);
}
