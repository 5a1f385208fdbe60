//! A program that others than root can replace is not run as root, by any
//! action, unless the configuration says so.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use serde_json::{Value, json};
use sysadm_class::Status;

use crate::support::{DOORS, Folder, Host, Machine, REQUESTS, action_of, write_program};

/// Are these tests run by root? Then what they make belongs to root.
fn are_root() -> bool {
    let folder = Folder::new();
    let is_root = fs::metadata(&folder.0).expect("ours").uid() == 0;
    if !is_root {
        println!("skipped: whoever is not root may run what it likes");
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
        write_program(program, &format!("#!/bin/sh\necho \"$0\" >> {}\necho no\n", ran.display()));
    }
    let config =
        json!({"dialect": "python", "iocage": iocage, "zfs": zfs, "lock_dir": folder.0.join("locks")});
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
