//! A program that others than root can replace is not run as root, by any
//! action, unless the configuration says so.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::Status;
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::Config;

use crate::support::stand::nowhere;
use crate::support::{
    Counting, DOORS, Folder, Host, Machine, REQUESTS, action_of, without_tools, write_program,
};

/// Are these tests run by root? Then what they make belongs to root.
fn are_root() -> bool {
    let folder = Folder::new();
    let is_root = fs::metadata(&folder.0).expect("ours").uid() == 0;
    if !is_root {
        crate::support::skipped!("whoever is not root may run what it likes");
    }
    is_root
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("ours");
}

#[test]
fn an_iocage_that_others_can_replace_is_not_run() {
    if !are_root() {
        return;
    }
    for door in DOORS {
        let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}));
        let (iocage, folder) = (machine.iocage(), machine.iocage().with_file_name(""));
        let host = Host::new(door, &machine.config());
        host.answer(&json!({"action": "listjails"}));
        machine.all_calls();
        for (path, mode, usual) in [(&iocage, 0o775, 0o755), (&folder, 0o777, 0o755)] {
            set_mode(path, mode);
            for (args, _) in REQUESTS {
                let (status, text) = host.send(args);
                let answer: Value = serde_json::from_str(&text).expect("JSON");
                let body = &answer[action_of(args)];
                assert_eq!((status, body["code"].as_str()), (Status::Ok, Some("unsafe-program")), "{text}");
                let error = body["error"].as_str().expect("a sentence");
                let path = path.to_str().expect("our own name").trim_end_matches('/');
                assert!(error.contains(&format!("{path} (mode {mode:04o})")), "{error}");
            }
            let health = host.instance().health(None).expect("the contract is kept");
            assert_eq!(health.status(), Status::Unavailable);
            assert!(health.text().contains("unsafe-program"), "{}", health.text());
            assert_eq!(machine.all_calls(), [""; 0]);
            let allowed = Host::new(door, &machine.config_with(&json!({"allow_unsafe_program": true})));
            assert!(allowed.answer(&json!({"action": "listjails"})).get("error").is_none());
            machine.all_calls();
            set_mode(path, usual);
        }
        assert!(host.answer(&json!({"action": "listjails"})).get("error").is_none(), "as before");
    }
}

#[test]
fn nor_is_a_zfs() {
    if !are_root() {
        return;
    }
    let folder = Folder::new();
    let ran = folder.0.join("ran");
    let [iocage, zfs] = ["iocage", "zfs"].map(|name| folder.0.join(name));
    for program in [&iocage, &zfs] {
        let script = "#!/bin/sh\n[ \"$1\" != --version ] || exec printf 'Version\\t1.13\\n'\n";
        write_program(program, &format!("{script}echo \"$0\" >> {}\necho no\n", ran.display()));
    }
    let config = without_tools(
        json!({"dialect": "python", "iocage": iocage, "zfs": zfs, "lock_dir": folder.0.join("locks")}),
    );
    let request = json!({"action": "deactivatepool", "pool": "tank"});
    let host = Host::new(DOORS[0], &config.to_string());
    set_mode(&zfs, 0o757);
    let answer = host.answer(&request);
    assert_eq!(answer["code"], "unsafe-program", "{answer}");
    assert!(answer["error"].as_str().is_some_and(|error| error.contains("zfs (mode 0757)")), "{answer}");
    assert!(!ran.exists());
    set_mode(&zfs, 0o755);
    assert_eq!(host.answer(&request)["success"], "pool tank deactivated.");
}

const NOBODY: u32 = 65534;

/// A script of nobody's that tells that it ran, in a folder of nobody's.
fn trap(folder: &Folder) {
    let theirs = folder.0.join("theirs");
    fs::create_dir(&theirs).expect("made");
    write_program(&theirs.join("iocage"), &format!("#!/bin/sh\n: > {}\n", folder.0.join("ran").display()));
    for path in [theirs.join("iocage"), theirs] {
        chown(path, Some(NOBODY), None).expect("root may");
    }
}

fn list_with(program: &Path, locks: &Path) -> Value {
    let config =
        without_tools(json!({"dialect": "python", "iocage": program, "lock_dir": locks, "direct": "off"}));
    Host::new(DOORS[1], &config.to_string()).answer(&json!({"action": "listjails"}))
}

/// A walk that gave up earlier than the system does let what is behind run.
#[test]
fn nobodys_program_is_not_reached_by_many_links() {
    if !are_root() {
        return;
    }
    let folder = Folder::new();
    trap(&folder);
    symlink("theirs/iocage", folder.0.join("0")).expect("made");
    for number in 1..=45 {
        symlink((number - 1).to_string(), folder.0.join(number.to_string())).expect("made");
    }
    // One has number + 1 links before it.
    for number in [0, 30, 31, 32, 38, 39, 40, 45] {
        let answer = list_with(&folder.0.join(number.to_string()), &folder.0.join("locks"));
        assert_eq!(answer["code"], "unsafe-program", "{number}: {answer}");
        let part = if number < 40 { "theirs belongs to user 65534" } else { "more than 40 links" };
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(part)), "{number}: {answer}");
    }
    assert!(!folder.0.join("ran").exists());
}

/// It may be there by the time it would be started, and somebody else's.
#[test]
fn a_program_that_is_missing_when_it_is_looked_at_is_not_started() {
    if !are_root() {
        return;
    }
    let folder = Folder::new();
    write_program(&folder.0.join("script"), "#!/nonexistent/sh\n");
    symlink("/nonexistent/iocage", folder.0.join("dangling")).expect("made");
    for (name, said) in [
        ("nosuch", "the program `PATH` does not exist"),
        ("nosuch/iocage", "the program `PATH` does not exist"),
        ("script/iocage", "the program `PATH` does not exist"),
        ("dangling", "the program `PATH` does not exist"),
        ("script", "the interpreter `/nonexistent/sh` of the program `PATH` does not exist"),
    ] {
        let program = folder.0.join(name);
        let said = said.replace("PATH", program.to_str().expect("our own name"));
        let locks = folder.0.join("locks");
        let config = Config { iocage: program.clone(), lock_dir: locks.clone(), ..nowhere() };
        let runs = Arc::new(AtomicU32::new(0));
        let instance = Instance::with_runner(config, Box::new(Counting(Arc::clone(&runs))));
        let caller = Caller::ANYBODY;
        let answer = instance.dispatch(&caller, br#"{"action":"listjails"}"#).1;
        let answer: Value = serde_json::from_slice(&answer).expect("JSON");
        let expected = json!({"code": "cannot-start", "error": said});
        assert_eq!(answer["listjails"], expected, "{name}");
        assert_eq!(runs.load(Ordering::Relaxed), 0, "{name}");
        // The same words as of the system that is asked to start it.
        assert_eq!(list_with(&program, &locks), expected, "{name}");
    }
}

/// Nobody makes the folder of a program of theirs come and go on the configured path.
#[test]
#[expect(clippy::disallowed_methods, reason = "the thread is the attacker's")]
fn a_program_that_comes_and_goes_is_never_run() {
    if !are_root() {
        return;
    }
    let folder = Folder::new();
    trap(&folder);
    let (theirs, away) = (folder.0.join("theirs"), folder.0.join("away"));
    let over = AtomicBool::new(false);
    let mut codes = std::collections::BTreeMap::<String, u32>::new();
    let locks = folder.0.join("locks");
    let config = without_tools(
        json!({"dialect": "python", "iocage": theirs.join("iocage"), "lock_dir": locks, "direct": "off"}),
    );
    let host = Host::new(DOORS[1], &config.to_string());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                fs::rename(&theirs, &away).expect("renamed");
                fs::rename(&away, &theirs).expect("renamed");
            }
        });
        let until = Instant::now() + Duration::from_secs(1);
        while Instant::now() < until {
            let answer = host.answer(&json!({"action": "listjails"}));
            *codes.entry(answer["code"].as_str().expect("an error").to_owned()).or_default() += 1;
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(!folder.0.join("ran").exists(), "{codes:?}");
    assert!(codes.keys().all(|code| code == "unsafe-program" || code == "cannot-start"), "{codes:?}");
    println!("{codes:?}");
}

#[test]
fn nor_is_one_whose_interpreter_others_can_replace() {
    if !are_root() {
        return;
    }
    let folder = Folder::new();
    trap(&folder);
    let (program, interpreter) = (folder.0.join("iocage"), folder.0.join("theirs/iocage"));
    write_program(&program, &format!("#!{} -x\n", interpreter.display()));
    let answer = list_with(&program, &folder.0.join("locks"));
    assert_eq!(answer["code"], "unsafe-program", "{answer}");
    assert!(!folder.0.join("ran").exists());
}
