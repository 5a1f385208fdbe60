//! The zfs beside a simulated Python iocage: the little that a driver needs of it, and nothing else.

use serde_json::json;

use crate::machine::{Machine, Ran};

fn answer(stdout: &str) -> Ran {
    Ran { stdout: stdout.to_owned(), stderr: String::new(), exit: 0 }
}

fn refusal(stderr: &str, exit: i32) -> Ran {
    Ran { stdout: String::new(), stderr: stderr.to_owned(), exit }
}

const MARK: &str = "org.freebsd.ioc:active";

#[test]
fn a_pool_is_given_up_and_taken_again_by_the_next_command() {
    let machine = Machine::python(json!([]));
    let marked = || machine.zfs(&["get", "-H", "-o", "value", MARK, "tank"]);
    assert_eq!(marked(), answer("yes\n"));
    assert_eq!(machine.zfs(&["set", "org.freebsd.ioc:active=no", "tank"]), answer(""));
    assert_eq!(marked(), answer("no\n"));
    // These two leave it alone.
    machine.expect(&["--version"], 0, "Version\t1.13\n", "");
    let refused = "IOCAGE_SKIP is TRUE or an RC operation, not activating a pool.\nPlease manually issue iocage activate POOL\n";
    machine.expect(&["clean", "-fj"], 1, "", refused);
    assert_eq!(marked(), answer("no\n"));
    let setting_up = "Setting up zpool [tank] for iocage usage\nIf you wish to change please use \"iocage activate\"\ntank\n";
    machine.expect(&["get", "-p"], 0, setting_up, "");
    assert_eq!(marked(), answer("yes\n"));
}

#[test]
fn an_unknown_pool_or_dataset_is_an_error() {
    let machine = Machine::python(json!([]));
    let unknown = |name: &str| refusal(&format!("cannot open '{name}': dataset does not exist\n"), 1);
    assert_eq!(machine.zfs(&["set", "org.freebsd.ioc:active=no", "nopool"]), unknown("nopool"));
    assert_eq!(machine.zfs(&["get", "-H", "-o", "value", MARK, "nopool"]), unknown("nopool"));
    let list = |dataset| machine.zfs(&["list", "-H", "-t", "snapshot", "-o", "name", "-r", dataset]);
    assert_eq!(list("nopool/iocage"), unknown("nopool/iocage"));
    assert_eq!(list("tank/nothing"), unknown("tank/nothing"));
}

#[test]
fn snapshots_and_datasets_are_listed() {
    let machine = Machine::python(json!([
        {"name": "clone", "origin": "tank/iocage/jails/test@clone"},
        {"name": "test"},
    ]));
    assert_eq!(
        machine.zfs(&["list", "-H", "-t", "snapshot", "-o", "name", "-r", "tank/iocage"]),
        answer(
            "tank/iocage/jails/test/root@clone\ntank/iocage/jails/test@clone\n\
             tank/iocage/releases/14.3-RELEASE/root@test\n"
        )
    );
    let columns = "name,compressratio,reservation,quota,used,available";
    let usage =
        machine.zfs(&["list", "-H", "-t", "filesystem", "-o", columns, "-d", "2", "tank/iocage"]).stdout;
    let of_df = machine.run(&["df", "-lh"]).stdout;
    for row in of_df.lines() {
        assert!(usage.lines().any(|line| line == format!("tank/iocage/jails/{row}")), "{row}: {usage}");
    }
    assert!(!usage.contains("jails/test/root"), "{usage}");
    let datasets = machine.zfs(&["list", "-H", "-o", "name"]).stdout;
    for name in ["tank", "tank/iocage/jails/test", "tank/iocage/jails/test/root", "tank/iocage/log"] {
        assert!(datasets.lines().any(|line| line == name), "{name}: {datasets}");
    }
    assert!(!datasets.contains("defaults.json"), "{datasets}");
}

#[test]
fn everything_else_fails_loudly() {
    let machine = Machine::python(json!([]));
    for words in [
        &["list"][..],
        &["destroy", "-r", "tank"],
        &["set", "org.freebsd.ioc:active=maybe", "tank"],
        &["set", "quota=1G", "tank"],
        &["get", "all", "tank"],
        &[],
    ] {
        let ran = machine.zfs(words);
        assert_eq!((ran.exit, ran.stdout.as_str()), (70, ""), "{words:?}");
        assert!(ran.stderr.starts_with("iocage-sim: not simulated: zfs"), "{}", ran.stderr);
    }
}
