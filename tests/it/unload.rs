//! What the module leaves behind when it is unloaded: nothing. That is what its
//! flag UNLOAD_SAFE promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sysadm_class::host::{Door, Module, Request, Silent};
use sysadm_class::{Access, Status};

use crate::support::{Folder, Machine, STORY, alone, is_long, module_with_forced_panic};

/// More than a process has keys for thread-local destructors (1,024): a module
/// that took one each time would not come so far.
const GENERATIONS: usize = 1_100;

/// The build that panics on request, without its symbols, as it is shipped.
fn module(folder: &Folder) -> PathBuf {
    let path = folder.0.join("unloaded.so");
    let done = Command::new("strip").arg("-o").arg(&path).arg(module_with_forced_panic()).status();
    assert!(done.expect("strip").success());
    path
}

fn is_mapped(path: &Path) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").expect("the process's own maps");
    maps.contains(path.to_str().expect("our own name"))
}

fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("the process's own threads").count()
}

/// Each generation: load, work on threads that end (a panic that is caught, a
/// refusal, and actions), close, drop; then it must be gone from the maps. A
/// generation does one action, the next one the next, from the first of the 17 to
/// the last and again; with `SYSADM_SOAK=long` each does all of them.
#[test]
fn nothing_is_left_mapped_after_work_on_threads_that_end() {
    alone("unload::nothing_is_left_mapped_after_work_on_threads_that_end", || {
        let folder = Folder::new();
        let state = json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"]}]});
        let machine = Machine::new(&state);
        let (path, before) = (module(&folder), threads());
        let count = if is_long() { STORY.len() } else { 1 };
        let mut story = STORY.into_iter().cycle();
        let mut told = 0;
        for generation in 0..GENERATIONS {
            if told % STORY.len() == 0 {
                machine.become_like(&state);
            }
            let actions: Vec<_> = story.by_ref().take(count).collect();
            told += actions.len();
            work(&path, &machine.quick_config(), &actions);
            assert!(!is_mapped(&path), "generation {generation} is still mapped");
            assert_eq!(threads(), before);
        }
        println!("{GENERATIONS} generations, {told} actions: each gone from the maps");
    });
}

/// One generation, from load to drop.
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn work(path: &Path, config: &str, actions: &[&'static str]) {
    let module = Module::load(path, Door::C).expect("our module");
    assert!(module.is_unload_safe() && is_mapped(path));
    let instance = Arc::new(module.create(Arc::new(Silent), config).expect("an instance"));
    let ask = |args: &'static str, expected| {
        let instance = Arc::clone(&instance);
        std::thread::spawn(move || {
            let timeout = Some(Duration::from_secs(60));
            let (namespace, name, access) = ("sysadm", "iocage", Access::Full);
            let request = Request { namespace, name, args, id: 1, access, timeout };
            let response = instance.dispatch(&request).expect("the contract is kept");
            assert_eq!(response.status(), expected, "{args}: {}", response.text());
            let is_error = response.text().contains("\"error\"");
            assert_eq!(is_error, expected != Status::Ok, "{args}: {}", response.text());
        })
    };
    let beside = [
        ask(r#"{"action":"listjails","x":"forced-panic"}"#, Status::Internal),
        ask("[]", Status::BadRequest),
    ];
    for args in actions {
        ask(args, Status::Ok).join().expect("answered well");
    }
    for thread in beside {
        thread.join().expect("answered as it should be");
    }
    let instance = Arc::into_inner(instance).expect("the last one");
    assert_eq!(instance.close(Duration::ZERO).expect("the contract is kept").status(), Status::Ok);
}
