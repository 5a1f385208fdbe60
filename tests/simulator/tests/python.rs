//! The commands of the Python iocage 1.13, their successes and failures, in the forms that the recordings show.

use serde_json::{Value, json};

use crate::machine::Machine;

/// `test` is up, `web` is down and has an address, `tmpl` is a template.
fn machine() -> Machine {
    Machine::python(json!([
        {"name": "test", "jid": 3, "properties": {"boot": "1"}},
        {"name": "tmpl", "type": "template"},
        {"name": "web", "properties": {"vnet": "1", "ip4_addr": "vnet0|10.0.0.2/24"}},
    ]))
}

#[test]
fn list_and_its_forms() {
    let machine = machine();
    let test = "3\ttest\ton\tup\tjail\t14.3-RELEASE-p5\t-\t-\t-\tno\n";
    let web = "None\tweb\toff\tdown\tjail\t14.3-RELEASE-p5\tvnet0|10.0.0.2/24\t-\t-\tno\n";
    machine.expect(&["list", "-lh"], 0, &format!("{test}{web}"), "");
    machine.expect(
        &["list", "-h"],
        0,
        "3\ttest\tup\t14.3-RELEASE\t-\nNone\tweb\tdown\t14.3-RELEASE\t10.0.0.2\n",
        "",
    );
    machine.expect(
        &["list", "-tlh"],
        0,
        "None\ttmpl\toff\tdown\ttemplate\t14.3-RELEASE-p5\t-\t-\t-\tno\n",
        "",
    );
    machine.expect(&["list", "-rh"], 0, "14.3-RELEASE\n", "");
    machine.expect(&["list", "-Blh"], 0, "", "");
    machine.expect(&["list", "-qh"], 0, "test\tnone\nweb\tvnet0|10.0.0.2/24\n", "");
    let boxed = "+------+-------------------+\n| NAME |        IP4        |\n+======+===================+\n\
                 | test | none              |\n+------+-------------------+\n\
                 | web  | vnet0|10.0.0.2/24 |\n+------+-------------------+\n";
    machine.expect(&["list", "-q"], 0, boxed, "");
    let misuse =
        "Usage: iocage list [OPTIONS]\nTry 'iocage list --help' for help.\n\nError: No such option '-Z'.\n";
    machine.expect(&["list", "-Z"], 2, "", misuse);
}

#[test]
fn a_uuid_is_cut_and_its_jail_then_not_found_running() {
    let machine = Machine::python(json!([{"name": "bcdefc6b-107d-4c06-9b36-3b20a18a906b", "jid": 76}]));
    machine.expect(&["list", "-h"], 0, "None\tbcdefc6b\tdown\t14.3-RELEASE\t-\n", "");
    assert!(
        machine
            .run(&["list", "-lh"])
            .stdout
            .starts_with("76\tbcdefc6b-107d-4c06-9b36-3b20a18a906b\toff\tup\t")
    );
}

#[test]
fn df_shows_templates_too() {
    let machine = Machine::python(json!([
        {"name": "a", "properties": {"used": "1.69M", "compressratio": "2.30x", "quota": "1G"}},
        {"name": "t", "type": "template"},
    ]));
    let rows = "a\t2.30x\tnone\t1G\t1.69M\t83.4G\nt\t1.00x\tnone\tnone\t236K\t83.4G\n";
    machine.expect(&["df", "-lh"], 0, rows, "");
    machine.expect(&["df", "-h"], 0, rows, "");
}

#[test]
fn get_and_its_failures() {
    let machine = machine();
    machine.expect(&["get", "-p"], 0, "tank\n", "");
    machine.expect(&["get", "boot", "test"], 0, "1\n", "");
    machine.expect(&["get", "boot", "te"], 0, "1\n", "");
    machine.expect(&["get", "boot", "default"], 0, "0\n", "");
    machine.expect(&["get", "used", "test"], 0, "readonly\n", "");
    machine.expect(&["get", "host_domainname", "test"], 0, "\n", "");
    machine.expect(&["get", "-s", "web"], 0, "down\n", "");
    machine.expect(&["get", "-j", "test"], 0, "3\n", "");
    machine.expect(&["get", "-j", "nosuch"], 0, "-\n", "");
    machine.expect(&["get", "-rh", "template"], 0, "test\t0\ntmpl\t1\nweb\t0\n", "");
    machine.expect(&["get", "nosuch", "test"], 1, "", "nosuch is not a valid property!\n");
    machine.expect(&["get", "vnet", "nosuch"], 1, "", "jail 'nosuch' not found!\n");
    machine.expect(&["get", "vnet", "a/b"], 1, "", "jail 'a/b' not found ('/' not allowed in jail name)!\n");
    machine.expect(&["get", "test"], 1, "", "You must specify a jail!\n");
    machine.expect(&["get", "last_started", "web"], 1, "", "last_started is not a valid property!\n");
    assert_eq!(machine.run(&["get", "all", "default"]).stdout.lines().count(), 140);
    let all = machine.run(&["get", "-a", "test"]).stdout;
    assert_eq!(all.lines().count(), 146);
    assert!(all.contains("\nlast_started:none\n") && all.contains("\nstate:up\n"), "{all}");
}

#[test]
fn set_and_its_failures() {
    let machine = machine();
    machine.expect(&["set", "notes=a: b", "boot=yes", "web"], 0, "notes: none -> a: b\nboot: 0 -> 1\n", "");
    machine.expect(&["get", "notes", "web"], 0, "a: b\n", "");
    machine.expect(&["set", "vnet=on", "test"], 0, "vnet: 0 -> 1\nvnet changes require a jail restart\n", "");
    machine.expect(&["set", "dhcp=1", "test"], 1, "", "test is running.\nPlease stop it first!\n");
    machine.expect(
        &["set", "host_hostuuid=x", "web"],
        1,
        "",
        "host_hostuuid cannot be changed by the user.\n",
    );
    machine.expect(&["set", "quota=12", "web"], 1, "", "12 should have a suffix ending in M, G, or T.\n");
    machine.expect(&["set", "nosuch=1", "default"], 1, "", "nosuch is not a valid property for default!\n");
    machine.expect(&["set", "boot=1", "default"], 0, "Default Property: boot has been updated to 1\n", "");
    machine.expect(&["get", "boot", "tmpl"], 0, "1\n", "");
    machine.expect(&["set", "template=1", "test"], 1, "", "test is running.\nPlease stop it first!\n");
    machine.expect(&["set", "template=1", "web"], 0, "web converted to a template.\n", "");
    machine.expect(&["set", "template=1", "web"], 1, "", "web is already a template!\n");
}

#[test]
fn a_limit_is_applied_whenever_it_is_set() {
    let machine = machine();
    let limit = ["set", "memoryuse=deny=1g", "test"];
    let applied = "Successfully set RCTL rule for memoryuse\n";
    machine.expect(&limit, 0, &format!("memoryuse: off -> deny=1g\n{applied}"), "");
    machine.expect(&limit, 0, &format!("memoryuse: deny=1g -> deny=1g\n{applied}"), "");
    let old = machine.run(&["set", "memoryuse=8G:log", "test"]);
    assert_eq!((old.exit, old.stdout.as_str()), (1, ""));
    assert!(old.stderr.starts_with(
        "Please supply a valid value for rctl property memoryuse following format \"action=amount\""
    ));
    machine.expect(&["set", "maxproc=deny=5k", "web"], 1, "", "suffix k is not allowed with maxproc\n");
    machine.expect(
        &["set", "readbps=deny=1m", "web"],
        1,
        "",
        "Deny action is not supported with prop readbps\n",
    );
    machine.expect(&["set", "memoryuse=deny=2g", "web"], 0, "memoryuse: off -> deny=2g\n", "");
    assert!(machine.run(&["start", "web"]).stdout.ends_with("  + Setting RCTL props\n"));
    assert!(machine.run(&["stop", "web"]).stdout.contains("  + Successfully removed RCTL rules for web\n"));

    let machine = Machine::new(&json!({
        "version": "1.13", "host": {"racct": false}, "pools": [{"name": "tank", "active": true, "jails": [{"name": "a"}]}],
    }));
    machine.expect(
        &["set", "pcpu=deny=50", "a"],
        1,
        "",
        "Please set kern.racct.enable -> 1 to set rctl rules\n",
    );
}

#[test]
fn create_and_its_failures() {
    let machine = Machine::python(json!([{"name": "test"}]));
    let release = ["create", "-r", "14.3-RELEASE"];
    let with = |words: &[&'static str]| [&release[..], words].concat();
    machine.expect(&with(&["-n", "a", "notes=x y"]), 0, "a successfully created!\n", "");
    machine.expect(&["get", "cloned_release", "a"], 0, "14.3-RELEASE\n", "");
    machine.expect(&with(&["-n", "a"]), 1, "", "Jail: a already exists!\n");
    machine.expect(&["create"], 1, "", "Must supply either --template (-t) or --release (-r)!\n");
    machine.expect(&with(&["-n", "b c"]), 1, "", "Invalid character in b c, please remove it.\n");
    machine.expect(&with(&["tag=b"]), 1, "", "tag is not a valid property!\n");
    machine.expect(
        &with(&["-n", "b", "ip4_addr=x"]),
        1,
        "",
        "Please provide a valid ip: Expected 4 octets in 'x'\n",
    );
    // What failed has left nothing behind.
    machine.expect(
        &with(&["-n", "b", "-c", "2"]),
        0,
        "b_1 successfully created!\nb_2 successfully created!\n",
        "",
    );
    let vnet = "dhcp requires vnet, enabling!\ndhcp requires bpf, enabling!\n";
    machine.expect(&with(&["-n", "d", "dhcp=on"]), 0, "d successfully created!\n", vnet);
    let started = machine.run(&with(&["-n", "e", "boot=on"])).stdout;
    assert!(started.starts_with("e successfully created!\n* Starting e\n  + Started OK\n"), "{started}");
    machine.expect(&["create", "-e", "-n", "empty"], 0, "empty successfully created!\n", "");
    machine.expect(&["get", "release", "empty"], 0, "EMPTY\n", "");
    let short = machine.run(&with(&["-s"])).stdout;
    assert_eq!(short.len(), "12345678 successfully created!\n".len(), "{short}");
    let missing = "Template: nosuch not found!\nCreated Templates:\n";
    machine.expect(&["create", "-t", "nosuch", "-n", "x"], 1, "", missing);
    let unfetched = machine.run(&["create", "-r", "12.0-RELEASE", "-n", "x"]);
    assert_eq!(unfetched.exit, 1);
    assert!(unfetched.stderr.contains("\nrequests.exceptions.ConnectionError: "), "{}", unfetched.stderr);
}

#[test]
fn the_first_create_of_a_pool_makes_a_file() {
    let machine = Machine::python(json!([]));
    let create = |name: &str| machine.run(&["create", "-r", "14.3-RELEASE", "-n", name]).stdout;
    assert_eq!(create("a"), "Missing default rc.conf, creating it\na successfully created!\n");
    assert_eq!(create("b"), "b successfully created!\n");
}

#[test]
fn clone_and_its_failures() {
    let machine = machine();
    machine.expect(&["clone", "web", "-n", "c", "notes=a b"], 0, "c successfully cloned!\n", "");
    machine.expect(&["get", "notes", "c"], 0, "a b\n", "");
    machine.expect(&["get", "vnet", "c"], 0, "1\n", "");
    let row = "None\tc\toff\tdown\tjail\t14.3-RELEASE-p5\tvnet0|10.0.0.2/24\t-\tweb\tno\n";
    assert!(machine.run(&["list", "-lh"]).stdout.starts_with(row));
    let named = machine.run(&["clone", "web"]).stdout;
    assert_eq!(named.len(), 36 + " successfully cloned!\n".len(), "{named}");
    let counted = "d_1 successfully cloned!\nd_2 successfully cloned!\n";
    machine.expect(&["clone", "web", "-n", "d", "-c", "2"], 0, counted, "");
    let running = "Jail: test must not be running to be cloned!\n";
    machine.expect(&["clone", "test", "-n", "x"], 1, "", running);
    let exists = "Jail: c already exists!\ncannot destroy 'tank/iocage/jails/web@c': snapshot is cloned\nno snapshots destroyed\n";
    machine.expect(&["clone", "web", "-n", "c"], 1, "", exists);
    // Here its own snapshot is there and is taken away; without a name it is looked for under `None`.
    machine.expect(&["clone", "web", "-n", "x", "tag=y"], 1, "", "tag is not a valid property!\n");
    machine.expect(&["clone", "web", "-n", "x"], 0, "x successfully cloned!\n", "");
    let nameless = "tag is not a valid property!\ncannot destroy 'tank/iocage/jails/web@None': dataset does not exist\nno snapshots destroyed\n";
    machine.expect(&["clone", "web", "tag=y"], 1, "", nameless);
    let ran = machine.run(&["clone", "web", "-n", "a/b"]);
    assert_eq!(ran.exit, 1);
    assert!(ran.stderr.ends_with("\nRuntimeError: Jail: a/b not found!\n"), "{}", ran.stderr);
}

#[test]
fn templates_are_used_and_kept() {
    let machine = machine();
    machine.expect(&["create", "-t", "tmpl", "-n", "heir"], 0, "heir successfully created!\n", "");
    let row = "None\their\toff\tdown\tjail\t14.3-RELEASE-p5\t-\t-\ttmpl\tno\n";
    assert!(machine.run(&["list", "-lh"]).stdout.contains(row));
    let ran = machine.run_with(&["destroy", "tmpl"], "y\n");
    let refused = "\nThis will destroy jail tmpl\n\ntmpl has dependent jails (who may also have dependents), use --recursive to destroy: \n  heir\n\n";
    assert_eq!((ran.exit, ran.stderr.as_str()), (1, refused));
    machine.expect(&["start", "tmpl"], 1, "", "Please convert back to a jail before trying to start tmpl\n");
    let refused = "You cannot clone a template, use create -t instead.\ncannot open 'tank/iocage/jails/tmpl': dataset does not exist\n";
    machine.expect(&["clone", "tmpl", "-n", "x"], 1, "", refused);
    // What was made from a template goes with all templates, although it has lost no more than its root.
    assert_eq!(machine.run(&["clean", "-ft"]).exit, 0);
    let names: Vec<Value> = machine.jails().iter().map(|jail| jail["name"].clone()).collect();
    assert_eq!(names, ["test", "web"]);
}

#[test]
fn destroy_asks() {
    let machine = machine();
    let question = "\nAre you sure? [y/N]: ";
    let warning = "\nThis will destroy jail web\n";
    let ran = machine.run_with(&["destroy", "web"], "n\n");
    assert_eq!((ran.exit, ran.stdout.as_str(), ran.stderr.as_str()), (0, question, warning));
    let ran = machine.run_with(&["destroy", "web"], "");
    assert_eq!((ran.exit, ran.stderr), (1, format!("{warning}Aborted!\n")));
    let ran = machine.run_with(&["destroy", "test"], "y\n");
    assert_eq!(ran.exit, 1);
    assert!(
        ran.stderr
            .ends_with("Jail test is still running, please stop the jail first or destroy it with -f\n")
    );
    let ran = machine.run_with(&["destroy", "web"], "y\n");
    assert_eq!((ran.exit, ran.stdout), (0, format!("{question}Destroying web\n")));
}

#[test]
fn start_and_stop_and_their_failures() {
    let machine = machine();
    let started = "* Starting web\n  + Started OK\n  + Using devfs_ruleset: 1001 (iocage generated default)\n  \
                   + Configuring VNET OK\n  + Using IP options: vnet\n  + Starting services OK\n  + Executing poststart OK\n";
    machine.expect(&["start", "web"], 0, started, "No default gateway found for ipv6.\n");
    machine.expect(&["get", "last_started", "web"], 0, "2026-11-23 12:13:11\n", "");
    let stopped = "* Stopping test\n  + Executing prestop OK\n  + Stopping services OK\n  \
                   + Removing devfs_ruleset: 1000 OK\n  + Removing jail process OK\n  + Executing poststop OK\n";
    machine.expect(&["stop", "test"], 0, stopped, "");
    machine.expect(&["start", "nosuch"], 1, "", "jail 'nosuch' not found!\n");
    machine.expect(&["stop", "nosuch"], 1, "", "jail 'nosuch' not found!\n");
    let missing = "Usage: iocage stop [OPTIONS] JAILS...\n\nError: Missing argument \"jails\".\n";
    machine.expect(&["stop"], 1, "", missing);
}

#[test]
fn services_that_fail_keep_a_jail_down_or_up() {
    let machine =
        Machine::python(json!([{"name": "a", "rc_exit": 1}, {"name": "b", "shutdown_exit": 1, "jid": 1}]));
    let ran = machine.run(&["start", "a"]);
    assert_eq!(ran.exit, 1);
    assert!(ran.stderr.ends_with("\n\nRefusing to start a: exec_start failed\n"), "{}", ran.stderr);
    machine.expect(&["get", "-s", "a"], 0, "down\n", "");
    let ran = machine.run(&["stop", "b"]);
    assert_eq!(ran.exit, 1);
    assert!(ran.stderr.ends_with("\n\nPlease use --force flag to force stop jail\n"), "{}", ran.stderr);
    machine.expect(&["get", "-s", "b"], 0, "up\n", "");
    assert_eq!(machine.run(&["stop", "-f", "b"]).exit, 0);
    machine.expect(&["get", "-s", "b"], 0, "down\n", "");
}

#[test]
fn dhcp_may_get_no_answer() {
    let state = |dhcp: bool| {
        json!({"version": "1.13", "host": {"dhcp": dhcp}, "pools": [{"name": "tank", "active": true,
            "jails": [{"name": "d", "properties": {"dhcp": "1", "vnet": "1"}}]}]})
    };
    let machine = Machine::new(&state(true));
    assert!(machine.run(&["start", "d"]).stdout.ends_with("  + DHCP Address: 192.0.2.101/24\n"));
    assert!(machine.run(&["list", "-lh"]).stdout.contains("\tepair0b|192.0.2.101\t"));
    let machine = Machine::new(&state(false));
    let ran = machine.run(&["start", "d"]);
    assert_eq!(ran.exit, 1);
    assert!(ran.stderr.ends_with("\n\nStopped d due to DHCP failure\n"), "{}", ran.stderr);
    assert!(machine.run(&["list", "-lh"]).stdout.contains("\tDHCP (not running)\t"));
}

#[test]
fn exec_and_its_failures() {
    let machine = machine();
    machine.expect(&["exec", "test", "echo a && echo b"], 0, "a\nb\n", "");
    machine.expect(&["exec", "test", "echo", "a;", "b"], 0, "a; b\n", "");
    let down = "web is not running! Please supply --force (-f) or start the jail\n";
    machine.expect(&["exec", "web", "true"], 1, "", down);
    machine.expect(&["exec", "nosuch", "true"], 1, "", "jail 'nosuch' not found!\n");
    let missing = "jexec: execvp: nosuch: No such file or directory\nCommand: nosuch x failed!\n";
    machine.expect(&["exec", "test", "nosuch", "x"], 1, "", missing);
    let unknown = "jexec: mallory: no such user\nCommand: id -u failed!\n";
    machine.expect(&["exec", "-U", "mallory", "test", "--", "id", "-u"], 1, "", unknown);
    let both = "Please only specify either host_user or jail_user, not both!\n";
    machine.expect(&["exec", "-u", "www", "-U", "root", "test", "id"], 1, "", both);
    assert_eq!(machine.run_with(&["exec", "test", "cat"], "from stdin\n").stdout, "from stdin\n");
    let forced = machine.run(&["exec", "-f", "web", "echo hi"]);
    assert!(
        forced.stdout.starts_with("* Starting web\n") && forced.stdout.ends_with("\nhi\n"),
        "{}",
        forced.stdout
    );
}

#[test]
fn pools_are_activated() {
    let machine = Machine::new(&json!({"version": "1.13", "pools": [{"name": "tank"}, {"name": "zroot"}]}));
    machine.expect(&["activate", "nopool"], 1, "", "ZFS pool 'nopool' not found!\n");
    machine.expect(&["activate", "zroot"], 0, "ZFS pool 'zroot' successfully activated.\n", "");
    assert!(
        machine.run(&["get", "-p"]).stdout.ends_with("Default configuration missing, creating one\nzroot\n")
    );
    machine.expect(&["activate", "tank"], 0, "ZFS pool 'tank' successfully activated.\n", "");
    let active: Vec<Value> = machine.state()["pools"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|pool| pool["active"].clone())
        .collect();
    assert_eq!(active, [json!(true), Value::Null]);
    assert_eq!(machine.zfs(&["set", "org.freebsd.ioc:active=yes", "zroot"]).exit, 0);
    let several = "Pools:\ntank\nzroot\nYou have 2 poolsmarked active for iocage usage.\n Run \"iocage  activate ZPOOL\" on the preferred pool.\n\n";
    machine.expect(&["list", "-lh"], 1, "", several);
    let none = Machine::new(&json!({"version": "1.13"}));
    none.expect(&["df", "-lh"], 1, "", "No zpools found! Please create one before using iocage.\n");
}

#[test]
fn clean_asks_and_the_last_kind_counts() {
    let machine = machine();
    let ran = machine.run_with(&["clean", "-t"], "n\n");
    let warning = "This will destroy ALL templates and jails created from them!\n";
    assert_eq!((ran.exit, ran.stderr.as_str()), (0, warning));
    assert_eq!(machine.jails().len(), 3);
    machine.expect(&["clean", "-f"], 1, "", "Please specify a dataset type to clean!\n");
    let done = "Cleaning iocage/templates\nAll iocage template datasets have been destroyed.\n";
    machine.expect(&["clean", "-fjt"], 0, done, "");
    assert_eq!(machine.jails().len(), 2);
}

#[test]
fn what_is_not_there_or_not_simulated_is_said() {
    let machine = machine();
    for command in ["cap", "defaults", "deactivate"] {
        let usage = format!(
            "Usage: iocage [OPTIONS] COMMAND [ARGS]...\nTry 'iocage --help' for help.\n\nError: No such command '{command}'.\n"
        );
        machine.expect(&[command, "x"], 2, "", &usage);
    }
    for command in ["rollback", "snapremove"] {
        machine.expect(&[command, "x"], 70, "", &format!("iocage-sim: not simulated: {command}\n"));
    }
}
