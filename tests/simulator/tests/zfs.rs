//! The zfs beside a simulated iocage: the little that a driver needs of it, and nothing else.

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
            "tank/iocage/jails/test@clone\ntank/iocage/jails/test/root@clone\n\
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
        &["get", "-H", "all", "tank"],
        &["list", "-H", "-s", "name"],
        &["list", "-H", "-o", "guid"],
        &["destroy", "-R", "tank/iocage"],
        &["destroy", "tank", "zroot"],
        &["snapshot", "tank@x"],
        &[],
    ] {
        let ran = machine.zfs(words);
        assert_eq!((ran.exit, ran.stdout.as_str()), (70, ""), "{words:?}");
        assert!(ran.stderr.starts_with("iocage-sim: not simulated: zfs"), "{}", ran.stderr);
    }
}

fn unknown(name: &str) -> Ran {
    refusal(&format!("cannot open '{name}': dataset does not exist\n"), 1)
}

const A: &str = "8910cf52-e917-11f1-9cf2-02fc00000001";
const B: &str = "89717438-e917-11f1-9cf2-02fc00000001";

/// B is a clone of A.
fn shell() -> Machine {
    Machine::with_jails(json!([
        {"uuid": A, "tag": "a", "properties": {"used": "1.50M", "quota": "2G", "boot": "on"}},
        {"uuid": B, "tag": "b", "type": "clonejail",
         "properties": {"origin": format!("tank/iocage/jails/{A}@{B}")}},
    ]))
}

#[test]
fn names_and_origins_are_told_of_either_iocage() {
    let machine = shell();
    let jails = format!(
        "tank/iocage/jails\t-\n\
         tank/iocage/jails/{A}\t-\ntank/iocage/jails/{A}/root\t-\n\
         tank/iocage/jails/{B}\ttank/iocage/jails/{A}@{B}\n\
         tank/iocage/jails/{B}/root\ttank/iocage/jails/{A}/root@{B}\n"
    );
    let words = ["list", "-Hp", "-t", "filesystem,volume", "-o", "name,origin"];
    let all = machine.zfs(&words).stdout;
    assert!(all.starts_with("tank\t-\ntank/iocage\t-\ntank/iocage/.defaults\t-\n"), "{all}");
    assert!(all.contains(&jails), "{all}");
    assert!(all.contains("tank/iocage/releases/10.2-RELEASE/root\t-\n"), "{all}");
    assert_eq!(machine.zfs(&[&words[..], &["-r", "tank/iocage/jails"]].concat()), answer(&jails));
    assert_eq!(machine.zfs(&[&words[..], &["tank/iocage/jails"]].concat()), answer("tank/iocage/jails\t-\n"));
    assert_eq!(machine.zfs(&[&words[..], &["-r", "tank/nothing"]].concat()), unknown("tank/nothing"));

    let machine = Machine::python(json!([
        {"name": "copy", "origin": "tank/iocage/jails/src@copy"}, {"name": "fromt", "template": "t"},
        {"name": "src"}, {"name": "src-2", "origin": "-"}, {"name": "t", "type": "template"},
    ]));
    let jails = "tank/iocage/jails\t-\n\
        tank/iocage/jails/copy\ttank/iocage/jails/src@copy\n\
        tank/iocage/jails/copy/root\ttank/iocage/jails/src/root@copy\n\
        tank/iocage/jails/fromt\t-\ntank/iocage/jails/fromt/root\ttank/iocage/templates/t/root@fromt\n\
        tank/iocage/jails/src\t-\n\
        tank/iocage/jails/src-2\t-\ntank/iocage/jails/src-2/root\t-\n\
        tank/iocage/jails/src/root\ttank/iocage/releases/14.3-RELEASE/root@src\n";
    assert_eq!(machine.zfs(&[&words[..], &["-r", "tank/iocage/jails"]].concat()), answer(jails));
}

#[test]
fn snapshots_are_told_with_their_clones() {
    let machine = shell();
    let words = ["list", "-Hp", "-t", "snapshot", "-o", "name,clones", "-r", "tank/iocage"];
    let taken = format!(
        "tank/iocage/jails/{A}@{B}\ttank/iocage/jails/{B}\n\
         tank/iocage/jails/{A}/root@{B}\ttank/iocage/jails/{B}/root\n"
    );
    assert_eq!(machine.zfs(&words), answer(&taken));
    let machine = Machine::new(&json!({
        "version": "1.13",
        "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE"],
                   "snapshots": ["tank/iocage/releases/14.3-RELEASE/root@gone"], "jails": [{"name": "a"}]}],
    }));
    let taken = "tank/iocage/releases/14.3-RELEASE/root@a\ttank/iocage/jails/a/root\n\
                 tank/iocage/releases/14.3-RELEASE/root@gone\t\n";
    assert_eq!(machine.zfs(&words), answer(taken));
}

#[test]
fn properties_are_told_for_people_and_exact() {
    let machine = shell();
    let jail = format!("tank/iocage/jails/{A}");
    for (words, value) in [
        (&["get", "-H", "-p", "-o", "value", "used"][..], "1572864\n"),
        (&["get", "-Hp", "-o", "value", "quota,reservation,compressratio"], "2147483648\n0\n1.00\n"),
        (
            &["get", "-H", "-o", "value", "used,mountpoint"],
            "1.50M\n/iocage/jails/8910cf52-e917-11f1-9cf2-02fc00000001\n",
        ),
        (&["get", "-H", "-o", "value", "org.freebsd.iocage:boot,org.freebsd.iocage:tag"], "on\na\n"),
        (
            &["get", "-H", "-o", "property,value,source", "type,origin,x:y"],
            "type\tfilesystem\t-\norigin\t-\t-\nx:y\t-\t-\n",
        ),
    ] {
        assert_eq!(machine.zfs(&[words, &[&jail]].concat()), answer(value), "{words:?}");
    }
    let root = format!("{jail}/root");
    assert_eq!(
        machine.zfs(&["get", "-H", "org.freebsd.iocage:tag", &root]),
        answer(&format!("{root}\torg.freebsd.iocage:tag\ta\tinherited from {jail}\n"))
    );
    // The clone's origin is looked for, and one dataset that is not there does not hide the others.
    let clone = format!("tank/iocage/jails/{B}");
    let ran = machine.zfs(&["get", "-H", "-o", "name,value", "origin", "tank/gone", &clone]);
    assert_eq!((ran.exit, ran.stderr), (1, unknown("tank/gone").stderr));
    assert_eq!(ran.stdout, format!("{clone}\ttank/iocage/jails/{A}@{B}\n"));
}

#[test]
fn what_something_depends_on_is_not_destroyed() {
    let machine = shell();
    let jail = format!("tank/iocage/jails/{A}");
    let children = format!(
        "cannot destroy '{jail}': filesystem has children\nuse '-r' to destroy the following datasets:\n\
         {jail}/root@{B}\n{jail}/root\n{jail}@{B}\n"
    );
    let cloned = format!(
        "cannot destroy '{jail}@{B}': snapshot has dependent clones\n\
         use '-R' to destroy the following datasets:\ntank/iocage/jails/{B}/root\ntank/iocage/jails/{B}\n"
    );
    let state = machine.state();
    assert_eq!(machine.zfs(&["destroy", &jail]), refusal(&children, 1));
    assert_eq!(machine.zfs(&["destroy", &format!("{jail}@{B}")]), refusal(&cloned, 1));
    let none = "could not find any snapshots to destroy; check snapshot names.\n";
    assert_eq!(machine.zfs(&["destroy", &format!("{jail}@gone")]), refusal(none, 1));
    assert_eq!(machine.zfs(&["destroy", "tank/gone@x"]), unknown("tank/gone"));
    assert_eq!(machine.zfs(&["destroy", "tank/gone"]), unknown("tank/gone"));
    let pool = "cannot destroy 'tank': operation does not apply to pools\n\
                use 'zfs destroy -r tank' to destroy all datasets in the pool\n\
                use 'zpool destroy tank' to destroy the pool itself\n";
    assert_eq!(machine.zfs(&["destroy", "tank"]), refusal(pool, 1));
    assert_eq!(machine.state(), state);

    let machine = Machine::python(json!([{"name": "up", "jid": 1, "origin": "-"}]));
    let busy = "cannot unmount '/iocage/jails/up/root': pool or dataset is busy\n";
    assert_eq!(machine.zfs(&["destroy", "tank/iocage/jails/up/root"]), refusal(busy, 1));
    assert_eq!(machine.state()["pools"][0]["jails"][0]["jid"], 1);
}

#[test]
fn what_nothing_depends_on_is_destroyed() {
    let machine = shell();
    let clone = format!("tank/iocage/jails/{B}");
    for name in [
        format!("{clone}/root"),
        clone,
        format!("tank/iocage/jails/{A}/root@{B}"),
        format!("tank/iocage/jails/{A}@{B}"),
    ] {
        assert_eq!(machine.zfs(&["destroy", &name]), answer(""), "{name}");
        assert_eq!(machine.zfs(&["list", "-H", "-o", "name", &name]), unknown(&name));
    }
    assert_eq!(machine.jails().len(), 1);
    assert!(!machine.run(&["list"]).stdout.contains(B));
    let of_defaults = || machine.run(&["get", "host_hostuuid", "default"]).stdout;
    let before = of_defaults();
    assert_eq!(machine.zfs(&["destroy", "tank/iocage/.defaults"]), answer(""));
    assert_ne!(of_defaults(), before);
    // What has no root cannot be started.
    assert_eq!(machine.zfs(&["destroy", &format!("tank/iocage/jails/{A}/root")]), answer(""));
    let ran = machine.run(&["start", "a"]);
    assert_eq!((ran.exit, ran.stderr.ends_with("  ! Start                FAILED\n")), (1, true));

    let machine = Machine::python(json!([{"name": "a"}, {"name": "other"}]));
    let left = "tank/iocage/releases/14.3-RELEASE/root@a";
    assert_eq!(machine.zfs(&["destroy", left]).exit, 1);
    assert_eq!(machine.zfs(&["destroy", "tank/iocage/jails/a/root"]), answer(""));
    assert_eq!(machine.jails()[0]["hollow"], true);
    assert_eq!(machine.zfs(&["destroy", left]), answer(""));
    assert_eq!(machine.zfs(&["destroy", "tank/iocage/jails/a"]), answer(""));
    machine.expect(&["create", "-n", "a", "-r", "14.3-RELEASE"], 0, "a successfully created!\n", "");
    assert_eq!(machine.zfs(&["destroy", "tank/iocage/log"]), answer(""));
    machine.expect(&["list", "-rh"], 0, "Creating tank/iocage/log\n14.3-RELEASE\n", "");
}

#[test]
fn the_snapshots_of_the_shell_iocage_come_and_go_with_clones() {
    let machine = shell();
    let snapshots = || machine.zfs(&["list", "-H", "-t", "snapshot", "-o", "name", "-r", "tank"]).stdout;
    let made = machine.run(&["clone", "b", "tag=c"]).stdout;
    let c = made.trim_start_matches("  Successfully created: ").split(' ').next().expect("a UUID").to_owned();
    assert!(snapshots().contains(&format!("tank/iocage/jails/{B}/root@{c}\n")), "{}", snapshots());
    assert_eq!(machine.run(&["destroy", "-f", "c"]).exit, 0);
    assert!(!snapshots().contains(&c), "{}", snapshots());
    assert_eq!(machine.run(&["destroy", "-f", "b"]).exit, 0);
    assert_eq!(snapshots(), "");
    // A jail that becomes a template takes them along.
    let machine = shell();
    assert_eq!(machine.run(&["set", "istemplate=yes", "a"]).exit, 0);
    let words = ["get", "-H", "-o", "value", "origin", &format!("tank/iocage/jails/{B}")];
    assert_eq!(machine.zfs(&words).stdout, format!("tank/iocage/templates/a@{B}\n"));
}

/// A property of a jail's is its root's as well, and both are found by where they are.
#[test]
fn a_path_stands_for_its_dataset() {
    let uuid = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
    let machine =
        Machine::with_jails(json!([{"uuid": uuid, "tag": "test", "properties": {"exec_fib": "2"}}]));
    let fib = |path: &str| machine.zfs(&["get", "-H", "-o", "value", "org.freebsd.iocage:exec_fib", path]);
    assert_eq!(fib(&format!("/iocage/jails/{uuid}/root")), answer("2\n"));
    assert_eq!(fib(&format!("/iocage/jails/{uuid}/root/etc")), answer("2\n"));
    assert_eq!(fib("/iocage/jails"), answer("-\n"));
    assert_eq!(fib("/elsewhere"), refusal("cannot open '/elsewhere': dataset does not exist\n", 1));
}
