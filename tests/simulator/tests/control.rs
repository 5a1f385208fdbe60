//! The simulator under its own name, and how it finds its machine under that of iocage.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::machine::{Folder, Machine, SIMULATOR, run, simulator};

#[test]
fn init_makes_a_machine_with_an_iocage() {
    let folder = Folder::new();
    let inside = format!("{}/a/b", folder.text());
    let made = simulator(&["init", &inside]);
    assert_eq!((made.exit, made.stderr.as_str()), (0, ""));
    assert_eq!(made.stdout, format!("{inside}/iocage\n"));
    assert_eq!(fs::read_link(format!("{inside}/iocage")).expect("it is a link"), *SIMULATOR);

    let shown = simulator(&["show", &inside]);
    assert_eq!(shown.exit, 0);
    assert_eq!(shown.stdout, fs::read_to_string(format!("{inside}/state.json")).expect("it is there"));

    let version = run(Command::new(format!("{inside}/iocage")), "");
    assert!(version.stdout.starts_with("usage:\n  iocage [-v] activate ZPOOL\n"), "{version:?}");
}

#[test]
fn init_replaces_a_machine_only_when_told_to() {
    let machine = Machine::with_jails(json!([{"tag": "test"}]));
    let folder = machine.folder().to_str().expect("the target folder has a UTF-8 name");
    let refused = simulator(&["init", folder]);
    assert_eq!((refused.exit, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("already holds a simulated machine"), "{}", refused.stderr);
    assert_eq!(machine.jails().len(), 1);

    assert_eq!(simulator(&["init", "--force", folder]).exit, 0);
    assert_eq!(machine.jails().len(), 0);
}

/// In a folder like /sbin these would be the machine's own.
#[test]
fn init_leaves_programs_that_are_not_its_own_alone() {
    for name in ["iocage", "zfs", "jls", "jexec", "ps", "setfib"] {
        for flags in [&[][..], &["--force"], &["--version", "1.13"], &["--version", "1.13", "--force"]] {
            let folder = Folder::new();
            let program = folder.path().join(name);
            fs::write(&program, "somebody's own").expect("the folder can be written");
            let refused = simulator(&[&["init"][..], flags, &[folder.text()]].concat());
            assert_eq!((refused.exit, refused.stdout.as_str()), (1, ""), "{name} {flags:?}");
            let expected = format!("`{}` is something else than a simulator", program.display());
            assert!(refused.stderr.contains(&expected), "{}", refused.stderr);
            assert_eq!(fs::read_to_string(&program).expect("it is there"), "somebody's own");
            assert!(!folder.path().join("state.json").exists());
            // Nor is a link that leads elsewhere followed or replaced.
            fs::remove_file(&program).expect("it is there");
            std::os::unix::fs::symlink("/bin/sh", &program).expect("the folder can be written");
            assert_eq!(simulator(&[&["init"][..], flags, &[folder.text()]].concat()).exit, 1);
            assert_eq!(fs::read_link(&program).expect("a link"), Path::new("/bin/sh"));
        }
    }
}

#[test]
fn init_says_where_it_cannot_make_a_machine() {
    let folder = Folder::new();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("the folder can be written");
    for place in [file.display().to_string(), format!("{}/in", file.display()), String::new()] {
        let refused = simulator(&["init", &place]);
        assert_eq!((refused.exit, refused.stdout.as_str()), (1, ""), "{place}");
        assert!(
            refused.stderr.starts_with(&format!("iocage-sim: cannot make `{place}`: ")),
            "{}",
            refused.stderr
        );
    }
}

#[test]
fn init_refuses_what_is_not_a_state_and_makes_nothing() {
    let folder = Folder::new();
    let file = folder.path().join("bad.json");
    fs::write(&file, r#"{"pools": [{"name": "tank", "jail": []}]}"#).expect("the folder can be written");
    let inside = format!("{}/machine", folder.text());
    let refused = simulator(&["init", "--state", file.to_str().expect("UTF-8"), &inside]);
    assert_eq!(refused.exit, 1);
    assert!(refused.stderr.contains("a pool has no key `jail`"), "{}", refused.stderr);
    assert!(!Path::new(&inside).exists());
}

#[test]
fn a_wrong_command_line_is_a_sentence_and_where_to_read_on() {
    for words in
        [&[][..], &["frobnicate"], &["init"], &["init", "--what", "x"], &["init", "a", "b"], &["show"]]
    {
        let ran = simulator(words);
        assert_eq!((ran.exit, ran.stdout.as_str()), (2, ""), "{words:?}");
        let lines: Vec<_> = ran.stderr.lines().collect();
        assert_eq!(
            (lines.len(), lines[1]),
            (2, "`iocage-sim help` tells what there is"),
            "{words:?}: {lines:?}"
        );
    }
    assert_eq!(simulator(&["help"]).exit, 0);
}

#[test]
fn init_completes_what_the_state_leaves_out() {
    let machine =
        Machine::new(&json!({"pools": [{"name": "tank", "active": true, "jails": [{}, {"tag": "named"}]}]}));
    let jails = machine.jails();
    assert_eq!(jails.len(), 2);
    for jail in &jails {
        assert_eq!(jail["uuid"].as_str().map(str::len), Some(36), "{jail}");
        assert!(jail["tag"].is_string(), "{jail}");
    }
    assert_eq!(machine.run(&["get", "tag", "named"]).stdout, "named\n");
}

#[test]
fn a_name_without_a_slash_is_an_error_that_says_so() {
    let mut command = Command::new(&*SIMULATOR);
    command.arg0("iocage").arg("list");
    let ran = run(command, "");
    assert_eq!((ran.exit, ran.stdout.as_str()), (70, ""));
    assert!(ran.stderr.contains("a name without a slash"), "{}", ran.stderr);
}

#[test]
fn the_machine_is_that_of_the_folder_in_argv_0() {
    let machine = Machine::with_jails(json!([{"tag": "here"}]));
    // The file that is run is the same for all; the name it is started by decides.
    let mut command = Command::new(&*SIMULATOR);
    command.arg0(machine.folder().join("iocage")).args(["get", "tag", "here"]);
    assert_eq!(run(command, "").stdout, "here\n");
}

#[test]
fn a_damaged_or_missing_state_is_said_with_exit_70() {
    let machine = Machine::with_jails(json!([]));
    fs::write(machine.folder().join("state.json"), "{\"pools\": [").expect("the folder can be written");
    for words in [["list", ""], ["create", "tag=x"]] {
        let ran = machine.run(&words[..1]);
        assert_eq!((ran.exit, ran.stdout.as_str()), (70, ""), "{words:?}");
        assert!(ran.stderr.contains("is damaged"), "{}", ran.stderr);
    }
    fs::remove_file(machine.folder().join("state.json")).expect("it was there");
    let ran = machine.run(&["list"]);
    assert_eq!(ran.exit, 70);
    assert!(ran.stderr.contains("cannot read the state file"), "{}", ran.stderr);
}

#[test]
fn what_is_not_simulated_is_said_with_exit_70() {
    let machine = Machine::with_jails(json!([]));
    for command in ["snapremove", "console", "promote", "-v"] {
        machine.expect(&[command], 70, "", &format!("iocage-sim: not simulated: {command}\n"));
    }
}

#[test]
fn a_machine_has_all_its_tools() {
    let folder = Folder::new();
    let inside = format!("{}/machine", folder.text());
    assert_eq!(simulator(&["init", "--version", "1.13", &inside]).exit, 0);
    for tool in ["zfs", "jls", "jexec", "ps", "setfib"] {
        assert_eq!(fs::read_link(format!("{inside}/{tool}")).expect("it is a link"), *SIMULATOR);
    }
    let mut list = Command::new(format!("{inside}/iocage"));
    list.args(["list", "-rh"]);
    assert_eq!(run(list, "").stdout, "14.3-RELEASE\n");
    let mut pool = Command::new(format!("{inside}/iocage"));
    pool.args(["get", "-p"]);
    assert_eq!(run(pool, "").stdout, "tank\n");
}

/// As the machine folders of before there were other tools.
#[test]
fn init_completes_the_tools_of_a_machine_and_keeps_its_state() {
    for tool in ["zfs", "jls", "jexec", "ps", "setfib"] {
        let machine = Machine::with_jails(json!([{"tag": "kept"}]));
        let link = machine.folder().join(tool);
        fs::remove_file(&link).expect("it was made");
        let state = machine.state();
        let folder = machine.folder().to_str().expect("the target folder has a UTF-8 name");
        let completed = simulator(&["init", folder]);
        assert_eq!((completed.exit, completed.stdout), (0, format!("{folder}/iocage\n")), "{tool}");
        assert_eq!(fs::read_link(&link).expect("it is a link"), *SIMULATOR);
        assert_eq!(machine.state(), state);
        // A machine that lacks nothing is left alone.
        assert_eq!(simulator(&["init", folder]).exit, 1);
    }
}

#[test]
fn the_version_of_a_state_is_not_contradicted() {
    let folder = Folder::new();
    let file = folder.path().join("state");
    let file = file.to_str().expect("UTF-8");
    let init = |inside: &str, version: &str, state: &str| {
        fs::write(file, state).expect("the folder can be written");
        let inside = format!("{}/{inside}", folder.text());
        simulator(&["init", "--version", version, "--state", file, &inside])
    };
    let named = r#"{"version": "1.13", "pools": []}"#;
    let nameless = r#"{"pools": [{"name": "tank", "jails": [{"name": "a"}]}]}"#;
    assert_eq!(init("a", "1.13", named).exit, 0);
    assert_eq!(init("b", "1.13", nameless).exit, 0);
    let refused = init("c", "2016-02-10", named);
    assert_eq!(refused.exit, 1);
    assert!(refused.stderr.contains("it is of version 1.13, not 2016-02-10"), "{}", refused.stderr);
    assert!(init("d", "2016-02-10", nameless).stderr.contains("a jail has no key `name`"));
    assert_eq!(init("e", "1.12", named).exit, 2);
}

#[test]
fn init_completes_a_state_of_the_python_iocage() {
    let machine = Machine::python(json!([
        {},
        {"name": "clone", "origin": "tank/iocage/jails/test@clone"},
        {"name": "other", "origin": "tank/iocage/jails/test/root@other"},
        {"name": "fromt", "template": "t"},
        {"name": "base", "type": "basejail"},
        {"name": "t", "type": "template"},
        {"name": "test", "jid": 4},
    ]));
    let jails = machine.jails();
    let find = |name: &str| jails.iter().find(|jail| jail["name"] == name).expect("it is there");
    assert!(jails.iter().any(|jail| jail["name"].as_str().is_some_and(|name| name.len() == 36)));
    assert!(jails.iter().all(|jail| jail["release"] == "14.3-RELEASE-p5"));
    assert_eq!(find("clone")["origin"], "tank/iocage/jails/test/root@clone");
    assert_eq!(find("other")["origin"], "tank/iocage/jails/test/root@other");
    assert_eq!(find("fromt")["origin"], "tank/iocage/templates/t/root@fromt");
    assert_eq!(find("base")["origin"], "-");
    assert_eq!(find("test")["ruleset"], 1000);
    let snapshots = machine.state()["pools"][0]["snapshots"].to_string();
    for snapshot in
        ["jails/test@clone", "jails/test/root@clone", "templates/t@fromt", "releases/14.3-RELEASE/root@test"]
    {
        assert!(snapshots.contains(&format!("\"tank/iocage/{snapshot}\"")), "{snapshot}: {snapshots}");
    }
}
