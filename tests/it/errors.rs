//! What can go wrong with each action, on a machine on which it does.

use serde_json::{Value, json};

use crate::support::{DOORS, Host, Machine};

const UUID: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
const CLONE: &str = "5e1fe97e-cfba-11e5-8209-d05099728dbf";

/// A machine with one jail, `test`, that has this beside its name.
fn with_jail(more: Value) -> Value {
    let mut jail = json!({"uuid": UUID, "tag": "test"});
    for (key, value) in more.as_object().expect("an object") {
        jail[key] = value.clone();
    }
    json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail]}]})
}

fn stopped() -> Value {
    with_jail(json!({}))
}

fn running() -> Value {
    with_jail(json!({"jid": 1}))
}

fn with_host(mut state: Value, host: Value) -> Value {
    state["host"] = host;
    state
}

fn with_clone() -> Value {
    let mut state = stopped();
    let origin = format!("tank/iocage/jails/{UUID}@{CLONE}");
    let clone = json!({"uuid": CLONE, "tag": "child", "type": "clonejail", "properties": {"origin": origin}});
    state["pools"][0]["jails"].as_array_mut().expect("an array").push(clone);
    state
}

/// The state, the request, the code, and the key at fault.
fn rows() -> Vec<(Value, Value, &'static str, Option<&'static str>)> {
    let no_pools = || json!({"pools": []});
    let two_pools = || json!({"pools": [{"name": "tank", "active": true}, {"name": "zroot"}]});
    let two_active =
        || json!({"pools": [{"name": "tank", "active": true}, {"name": "zroot", "active": true}]});
    let of_test = |action: &str| json!({"action": action, "jail": "test"});
    let exec = |command: &str, user: &str| json!({"action": "execjail", "jail": "test", "user": user, "command": command});
    let create = |props: &str| json!({"action": "createjail", "props": props});
    let clone = |props: &str| json!({"action": "clonejail", "jail": "test", "props": props});
    vec![
        (stopped(), json!({"action": "activatepool", "pool": "nopool"}), "unknown-pool", Some("pool")),
        (no_pools(), json!({"action": "activatepool"}), "no-pool", None),
        (stopped(), json!({"action": "deactivatepool", "pool": "nopool"}), "unknown-pool", Some("pool")),
        (no_pools(), json!({"action": "getdefaultsettings"}), "no-pool", None),
        (no_pools(), json!({"action": "listjails"}), "no-pool", None),
        (two_active(), json!({"action": "listjails"}), "pool-active", None),
        (two_active(), json!({"action": "df"}), "pool-active", None),
        (two_pools(), json!({"action": "activatepool", "pool": "zroot"}), "pool-active", Some("pool")),
        (
            stopped(),
            json!({"action": "getjailsettings", "jail": "test", "prop": "bogus"}),
            "unknown-property",
            Some("prop"),
        ),
        (
            stopped(),
            json!({"action": "getjailsettings", "prop": "bogus", "switches": "-r"}),
            "unknown-property",
            Some("prop"),
        ),
        (
            stopped(),
            json!({"action": "getjailsettings", "prop": "all", "switches": "-r"}),
            "illegal-value",
            Some("prop"),
        ),
        (stopped(), json!({"action": "getjailsettings", "jail": "nosuch"}), "unknown-jail", Some("jail")),
        (with_jail(json!({"properties": {"vnet": "on"}})), of_test("startjail"), "iocage-failed", None),
        (with_jail(json!({"rc_exit": 1})), of_test("startjail"), "iocage-failed", None),
        (stopped(), of_test("capjail"), "jail-not-running", Some("jail")),
        (
            with_host(with_jail(json!({"jid": 1, "properties": {"rlimits": "on"}})), json!({"racct": false})),
            of_test("capjail"),
            "iocage-failed",
            None,
        ),
        (stopped(), clone("bogus=1"), "unknown-property", Some("props")),
        (stopped(), clone("tag=test"), "tag-in-use", Some("props")),
        (stopped(), create("tag=x release=9.9-RELEASE"), "unknown-release", Some("props")),
        (stopped(), create("tag=x bogus=1"), "unknown-property", Some("props")),
        (stopped(), create("tag=test"), "tag-in-use", Some("props")),
        (stopped(), create("tag=x istemplate=yes"), "iocage-failed", None),
        (running(), of_test("destroyjail"), "jail-running", Some("jail")),
        (with_clone(), of_test("destroyjail"), "has-dependents", Some("jail")),
        (stopped(), exec("echo hi", "root"), "jail-not-running", Some("jail")),
        (running(), exec("nosuchcmd", "root"), "command-not-found", Some("command")),
        (running(), exec("echo hi", "nosuchuser"), "unknown-user", Some("user")),
        (running(), exec("sh -c 'echo out; exit 3'", "root"), "command-failed", Some("command")),
        (running(), json!({"action": "cleanreleases"}), "jail-running", None),
        (running(), json!({"action": "cleanreleases", "force": true}), "iocage-failed", None),
    ]
}

#[test]
fn each_failure_has_its_code_and_names_the_key_at_fault() {
    for door in DOORS {
        for (state, request, code, key) in rows() {
            let machine = Machine::new(&state);
            let answer = Host::new(door, &machine.config()).answer(&request);
            assert_eq!(
                (answer["code"].as_str(), answer["key"].as_str()),
                (Some(code), key),
                "{request}: {answer}"
            );
            assert!(answer["error"].as_str().is_some_and(|text| text.len() > 10), "{answer}");
            assert!(answer.get("success").is_none(), "never both: {answer}");
        }
    }
}

#[test]
fn a_failed_command_keeps_its_status_and_its_output() {
    let machine = Machine::new(&running());
    let host = Host::new(DOORS[0], &machine.config());
    let request =
        json!({"action": "execjail", "jail": "test", "user": "root", "command": "sh -c 'echo out; exit 3'"});
    let answer = host.answer(&request);
    assert_eq!((answer["exit"].as_i64(), answer["stdout"].as_str()), (Some(3), Some("out\n")));
}

#[test]
fn a_refused_limit_is_told_whole() {
    let state =
        with_host(with_jail(json!({"jid": 1, "properties": {"rlimits": "on"}})), json!({"racct": false}));
    let machine = Machine::new(&state);
    let host = Host::new(DOORS[0], &machine.config());
    let answer = host.ask(&json!({"action": "capjail", "jail": "test", "detail": true}));
    let error = answer["capjail"]["error"].as_str().expect("a sentence");
    assert!(error.contains("FAILED to apply memoryuse=") && error.contains("rctl: RACCT/RCTL"), "{answer}");
    assert!(answer["detail"]["stdout"].as_str().is_some_and(|text| text.contains("memoryuse=")), "{answer}");
}

#[test]
fn detail_stands_beside_the_documented_object() {
    let machine = Machine::new(&running());
    let host = Host::new(DOORS[0], &machine.config());
    let request = json!({"action": "execjail", "jail": "test", "user": "root", "command": "printf 'b: 1\\na\\na\\n'", "detail": true});
    let answer = host.ask(&request);
    assert_eq!(answer["execjail"]["success"], json!({"a": "", "b": " 1"}));
    let detail = &answer["detail"];
    assert_eq!((detail["stdout"].as_str(), detail["exit"].as_i64()), (Some("b: 1\na\na\n"), Some(0)));
    assert_eq!((detail["truncated"].as_bool(), detail["stderr"].as_str()), (Some(false), Some("")));
}

#[test]
fn a_change_is_one_line_in_the_log_without_values() {
    let machine = Machine::new(&stopped());
    let host = Host::new(DOORS[0], &machine.config());
    host.ask(&json!({"action": "createjail", "props": "tag=new notes=secret"}));
    let lines: Vec<_> = host.log().into_iter().filter(|line| line.starts_with("info")).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(
        lines[0].contains("[7]") && lines[0].contains("createjail") && !lines[0].contains("secret"),
        "{lines:?}"
    );
    host.ask(&json!({"action": "listjails"}));
    assert!(!host.log().iter().any(|line| line.starts_with("info")), "a read is no change");
}
