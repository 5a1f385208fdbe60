//! The running jails as jls(8) tells them.

use serde_json::{Value, json};

use crate::machine::{Machine, Ran};

const A: &str = "8910cf52-e917-11f1-9cf2-02fc00000001";
const B: &str = "89717438-e917-11f1-9cf2-02fc00000001";

/// A jail of iocage's that is up, one that is down, and two of others.
fn shell() -> Machine {
    Machine::new(&json!({
        "host": {"release": "14.3-RELEASE-p5"},
        "pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [
            {"uuid": A, "tag": "up", "jid": 37,
             "properties": {"ip4_addr": "em0|10.0.0.11/24,em0|10.0.0.12/24"}},
            {"uuid": B, "tag": "down"},
        ]}],
        "foreign": [
            {"jid": 36, "path": "/srv/a path", "hostname": "unnamed.example"},
            {"jid": 35, "name": "other", "ip4": "10.0.0.77", "path": "/srv/other", "hostname": "other.example"},
        ],
    }))
}

#[track_caller]
fn expect(machine: &Machine, words: &[&str], exit: i32, stdout: &str, stderr: &str) {
    let expected = Ran { stdout: stdout.to_owned(), stderr: stderr.to_owned(), exit };
    assert_eq!(machine.tool("jls", words), expected, "{words:?}");
}

#[test]
fn the_table_is_by_jid_or_by_name() {
    let machine = shell();
    let path = format!("/iocage/jails/{A}/root");
    let rows = format!(
        "   JID  IP Address      Hostname                      Path\n\
         \x20   35  10.0.0.77       other.example                 /srv/other\n\
         \x20   36                  unnamed.example               /srv/a path\n\
         \x20   37  10.0.0.11       8910cf52-e917-11f1-9cf2-02fc0 {path}\n"
    );
    expect(&machine, &[], 0, &rows, "");
    let rows = format!(
        " JID             IP Address      Hostname                      Path\n \
         other           10.0.0.77       other.example                 /srv/other\n \
         36                              unnamed.example               /srv/a path\n \
         ioc-{A} 10.0.0.11       8910cf52-e917-11f1-9cf2-02fc0 {path}\n"
    );
    expect(&machine, &["-N"], 0, &rows, "");
    let rows = format!(
        "   JID  Hostname                      Path\n        Name                          State\n        \
         CPUSetID\n        IP Address(es)\n    37  8910cf52-e917-11f1-9cf2-02fc0 {path}\n        \
         ioc-8910cf52-e917-11f1-9cf2-0 ACTIVE\n        38\n        10.0.0.11\n        10.0.0.12\n"
    );
    expect(&machine, &["-v", "-j", "37"], 0, &rows, "");
}

#[test]
fn chosen_parameters_stand_in_one_line_each() {
    let machine = shell();
    let path = format!("/iocage/jails/{A}/root");
    for (words, lines) in [
        (
            &["-n", "jid", "name", "ip4.addr", "path", "host.hostname"][..],
            [
                "jid=36 name=36 ip4.addr= path=/srv/a path host.hostname=unnamed.example".to_owned(),
                format!("jid=37 name=ioc-{A} ip4.addr=10.0.0.11,10.0.0.12 path={path} host.hostname={A}"),
            ],
        ),
        (
            &["-q", "-n", "jid", "ip4.addr", "path", "persist", "dying", "allow.mount.zfs"],
            [
                "jid=36 ip4.addr=\"\" path=\"/srv/a path\" persist nodying allow.mount.nozfs".to_owned(),
                format!("jid=37 ip4.addr=10.0.0.11,10.0.0.12 path={path} persist nodying allow.mount.nozfs"),
            ],
        ),
        (
            &["-h", "jid", "ip4.addr", "path", "persist", "host.domainname"],
            ["36 - /srv/a path true \"\"".to_owned(), format!("37 10.0.0.11,10.0.0.12 {path} true \"\"")],
        ),
        (&["jid", "name"], ["36 36".to_owned(), format!("37 ioc-{A}")]),
    ] {
        let ran = machine.tool("jls", words);
        let from = ran.stdout.lines().count() - 2;
        assert_eq!(ran.stdout.lines().skip(from).collect::<Vec<_>>(), lines, "{words:?}");
    }
    expect(&machine, &["-h", "-j", "36", "jid", "path"], 0, "jid path\n36 /srv/a path\n", "");
    let all = machine.tool("jls", &["-n"]).stdout;
    assert!(all.starts_with("devfs_ruleset=0 nodying enforce_statfs=2 host=new ip4=new "), "{all}");
    assert!(all.contains(" osreldate=1403000 osrelease=14.3-RELEASE-p5 parent=0 "), "{all}");
    expect(&machine, &["-j", "36", "nosuch"], 1, "", "jls: unknown parameter: nosuch\n");
}

#[test]
fn json_is_set_as_libxo_sets_it() {
    let machine = shell();
    let path = format!("/iocage/jails/{A}/root");
    let table = format!(
        "{{\"__version\": \"2\", \"jail-information\": {{\"jail\": [\
         {{\"jid\":35,\"ipv4\":\"10.0.0.77\",\"hostname\":\"other.example\",\"path\":\"/srv/other\"}}, \
         {{\"jid\":36,\"ipv4\":\"\",\"hostname\":\"unnamed.example\",\"path\":\"/srv/a path\"}}, \
         {{\"jid\":37,\"ipv4\":\"10.0.0.11\",\"hostname\":\"{A}\",\"path\":\"{path}\"}}]}}}}\n"
    );
    expect(&machine, &["--libxo", "json"], 0, &table, "");
    let of_one =
        |inside: &str| format!("{{\"__version\": \"2\", \"jail-information\": {{\"jail\": [{inside}]}}}}\n");
    let verbose = format!(
        "{{\"jid\":37,\"hostname\":\"{A}\",\"path\":\"{path}\",\"name\":\"ioc-{A}\",\"state\":\"ACTIVE\",\
         \"cpusetid\":38, \"ipv4_addrs\": [\"10.0.0.11\",\"10.0.0.12\"], \"ipv6_addrs\": []}}"
    );
    expect(&machine, &["--libxo=json", "-v", "-j", "37"], 0, &of_one(&verbose), "");
    let chosen = format!(
        "{{\"jid\":\"37\",\"name\":\"ioc-{A}\", \"ip4.addr\": [\"10.0.0.11\",\"10.0.0.12\"], \"ip6.addr\": [],\
         \"path\":\"{path}\",\"persist\":true}}"
    );
    let words = ["jid", "name", "ip4.addr", "ip6.addr", "path", "persist"];
    let named = format!("ioc-{A}");
    expect(
        &machine,
        &[&["-n", "--libxo", "json", "-j", &named][..], &words].concat(),
        0,
        &of_one(&chosen),
        "",
    );
    let without = chosen.replace("true", "\"true\"");
    expect(&machine, &[&["--libxo:J", "-j", "37"][..], &words].concat(), 0, &of_one(&without), "");
    // What was begun is closed where it fails.
    expect(&machine, &["--libxo", "json", "-j", "99"], 1, &of_one(""), "jls: jail 99 not found\n");
}

#[test]
fn an_unknown_jail_or_word_fails() {
    let machine = shell();
    let header = "   JID  IP Address      Hostname                      Path\n";
    let down = format!("ioc-{B}");
    let text = format!("jls: jail \"{down}\" not found\n");
    expect(&machine, &["-j", &down], 1, header, &text);
    expect(&machine, &["-j", &down, "jid"], 1, "", &text);
    expect(&machine, &["-j99", "jid"], 1, "", "jls: jail 99 not found\n");
    let usage = "jls: usage: jls [-dhNnqv] [-j jail] [param ...]\n";
    expect(&machine, &["-x"], 1, "", &format!("jls: illegal option -- x\n{usage}"));
    expect(&machine, &["-j"], 1, "", &format!("jls: option requires an argument -- j\n{usage}"));
    expect(&machine, &["--libxo", "xml"], 70, "", "iocage-sim: not simulated: jls --libxo xml\n");
}

#[test]
fn no_jail_at_all_is_no_failure() {
    let machine = Machine::python(json!([{"name": "down"}]));
    expect(&machine, &[], 0, "   JID  IP Address      Hostname                      Path\n", "");
    expect(&machine, &["-n", "jid", "name"], 0, "", "");
    let none = "{\"__version\": \"2\", \"jail-information\": {\"jail\": []}}\n";
    expect(&machine, &["--libxo", "json", "-n", "jid"], 0, none, "");
}

#[test]
fn the_jails_of_the_python_iocage_have_names_without_dots() {
    let machine = Machine::python(json!([
        {"name": "a.b_c", "jid": 5, "ruleset": 1007, "properties": {"ip4_addr": "em0|10.0.0.9/24"}},
        {"name": "v", "jid": 4, "properties": {"ip4_addr": "vnet0|10.0.0.2/24", "vnet": "1"}},
    ]));
    let lines = "jid=4 name=ioc-v path=/iocage/jails/v/root host.hostname=v ip4.addr= vnet=new devfs_ruleset=1000\n\
                 jid=5 name=ioc-a_b_c path=/iocage/jails/a.b_c/root host.hostname=a.b-c ip4.addr=10.0.0.9 vnet=inherit devfs_ruleset=1007\n";
    let words = ["-n", "jid", "name", "path", "host.hostname", "ip4.addr", "vnet", "devfs_ruleset"];
    expect(&machine, &words, 0, lines, "");
    // Started and stopped by iocage, it comes and goes here.
    assert_eq!(machine.run(&["stop", "v"]).exit, 0);
    expect(&machine, &["jid"], 0, "5\n", "");
    assert_eq!(machine.run(&["start", "v"]).exit, 0);
    expect(&machine, &["jid", "name"], 0, "5 ioc-a_b_c\n6 ioc-v\n", "");
}

/// Their names differ in a dot alone, which the kernel's do not have.
#[test]
fn a_jid_that_two_jails_have_is_one_jail() {
    let machine = Machine::python(json!([{"name": "te.st"}, {"name": "te_st"}]));
    assert_eq!(machine.run(&["start", "te.st"]).exit, 0);
    let up: Vec<Value> = machine.jails().iter().map(|jail| jail["jid"].clone()).collect();
    assert_eq!(up, [1, 1]);
    expect(&machine, &["jid", "name"], 0, "1 ioc-te_st\n", "");
}
