//! jailstats: what the running jails take, by one ps whatever their number.

use std::fs;

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;

use crate::support::{DOORS, Host, Machine, write_program};

const BOTH: [&str; 2] = ["1.13", "2016-02-10"];
const WEB: &str = "611c89ae-c43c-11e5-9602-54ee75595566";
const DB: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
const PS: &str = "ps[-ax][-o][jid=][-o][rss=][-o][%cpu=][-o][time=]";

/// Two that run, one that does not, and one that is not iocage's.
fn machine(version: &str) -> Machine {
    let jail = |tag: &str, uuid: &str, jid: Option<u32>| {
        let mut jail = match version {
            "1.13" => json!({"name": tag}),
            _ => json!({"uuid": uuid, "tag": tag}),
        };
        jid.into_iter().for_each(|jid| jail["jid"] = jid.into());
        jail
    };
    let down = "5e1fe97e-cfba-11e5-8209-d05099728dbf";
    Machine::new(&json!({
        "version": version,
        "foreign": [{"jid": 9, "name": "own", "path": "/own"}],
        "pools": [{"name": "tank", "active": true, "jails":
            [jail("web", WEB, Some(3)), jail("db", DB, Some(17)), jail("down", down, None)]}],
    }))
}

fn key(version: &str, tag: &str, uuid: &str) -> String {
    (if version == "1.13" { tag } else { uuid }).to_owned()
}

/// A program that prints this in place of ps.
fn print(machine: &Machine, version: &str, text: &str) -> Host {
    let program = machine.locks().with_file_name(format!("ps-{version}"));
    let printed = program.with_extension("printed");
    fs::write(&printed, text).expect("written");
    write_program(&program, &format!("#!/bin/sh\nexec cat {}\n", printed.display()));
    Host::new(DOORS[0], &machine.config_with(&json!({"ps": program})))
}

#[test]
fn what_runs_is_told_with_what_it_takes() {
    for (door, version) in DOORS.into_iter().flat_map(|door| BOTH.map(|version| (door, version))) {
        let machine = machine(version);
        let host = Host::new(door, &machine.config());
        let row = |jid: u64, tag: &str| {
            json!({"cpu": format!("0.{}", jid % 10), "cputime": format!("61.{}", 40 + jid),
                "memory": ((2840 + 2616 + jid) * 1024).to_string(), "processes": "2", "tag": tag})
        };
        let (status, text) = host.send_as(Limited, "sysadm", "iocage", r#"{"action":"jailstats"}"#);
        let mut answer: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(status, Status::Ok);
        assert_eq!(machine.calls().iter().filter(|call| *call == PS).count(), 1);
        let usage = host.ask(&json!({"action": "df"}));
        for tag in [("web", WEB), ("db", DB)] {
            let key = key(version, tag.0, tag.1);
            assert_eq!(answer["jailstats"][&key]["use"], usage["df"][&key]["use"], "{answer}");
            answer["jailstats"][&key].as_object_mut().expect("a row").remove("use");
        }
        let all = json!({key(version, "web", WEB): row(3, "web"), key(version, "db", DB): row(17, "db")});
        assert_eq!(answer, json!({"jailstats": all}), "{version}");

        let one = host.ask(&json!({"action": "jailstats", "jail": "db", "select": ["cpu"], "count": true}));
        assert_eq!(one, json!({"jailstats": {key(version, "db", DB): {"cpu": "0.7"}}, "count": 1}));
        // One that does not run has no row; one that there is not is an error.
        let none = host.ask(&json!({"action": "jailstats", "jail": "down"}));
        assert_eq!(none, json!({"jailstats": {}}));
        for name in ["d", "we", "own"] {
            let answer = host.answer(&json!({"action": "jailstats", "jail": name}));
            assert_eq!(answer["code"], "unknown-jail", "{answer}");
        }
        let sorted = host.ask(&json!({"action": "jailstats", "sort": "-memory", "limit": 1}));
        assert_eq!(sorted["order"], json!([key(version, "db", DB)]), "{sorted}");
    }
}

#[test]
fn numbers_are_added_up_in_any_width_and_language() {
    for version in BOTH {
        let machine = machine(version);
        let text = "      0 1200   0.0     0:00.42\n3 99999999999 1234.5 123456:07.08\n\
                    \x20     3 1 0,5 0:59,99\n   17 0 0.0 -\n 9 77 7.0 7:07.07\n 4000000000 1 0.0 0:00.00\n";
        let host = print(&machine, version, text);
        let answer =
            host.ask(&json!({"action": "jailstats", "select": ["cpu", "cputime", "memory", "processes"]}));
        let (web, db) = (key(version, "web", WEB), key(version, "db", DB));
        assert_eq!(
            answer["jailstats"],
            json!({
                db: {"cpu": "0.0", "cputime": "0.00", "memory": "0", "processes": "1"},
                web: {"cpu": "1235.0", "cputime": "7407427.07", "memory": "102400000000000", "processes": "2"},
            })
        );
        // It has ended since, or has none.
        let host = print(&machine, version, "0 1 0.0 0:00.00\n");
        let answer = host.ask(&json!({"action": "jailstats", "jail": "db", "select": ["processes"]}));
        assert_eq!(answer["jailstats"], json!({key(version, "db", DB): {"processes": "0"}}));
    }
}

#[test]
fn what_ps_does_not_say_is_not_told() {
    for version in BOTH {
        let machine = machine(version);
        let ask = |host: Host| host.answer(&json!({"action": "jailstats"}))["code"].clone();
        for text in [
            "",
            "JID RSS %CPU TIME\n3 1 0.0 0:00.00\n",
            "3 1 0.0 0:00.00 /bin/sh\n",
            "3 -1 0.0 0:00.00\n",
            "3 1 0.0\n",
            "3 1 0.0 0:61.00\n",
        ] {
            assert_eq!(ask(print(&machine, version, text)), "unexpected-output", "{text:?}");
        }
        let host = |more: Value| Host::new(DOORS[0], &machine.config_with(&more));
        assert_eq!(ask(host(json!({"ps": "/nonexistent/ps"}))), "cannot-start");
        assert_eq!(ask(host(json!({"ps": "/bin/false"}))), "iocage-failed");
        let flood = "3 1 0.0 0:00.00\n".repeat(20_000);
        let program = machine.locks().with_file_name("flood");
        fs::write(program.with_extension("txt"), flood).expect("written");
        write_program(&program, &format!("#!/bin/sh\nexec cat {}.txt\n", program.display()));
        assert_eq!(ask(host(json!({"ps": program, "max_output": 65536}))), "unexpected-output");
    }
}

/// The rest is told where the disk cannot be.
#[test]
fn one_jail_that_is_damaged_takes_its_disk_alone() {
    let jails = json!([{"name": "web", "jid": 3}, {"name": "bad", "corrupt": true}]);
    let machine = Machine::new(
        &json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "jails": jails}]}),
    );
    let host = Host::new(DOORS[0], &machine.config());
    let answer = host.ask(&json!({"action": "jailstats", "select": ["processes"]}));
    assert_eq!(answer["jailstats"], json!({"web": {"processes": "2"}}), "{answer}");
    assert!(answer["problems"].is_array(), "{answer}");
}

/// The kernel's name is that of two, and iocage takes one for the other.
#[test]
fn of_two_that_are_told_as_one_neither_is() {
    let jails = json!([{"name": "a.b", "jid": 3}, {"name": "a_b"}, {"name": "web", "jid": 4}]);
    let machine = Machine::new(
        &json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "jails": jails}]}),
    );
    let host = Host::new(DOORS[0], &machine.config());
    let listed = host.ask(&json!({"action": "listjails", "filter": ["state=up"], "select": ["jid"]}));
    let answer = host.ask(&json!({"action": "jailstats", "select": ["processes"]}));
    let is_told_twice = listed["listjails"].as_object().is_some_and(|rows| rows.len() == 3);
    assert!(is_told_twice, "{listed}");
    assert_eq!(answer["jailstats"], json!({"web": {"processes": "2"}}), "{answer}");
    assert_eq!(answer["problems"].as_array().map(Vec::len), Some(2), "{answer}");
}
