//! The templates for authors: small, and complete. Each is asked through every door
//! that it has, also for what a host does wrong.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::host::{Door, Module, Request, Services, Silent};
use sysadm_class::{Access, Level, Status};

use crate::support::process::eventually;
use crate::support::{
    C11, DOORS, Folder, artifacts, compile, loadable, module_in_c, root, sanitizer, target,
};

fn in_c(folder: &Folder) -> PathBuf {
    module_in_c(folder, "include/template/c/echo.c", "echo.so", &["-Wmissing-prototypes"])
}

fn in_rust() -> PathBuf {
    loadable(&artifacts().host.with_file_name("libecho_class.so"))
}

/// What a class told its host.
#[derive(Default)]
struct Told {
    lines: Mutex<Vec<String>>,
    progress: Mutex<Vec<String>>,
    events: Mutex<Vec<String>>,
}

impl Services for Told {
    fn log(&self, _: Level, _: &str, message: &str, id: u64) {
        self.lines.lock().expect("no panic").push(format!("{id} {message}"));
    }
    fn progress(&self, id: u64, json: &str) {
        self.progress.lock().expect("no panic").push(format!("{id} {json}"));
    }
    fn emit_event(&self, name: &str, json: &str) {
        self.events.lock().expect("no panic").push(format!("{name} {json}"));
    }
}

#[test]
fn they_are_as_small_as_they_say() {
    let text = |file: &str| std::fs::read_to_string(root().join(file)).expect("our own");
    let lines = text("include/template/c/echo.c").lines().count();
    assert!(lines < 120, "the one in C has {lines} lines");
    let lines = text("include/template/c/count.c").lines().count();
    assert!(lines < 400, "the one that counts has {lines} lines");
    let said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
    let lines = text("include/template/rust/src/lib.rs").lines().filter(said).count();
    assert!((25..=40).contains(&lines), "the one in Rust has {lines} lines that say something");
}

fn ask(path: &Path, door: Door, args: &str, name: &str) -> (Status, String) {
    let module = Module::load(path, door).expect("a class module");
    assert_eq!((module.namespace(), module.name(), module.version()), ("example", "echo", "1.0.0"));
    let instance = module.create(Arc::new(Silent), "").expect("an instance");
    assert_eq!(instance.health(None).expect("a call").status(), Status::Ok);
    let state = instance.export_state().expect("a call").text().into_owned();
    assert!(state.contains("\"version\":1"), "{state}");
    let mut successor = module.create(Arc::new(Silent), "").expect("an instance");
    assert_eq!(successor.import_state(&state).expect("a call").status(), Status::Ok);
    instance.cancel(1).expect("a call");
    instance.set_log_level(None).expect("a call");
    let request = Request::new("Example", name, args, Access::Limited).with_id(1);
    let response = instance.dispatch(&request).expect("a call");
    // An answer stays what it is after close.
    assert_eq!(instance.close(Duration::ZERO).expect("a call").status(), Status::Ok);
    (response.status(), response.text().into_owned())
}

/// The second one in C, out of tree: what a real class needs.
#[test]
#[expect(clippy::disallowed_methods, reason = "a test is no module")]
fn the_one_that_counts_is_cancelled_logged_and_waited_for() {
    let folder = Folder::new();
    let path = folder.0.join("count.so");
    let (ours, copy) = (root().join("include/template/c"), folder.0.join("mine.c"));
    std::fs::copy(ours.join("count.c"), &copy).expect("copied");
    std::fs::copy(ours.join("args.h"), folder.0.join("args.h")).expect("copied");
    let source = copy.to_str().expect("our own name");
    compile(
        C11,
        source,
        &path,
        &["-shared", "-fPIC", "-fvisibility=hidden", "-pthread", "-Wmissing-prototypes"],
    );
    let module = Module::load(&path, Door::C).expect("a class module");
    for (config, part) in [
        ("[]", "plain"),
        (r#"{"limt":1}"#, "unknown key `limt`"),
        (r#"{"limit":1,"limit":2}"#, "twice: `limit`"),
        (r#"{"limit":"x"}"#, "from 1"),
    ] {
        let refused = module.create(Arc::new(Silent), config).map(|_| ()).expect_err("refused").to_string();
        assert!(refused.contains(part), "{refused}");
    }
    let ears = Arc::new(Told::default());
    let instance = module.create(ears.clone(), r#"{"limit":500}"#).expect("an instance");
    let ask = |args: &str, access| {
        let request = Request::new("example", "count", args, access).with_id(7);
        let response = instance.dispatch(&request).expect("a call");
        (response.status(), response.text().into_owned())
    };
    let full = |args| ask(args, Access::Full);
    assert_eq!(full(r#"{"action":"count","to":3}"#), (Status::Ok, r#"{"count":{"counted":3}}"#.to_owned()));
    let told = |lines: &Mutex<Vec<String>>| std::mem::take(&mut *lines.lock().expect("no panic"));
    assert_eq!(told(&ears.lines), ["7 count done at 3 of 3"]);
    let mut before = 0;
    for (percent, said) in [33, 66, 100].into_iter().zip(told(&ears.progress)) {
        let progress: Value = serde_json::from_str(said.strip_prefix("7 ").expect("its id")).expect("JSON");
        let since = progress["since_ms"].as_u64().expect("a number");
        assert_eq!(
            progress,
            json!({"action": "count", "percent": percent, "since_ms": since, "state": "running"})
        );
        // A step takes 10 ms at least, and a part of one is not told.
        assert!(since >= before + 9, "{said}");
        before = since;
    }
    assert!(before >= 29, "three were told");
    assert_eq!(
        told(&ears.events),
        ["count {\"action\":\"count\",\"outcome\":\"done\",\"request\":7,\"to\":3}"]
    );
    assert_eq!(full(r#" { "action" : "calls" } "#).1, r#"{"calls":{"answered":1}}"#);
    for (args, code) in [
        (r#"{"action":"count"}"#, "missing-key"),
        (r#"{"action":"count","to":"3"}"#, "wrong-type"),
        (r#"{"action":"count","to":true}"#, "wrong-type"),
        (r#"{"action":"count","to":501}"#, "illegal-value"),
        (r#"{"action":"count","to":0}"#, "illegal-value"),
        (r#"{"action":"count","to":-0}"#, "illegal-value"),
    ] {
        assert!(full(args).1.contains(code), "{args}");
    }
    for args in [
        "",
        "[]",
        "{}",
        r#"{"action":"x"}"#,
        r#"{"action":7}"#,
        r#"{"action":"count","to":[1]}"#,
        r#"{"action":"calls"}x"#,
        // JSON has no such numbers.
        r#"{"action":"count","to":007}"#,
        r#"{"action":"count","to":-01}"#,
    ] {
        assert_eq!(full(args).0, Status::BadRequest, "{args}");
    }
    // As a class of the kit's: a key is there once, whatever stands under it.
    for (args, part) in [
        (r#"{"action":"count","to":1,"to":2}"#, "twice: `to`"),
        (r#"{"action":"count","to":null,"to":2}"#, "twice: `to`"),
        (r#"{"action":"count","action":"calls"}"#, "twice: `action`"),
        (r#"{"action":"calls","too":2}"#, "unknown key `too`"),
    ] {
        let (status, told) = full(args);
        assert!(status == Status::BadRequest && told.contains(part), "{args}: {told}");
    }
    assert_eq!(ask(r#"{"action":"count","to":3}"#, Access::Limited).0, Status::Forbidden);
    std::thread::scope(|scope| {
        let long = scope.spawn(|| ask(r#"{"action":"count","to":500}"#, Access::Full).1);
        eventually("it tells of itself", || !ears.progress.lock().expect("no panic").is_empty());
        instance.cancel(7).expect("a call");
        assert!(long.join().expect("no panic").contains("\"cancelled\""));
    });
    let request = Request::new("example", "count", r#"{"action":"count","to":500}"#, Access::Full);
    let late = instance.dispatch(&request.within(Some(Duration::from_millis(50)))).expect("a call");
    assert!(late.text().contains("\"timed-out\""));
    assert_eq!(instance.close(Duration::ZERO).expect("a call").status(), Status::Ok);
}

/// To the clock, and with a host's table as long as that says.
#[test]
fn the_one_that_counts_keeps_time_and_takes_no_half_of_a_field() {
    let folder = Folder::new();
    let module = module_in_c(&folder, "include/template/c/count.c", "count.so", &["-pthread"]);
    let program = folder.0.join("counting");
    compile(C11, "tests/c/counting.c", &program, &["-pthread", "-ldl"]);
    let output = Command::new(program).arg(module).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn the_one_in_c_echoes_and_refuses() {
    let folder = Folder::new();
    let path = in_c(&folder);
    let args = "{\"action\":\"x\",\n\"a\":\"\\\\u\"}";
    let (status, text) = ask(&path, Door::C, args, "ECHO");
    let answer: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((status, answer["echo"].as_str()), (Status::Ok, Some(args)));
    assert_eq!(ask(&path, Door::C, "[]", "echo").0, Status::BadRequest);
    assert_eq!(ask(&path, Door::C, "{\"a\":\"ü\"}", "echo").0, Status::BadRequest);
    assert_eq!(ask(&path, Door::C, "", "echo").0, Status::BadRequest);
    assert_eq!(ask(&path, Door::C, "{}", "echo2").0, Status::NotFound);
}

#[test]
fn the_one_in_rust_echoes_and_refuses_through_both_doors() {
    for door in DOORS {
        let ask = |args, name| ask(&in_rust(), door, args, name);
        assert_eq!(
            ask(r#"{"action":"echo","text":"ü"}"#, "ECHO"),
            (Status::Ok, r#"{"echo":"ü"}"#.to_owned())
        );
        assert!(ask(r#"{"action":"echo"}"#, "echo").1.contains("missing-key"));
        for bad in ["[]", "", r#"{"action":"Echo"}"#] {
            assert_eq!(ask(bad, "echo").0, Status::BadRequest, "{bad}");
        }
        assert_eq!(ask("{}", "echo2").0, Status::NotFound);
        let module = Module::load(&in_rust(), door).expect("a class module");
        assert!(module.describe().expect("described").text().contains("\"action\":\"echo\""));
        for config in ["[]", r#"{"prefx":""}"#, r#"{"prefix":1}"#] {
            assert!(module.create(Arc::new(Silent), config).is_err(), "{config}");
        }
        assert!(module.create(Arc::new(Silent), r#"{"prefix":"> "}"#).is_ok());
    }
}

/// As an author begins: the folder is copied to where nothing is of ours, built, tried and held to the
/// contract. Until sysadm-class is published, cargo has to be told where it is.
#[test]
fn the_one_in_rust_is_copied_and_is_a_module() {
    let folder = Folder::new();
    let ours = root().join("include/template/rust");
    std::fs::create_dir(folder.0.join("src")).expect("made");
    for file in ["Cargo.toml", "src/lib.rs", "src/tests.rs"] {
        std::fs::copy(ours.join(file), folder.0.join(file)).expect("copied");
    }
    // The crates of these versions are here already.
    std::fs::copy(root().join("Cargo.lock"), folder.0.join("Cargo.lock")).expect("copied");
    let built = target().join("copied-template");
    let manifest = folder.0.join("Cargo.toml");
    let patched = format!(
        "{}\n[patch.crates-io]\nsysadm-class = {{ path = {:?} }}\n",
        std::fs::read_to_string(&manifest).expect("copied"),
        root().join("include/rust")
    );
    std::fs::write(manifest, patched).expect("written");
    for word in ["test", "build"] {
        let output = Command::new(env!("CARGO"))
            .args([word, "--quiet", "--offline", "--target-dir"])
            .arg(&built)
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .current_dir(&folder.0)
            .output()
            .expect("cargo runs");
        let told = [&output.stdout[..], &output.stderr].map(String::from_utf8_lossy).concat();
        assert!(output.status.success(), "{word}: {told}");
        assert!(word != "test" || told.contains("2 passed"), "{told}");
    }
    let module = built.join("debug/libecho_class.so");
    let request = r#"{"action":"echo","text":"x"}"#;
    let check = |request: &str| {
        let output = Command::new(&artifacts().check).args(["--request", request]).arg(&module).output();
        let output = output.expect("it runs");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let (passes, told) = check(request);
    assert!(passes, "{told}");
    // The one that takes long is ended, and closed while it is on its way.
    let (passes, told) = check(r#"{"action":"count","to":50}"#);
    assert!(passes, "{told}");
}

/// What a host does wrong is answered with a code, by both alike.
#[test]
fn calls_that_are_none_are_told() {
    let folder = Folder::new();
    let flags = sanitizer("address").map_or(Vec::new(), |flags| flags.to_vec());
    let program = folder.0.join("misuse");
    compile(C11, "tests/c/misuse.c", &program, &[&flags[..], &["-ldl"]].concat());
    let output = Command::new(program).arg(in_c(&folder)).arg(in_rust()).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
