//! What the example hosts show of requests that go on: on a terminal one line that is drawn
//! again and again, else lines of the log; nothing of it on standard output, and nothing that
//! does anything to a terminal.

mod terminal;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{C11, CXX17, Folder, Machine, artifacts, compile, module_in_c};
use terminal::Terminal;

/// A machine that fetches a release for so long.
fn machine(milliseconds: u64) -> Machine {
    Machine::new(&json!({
        "version": "1.13", "mirror": {"12.4-RELEASE": milliseconds},
        "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE"]}],
    }))
}

fn create() -> Value {
    json!({"action": "createjail", "fetch": true, "props": "tag=new release=12.4-RELEASE"})
}

/// The Rust host, which is asked by lines.
fn host(folder: &Folder, config: &str, flags: &[&str]) -> Command {
    let mut host = Command::new(&artifacts().host);
    host.env("XDG_STATE_HOME", &folder.0).env("TERM", "xterm").arg("--module").arg(&artifacts().module);
    host.args(["--door", "c", "--config", config]).args(flags).arg("call");
    host.stdin(Stdio::piped()).stdout(Stdio::piped());
    host
}

/// What stands behind each `erase`, which begins a line anew.
fn drawn(text: &str) -> Vec<&str> {
    text.split("\r\x1b[K").collect()
}

#[test]
fn a_terminal_has_one_line_that_is_drawn_again() {
    let (folder, machine) = (Folder::new(), machine(2500));
    let terminal = Terminal::new(60);
    let mut running = terminal.run(&mut host(&folder, &machine.config(), &[]));
    running.send(&create());
    let answer: Value = serde_json::from_str(&running.line()).expect("an answer and nothing else");
    assert!(answer["args"]["createjail"]["success"].is_object(), "{answer}");
    let (rest, status) = running.finish();
    assert_eq!((rest.as_str(), status), ("", Some(0)));
    let text = terminal.text();
    let lines = drawn(&text);
    assert!(!text.contains('\n') && lines.iter().all(|line| line.chars().count() < 60), "{text:?}");
    assert_eq!((lines[0], lines[lines.len() - 1]), ("", ""), "it is gone at the end: {text:?}");
    let percents: Vec<u64> = lines
        .iter()
        .filter(|line| line.starts_with("[1] createjail: iocage create, base.txz "))
        .filter_map(|line| line.split(['%', ' ']).nth(5)?.parse().ok())
        .collect();
    assert!(
        percents.len() >= 2 && percents.is_sorted() && percents[0] < percents[percents.len() - 1],
        "{text:?}"
    );
    assert!(lines.iter().any(|line| line.ends_with(" 1 s")), "{text:?}");
}

/// The log goes on above the line.
#[test]
fn a_log_stands_above_the_line() {
    let (folder, machine) = (Folder::new(), machine(1000));
    let terminal = Terminal::new(200);
    let mut running = terminal.run(&mut host(&folder, &machine.config(), &["--log", "info"]));
    running.send(&create());
    assert!(running.line().contains("success"));
    assert_eq!(running.finish().1, Some(0));
    let text = terminal.text();
    for line in drawn(&text) {
        // What is drawn has no end; what has one is a line of the log.
        let is_logged = ["info ", "warn "].iter().any(|level| line.starts_with(level));
        assert!(line.is_empty() || line.starts_with("[1] ") != is_logged, "{text:?}");
        assert_eq!(line.contains("\r\n"), is_logged, "{text:?}");
    }
    assert!(text.contains("info event [0]: iocage {\"action\":\"createjail\""), "{text:?}");
}

/// As who sits before it does: Ctrl-C once, and twice.
#[test]
fn ctrl_c_cancels_and_a_second_one_ends() {
    for twice in [false, true] {
        let (folder, machine) = (Folder::new(), machine(60_000));
        let mut terminal = Terminal::new(80);
        let config = machine.config_with(&json!({"grace_s": 3}));
        let mut running = terminal.run(&mut host(&folder, &config, &[]));
        running.send(&create());
        terminal.wait_for("base.txz");
        terminal.type_in("\x03");
        if twice {
            std::thread::sleep(Duration::from_millis(20));
            terminal.type_in("\x03");
        }
        let (rest, status) = running.end();
        assert_eq!(status, Some(128 + libc::SIGINT), "{}", terminal.text());
        assert!(twice || rest.contains("\"cancelled\""), "{rest}");
        assert!(terminal.text().contains("what runs is cancelled"), "{}", terminal.text());
    }
}

/// In a log it is told what begins and ends, not each redraw; and at the usual level nothing.
#[test]
fn a_log_has_a_line_for_each_program() {
    for (level, least, most) in [("warn", 0, 0), ("info", 2, 3), ("debug", 5, 200)] {
        let (folder, machine) = (Folder::new(), machine(2000));
        let log = folder.0.join("log");
        let mut command = host(&folder, &machine.config(), &["--log", level]);
        let mut running = command.stderr(fs::File::create(&log).expect("ours")).spawn().expect("it runs");
        let mut running = terminal::Running::of(&mut running);
        running.send(&create());
        assert!(running.line().contains("success"));
        drop(running);
        let text = fs::read_to_string(&log).expect("there");
        let told = text.lines().filter(|line| line.contains(" progress [1]: createjail: ")).count();
        assert!((least..=most).contains(&told), "{level}: {text}");
        assert_eq!(text.contains("event [0]: iocage {"), level != "warn", "{level}: {text}");
        assert!(!text.contains(['\r', '\x1b']), "{level}: {text}");
    }
}

/// What a job prints is whole in its frames, and is in a log for who looks for defects alone.
#[test]
fn a_log_has_the_frames_of_jobs_at_debug() {
    for (level, has_frames) in [("info", false), ("debug", true)] {
        let (folder, machine) = (Folder::new(), machine(100));
        let log = folder.0.join("log");
        let mut command = host(&folder, &machine.config(), &["--log", level]);
        let mut running = command.stderr(fs::File::create(&log).expect("ours")).spawn().expect("it runs");
        let mut running = terminal::Running::of(&mut running);
        let mut args = create();
        args["async"] = true.into();
        running.send(&args);
        let answer: Value = serde_json::from_str(&running.line()).expect("JSON");
        let id = &answer["args"]["createjail"]["started_dispatcher_id"];
        let wait = json!({"action": "wait", "job_id": id, "seconds": 60});
        running.send(&json!({"namespace": "rpc", "name": "dispatcher", "id": "w", "args": wait}));
        let answer = running.line();
        assert!(answer.contains("\"finished\""), "{answer}");
        drop(running);
        let text = fs::read_to_string(&log).expect("there");
        assert_eq!(text.contains("debug event [0]: dispatcher {"), has_frames, "{level}: {text}");
        assert_eq!(text.contains("event [0]: dispatcher "), has_frames, "{level}: {text}");
        assert!(text.contains("info event [0]: iocage {"), "{level}: {text}");
    }
}

/// A class that tells what a terminal would obey.
const TELLS: &str =
    r#"-DTELLS="{\"state\":\"running\",\"action\":\"a\\u001b[2J\\u202e\",\"since_ms\":1,\"new\":[]}""#;

#[test]
fn nothing_of_a_class_reaches_the_terminal_as_it_is() {
    let folder = Folder::new();
    let module = module_in_c(&folder, "tests/c/told.c", "told.so", &[TELLS]);
    let terminal = Terminal::new(80);
    let mut host = Command::new(&artifacts().host);
    host.env("XDG_STATE_HOME", &folder.0).env("TERM", "xterm").arg("--module").arg(&module);
    let mut running =
        terminal.run(host.args(["--log", "info", "call"]).stdin(Stdio::piped()).stdout(Stdio::piped()));
    running.send(&json!({}));
    running.line();
    assert_eq!(running.finish().1, Some(0));
    let text = terminal.text();
    assert!(text.contains("[1] a\\u{1b}[2J\\u{202e}: 0 s"), "{text:?}");
    assert!(text.contains("event [0]: x\\u{1b}c {\\u{1b}\\r"), "{text:?}");
    // Raw in the text itself, where it is no JSON.
    assert!(!text.replace("\r\x1b[K", "").contains('\x1b') && !text.contains('\u{202e}'), "{text:?}");
    for (language, source) in [(C11, "host-example/c/host.c"), (CXX17, "host-example/cpp/host.cpp")] {
        let program = folder.0.join(language.0);
        compile(language, source, &program, &["-pthread", "-ldl"]);
        let ask = |flags: &[&str]| {
            let output =
                Command::new(&program).args(flags).arg(&module).args(["", "{}"]).output().expect("it runs");
            (
                String::from_utf8_lossy(&output.stdout).into_owned(),
                String::from_utf8(output.stderr).expect("UTF-8"),
            )
        };
        let (out, log) = ask(&["-v"]);
        assert_eq!(out, "200 {}\n");
        assert!(log.contains("progress [1]: {\"state\":\"running\","), "{log:?}");
        assert!(log.contains("event x\\x1bc [0]: {\\x1b\\x0d\\xc2\\x9b\\xe2\\x80\\xae\u{e9}}"), "{log:?}");
        assert!(log.chars().all(|c| c == '\n' || !c.is_control()), "{log:?}");
        assert_eq!(ask(&[]), ("200 {}\n".to_owned(), String::new()));
    }
}

#[test]
fn the_hosts_in_c_and_cpp_show_how_a_download_goes_on() {
    let folder = Folder::new();
    for (language, source) in [(C11, "host-example/c/host.c"), (CXX17, "host-example/cpp/host.cpp")] {
        let (program, machine) = (folder.0.join(language.0), machine(2000));
        compile(language, source, &program, &["-pthread", "-ldl"]);
        let shown = shown_by(&program, &machine);
        let items = shown.iter().filter(|told| told["item"] == "base.txz" && told["percent"].is_u64());
        assert!(items.count() >= 1, "{shown:?}");
    }
}

fn shown_by(program: &Path, machine: &Machine) -> Vec<Value> {
    let output = Command::new(program)
        .arg("-v")
        .arg(&artifacts().module)
        .args([machine.config(), create().to_string()])
        .output()
        .expect("it runs");
    let (out, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(out.contains("\"success\":{") && out.lines().count() == 1, "{out}{log}");
    assert!(log.contains("event iocage [0]: {\"action\":\"createjail\""), "{log}");
    let told = log.lines().filter_map(|line| line.strip_prefix("progress [1]: "));
    told.map(|json| serde_json::from_str(json).expect("JSON")).collect()
}
