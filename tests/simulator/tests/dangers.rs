//! What the Python iocage does that nobody would expect, and that a driver must therefore guard against. Each of these
//! was seen on the real program.

use serde_json::{Value, json};

use crate::machine::Machine;

fn names(machine: &Machine) -> Vec<String> {
    machine.jails().iter().map(|jail| jail["name"].as_str().expect("a name").to_owned()).collect()
}

fn is_up(machine: &Machine, name: &str) -> bool {
    machine.jails().iter().any(|jail| jail["name"] == name && jail["jid"].is_u64())
}

fn snapshots(machine: &Machine) -> String {
    machine.zfs(&["list", "-H", "-t", "snapshot", "-o", "name", "-r", "tank/iocage"]).stdout
}

#[test]
fn the_beginning_of_a_name_is_enough_to_destroy_a_jail() {
    let machine = Machine::python(json!([{"name": "odd-name"}, {"name": "web1"}, {"name": "web2"}]));
    machine.expect(&["destroy", "-f", "odd"], 0, "Destroying odd-name\n", "");
    let several = "Multiple jails found for web:\n  web1 (/iocage/jails/web1)\n  web2 (/iocage/jails/web2)\n";
    machine.expect(&["destroy", "-f", "web"], 1, "", several);
    assert_eq!(names(&machine), ["web1", "web2"]);
    // Whoever is found by the whole name is the one.
    let machine = Machine::python(json!([{"name": "web"}, {"name": "web2"}]));
    machine.expect(&["destroy", "-f", "web"], 0, "Destroying web\n", "");
}

#[test]
fn a_name_with_all_in_it_means_all_jails() {
    let machine =
        Machine::python(json!([{"name": "a", "jid": 1}, {"name": "b"}, {"name": "myALLjail", "jid": 2}]));
    let ran = machine.run(&["stop", "myALLjail"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, "b is not running!\n"));
    assert!(!is_up(&machine, "a") && !is_up(&machine, "myALLjail"));
    let ran = machine.run(&["start", "NOTHALL"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    assert!(["a", "b", "myALLjail"].iter().all(|name| is_up(&machine, name)));
    machine.expect(
        &["start", "myALLjail"],
        0,
        "",
        "a (a) is already running!\nb (b) is already running!\nmyALLjail (myALLjail) is already running!\n",
    );
    machine.expect(&["exec", "myALLjail", "echo hi"], 0, "hi\nhi\nhi\n", "");
    // But a destroy means the one.
    machine.expect(&["destroy", "-f", "ALL"], 1, "", "jail 'ALL' not found!\n");
}

#[test]
fn destroy_by_force_takes_running_jails_and_all_clones_silently() {
    let machine = Machine::python(json!([
        {"name": "clone", "origin": "tank/iocage/jails/src@clone", "jid": 2},
        {"name": "grandchild", "origin": "tank/iocage/jails/clone@grandchild"},
        {"name": "other"},
        {"name": "src", "jid": 1},
    ]));
    machine.expect(&["destroy", "-f", "src"], 0, "Stopping src\nDestroying src\n", "");
    assert_eq!(names(&machine), ["other"]);
    assert_eq!(snapshots(&machine), "tank/iocage/releases/14.3-RELEASE/root@other\n");
}

#[test]
fn a_template_that_goes_leaves_hollow_jails() {
    let machine =
        Machine::python(json!([{"name": "fromt", "template": "t"}, {"name": "t", "type": "template"}]));
    machine.expect(&["destroy", "-f", "t"], 0, "Destroying t\n", "");
    machine.expect(&["list", "-lh"], 0, "None\tfromt\toff\tdown\tjail\t14.3-RELEASE-p5\t-\t-\t-\tno\n", "");
    assert_eq!(machine.jails()[0]["hollow"], true);
    assert_eq!(machine.run(&["start", "fromt"]).exit, 1);
    assert!(!is_up(&machine, "fromt"));
}

#[test]
fn dots_and_underscores_are_the_same() {
    let machine = Machine::python(json!([{"name": "te_st"}]));
    machine.expect(&["create", "-n", "te.st", "-r", "14.3-RELEASE"], 1, "", "Jail: te.st already exists!\n");
    machine.expect(&["create", "-n", "a.b", "-r", "14.3-RELEASE"], 0, "a.b successfully created!\n", "");
    assert!(machine.run(&["start", "a.b"]).stdout.starts_with("* Starting a_b\n"));
    assert!(machine.run(&["stop", "a.b"]).stdout.starts_with("* Stopping a_b\n"));
    // Where both are there all the same, jail(8) knows them by one name, and one stop takes both down.
    let machine = Machine::python(
        json!([{"name": "other", "jid": 3}, {"name": "te.st", "jid": 1}, {"name": "te_st", "jid": 2}]),
    );
    assert_eq!(machine.run(&["stop", "te.st"]).exit, 0);
    assert!(is_up(&machine, "other") && !is_up(&machine, "te.st") && !is_up(&machine, "te_st"));
}

#[test]
fn a_stop_of_a_stopped_jail_succeeds_and_a_start_of_a_running_one_does_not() {
    let machine = Machine::python(json!([{"name": "down"}, {"name": "up", "jid": 1}]));
    machine.expect(&["stop", "down"], 0, "", "down is not running!\n");
    machine.expect(&["start", "up"], 1, "", "up is already running!\n");
    // The second of two is not even tried.
    machine.expect(&["start", "up", "down"], 1, "", "up is already running!\n");
    assert!(!is_up(&machine, "down"));
}

#[test]
fn the_exit_status_of_a_command_is_lost() {
    let machine = Machine::python(json!([{"name": "test", "jid": 1}]));
    let exec = |words: &[&str]| machine.run(&[&["exec", "-U", "root", "test", "--"], words].concat());
    let ran = exec(&["sh", "-c", "echo out; echo err >&2; exit 42"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (1, "out\n"));
    assert_eq!(ran.stderr, "err\nCommand: sh -c echo out; echo err >&2; exit 42 failed!\n");
    // Unless something inside the jail tells it.
    let wrapper = "\"$@\"; s=$?; printf '\\nstatus %s\\n' \"$s\" >&2; exit 0";
    for (words, stdout, stderr) in [
        (&["sh", "-c", "exit 42"][..], "", "\nstatus 42\n"),
        (&["echo", "a  b", ""], "a  b \n", "\nstatus 0\n"),
        (&["nosuch"], "", "sh: nosuch: not found\n\nstatus 127\n"),
        (&["sh", "-c", "kill -9 $$"], "", "Killed\n\nstatus 137\n"),
    ] {
        let ran = exec(&[&["/bin/sh", "-c", wrapper, "sh"], words].concat());
        assert_eq!((ran.exit, ran.stdout.as_str(), ran.stderr.as_str()), (0, stdout, stderr), "{words:?}");
    }
}

#[test]
fn exec_eats_options_from_behind_the_jail() {
    let machine = Machine::python(json!([{"name": "test", "jid": 1}]));
    machine.expect(&["exec", "test", "echo", "-p", "x"], 0, "x\n", "");
    machine.expect(&["exec", "test", "id", "-U", "www"], 0, "uid=80(www) gid=80(www) groups=80(www)\n", "");
    machine.expect(&["exec", "test", "--", "echo", "-p", "x"], 0, "-p x\n", "");
    let ran = machine.run(&["exec", "test", "ls", "--help"]);
    assert!(ran.stdout.starts_with("Usage: iocage exec [OPTIONS] JAIL [COMMAND]...\n"), "{}", ran.stdout);
}

#[test]
fn cleaned_releases_leave_hollow_jails_that_are_still_listed() {
    let machine = Machine::python(json!([
        {"name": "a"},
        {"name": "c", "origin": "tank/iocage/jails/a@c"},
        {"name": "thick", "origin": "-", "jid": 1},
    ]));
    let done = "Cleaning iocage/download\nCleaning iocage/releases\nAll iocage RELEASE and jail datasets have been destroyed.\n";
    machine.expect(&["clean", "-fr"], 0, done, "");
    let row = |jid: &str, name: &str, state: &str| {
        format!("{jid}\t{name}\toff\t{state}\tjail\t14.3-RELEASE-p5\t-\t-\t-\tno\n")
    };
    let listed = [row("None", "a", "down"), row("None", "c", "down"), row("1", "thick", "up")].concat();
    let created = "Creating tank/iocage/download\nCreating tank/iocage/releases\n";
    machine.expect(&["list", "-lh"], 0, &format!("{created}{listed}"), "");
    machine.expect(&["list", "-rh"], 0, "", "");
    let hollow: Vec<Value> = machine.jails().iter().map(|jail| jail["hollow"].clone()).collect();
    assert_eq!(hollow, [json!(true), json!(true), Value::Null]);
}

#[test]
fn clean_makes_the_next_command_talk_before_it_answers() {
    let machine = Machine::python(json!([{"name": "up", "jid": 1}, {"name": "t", "type": "template"}]));
    let done = "Cleaning iocage/jails\nAll iocage jail datasets have been destroyed.\n";
    machine.expect(&["clean", "-fj"], 0, done, "");
    assert_eq!(names(&machine), ["t"]);
    machine.expect(&["list", "-lh"], 0, "Creating tank/iocage/jails\n", "");
    machine.expect(&["list", "-lh"], 0, "", "");
    assert_eq!(machine.run(&["clean", "-fa"]).exit, 0);
    let ran = machine.run(&["df", "-lh"]);
    assert_eq!(ran.stdout.lines().count(), 8);
    assert!(ran.stdout.ends_with("Default configuration missing, creating one\n"), "{}", ran.stdout);
    let marked = machine.zfs(&["get", "-H", "-o", "value", "org.freebsd.ioc:active", "tank"]);
    assert_eq!(marked.stdout, "yes\n");
}

#[test]
fn the_first_command_on_a_new_machine_takes_the_first_pool() {
    let machine = Machine::new(&json!({"version": "1.13", "pools": [{"name": "tank"}, {"name": "zroot"}]}));
    // A word that iocage does not know has no such effect.
    assert_eq!(machine.run(&["deactivate", "tank"]).exit, 2);
    assert_eq!(machine.state()["pools"][0]["active"], Value::Null);
    let ran = machine.run(&["list", "-lh"]);
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with("Setting up zpool [tank] for iocage usage\nIf you wish to change please use \"iocage activate\"\nCreating tank/iocage\n"));
    assert_eq!(machine.state()["pools"][0]["active"], true);
    machine.expect(&["list", "-lh"], 0, "", "");
}

#[test]
fn what_a_corrupt_jail_leaves_blocks_its_name() {
    let machine = Machine::python(json!([{"name": "bad", "corrupt": true}, {"name": "good"}]));
    assert_eq!(machine.run(&["destroy", "-f", "good"]).exit, 0);
    machine.expect(&["create", "-n", "good", "-r", "14.3-RELEASE"], 0, "good successfully created!\n", "");

    let ran = machine.run(&["destroy", "-f", "bad"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (0, "Destroying bad\n"));
    let left = "tank/iocage/releases/14.3-RELEASE/root@bad";
    assert!(snapshots(&machine).contains(left));
    let blocked = format!(
        "Snapshot: {left} exists!\nPlease manually run zfs destroy {left} if you wish to destroy it.\n"
    );
    machine.expect(&["create", "-n", "bad", "-r", "14.3-RELEASE"], 1, "", &blocked);
    // So does a name that is reserved, at the second time.
    let reserved = "You cannot name a jail default, that is a reserved name.\n";
    machine.expect(&["create", "-n", "default", "-r", "14.3-RELEASE"], 1, "", reserved);
    let ran = machine.run(&["create", "-n", "default", "-r", "14.3-RELEASE"]);
    assert!(ran.stderr.starts_with("Snapshot: "), "{}", ran.stderr);
}

#[test]
fn the_snapshot_of_a_clone_outlives_it() {
    let machine = Machine::python(json!([{"name": "src"}]));
    machine.expect(&["clone", "src", "-n", "c"], 0, "c successfully cloned!\n", "");
    assert_eq!(machine.run(&["destroy", "-f", "c"]).exit, 0);
    assert!(snapshots(&machine).contains("tank/iocage/jails/src/root@c\n"));
    let ran = machine.run_with(&["destroy", "src"], "y\n");
    let warning = "\nThis will destroy jail src\n\nsrc has dependent jails (who may also have dependents), use --recursive to destroy: \n  c\n\n";
    assert_eq!((ran.exit, ran.stderr.as_str()), (1, warning));
    assert_eq!(names(&machine), ["src"]);
}

#[test]
fn one_corrupt_jail_makes_reads_fail_whole_while_list_copes() {
    let machine = Machine::python(json!([
        {"name": "a"}, {"name": "cut", "corrupt": true}, {"name": "gone", "corrupt": "missing"},
    ]));
    let cut = "cut has a corrupt configuration, please fix this jail or destroy and recreate it.\n";
    let gone = "gone is missing its configuration, please destroy this jail and recreate it.\n";
    machine.expect(&["df", "-lh"], 1, "", cut);
    machine.expect(&["get", "-rh", "vnet"], 1, "", cut);
    machine.expect(&["get", "-rh", "state"], 0, "a\tdown\ncut\tdown\ngone\tdown\n", "");
    machine.expect(&["start", "ALL"], 1, "", cut);
    let rows = "None\ta\toff\tdown\tjail\t14.3-RELEASE-p5\t-\t-\t-\tno\n\
                None\tcut\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno\n\
                None\tgone\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno\n";
    machine.expect(&["list", "-lh"], 0, rows, &format!("{cut}{gone}"));
    for words in [["get", "vnet", "cut"], ["exec", "cut", "true"], ["set", "boot=1", "cut"]] {
        machine.expect(&words, 1, "", cut);
    }
    let machine = Machine::python(json!([{"name": "void", "corrupt": "empty"}]));
    let ran = machine.run(&["list", "-lh"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.ends_with("\nKeyError: 'host_hostuuid'\n"), "{}", ran.stderr);
}

#[test]
fn help_cannot_be_a_jail() {
    let machine = Machine::python(json!([{"name": "help", "jid": 1}]));
    let ran = machine.run(&["stop", "help"]);
    assert_eq!(ran.exit, 0);
    assert!(ran.stdout.starts_with("Usage:  [OPTIONS] [JAILS]...\n"), "{}", ran.stdout);
    assert!(is_up(&machine, "help"));
}

#[test]
fn the_beginning_of_one_name_is_enough_for_every_command() {
    let machine = Machine::python(json!([{"name": "web", "jid": 1}, {"name": "web2", "jid": 2}]));
    machine.expect(&["exec", "web", "hostname"], 0, "web\n", "");
    let several = "Multiple jails found for we:\n  web (/iocage/jails/web)\n  web2 (/iocage/jails/web2)\n";
    machine.expect(&["exec", "we", "hostname"], 1, "", several);
    machine.expect(&["destroy", "we"], 1, "", several);
    // Once `web` is gone its name means the other.
    assert_eq!(machine.run(&["destroy", "-f", "web"]).exit, 0);
    machine.expect(&["exec", "web", "hostname"], 0, "web2\n", "");
    assert_eq!(machine.run(&["stop", "web"]).exit, 0);
    let ran = machine.run_with(&["destroy", "web"], "y\n");
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, "\nThis will destroy jail web2\n"));
    assert_eq!(ran.stdout, "\nAre you sure? [y/N]: Destroying web2\n");
    // What is not there is not asked about.
    machine.expect(&["destroy", "web"], 1, "", "jail 'web' not found!\n");
}

#[test]
fn of_a_jail_without_a_root_destroy_asks_twice() {
    let machine = Machine::python(json!([{"name": "r1", "hollow": true}, {"name": "r2"}]));
    let question = "\nAre you sure? [y/N]: \nProceed? [y/N]: ";
    let warning =
        "\nThis will destroy jail r1\nPartial UUID/NAME supplied, cannot check for dependant jails.\n";
    let ran = machine.run_with(&["destroy", "r1"], "y\n");
    assert_eq!((ran.exit, ran.stdout.as_str(), ran.stderr), (1, question, format!("{warning}Aborted!\n")));
    let ran = machine.run_with(&["destroy", "r1"], "y\nn\n");
    assert_eq!((ran.exit, ran.stdout.as_str(), ran.stderr.as_str()), (0, question, warning));
    assert_eq!(names(&machine), ["r1", "r2"]);
    let ran = machine.run_with(&["destroy", "r1"], "y\ny\n");
    assert_eq!((ran.exit, ran.stdout), (0, format!("{question}Destroying r1\n")));
    assert_eq!(names(&machine), ["r2"]);
}

/// A create that was killed early has made a snapshot and the jail's dataset, but no root and no configuration.
#[test]
fn what_a_killed_create_leaves_stands_in_the_way() {
    let left = "tank/iocage/releases/14.3-RELEASE/root@half";
    let machine = Machine::new(&json!({
        "version": "1.13",
        "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE"], "snapshots": [left],
                   "jails": [{"name": "half", "hollow": true, "corrupt": "missing"}]}],
    }));
    let listed = machine.run(&["list", "-lh"]);
    assert_eq!(listed.stdout, "None\thalf\toff\tCORRUPT\tN/A\tN/A\tN/A\tN/A\t-\tno\n");
    let create = ["create", "-n", "half", "-r", "14.3-RELEASE"];
    machine.expect(&create, 1, "", "Jail: half already exists!\n");
    assert_eq!(machine.zfs(&["destroy", "tank/iocage/jails/half"]).exit, 0);
    let blocked = format!(
        "Snapshot: {left} exists!\nPlease manually run zfs destroy {left} if you wish to destroy it.\n"
    );
    machine.expect(&create, 1, "", &blocked);
    assert_eq!(machine.zfs(&["destroy", left]).exit, 0);
    machine.expect(&create, 0, "half successfully created!\n", "");
}

#[test]
fn cleaned_jails_and_releases_take_the_roots_of_templates() {
    for (flag, kept) in [("-fj", &["t"][..]), ("-fr", &["a", "t"])] {
        let machine = Machine::python(json!([{"name": "a", "jid": 1}, {"name": "t", "type": "template"}]));
        assert_eq!(machine.run(&["clean", flag]).exit, 0);
        assert_eq!(names(&machine), kept, "{flag}");
        assert!(machine.jails().iter().all(|jail| jail["hollow"] == true), "{flag}");
        assert_eq!(snapshots(&machine), "", "{flag}");
    }
}

#[test]
fn two_active_pools_make_all_fail_until_one_is_marked_otherwise() {
    let machine = Machine::new(&json!({
        "version": "1.13", "pools": [{"name": "tank", "active": true}, {"name": "tank2", "active": true}],
    }));
    let both = "Pools:\ntank\ntank2\nYou have 2 poolsmarked active for iocage usage.\n \
                Run \"iocage  activate ZPOOL\" on the preferred pool.\n\n";
    for words in [&["list", "-lh"][..], &["df", "-lh"], &["clean", "-fj"], &["get", "-p"]] {
        machine.expect(words, 1, "", both);
    }
    assert_eq!(machine.zfs(&["set", "org.freebsd.ioc:active=no", "tank2"]).exit, 0);
    machine.expect(&["get", "-p"], 0, "tank\n", "");
}

/// Until 1.11 a dataset was taken for a part of each whose name it begins with.
#[test]
fn before_1_11_a_destroy_takes_the_jails_of_longer_names_along() {
    let jails = json!([
        {"name": "foo"}, {"name": "foo-bar", "jid": 1}, {"name": "foobar", "origin": "tank/iocage/jails/keep@foobar"},
        {"name": "keep"}, {"name": "foo-t", "type": "template"},
    ]);
    for (version, left) in
        [("1.10", &["keep", "foo-t"][..]), ("1.13", &["foo-bar", "foobar", "keep", "foo-t"])]
    {
        let machine = Machine::new(&json!({
            "version": version,
            "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE"], "jails": jails}],
        }));
        machine.expect(&["--version"], 0, &format!("Version\t{version}\n"), "");
        let ran = machine.run_with(&["destroy", "foo"], "y\n");
        assert_eq!((ran.exit, ran.stdout.as_str()), (0, "\nAre you sure? [y/N]: Destroying foo\n"));
        assert_eq!(names(&machine), left, "{version}");
    }
}
