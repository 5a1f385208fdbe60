//! Every command's success and failure, in the forms that the recordings show.

use std::fs;

use serde_json::json;

use crate::machine::Machine;

const A: &str = "1bacfd7c-e742-11f1-bec1-02fc00000001";
const B: &str = "1be642e4-e742-11f1-bec1-02fc00000001";
const C: &str = "1c237830-e742-11f1-bec1-02fc00000001";

/// `test` is up, `test2` is down and has an address, `clone` is a clone of it.
fn machine() -> Machine {
    Machine::with_jails(json!([
        {"uuid": A, "tag": "test", "jid": 1, "properties": {"boot": "on"}},
        {"uuid": B, "tag": "test2", "properties": {"ip4_addr": "em0|192.168.1.50/24"}},
        {"uuid": C, "tag": "clone", "type": "clonejail",
         "properties": {"origin": format!("tank/iocage/jails/{B}@{C}")}},
    ]))
}

#[test]
fn list_and_its_forms() {
    let machine = machine();
    let row = |jid: &str, uuid: &str, boot: &str, state: &str, tag: &str, kind: &str, ip4: &str| {
        format!("{jid:<5}{uuid}  {boot:<6}{state:<7}{tag:<7}{kind:<11}{ip4}\n")
    };
    let header = "JID  UUID                                  BOOT  STATE  TAG    TYPE       IP4\n".to_owned();
    let up = row("1", A, "on", "up", "test", "basejail", "-");
    let down = row("-", B, "off", "down", "test2", "basejail", "-");
    let clone = row("-", C, "off", "down", "clone", "clonejail", "-");
    machine.expect(&["list"], 0, &[header.clone(), up.clone(), down.clone(), clone.clone()].concat(), "");
    // As sort(1) does it: the separator after `test` comes after the digit of `test2`.
    machine.expect(&["list", "-s", "tag"], 0, &[header, clone, down, up].concat(), "");
    machine.expect(&["list", "-t"], 0, "JID  UUID  BOOT  STATE  TAG  TYPE  IP4\n", "");
    machine.expect(&["list", "-r"], 0, "Downloaded releases:\n  10.2-RELEASE \n", "");
    machine.expect(&["list", "foo"], 1, "", "  ERROR: invalid switch foo\n");
}

#[test]
fn a_running_jail_shows_its_address() {
    let machine = machine();
    let started =
        format!("* Starting {B} (test2)\n  + Started (shared IP mode) OK\n  + Starting services        OK\n");
    machine.expect(&["start", "test2"], 0, &started, "");
    assert!(machine.run(&["list"]).stdout.contains("basejail   192.168.1.50\n"));
}

#[test]
fn a_half_made_jail_is_a_row_of_dashes() {
    let machine = Machine::with_jails(json!([{"uuid": A, "tag": "killed", "half_made": true}]));
    let stdout = "JID  UUID  BOOT  STATE  TAG  TYPE  IP4\n-    -     -     down   -    -     -\n";
    machine.expect(&["list"], 0, stdout, "");
}

#[test]
fn get_and_its_failures() {
    let machine = machine();
    machine.expect(&["get", "boot", "test"], 0, "on\n", "");
    machine.expect(&["get", "template", "test"], 0, "none\n", "");
    machine.expect(&["get", "origin", "test"], 0, "-\n", "");
    machine.expect(&["get", "state", "test"], 0, "up\n", "");
    machine.expect(&["get", "bogus", "test"], 1, "", "  ERROR: unsupported property: bogus !\n");
    machine.expect(&["get", "boot", "nosuch"], 1, "", "  ERROR: jail nosuch not found!\n");
    machine.expect(&["get", "boot", "1"], 1, "", "  ERROR: multiple jails matching name: 1!\n");
    machine.expect(&["get", "boot"], 1, "", "  ERROR: missing UUID or property!\n");
    machine.expect(&["get", "-r"], 1, "", "  ERROR: missing UUID or property!\n");
    machine.expect(&["get", "boot", "ALL"], 0, "off\non\noff\noff\n", "");
    assert_eq!(machine.run(&["get", "all", "test"]).stdout.lines().count(), 115);
    assert_eq!(machine.run(&["defaults"]).stdout.lines().count(), 109);
}

#[test]
fn set_and_its_failures() {
    let machine = machine();
    machine.expect(&["set", "notes=a=b:c", "boot=on", "test2"], 0, "", "");
    machine.expect(&["get", "notes", "test2"], 0, "a=b:c\n", "");
    machine.expect(&["set", "bogus=1", "test"], 1, "", "  ERROR: unsupported property: bogus!\n");
    machine.expect(&["set", "notes=", "test"], 1, "", "  ERROR: set failed, incorrect property syntax!\n");
    machine.expect(&["set", "notes=x"], 1, "", "  ERROR: please specify a jail!\n");
    let missing = "  ERROR: jail nosuch not found!\n  ERROR: missing property or UUID!\n";
    machine.expect(&["set", "notes=x", "nosuch"], 1, "", missing);
    machine.expect(&["set", "template=yes", "test2"], 1, "", "  ERROR: please set istemplate=yes instead.\n");
    // What is set on the defaults is what the next jail gets.
    machine.expect(&["set", "boot=on", "default"], 0, "", "");
    machine.run(&["create", "-e", "tag=heir"]);
    machine.expect(&["get", "boot", "heir"], 0, "on\n", "");
}

#[test]
fn start_and_stop_and_their_failures() {
    let machine = machine();
    machine.expect(&["start", "test"], 1, "", &format!("  INFO: {A} (test) is already up\n"));
    machine.expect(&["stop", "test2"], 1, "", &format!("  INFO: {B} (test2) is already down\n"));
    machine.expect(&["start", "nosuch"], 1, "", "  ERROR: nosuch not found!\n");
    machine.expect(&["stop", "nosuch"], 1, "", "  ERROR: nosuch not found!\n");
    machine.expect(&["start", ""], 0, "", "");
    machine.expect(&["stop"], 0, "", "");
    machine.run(&["set", "hostid=deadbeef", "test2"]);
    let mismatch = "ERROR: hostid mismatch, start failed!\n    jail hostid: deadbeef\n  host's hostid: 4145fbb8-c5b6-11e5-9f2f-fcaa14deb15d\n";
    machine.expect(&["start", "test2"], 1, "", mismatch);
    let ran = machine.run(&["stop", "ALL"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    assert_eq!(ran.stdout.lines().count(), 5);
    assert!(machine.jails().iter().all(|jail| jail.get("jid").is_none()));
}

#[test]
fn services_that_fail_leave_the_jail_up() {
    let machine = Machine::with_jails(json!([{"uuid": A, "tag": "test", "rc_exit": 1, "shutdown_exit": 1}]));
    let stdout = format!("* Starting {A} (test)\n  + Started (shared IP mode) OK\n  + Starting services");
    machine.expect(&["start", "test"], 1, &stdout, "        FAILED\n");
    machine.expect(&["get", "state", "test"], 0, "up\n", "");
    assert!(machine.run(&["stop", "test"]).stdout.contains("  + Stopping services    FAILED\n"));
}

#[test]
fn limits_that_fail_exit_with_0() {
    let machine = Machine::new(&json!({
        "host": {"racct": false},
        "pools": [{"name": "tank", "active": true, "jails": [{"uuid": A, "tag": "test", "properties": {"rlimits": "on"}}]}],
    }));
    let failed = "  + Applying resource limits    FAILED to apply memoryuse=log:8G\n";
    let rctl = "rctl: RACCT/RCTL present, but disabled; enable using kern.racct.enable=1 tunable\n";
    machine.expect(&["cap", "test"], 0, failed, rctl);
}

#[test]
fn cap_of_nothing_dumps_the_callers_environment() {
    let machine = machine();
    let mut command = machine.command();
    command.args(["cap", "nosuch"]).env("SECRET_TOKEN", "don't tell");
    let ran = crate::machine::run(command, "");
    assert_eq!(ran.exit, 0);
    assert!(ran.stderr.starts_with("  ERROR: nosuch not found!\n"), "{}", ran.stderr);
    assert!(ran.stdout.contains("\nSECRET_TOKEN='don'\\''t tell'\n"));
    assert!(ran.stdout.len() > 5000);
}

#[test]
fn create_and_its_failures() {
    let machine = machine();
    machine.expect(&["create", "bogus=1"], 1, "", "  ERROR: unsupported property: bogus!\n");
    machine.expect(&["create", "-n"], 1, "", "  ERROR: invalid switch -n\n");
    machine.expect(&["create", "istemplate=yes"], 1, "", "  ERROR: please set template after creation\n");
    let missing = "  RELEASE 9.9-RELEASE not found locally.\n  Please fetch 9.9-RELEASE\n\n  These are the RELEASEs you have already fetched:\n  10.2-RELEASE \n";
    machine.expect(&["create", "release=9.9-RELEASE"], 1, "", missing);
    assert_eq!(machine.jails().len(), 3);

    let two = machine.run(&["create", "tag=many", "count=2"]).stdout;
    let lines: Vec<&str> = two.lines().collect();
    assert!(lines[0].starts_with("  Successfully created: ") && lines[0].ends_with(" (many_1)"), "{two}");
    assert!(lines[1].ends_with(" (many_2)"), "{two}");
    let warning = "  WARNING: tag value \"default\" is a reserved keyword\n           tag was changed to: 2016-02-09@23:47:04\n";
    assert_eq!(machine.run(&["create", "tag=default"]).stderr, warning);
    assert!(
        machine
            .run(&["create", "tag=now", "start=yes"])
            .stdout
            .contains(" (now)\n  + Started (shared IP mode) OK\n")
    );
}

#[test]
fn a_tag_in_use_is_taken_away() {
    let machine = machine();
    let ran = machine.run(&["clone", "test2", "tag=test"]);
    assert_eq!(ran.exit, 0);
    assert!(ran.stdout.starts_with(" \n \n  Successfully created: "), "{}", ran.stdout);
    assert!(ran.stderr.starts_with("  WARNING: Replacing tag test!\n"), "{}", ran.stderr);
    machine.expect(&["get", "tag", A], 0, "2016-02-09@23:47:04\n", "");
}

#[test]
fn what_a_shell_would_evaluate_is_noted_and_not_run() {
    let machine = machine();
    let noted = || fs::read_to_string(machine.folder().join("evaluated")).unwrap_or_default();
    let ran = machine.run(&["create", "-e", "tag=a b", "notes=plain; text & 'quotes'"]);
    assert_eq!((ran.exit, noted().as_str()), (0, ""));
    assert_eq!(machine.run(&["create", "-e", "tag=x$(touch /tmp/pwned)"]).exit, 0);
    machine.expect(&["get", "tag", "x"], 0, "x\n", "");
    assert_eq!(machine.run(&["clone", "test2", "notes=`id`"]).exit, 0);
    machine.expect(&["set", "notes=a'; id; '", "test"], 0, "", "");
    assert_eq!(noted(), "tag=x$(touch /tmp/pwned)\nnotes=`id`\nnotes=a'; id; '\n");
}

#[test]
fn destroy_asks_and_refuses() {
    let machine = machine();
    let question = |uuid: &str| {
        format!(
            " \n  WARNING: this will destroy jail {uuid}\n  Dataset: tank/iocage/jails/{uuid}\n \n  Are you sure ? y[N]: "
        )
    };
    let ran = machine.run_with(&["destroy", "clone"], "n\n");
    assert_eq!(ran.stdout, question(C) + "  Command not confirmed.  No action taken.\n");
    assert_eq!(ran.exit, 0);
    let ran = machine.run_with(&["destroy", "test"], "y\n");
    assert_eq!((ran.exit, ran.stdout), (1, question(A)));
    assert_eq!(ran.stderr, "  ERROR: cannot destroy test - jail is running!\n");
    let ran = machine.run_with(&["destroy", "test2"], "y\n");
    assert_eq!(ran.stderr, format!("  ERROR: jail has dependent clone, uuid: {C} (clone)\n"));
    assert_eq!(machine.jails().len(), 3);

    let ran = machine.run_with(&["destroy", "clone"], "y\n");
    let origin = format!("  Destroying clone origin: tank/iocage/jails/{B}@{C}\n");
    assert_eq!((ran.exit, ran.stdout), (0, format!("{}  Destroying: {C}\n{origin}", question(C))));
    machine.expect(&["destroy", "nosuch"], 1, "", "  ERROR: nosuch not found!\n");
    machine.expect(&["destroy", "-f", ""], 0, "", "");
    // One word of two names destroys both, the running one, too.
    let ran = machine.run(&["destroy", "-f", "test test2"]);
    assert!(ran.stdout.starts_with(&format!("* Stopping {A} (test)\n")), "{}", ran.stdout);
    assert!(ran.stdout.ends_with(&format!("  Destroying: {A}\n  Destroying: {B}\n")), "{}", ran.stdout);
    assert_eq!(machine.jails().len(), 0);
}

#[test]
fn clean_destroys_and_the_next_command_makes_the_datasets_again() {
    let machine = machine();
    machine.expect(&["clean"], 0, "", "");
    machine.expect(&["clean", "-x"], 1, "", "  ERROR: -x is not a valid switch!\n");
    let ran = machine.run(&["clean", "-fr"]);
    assert_eq!(
        (ran.exit, ran.stderr.as_str()),
        (0, "cannot destroy 'tank/iocage/releases/10.2-RELEASE/root': dataset is busy\n")
    );
    let ran = machine.run(&["clean", "-fj"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, "  INFO: creating tank/iocage/download\n"));
    assert_eq!(machine.jails().len(), 0);
    machine.expect(
        &["list", "-r"],
        0,
        "Downloaded releases:\n  10.2-RELEASE \n",
        "  INFO: creating tank/iocage/jails\n",
    );
    machine.run(&["clean", "-fa"]);
    let created = machine.run(&["list"]).stderr;
    assert_eq!(created.lines().count(), 6);
    machine.expect(
        &["create", "tag=x"],
        1,
        "",
        "  ERROR: no RELEASEs found locally, run iocage fetch first.\n",
    );
    let ran = machine.run_with(&["clean", "-t"], "");
    assert_eq!((ran.exit, ran.stderr.as_str()), (1, "  ERROR: command not confirmed.  no action taken.\n"));
}

#[test]
fn templates_are_apart() {
    let machine = machine();
    let refused = "  ERROR: templates aren't supported for this jail type (clonejail)\n";
    machine.expect(&["set", "istemplate=yes", "clone"], 1, "", refused);
    let converting = "  INFO: converting test2 to a template:  \u{8}/\u{8}done!\n";
    machine.expect(&["set", "istemplate=yes", "test2"], 0, converting, "");
    machine.expect(
        &["set", "istemplate=yes", "test"],
        1,
        "",
        "  ERROR: cannot make test a template - jail is running!\n",
    );
    assert_eq!(machine.run(&["list", "-t"]).stdout.lines().count(), 2);
    assert_eq!(machine.run(&["list"]).stdout.lines().count(), 3);
    assert_eq!(machine.run(&["df"]).stdout.lines().count(), 3);
    assert_eq!(machine.run(&["get", "-r", "type"]).stdout.lines().count(), 5);
    assert_eq!(machine.run(&["clone", "test2", "tag=heir"]).exit, 0);
    // Which of the two it names goes by their UUIDs, and that of the new one is made by the clock.
    let ran = machine.run(&["destroy", "-f", "test2"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (1, ""));
    let names = [format!("{C} (clone)\n"), "(heir)\n".to_owned()];
    let named = ran.stderr.strip_prefix("  ERROR: jail has dependent clone, uuid: ");
    assert!(named.is_some_and(|named| names.iter().any(|name| named.ends_with(name))), "{}", ran.stderr);
}

#[test]
fn pools_are_activated_and_deactivated() {
    let machine = Machine::new(&json!({"pools": [{"name": "tank"}, {"name": "zroot"}]}));
    machine.expect(&["activate", "nopool"], 1, "", "cannot open 'nopool': no such pool\n");
    machine.expect(&["deactivate", "nopool"], 1, "", "cannot open 'nopool': no such pool\n");
    let setting_up =
        "Setting up zpool [zroot] for iocage usage...\nIf you wish to change zpool, use 'iocage activate'\n";
    machine.expect(&["activate"], 0, &format!("{setting_up}pool: zroot\n"), "");
    machine.expect(&["activate", "tank"], 0, "", "");
    let several = machine.run(&["list"]);
    assert_eq!((several.exit, several.stdout.as_str()), (1, ""));
    assert!(several.stderr.contains("tank\tiocage\nzroot\tiocage\n"), "{}", several.stderr);
    machine.expect(&["deactivate", "zroot"], 0, "", "");
    machine.expect(&["activate"], 0, "pool: tank\n", "");

    let none = Machine::new(&json!({}));
    let no_pools = "  ERROR: ZFS is required for iocage to work and I can't find any pools available.\n";
    for words in [&["list"][..], &["activate", "tank"], &["activate"], &["deactivate", "tank"]] {
        none.expect(words, 1, "", no_pools);
    }
    none.expect(&["--version"], 0, "iocage DEVELOP (2016-02-10)\n", "");
}
