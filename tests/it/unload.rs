//! What the module leaves behind when it is unloaded: nothing. That is what its
//! flag UNLOAD_SAFE promises.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sysadm_class::host::{Door, Module, Request, Silent};
use sysadm_class::{Access, Status};

use crate::support::{Folder, Machine, module_with_forced_panic};

const GENERATIONS: usize = 40;

fn is_mapped(name: &str) -> bool {
    fs::read_to_string("/proc/self/maps").expect("the process's own maps").contains(name)
}

/// Each generation: load, work on threads that end (a read, a refusal, a caught
/// panic, a missing program), close, drop; then it must be gone from the maps.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn nothing_is_left_mapped_after_work_on_threads_that_end() {
    if !cfg!(target_os = "linux") {
        println!("skipped: the maps are read from /proc");
        return;
    }
    let folder = Folder::new();
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}));
    let path = folder.0.join("unloaded.so");
    fs::copy(module_with_forced_panic(), &path).expect("copied");
    for generation in 0..GENERATIONS {
        let module = Module::load(&path, Door::C).expect("our module");
        assert!(module.is_unload_safe() && is_mapped("unloaded.so"));
        let instance = Arc::new(module.create(Arc::new(Silent), &machine.config()).expect("an instance"));
        let requests = [
            (r#"{"action":"listjails"}"#, Status::Ok),
            (r#"{"action":"destroyjail","jail":"nosuch"}"#, Status::Ok),
            (r#"{"action":"listjails","x":"forced-panic"}"#, Status::Internal),
            ("[]", Status::BadRequest),
        ];
        let workers = requests.map(|(args, expected)| {
            let instance = Arc::clone(&instance);
            std::thread::spawn(move || {
                let request = Request {
                    namespace: "sysadm",
                    name: "iocage",
                    args,
                    id: 1,
                    access: Access::Full,
                    timeout: Some(Duration::from_secs(60)),
                };
                assert_eq!(instance.dispatch(&request).expect("the contract is kept").status(), expected);
            })
        });
        for worker in workers {
            worker.join().expect("no panic");
        }
        let instance = Arc::into_inner(instance).expect("the last one");
        assert_eq!(instance.close(Duration::ZERO).expect("the contract is kept").status(), Status::Ok);
        drop(module);
        assert!(!is_mapped("unloaded.so"), "generation {generation} is still mapped");
    }
}
