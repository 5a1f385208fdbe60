//! The example host as a program: the envelope's rules and the command line. Those
//! in C and C++ are in `native`.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sysadm_iocage::action::ACTIONS;

use crate::support::{DOORS, Folder, Machine, artifacts, module_in_c, run_host, spawn_host};

/// Request lines with the response that the envelope's rules give.
const LINES: &[(&str, &str)] = &[
    (
        r#"{"namespace":"sysadm","name":"iocage","id":"fooid","args":{"action":"listjails"}}"#,
        r#"{"args":{"listjails":{}},"id":"fooid","name":"response","namespace":"sysadm"}"#,
    ),
    (
        r#"{"namespace":"sysadm","name":"iocage","args":{"action":"listjails"}}"#,
        r#"{"args":{"listjails":{}},"id":"","name":"iocage","namespace":"sysadm"}"#,
    ),
    (
        r#"{"namespace":"SYSADM","name":"Iocage","id":"","args":{"action":"listjails"}}"#,
        r#"{"args":{"listjails":{}},"id":"","name":"Iocage","namespace":"SYSADM"}"#,
    ),
    (
        r#"{"namespace":"sysadm","name":"iocage","id":5,"action":"listjails"}"#,
        r#"{"args":{"listjails":{}},"id":5,"name":"response","namespace":"sysadm"}"#,
    ),
    (
        r#"{"action":"listjails"}"#,
        r#"{"args":{"listjails":{}},"id":"","name":"iocage","namespace":"sysadm"}"#,
    ),
    (
        r#"{"namespace":"sysadm","name":"iocage","id":"a","args":{"action":"ListJails"}}"#,
        r#"{"args":{"code":"400","message":"Bad Request"},"id":"a","name":"error","namespace":"error"}"#,
    ),
    (
        r#"{"namespace":"sysadm","name":"iocage","id":"a","args":[]}"#,
        r#"{"args":{"code":"400","message":"Bad Request"},"id":"a","name":"error","namespace":"error"}"#,
    ),
    (
        r#"{"namespace":"sysadm","name":"iocage","id":"a","args":{"action":"df","action":"listjails"}}"#,
        r#"{"args":{"code":"400","message":"Bad Request"},"id":"a","name":"error","namespace":"error"}"#,
    ),
    (
        r#"{"namespace":"sysadm","name":"zfs","id":"a","args":{"action":"df"}}"#,
        r#"{"args":{"code":"404","message":"Not Found"},"id":"a","name":"error","namespace":"error"}"#,
    ),
    ("[1]", r#"{"args":{"code":"400","message":"Bad Request"},"id":"","name":"error","namespace":"error"}"#),
    (
        r#"{"name":"iocage","id":"a","args":{"action":"df"}}"#,
        r#"{"args":{"code":"404","message":"Not Found"},"id":"a","name":"error","namespace":"error"}"#,
    ),
    (
        r#"{"namespace":"sysadm","name":"iocage","id":null,"args":{"action":"listjails"}}"#,
        r#"{"args":{"listjails":{}},"id":"","name":"iocage","namespace":"sysadm"}"#,
    ),
    (
        r#"{"namespace":"sysadm","name":"iocage","id":"\u00e9\n\"","args":{"action":"listjails"}}"#,
        r#"{"args":{"listjails":{}},"id":"é\n\"","name":"response","namespace":"sysadm"}"#,
    ),
    ("null", r#"{"args":{"code":"400","message":"Bad Request"},"id":"","name":"error","namespace":"error"}"#),
    ("{", r#"{"args":{"code":"400","message":"Bad Request"},"id":"","name":"error","namespace":"error"}"#),
];

/// The lines as they are documented: why a request was refused stands beside that.
fn documented(out: &str) -> String {
    let plain = |line: &str| {
        if !line.contains(r#""name":"error""#) {
            return format!("{line}\n");
        }
        let mut response: Value = serde_json::from_str(line).expect("JSON");
        let why = response["args"].as_object_mut().expect("an object").remove("error");
        assert!(why.and_then(|why| Some(why.as_str()?.len() > 10)) == Some(true), "{line}");
        format!("{response}\n")
    };
    out.lines().map(plain).collect()
}

fn empty_machine() -> Machine {
    Machine::new(&json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"]}]}))
}

#[test]
fn each_line_is_answered_in_order_by_the_envelopes_rules() {
    let machine = empty_machine();
    let input: String = LINES.iter().map(|(request, _)| format!("{request}\n\n")).collect();
    let expected: String = LINES.iter().map(|(_, response)| format!("{response}\n")).collect();
    for door in DOORS {
        let (out, _, code) = run_host(door, &["--iocage", &machine.iocage_text(), "call"], &input);
        assert_eq!((documented(&out), code), (expected.clone(), Some(0)));
    }
}

#[test]
fn lines_end_as_they_may_and_what_is_no_text_is_one_bad_request() {
    let machine = empty_machine();
    let (request, response) = LINES[0];
    let bad = LINES[LINES.len() - 1].1;
    let deep = "[".repeat(100_000);
    // The last line has no end.
    let input = [
        &b"\r\n \t\r\n"[..],
        request.as_bytes(),
        b"\r\n\xff\xfe{}\r\n{\"args\":\"\xe9\"}\n\0\n\xef\xbb\xbf{}\n",
        deep.as_bytes(),
        b"\n",
        request.as_bytes(),
    ]
    .concat();
    let expected = format!("{response}\n{}{response}\n", format!("{bad}\n").repeat(5));
    for door in DOORS {
        let mut host = spawn_host(&artifacts().module, door, &["--config", &machine.config(), "call"]);
        host.stdin.take().expect("piped").write_all(&input).expect("it reads to the end");
        let output = host.wait_with_output().expect("it ends");
        assert_eq!(
            (documented(&String::from_utf8_lossy(&output.stdout)), output.status.code()),
            (expected.clone(), Some(0))
        );
    }
}

/// Whoever reads the output may go, the disk may be full: no panic, and no signal.
#[test]
fn an_output_that_cannot_be_written_ends_the_host_quietly() {
    let machine = empty_machine();
    let mut host = spawn_host(&artifacts().module, DOORS[0], &["--config", &machine.config(), "call"]);
    drop(host.stdout.take());
    // It may be gone before the second line.
    let _ = host.stdin.take().expect("piped").write_all(format!("{0}\n{0}\n", LINES[0].0).as_bytes());
    let output = host.wait_with_output().expect("it ends");
    assert_eq!((String::from_utf8_lossy(&output.stderr).as_ref(), output.status.code()), ("", Some(0)));
    if !cfg!(target_os = "linux") {
        crate::support::skipped!("/dev/full is Linux's");
        return;
    }
    for arguments in [&["--help"][..], &["--version"], &["describe"], &["--sim", "health"], &["demo"]] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
        let output = Command::new(&artifacts().host).args(arguments).stdout(full).output().expect("it runs");
        let log = String::from_utf8_lossy(&output.stderr);
        let last = log.lines().last().unwrap_or_default();
        assert!(last.starts_with("host-example: No space left"), "{arguments:?}: {log}");
        assert_eq!(output.status.code(), Some(1));
    }
}

/// A log that nobody can write is no reason to stop serving.
#[test]
fn a_log_that_cannot_be_written_stops_nothing() {
    if !cfg!(target_os = "linux") {
        crate::support::skipped!("/dev/full is Linux's");
        return;
    }
    let folder = Folder::new();
    let input = folder.0.join("input");
    std::fs::write(&input, format!("{}\n", LINES[0].0)).expect("written");
    for command in ["call", "rest"] {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a device");
        let output = Command::new(&artifacts().host)
            .env("XDG_STATE_HOME", &folder.0)
            .args(["--log", "trace", "--sim", command])
            .stdin(std::fs::File::open(&input).expect("just written"))
            .stderr(full)
            .output()
            .expect("it runs");
        let out = String::from_utf8_lossy(&output.stdout);
        let expected = if command == "call" {
            ("{\"args\":{\"listjails\":{", Some(0))
        } else {
            ("HTTP/1.1 400", Some(1))
        };
        assert!(out.starts_with(expected.0) && output.status.code() == expected.1, "{out}");
    }
}

#[test]
fn limited_access_is_answered_with_403() {
    let machine = empty_machine();
    let input =
        "{\"id\":\"a\",\"namespace\":\"sysadm\",\"name\":\"iocage\",\"args\":{\"action\":\"cleanall\"}}\n";
    let arguments = ["--access", "limited", "--iocage", &machine.iocage_text(), "call"];
    let (out, _, _) = run_host(DOORS[1], &arguments, input);
    assert_eq!(
        documented(&out),
        "{\"args\":{\"code\":\"403\",\"message\":\"Forbidden\"},\"id\":\"a\",\"name\":\"error\",\"namespace\":\"error\"}\n"
    );
    assert!(machine.calls().is_empty());
}

/// Whoever writes a client looks at one of these.
#[test]
fn a_400_says_why_in_both_forms_and_in_the_log() {
    let machine = empty_machine();
    let arguments = |command| ["--caller", "eve", "--config", &machine.config(), command].map(str::to_owned);
    for (line, id, why) in [
        (
            r#"{"namespace":"sysadm","name":"iocage","id":-1.50e3,"args":{"action":"jump"}}"#,
            "-1.50e3",
            "jump",
        ),
        (
            r#"{"namespace":"rpc","name":"modules","id":7,"args":{"action":"jump"}}"#,
            "7",
            "list, load, rollback",
        ),
        ("{]", "\"\"", "not a JSON object: key must be"),
    ] {
        let words = arguments("call");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (out, log, _) = run_host(DOORS[1], &words, &format!("{line}\n"));
        assert!(out.contains(why) && out.contains(&format!(r#","id":{id},"#)), "{out}");
        // A class may have told its own.
        let told = log.lines().find(|line| line.starts_with("warn ") && line.contains("a bad request"));
        let told = told.unwrap_or_else(|| panic!("{log}"));
        assert!(told.contains(why), "{log}");
        assert_eq!(told.contains("of \"eve\""), line.len() > 2, "{log}");
    }
    for (request, why) in [
        ("PUT /sysadm/iocage\n{\"action\":\"jump\"}", "jump"),
        ("PUT /sysadm/iocage\nContent-Length: x\n\n{}", "`Content-Length`"),
        ("GET /sysadm/iocage\n", "PUT /NAMESPACE/NAME"),
    ] {
        let words = arguments("rest");
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (out, log, _) = run_host(DOORS[1], &words, request);
        assert!(out.starts_with("HTTP/1.1 400") && out.contains(why), "{out}");
        assert!(log.lines().any(|line| line.contains("a bad request") && line.contains(why)), "{log}");
    }
}

/// A class in C and one in Rust, each through the door that it has.
#[test]
fn two_modules_are_two_classes_whatever_their_doors() {
    let (folder, machine) = (Folder::new(), empty_machine());
    let in_c = module_in_c(&folder, "include/template/c/echo.c", "echo.so", &[]);
    let mut host = Command::new(&artifacts().host);
    host.args(["--stage", folder.0.join("stage").to_str().expect("ours"), "--config", &machine.config()]);
    host.arg("--module").arg(&artifacts().module).arg("--module").arg(&in_c).arg("call");
    let host = host.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut host = host.expect("it runs");
    let lines = [
        r#"{"action":"listjails"}"#,
        r#"{"namespace":"example","name":"echo","id":1,"args":{"action":"hello"}}"#,
        r#"{"namespace":"rpc","name":"modules","id":2,"args":{"action":"list"}}"#,
    ];
    host.stdin.take().expect("piped").write_all(lines.join("\n").as_bytes()).expect("it reads");
    let output = host.wait_with_output().expect("it ends");
    let out = String::from_utf8_lossy(&output.stdout);
    let lines: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3, "{out}{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(lines[0]["args"], json!({"listjails": {}}));
    assert_eq!((&lines[1]["args"]["echo"], &lines[1]["id"]), (&json!(r#"{"action":"hello"}"#), &json!(1)));
    let doors = [0, 1].map(|at| lines[2]["args"]["list"]["generations"][at]["door"].clone());
    assert_eq!(doors, ["rust", "c"], "{out}");
}

#[test]
fn a_line_that_is_too_long_is_one_bad_request() {
    let machine = empty_machine();
    let input = format!("{}\n{}\n", "x".repeat((16 << 20) + 10), LINES[4].0);
    let (out, _, code) = run_host(DOORS[1], &["--iocage", &machine.iocage_text(), "call"], &input);
    let lines: Vec<_> = out.lines().collect();
    assert_eq!((lines.len(), lines[1], code), (2, LINES[4].1, Some(0)));
    assert!(lines[0].contains("\"400\""));
}

#[test]
fn the_host_says_when_it_uses_the_simulator_and_cleans_up() {
    let (out, log, code) = run_host(DOORS[0], &["--sim", "call"], "{\"action\":\"activatepool\"}\n");
    assert!(out.contains("\" tank\"") && code == Some(0), "{out}");
    let folder =
        log.split_whitespace().find(|word| word.starts_with('/')).expect("a folder").trim_end_matches(',');
    assert!(log.contains("simulator") && !Path::new(folder).exists(), "{log}");
}

#[test]
fn a_kept_simulator_keeps_its_state() {
    let folder = Folder::new();
    let sim = format!("--sim={}", folder.0.join("machine").display());
    let (out, ..) =
        run_host(DOORS[0], &[&sim, "call"], "{\"action\":\"createjail\",\"props\":\"tag=kept\"}\n");
    assert!(out.contains("(kept)"), "{out}");
    // As an older simulator made it: what is missing is made, what is there stays.
    for tool in ["jexec", "jls"] {
        std::fs::remove_file(folder.0.join("machine").join(tool)).expect("it was made");
    }
    let (out, ..) = run_host(DOORS[0], &[&sim, "call"], "{\"action\":\"listjails\"}\n");
    assert!(out.contains("\"kept\""), "{out}");
    assert!(folder.0.join("machine/jexec").exists());
}

/// What a kept folder may be instead of a machine. Nothing in it is touched.
#[test]
fn a_folder_that_is_no_machine_is_said_to_be_none() {
    let folder = Folder::new();
    let iocage = folder.0.join("iocage");
    let sim = format!("--sim={}", folder.0.display());
    std::fs::write(&iocage, "somebody's own").expect("written");
    let (out, log, code) = run_host(DOORS[0], &[&sim, "call"], "{\"action\":\"df\"}\n");
    assert_eq!((out.as_str(), code), ("", Some(1)));
    assert!(log.contains("no simulated machine") && log.contains("state.json"), "{log}");
    assert_eq!(std::fs::read_to_string(&iocage).expect("there"), "somebody's own");
    // A machine whose simulator was built elsewhere and is gone.
    std::fs::remove_file(&iocage).expect("there");
    std::fs::write(folder.0.join("state.json"), "{\"pools\":[]}").expect("written");
    std::os::unix::fs::symlink("/nonexistent/iocage-sim", &iocage).expect("made");
    let (out, log, code) = run_host(DOORS[0], &[&sim, "call"], "{\"action\":\"df\"}\n");
    assert_eq!((out.as_str(), code), ("", Some(1)));
    assert!(log.contains("leads to /nonexistent/iocage-sim, which is gone"), "{log}");
    assert!(folder.0.join("state.json").exists());
}

#[test]
fn describe_and_health_tell_what_there_is() {
    for door in DOORS {
        let (out, _, code) = run_host(door, &["describe"], "");
        let actions = out.lines().filter(|line| line.ends_with(" access)")).count();
        assert_eq!((actions, code), (ACTIONS.len(), Some(0)), "{out}");
        let (out, _, code) = run_host(door, &["--sim", "health"], "");
        assert!(
            out.contains("\"DEVELOP (2016-02-10)\"") && out.contains("\"pool\":\"tank\"") && code == Some(0),
            "{out}"
        );
        let (out, _, code) = run_host(door, &["--iocage", "/nonexistent/iocage", "health"], "");
        assert!(out.contains("/nonexistent/iocage") && code == Some(1), "{out}");
    }
}

#[test]
fn a_wrong_command_line_or_configuration_is_a_sentence() {
    let (_, log, code) = run_host(DOORS[0], &["jump"], "");
    let lines: Vec<_> = log.lines().collect();
    assert!(
        lines[0].contains("not jump") && lines[1] == "`host-example --help` tells what there is",
        "{log}"
    );
    assert_eq!((lines.len(), code), (2, Some(2)));
    let (_, log, code) = run_host(DOORS[0], &["--config", r#"{"iocgae":1}"#, "call"], "");
    assert!(log.contains("iocgae") && log.contains("timeouts_s") && code == Some(1), "{log}");
}
