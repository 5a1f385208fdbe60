//! What the module leaves behind when it is unloaded: nothing. That is what its
//! flag UNLOAD_SAFE promises.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sysadm_class::host::{Door, Module, Request, Silent, UNMAPS};
use sysadm_class::{Access, Status};
use sysadm_host::Policy;

use crate::support::process::{eventually, mapped, threads};
use crate::support::{
    C11, CXX17, Folder, Machine, STORY, alone, compile, is_long, module_in_c, module_with_forced_panic,
};

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
    !mapped(path.to_str().expect("our own name")).is_empty()
}

/// What is not to be unmapped stays, and every host goes by the one rule.
#[test]
fn what_a_host_does_not_unmap_stays_mapped() {
    alone("unload::what_a_host_does_not_unmap_stays_mapped", || {
        let folder = Folder::new();
        for (name, unmap) in [("kept.so", Some(false)), ("gone.so", Some(true)), ("usual.so", None)] {
            let path = module_in_c(&folder, "include/template/c/echo.c", name, &[]);
            let module = Module::load(&path, Door::C).expect("a good module");
            if let Some(unmap) = unmap {
                module.set_unmap(unmap);
            }
            assert!(is_mapped(&path));
            drop(module);
            assert_eq!(is_mapped(&path), !unmap.unwrap_or(UNMAPS), "{name}");
        }
        for door in [Door::C, Door::Rust] {
            assert_eq!(Policy::new(door).unload, UNMAPS);
        }
    });
}

/// The hosts in C and C++, with the rule of this system and with either said: is there
/// a dlclose? One that is put before the system's tells.
#[test]
fn the_hosts_in_c_and_cpp_unmap_by_the_same_rule() {
    let folder = Folder::new();
    let (source, shim) = (folder.0.join("shim.c"), folder.0.join("shim.so"));
    let text = "#include <unistd.h>\nint dlclose(void *library);\n\
        int dlclose(void *library) { return write(2, \"unmapped\\n\", 9) < 0 || library == 0; }\n";
    fs::write(&source, text).expect("written");
    compile(C11, source.to_str().expect("our own name"), &shim, &["-shared", "-fPIC"]);
    let good = module_in_c(&folder, "include/template/c/echo.c", "echo.so", &[]);
    let no_entry =
        module_in_c(&folder, "tests/c/broken/no_entry.c", "no_entry.so", &["-fvisibility=default"]);
    for (language, source) in [(C11, "host-example/c/host.c"), (CXX17, "host-example/cpp/host.cpp")] {
        for (flag, unmaps) in
            [("-DUSUAL", UNMAPS), ("-DSYSADM_CLASS_UNMAPS=1", true), ("-DSYSADM_CLASS_UNMAPS=0", false)]
        {
            let host = folder.0.join("host");
            compile(language, source, &host, &[flag, "-pthread", "-ldl"]);
            for module in [&good, &no_entry] {
                let output =
                    Command::new(&host).arg(module).args(["", "{}"]).env("LD_PRELOAD", &shim).output();
                let log = String::from_utf8(output.expect("it runs").stderr).expect("UTF-8");
                assert_eq!(log.contains("unmapped"), unmaps, "{source} {flag} {module:?}: {log}");
            }
        }
    }
}

/// The rule for FreeBSD, seen from elsewhere. The system's headers come first, and one
/// that gcc's own would look for is there, and empty.
#[test]
fn on_freebsd_nothing_is_unmapped() {
    let folder = Folder::new();
    let (source, program) = (folder.0.join("rule.c"), folder.0.join("rule"));
    let text = "#define _POSIX_C_SOURCE 200809L\n#include <dlfcn.h>\n#include <errno.h>\n#include <fcntl.h>\n\
        #include <stdarg.h>\n#include <stddef.h>\n#include <stdint.h>\n#include <stdio.h>\n\
        #include <string.h>\n#include <sys/stat.h>\n#include <unistd.h>\n#undef __FreeBSD__\n\
        #define __FreeBSD__ 14\n#include \"sysadm_class_host.h\"\n\
        int main(void) { return sysadm_host_may_unmap(SYSADM_CLASS_UNLOAD_SAFE); }\n";
    fs::write(&source, text).expect("written");
    fs::create_dir(folder.0.join("sys")).expect("made");
    fs::write(folder.0.join("sys/_types.h"), "").expect("written");
    let beside = format!("-I{}", folder.0.display());
    compile(C11, source.to_str().expect("our own name"), &program, &[beside.as_str(), "-ldl"]);
    assert_eq!(Command::new(&program).status().expect("it runs").code(), Some(0));
    assert_eq!(UNMAPS, !cfg!(target_os = "freebsd"));
}

/// Each generation: load, work on threads that end (a panic that is caught, a
/// refusal, and actions), close, drop; then it must be gone from the maps. A
/// generation does one action, the next one the next, from the first to
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
            // The system shows one that was waited for another moment.
            eventually("its threads are gone", || threads() == before);
        }
        println!("{GENERATIONS} generations, {told} actions: each gone from the maps");
    });
}

/// One generation, from load to drop.
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn work(path: &Path, config: &str, actions: &[&'static str]) {
    let module = Module::load(path, Door::C).expect("our module");
    // On every system: this test is the proof that it can be.
    module.set_unmap(true);
    assert!(module.is_unload_safe() && is_mapped(path));
    let instance = Arc::new(module.create(Arc::new(Silent), config).expect("an instance"));
    let ask = |args: &'static str, expected| {
        let instance = Arc::clone(&instance);
        std::thread::spawn(move || {
            let timeout = Some(Duration::from_secs(60));
            let (namespace, name, access) = ("sysadm", "iocage", Access::Full);
            let request = Request::new(namespace, name, args, access).with_id(1).within(timeout);
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
