//! The templates for authors: small, and complete. Each is asked through every door
//! that it has, also for what a host does wrong.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sysadm_class::host::{Door, Module, Request, Silent};
use sysadm_class::{Access, Status};

use crate::support::{C11, DOORS, Folder, artifacts, compile, loadable, module_in_c, root, sanitizer};

fn in_c(folder: &Folder) -> PathBuf {
    module_in_c(folder, "include/template/c/echo.c", "echo.so", &["-Wmissing-prototypes"])
}

fn in_rust() -> PathBuf {
    loadable(&artifacts().host.with_file_name("libecho_class.so"))
}

#[test]
fn they_are_as_small_as_they_say() {
    for file in ["include/template/c/echo.c", "include/template/rust/src/lib.rs"] {
        let lines = std::fs::read_to_string(root().join(file)).expect("our own").lines().count();
        assert!(lines < 120, "{file} has {lines} lines");
    }
}

fn ask(path: &Path, door: Door, args: &str, name: &str) -> (Status, String) {
    let module = Module::load(path, door).expect("a class module");
    assert_eq!((module.namespace(), module.name(), module.version()), ("example", "echo", "1.0.0"));
    let instance = module.create(Arc::new(Silent), "").expect("an instance");
    assert_eq!(instance.health(None).expect("a call").status(), Status::Ok);
    let state = instance.export_state().expect("a call").text().into_owned();
    assert_eq!(state, r#"{"id":"echo","version":1}"#);
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
