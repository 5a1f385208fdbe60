//! The contract as it was released: `tests/abi/v1` holds a host and a module
//! that will never be compiled against another header. The host there drives
//! every build of the plugin, every host of ours loads the module there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};

use serde_json::json;
use sysadm_class::host::{Door, Module, Request, Services, Silent};
use sysadm_class::{Access, Level, Status};
use sysadm_host::{Policy, Registry, Stage};

use crate::support::{
    C11, CXX17, Folder, Language, Machine, artifacts, compile, module_with_forced_panic, root, run_host_with,
};

const FOLDER: &str = "tests/abi/v1";
const C99: Language<'static> = ("cc", "-std=c99");

#[test]
fn nothing_in_there_was_edited() {
    let folder = root().join(FOLDER);
    let Ok(output) = Command::new("sha256sum").args(["--check", "SHA256SUMS"]).current_dir(folder).output()
    else {
        crate::support::skipped!("there is no sha256sum");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert_eq!(String::from_utf8_lossy(&output.stdout).lines().count(), 4);
}

/// A source of the folder finds the header beside it before any other.
fn frozen_host(folder: &Folder) -> PathBuf {
    let program = folder.0.join("frozen-host");
    compile(C99, &format!("{FOLDER}/host.c"), &program, &["-ldl"]);
    program
}

fn frozen_module(folder: &Folder) -> PathBuf {
    let path = folder.0.join("frozen.so");
    compile(C99, &format!("{FOLDER}/module.c"), &path, &["-shared", "-fPIC", "-fvisibility=hidden"]);
    path
}

/// What a C host prints.
fn printed(host: &Path, module: &Path, config: &str, requests: &[&str]) -> Vec<String> {
    let output = Command::new(host).arg(module).arg(config).args(requests).output().expect("it runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_frozen_host_drives_every_build_of_the_plugin() {
    let folder = Folder::new();
    let host = frozen_host(&folder);
    let requests = [
        r#"{"action":"createjail","props":"tag=a release=10.2-RELEASE"}"#,
        r#"{"action":"startjail","jail":"a"}"#,
        r#"{"action":"destroyjail","jail":"a"}"#,
        r#"{"action":"nosuch"}"#,
    ];
    for module in [&artifacts().module, module_with_forced_panic()] {
        let machine =
            Machine::new(&json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"]}]}));
        let lines = printed(&host, module, &machine.config(), &requests);
        // How each line begins, and what else it holds.
        let expected = [
            ("sysadm/iocage unload 1", ""),
            ("describe 200 something", ""),
            ("create 200 ", ""),
            ("cancel", ""),
            ("set_log_level", ""),
            ("health 200 ", "\"pool\":\"tank\""),
            ("dispatch 200 ", "Successfully created"),
            ("dispatch 200 ", "+ Started"),
            ("dispatch 200 ", "\"jail-running\""),
            ("dispatch 400 ", "no action"),
            ("export_state 200 ", "\"id\":\"sysadm/iocage\""),
            ("create 200 ", ""),
            ("import_state 200 ", ""),
            ("close 200 ", ""),
            ("close 200 ", ""),
            ("logged something", ""),
        ];
        assert_eq!(lines.len(), expected.len(), "{lines:#?}");
        for (line, (start, part)) in lines.iter().zip(expected) {
            assert!(line.starts_with(start) && line.contains(part), "{start:?}, {part:?}: {line}");
        }
    }
}

const CONFIG: &str = r#"{"a":1}"#;
const ARGS: &str = r#"{"action":"x"}"#;
const ANSWER: &str = r#"{"config":{"a":1},"args":{"action":"x"}}"#;

#[test]
fn every_host_in_c_and_cpp_loads_the_frozen_module() {
    let folder = Folder::new();
    let module = frozen_module(&folder);
    for (language, source) in [(C11, "c/host.c"), (CXX17, "cpp/host.cpp")] {
        let example = folder.0.join(format!("host-{}", language.0));
        compile(language, &format!("host-example/{source}"), &example, &["-pthread", "-ldl"]);
        assert_eq!(printed(&example, &module, CONFIG, &[ARGS]), [format!("200 {ANSWER}")]);
    }
    let lines = printed(&frozen_host(&folder), &module, CONFIG, &[ARGS]);
    assert!(lines.contains(&format!("dispatch 200 {ANSWER}")), "{lines:#?}");
    assert_eq!(lines.last().map(String::as_str), Some("logged something"));
}

/// Whatever the module told it.
#[derive(Default)]
struct Notes(Mutex<Vec<String>>);

impl Notes {
    fn add(&self, note: String) {
        self.0.lock().expect("no panic").push(note);
    }
}

impl Services for Notes {
    fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.add(format!("enabled {} {target}", level.word()));
        true
    }
    fn log(&self, level: Level, target: &str, message: &str, id: u64) {
        self.add(format!("log {} {target} {message} {id}", level.word()));
    }
    fn is_cancelled(&self, id: u64) -> bool {
        self.add(format!("cancelled {id}"));
        id == 9
    }
    fn progress(&self, id: u64, json: &str) {
        self.add(format!("progress {id} {json}"));
    }
    fn emit_event(&self, name: &str, json: &str) {
        self.add(format!("event {name} {json}"));
    }
}

#[test]
fn the_rust_host_loads_the_frozen_module_and_serves_it() {
    let folder = Folder::new();
    let module = Module::load(&frozen_module(&folder), Door::C).expect("a module of ABI 1.0");
    assert_eq!(
        (module.namespace(), module.name(), module.version(), module.abi()),
        ("test", "frozen", "1.0.0", (1, 0))
    );
    assert!(module.describe().expect("it has it").text().contains("\"actions\":[]"));
    assert!(module.create(Arc::new(Silent), "[]").is_err());
    let notes = Arc::new(Notes::default());
    let mut instance = module.create(Arc::clone(&notes) as Arc<dyn Services>, CONFIG).expect("an instance");
    let send = |id, access| {
        let request = Request::new("test", "frozen", ARGS, access).with_id(id);
        let response = instance.dispatch(&request).expect("the contract is kept");
        (response.status(), response.text().into_owned())
    };
    assert_eq!(send(7, Access::Full), (Status::Ok, ANSWER.to_owned()));
    let said = std::mem::take(&mut *notes.0.lock().expect("no panic"));
    let expected = [
        "enabled info frozen",
        "log info frozen a request 7",
        "progress 7 {\"done\":1}",
        "event asked {}",
        "cancelled 7",
    ];
    assert_eq!(said, expected);
    assert_eq!(send(9, Access::Full).0, Status::Unavailable);
    assert_eq!(send(7, Access::Limited).0, Status::Forbidden);
    instance.cancel(7).expect("the contract is kept");
    instance.set_log_level(None).expect("the contract is kept");
    assert_eq!(instance.health(None).expect("the contract is kept").text(), r#"{"well":true}"#);
    let state = instance.export_state().expect("the contract is kept").text().into_owned();
    assert_eq!(instance.import_state(&state).expect("the contract is kept").status(), Status::Ok);
    assert_eq!(instance.import_state("{}").expect("the contract is kept").status(), Status::BadRequest);
    assert_eq!(instance.close(std::time::Duration::ZERO).expect("the contract is kept").status(), Status::Ok);
}

#[test]
fn the_example_host_loads_the_frozen_module_and_swaps_it() {
    let folder = Folder::new();
    let module = frozen_module(&folder);
    let line = format!("{{\"args\":{ARGS}}}\n");
    let (out, log, code) = run_host_with(&module, Door::C, &["--config", CONFIG, "call"], &line);
    assert!(out.starts_with(&format!("{{\"args\":{ANSWER},")) && code == Some(0), "{out}{log}");
    let (out, _, code) = run_host_with(&module, Door::C, &["describe"], "");
    assert!(out.contains("test/frozen 1.0.0") && out.contains("ABI 1.0, may be unloaded") && code == Some(0));

    let stage = Stage::open(&folder.0.join("stage")).expect("a folder of our own");
    let registry = Registry::new(Policy::new(Door::C), stage, Arc::new(Silent));
    registry.load(&module, CONFIG).expect("loads");
    let handed = registry.swap(None, &module).expect("swaps").handed.expect("a state");
    assert_eq!((handed.id.as_str(), handed.version, handed.refused), ("test/frozen", 1, None));
}
