//! The dangers of the Python iocage, each shown twice: a driver that hands the
//! request's name on hits the wrong jail on this very machine, and the class does
//! not.

use serde_json::json;

use super::machine::{code, host, machine, names, running, state};

#[test]
fn a_beginning_of_a_name_is_no_name() {
    let machine = machine(json!([{"name": "db"}]));
    machine.run_naively(&["destroy", "-f", "d"]);
    assert!(names(&machine).is_empty(), "it destroys `db`, or this shows nothing");
    machine.become_like(&state(json!([{"name": "db"}])));
    let host = host(&machine);
    for action in [
        "destroyjail",
        "startjail",
        "stopjail",
        "capjail",
        "clonejail",
        "getjailsettings",
        "snapshotjail",
        "listsnapshots",
    ] {
        let answer = host.answer(&json!({"action": action, "jail": "d"}));
        assert_eq!(code(&answer), "unknown-jail", "{answer}");
    }
    assert_eq!(names(&machine), ["db"]);
}

#[test]
fn a_name_that_holds_all_is_not_all_jails() {
    let jails = json!([{"name": "FIREWALL", "jid": 1}, {"name": "db", "jid": 2}]);
    let machine = machine(jails.clone());
    machine.run_naively(&["stop", "FIREWALL"]);
    assert!(running(&machine).is_empty(), "it stops all, or this shows nothing");
    machine.become_like(&state(jails));
    let host = host(&machine);
    for request in [
        json!({"action": "stopjail", "jail": "FIREWALL"}),
        json!({"action": "startjail", "jail": "FIREWALL"}),
        json!({"action": "snapshotjail", "jail": "FIREWALL", "snapshot": "snap"}),
        json!({"action": "execjail", "jail": "FIREWALL", "user": "root", "command": "true"}),
    ] {
        let answer = host.answer(&request);
        assert_eq!((code(&answer), answer["key"].as_str()), ("illegal-name", Some("jail")), "{answer}");
        assert!(answer["error"].as_str().is_some_and(|text| text.contains("rename")), "{answer}");
    }
    assert_eq!(running(&machine), ["FIREWALL", "db"]);
    // What is safe with such a name is done.
    let answer = host.answer(&json!({"action": "getjailsettings", "jail": "FIREWALL", "prop": "vnet"}));
    assert_eq!(answer, json!({"FIREWALL": {"vnet": "0"}}));
    let answer = host.answer(&json!({"action": "createjail", "props": "tag=myALL release=14.3-RELEASE"}));
    assert_eq!(code(&answer), "illegal-value", "{answer}");
}

#[test]
fn a_twin_is_not_stopped_for_the_other() {
    let machine = machine(json!([{"name": "te.st"}, {"name": "te_st"}]));
    machine.run_naively(&["start", "te_st"]);
    machine.run_naively(&["stop", "te.st"]);
    assert!(running(&machine).is_empty(), "it stops `te_st`, or this shows nothing");
    machine.run_naively(&["start", "te_st"]);
    let before = machine.shown();
    let host = host(&machine);
    for request in [
        json!({"action": "stopjail", "jail": "te.st"}),
        json!({"action": "startjail", "jail": "te.st"}),
        json!({"action": "capjail", "jail": "te.st"}),
        json!({"action": "execjail", "jail": "te.st", "user": "root", "command": "true"}),
    ] {
        let answer = host.answer(&request);
        assert_eq!(code(&answer), "ambiguous-jail", "{answer}");
        assert!(answer["error"].as_str().is_some_and(|text| text.contains("te_st")), "{answer}");
    }
    assert_eq!(machine.shown(), before);
    let answer = host.answer(&json!({"action": "createjail", "props": "tag=te.s.t release=14.3-RELEASE"}));
    assert_eq!(code(&answer), "none", "{answer}");
    let answer = host.answer(&json!({"action": "createjail", "props": "tag=te_s_t release=14.3-RELEASE"}));
    assert_eq!(code(&answer), "tag-in-use", "{answer}");
}

#[test]
fn a_jail_with_clones_is_not_destroyed() {
    let jails = json!([{"name": "db"}, {"name": "copy", "origin": "tank/iocage/jails/db/root@copy"}]);
    let machine = machine(jails.clone());
    machine.run_naively(&["destroy", "-f", "db"]);
    assert!(names(&machine).is_empty(), "it takes the clone along, or this shows nothing");
    machine.become_like(&state(jails));
    let answer = host(&machine).answer(&json!({"action": "destroyjail", "jail": "db"}));
    assert_eq!((code(&answer), answer["key"].as_str()), ("has-dependents", Some("jail")), "{answer}");
    assert!(answer["error"].as_str().is_some_and(|text| text.ends_with("dependents: copy")), "{answer}");
    assert_eq!(names(&machine).len(), 2);
}

#[test]
fn a_running_jail_is_not_destroyed_and_not_cloned() {
    let jails = json!([{"name": "db", "jid": 1}]);
    let machine = machine(jails.clone());
    machine.run_naively(&["destroy", "-f", "db"]);
    assert!(names(&machine).is_empty(), "it stops and destroys it, or this shows nothing");
    machine.become_like(&state(jails));
    let host = host(&machine);
    for request in [
        json!({"action": "destroyjail", "jail": "db"}),
        json!({"action": "clonejail", "jail": "db", "props": "tag=copy"}),
    ] {
        let answer = host.answer(&request);
        assert_eq!((code(&answer), answer["key"].as_str()), ("jail-running", Some("jail")), "{answer}");
    }
    assert_eq!((names(&machine).len(), running(&machine).len()), (1, 1));
}

#[test]
fn help_is_no_jail() {
    let machine = machine(json!([{"name": "help", "jid": 1}]));
    let before = machine.shown();
    machine.run_naively(&["stop", "help"]);
    assert_eq!(machine.shown(), before, "a naive driver is told by exit 0 that it is stopped");
    let answer = host(&machine).answer(&json!({"action": "stopjail", "jail": "help"}));
    assert_eq!(code(&answer), "illegal-name", "{answer}");
}
