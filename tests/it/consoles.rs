//! jaillog: the end of what a jail's console has printed, read beside the jail and by no link.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;

use crate::support::{DOORS, Host, Machine, fault, write_program};

const BOTH: [&str; 2] = ["2016-02-10", "1.13"];
const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

/// A machine with a jail `test`, and with the folder of its logs.
fn machine(version: &str) -> (Machine, PathBuf) {
    let jail = if version == "1.13" { json!({"name": "test"}) } else { json!({"uuid": UUID, "tag": "test"}) };
    let state = json!({"version": version, "pools": [{"name": "tank", "active": true, "jails": [jail]}]});
    let machine = Machine::new(&state);
    let mounted = machine.iocage().with_file_name("mounted");
    fs::create_dir_all(mounted.join("log")).expect("ours");
    // zfs, which tells that iocage's dataset is mounted here.
    let script = format!(
        "#!/bin/sh\n[ \"$5\" != mountpoint ] || exec echo {}\nexec \"${{0%/*}}/sim/zfs\" \"$@\"\n",
        mounted.display()
    );
    write_program(&machine.iocage().with_file_name("zfs"), &script);
    (machine, mounted.join("log"))
}

/// What the log is called.
fn log_of(version: &str) -> String {
    format!("{}-console.log", if version == "1.13" { "test" } else { UUID })
}

fn ask(lines: Option<u64>) -> Value {
    let mut request = json!({"action": "jaillog", "jail": "test"});
    if let Some(lines) = lines {
        request["lines"] = lines.into();
    }
    request
}

#[test]
fn the_end_of_each_log_is_told() {
    for version in BOTH {
        let (machine, folder) = machine(version);
        let name = log_of(version);
        for door in DOORS {
            let host = Host::new(door, &machine.config());
            let _ = fs::remove_file(folder.join(&name));
            assert_eq!(host.answer(&ask(None)), json!({"files": {}, "jail": "test"}), "{version}");
            let text: String = (0..300).map(|at| format!("line {at}\n")).collect();
            fs::write(folder.join(&name), &text).expect("written");
            let file = host.answer(&ask(None))["files"][&name].take();
            let end: String = (200..300).map(|at| format!("line {at}\n")).collect();
            assert_eq!((&file["text"], &file["size"]), (&json!(end), &json!(text.len())), "{file}");
            assert_eq!((&file["truncated"], file.get("text_base64")), (&json!(true), None), "{file}");
            assert!(file["modified"].as_str().is_some_and(|time| time.starts_with("20")), "{file}");
            let file = host.answer(&ask(Some(1)))["files"][&name].take();
            assert_eq!(file["text"], "line 299\n");
            let file = host.answer(&ask(Some(10_000)))["files"][&name].take();
            assert_eq!((&file["text"], &file["truncated"]), (&json!(text), &json!(false)));
        }
        // jail(8)'s own stands beside it.
        fs::write(folder.join("ioc-test-console.log"), "by jail(8)\n").expect("written");
        let files = Host::new(DOORS[0], &machine.config()).answer(&ask(None))["files"].take();
        assert_eq!(files["ioc-test-console.log"]["text"] == "by jail(8)\n", version == "1.13", "{files}");
    }
}

#[test]
fn what_is_no_text_is_told_in_base64_too() {
    for version in BOTH {
        let (machine, folder) = machine(version);
        fs::write(folder.join(log_of(version)), b"\x1b[31m\0\xff\n").expect("written");
        let answer = Host::new(DOORS[1], &machine.config()).answer(&ask(None));
        let file = &answer["files"][log_of(version)];
        assert_eq!(file["text"], "\u{1b}[31m\0\u{fffd}\n", "{file}");
        assert_eq!(file["text_base64"], "G1szMW0A/wo=", "{file}");
    }
}

/// A log grows for ever, and a jail prints what it likes.
#[test]
fn an_answer_is_no_longer_than_it_may_be() {
    for version in BOTH {
        let (machine, folder) = machine(version);
        for byte in [b"\n".as_slice(), b"x", b"\x01", b"\xff"] {
            let text = byte.repeat(3 << 20);
            fs::write(folder.join(log_of(version)), &text).expect("written");
            let config = machine.config_with(&json!({"max_answer": 1 << 20}));
            let answer = Host::new(DOORS[0], &config).ask(&ask(Some(10_000)));
            assert!(answer.to_string().len() <= 1 << 20, "{version}: {}", answer.to_string().len());
            let file = &answer["jaillog"]["files"][log_of(version)];
            assert_eq!((&file["size"], &file["truncated"]), (&json!(text.len()), &json!(true)));
            assert!(file["text"].as_str().is_some_and(|text| text.len() >= 5_000), "{version} {byte:?}");
        }
    }
}

#[test]
fn nothing_is_read_by_a_link() {
    for version in BOTH {
        for door in DOORS {
            let (machine, folder) = machine(version);
            let path = folder.join(log_of(version));
            let secret = folder.with_file_name("secret");
            fs::write(&secret, "secret\n").expect("written");
            let refused = |why: &str| {
                let answer = Host::new(door, &machine.config()).ask(&ask(None));
                assert_eq!(answer["jaillog"]["files"], json!({}), "{answer}");
                assert!(answer["problems"][0].as_str().is_some_and(|said| said.contains(why)), "{answer}");
                assert!(!answer.to_string().contains("secret"), "{answer}");
            };
            symlink(&secret, &path).expect("made");
            refused("it is a link");
            fs::remove_file(&path).expect("ours");
            fs::create_dir(&path).expect("made");
            refused("it is no file");
            fs::remove_dir(&path).expect("ours");
            let made = std::process::Command::new("mkfifo").arg(&path).status();
            if made.is_ok_and(|status| status.success()) {
                refused("it is no file");
            }
            let elsewhere = folder.with_file_name("elsewhere");
            fs::rename(&folder, &elsewhere).expect("ours");
            symlink(&elsewhere, &folder).expect("made");
            refused("it is no folder");
        }
    }
}

#[test]
fn it_is_for_full_access_and_for_a_jail_that_there_is() {
    for version in BOTH {
        let (machine, folder) = machine(version);
        fs::write(folder.join("tes-console.log"), "another's\n").expect("written");
        for door in DOORS {
            let host = Host::new(door, &machine.config());
            let (status, _) = host.send_as(Limited, "sysadm", "iocage", &ask(None).to_string());
            assert_eq!(status, Status::Forbidden);
            for (request, code, key) in [
                (json!({"action": "jaillog"}), "missing-key", "jail"),
                (json!({"action": "jaillog", "jail": "tes"}), "unknown-jail", "jail"),
                (json!({"action": "jaillog", "jail": "../../etc/passwd"}), "illegal-name", "jail"),
                (ask(Some(0)), "illegal-value", "lines"),
                (ask(Some(10_001)), "illegal-value", "lines"),
            ] {
                let answer = host.answer(&request);
                assert_eq!(fault(&answer), (code, key), "{answer}");
            }
        }
    }
}

/// The name of one log is made of the names of two jails.
#[test]
fn a_log_of_two_jails_is_said_to_be() {
    let jails = json!([{"name": "web"}, {"name": "ioc-web"}]);
    let machine = Machine::new(
        &json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "jails": jails}]}),
    );
    for (jail, other) in [("web", "ioc-web"), ("ioc-web", "web")] {
        let answer = Host::new(DOORS[0], &machine.config()).ask(&json!({"action": "jaillog", "jail": jail}));
        let said = format!("ioc-web-console.log is written by the jail {other}, too");
        assert_eq!(answer["problems"], json!([said]), "{answer}");
    }
}
