//! Without a server: the module of this checkout in the program's own process, on a simulated machine.

use std::process::{Command, Output};

use serde_json::{Map, Value, json};

use crate::stand::{DESCRIBED, Folder, Ran, beside};

/// A machine with the jails of the reference, and what runs the program on it.
fn machine(name: &str) -> Option<(Folder, impl Fn(&[&str]) -> Command)> {
    let (module, simulator) = (beside("libsysadm_iocage.so")?, beside("iocage-sim")?);
    let folder = Folder::new(name);
    let machine = folder.0.join("machine");
    let state: Value = serde_json::from_str(include_str!("../../../src/machines.json")).expect("JSON");
    std::fs::write(folder.0.join("state"), state["1.13"].to_string()).expect("written");
    let made =
        Command::new(simulator).args(["init", "--state"]).arg(folder.0.join("state")).arg(&machine).output();
    assert!(made.is_ok_and(|made| made.status.success()), "no machine");
    let programs = ["iocage", "jexec", "jls", "ps", "setfib", "zfs", "zpool"];
    let mut config: Map<String, Value> =
        programs.iter().map(|name| ((*name).to_owned(), json!(machine.join(name)))).collect();
    config.extend([
        ("lock_dir".to_owned(), json!(machine.join("locks"))),
        ("allow_unsafe_program".to_owned(), json!(true)),
    ]);
    let file = folder.0.join("config.json");
    std::fs::write(&file, Value::Object(config).to_string()).expect("written");
    let run = move |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
        command.arg("--module").arg(&module).arg("--config").arg(&file).args(words);
        command
    };
    Some((folder, run))
}

fn ran(command: &mut Command) -> Ran {
    let output: Output = command.output().expect("it runs");
    Ran::of(&output)
}

#[test]
fn a_module_does_without_a_server() {
    let Some((folder, run)) = machine("module") else { return };
    let temporary = folder.0.join("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let run = |words: &[&str]| ran(run(words).env("TMPDIR", &temporary));
    run(&["run", "listjails"]).printed(
        "NAME  BOOT  IP4  JID  STATE  TAG   TYPE\n\
         base  off   -    -    down   base  jail\n\
         db    on    -    1    up     db    jail\n\
         web   off   -    -    down   web   jail\n",
    );
    run(&["run", "startjail", "jail=nope"]).said(1, "does not exist (unknown-jail, `jail`)");
    // One that takes long, which is a job here, too.
    run(&["run", "createjail", "props=tag=new release=10.2-RELEASE", "--json"]).printed_json("createjail");
    assert!(run(&["run", "listjails"]).out.contains("\nnew "));
    run(&["run", "createjail", "--no-wait"]).said(2, "exclude each other");
    run(&["jobs"]).said(0, "there are no jobs");
    let ran = run(&["modules"]);
    assert!(ran.out.contains("sysadm/iocage  1           current"), "{ran:?}");
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), 0, "nothing is left");
}

/// The recording is what the stand-in describes: if the module says something else of itself now, it has to be made anew.
#[test]
fn the_recorded_description_is_that_of_the_module() {
    let Some((_folder, run)) = machine("described") else { return };
    let told = ran(&mut run(&["raw", "rpc/describe", "{}"]));
    let mut told: Value = serde_json::from_str(&told.out).expect("JSON");
    for class in told["classes"].as_array_mut().expect("classes") {
        for action in class["actions"].as_array_mut().expect("actions") {
            let action = action.as_object_mut().expect("an action");
            action.remove("schema");
            action.remove("answer");
        }
        class.as_object_mut().expect("a class").remove("answers");
    }
    if std::env::var_os("UPDATE").is_some() {
        let text = format!("{told}\n");
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ctl/described.json"), text)
            .expect("written");
        return;
    }
    assert_eq!(told, serde_json::from_str::<Value>(DESCRIBED).expect("JSON"));
}

#[test]
fn the_configuration_of_a_server_is_not_that_of_a_class() {
    let folder = Folder::new("whose-config");
    let file = folder.0.join("sysadmd.json");
    let run = |config: &str| {
        std::fs::write(&file, config).expect("written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
        command.args(["--module", "none.so", "--config"]).arg(&file).args(["run", "listjails"]);
        ran(&mut command)
    };
    run(r#"{"modules":{"classes":{"sysadm/iocage":{}}},"log":"info"}"#).said(2, "wants that of the class");
    run(r#"{"tls":null}"#).said(2, "sysadmd.json is the configuration of a server");
    // One whose writing has failed denies nothing of what it was to deny.
    for empty in ["", " \n"] {
        run(empty).said(2, "sysadmd.json is empty; `{}` is");
    }
    for config in ["{}", r#"{"direct":"off"}"#] {
        let ran = run(config);
        ran.said(3, "none.so");
        assert_eq!(ran.err.matches("none.so").count(), 1, "{ran:?}");
    }
}

#[test]
fn what_is_no_module_is_refused_and_leaves_nothing() {
    let folder = Folder::new("no-module");
    let file = folder.0.join("x.so");
    std::fs::write(&file, "no library").expect("written");
    let temporary = folder.0.join("tmp");
    std::fs::create_dir(&temporary).expect("a folder");
    let mut command = Command::new(env!("CARGO_BIN_EXE_sysadmctl"));
    command.env("TMPDIR", &temporary).arg("--module").arg(&file).args(["run", "listjails"]);
    let ran = ran(&mut command);
    ran.said(3, "x.so");
    assert_eq!(ran.err.matches("x.so").count(), 1, "{ran:?}");
    assert_eq!(std::fs::read_dir(&temporary).expect("a folder").count(), 0);
}
