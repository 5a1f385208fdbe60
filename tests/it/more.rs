//! `more` of listjails: what the document's row lacks, by either way and of either generation.

use serde_json::{Value, json};
use sysadm_class::Access::Limited;
use sysadm_class::Status;

use crate::support::{DOORS, Host, Machine, fault};

const BOTH: [&str; 2] = ["2016-02-10", "1.13"];
const WEB: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";
const HALF: &str = "8a5b1c9e-cfb9-11e5-8209-d05099728dbf";
const COPY: &str = "5e1fe97e-cfba-11e5-8209-d05099728dbf";

fn uuid<'n>(version: &str, uuid: &'n str, name: &'n str) -> &'n str {
    if version == "1.13" { name } else { uuid }
}

/// A machine with a basejail `web`, that runs, and a clone of it, `copy`.
fn machine(version: &str) -> Machine {
    let python = version == "1.13";
    let jail = |uuid: &str, name: &str, more: Value| {
        let mut jail = if python { json!({"name": name}) } else { json!({"uuid": uuid, "tag": name}) };
        jail.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        jail
    };
    let web = match python {
        true => {
            json!({"jid": 1, "properties": {"ip6_addr": "em0|fd00::5/64", "basejail": "1", "release": "10.2-RELEASE-p9"}})
        }
        false => {
            json!({"jid": 1, "type": "basejail", "properties": {"ip6_addr": "em0|fd00::5/64", "release": "10.2-RELEASE-p9"}})
        }
    };
    let copy = match python {
        true => {
            json!({"origin": "tank/iocage/jails/web/root@copy", "properties": {"release": "10.2-RELEASE"}})
        }
        false => {
            json!({"type": "clonejail", "properties": {"origin": format!("tank/iocage/jails/{WEB}@{COPY}"),
                "release": "10.2-RELEASE"}})
        }
    };
    let jails = json!([jail(WEB, "web", web), jail(COPY, "copy", copy)]);
    let pools = json!([{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}]);
    Machine::new(&json!({"version": version, "pools": pools}))
}

const MORE: [&str; 6] = ["basejail", "ip6", "path", "pool", "release", "template"];

/// The cells of [`MORE`] of a row, in their order.
fn cells(row: &Value) -> Vec<String> {
    MORE.iter().map(|name| row[name].as_str().unwrap_or("(none)").to_owned()).collect()
}

#[test]
fn what_the_documented_row_lacks_is_told_where_it_is_asked_for() {
    for version in BOTH {
        let machine = machine(version);
        let (web, copy) = (uuid(version, WEB, "web"), uuid(version, COPY, "copy"));
        for door in DOORS {
            for config in [machine.config(), machine.by_iocage()] {
                let host = Host::new(door, &config);
                let plain = host.ask(&json!({"action": "listjails"}));
                let asked = host.ask(&json!({"action": "listjails", "more": true}));
                let rows = &asked["listjails"];
                assert!(asked.get("problems").is_none(), "{asked}");
                let path = |name: &str| {
                    let path = rows[name]["path"].as_str().expect("a path");
                    assert!(
                        path.starts_with('/') && path.ends_with(&format!("/iocage/jails/{name}/root")),
                        "{path}"
                    );
                    path.to_owned()
                };
                let expected = ["yes", "em0|fd00::5/64", &path(web), "tank", "10.2-RELEASE-p9", "-"];
                assert_eq!(cells(&rows[web]), expected, "{version}");
                let expected = ["no", "-", &path(copy), "tank", "10.2-RELEASE", web];
                assert_eq!(cells(&rows[copy]), expected, "{version}");
                // The rest is what it is without.
                let mut rest = asked.clone();
                for row in rest["listjails"].as_object_mut().expect("rows").values_mut() {
                    row.as_object_mut().expect("a row").retain(|name, _| !MORE.contains(&&**name));
                }
                assert_eq!(rest, plain, "{version}");
                let off = host.ask(&json!({"action": "listjails", "more": false}));
                assert_eq!(off, plain);
            }
        }
    }
}

#[test]
fn the_new_fields_are_asked_by_as_the_others() {
    for version in BOTH {
        let machine = machine(version);
        let (web, copy) = (uuid(version, WEB, "web"), uuid(version, COPY, "copy"));
        let host = Host::new(DOORS[0], &machine.config());
        let ask = |more: Value| {
            let mut request = json!({"action": "listjails", "more": true});
            request.as_object_mut().expect("args").extend(more.as_object().expect("keys").clone());
            host.ask(&request)
        };
        let found = ask(json!({"filter": ["basejail=yes", "release^=10.2"], "select": ["pool"]}));
        assert_eq!(found, json!({"listjails": {web: {"pool": "tank"}}}));
        let found = ask(json!({"filter": [format!("template={web}")], "select": ["ip6", "tag"]}));
        assert_eq!(found, json!({"listjails": {copy: {"ip6": "-", "tag": "copy"}}}));
        let found = ask(json!({"sort": "-release", "select": []}));
        assert_eq!(found["order"], json!([web, copy]));
        // Without `more` there are no such fields.
        let refused = host.answer(&json!({"action": "listjails", "filter": ["pool=tank"]}));
        assert_eq!(fault(&refused), ("illegal-value", "filter"));
        let refused = ask(json!({"filter": ["where=here"]}));
        let told = refused["listjails"]["error"].as_str().expect("a sentence");
        assert!(MORE.iter().all(|name| told.contains(name)), "{told}");
        let refused = host.answer(&json!({"action": "listjails", "more": "yes"}));
        assert_eq!(fault(&refused), ("wrong-type", "more"));
        let args = r#"{"action":"listjails","more":true}"#;
        assert_eq!(host.send_as(Limited, "sysadm", "iocage", args).0, Status::Ok);
    }
}

/// Where zfs tells nothing the jails are told all the same, and why the rest is not.
#[test]
fn without_zfs_the_rows_come_without() {
    for version in BOTH {
        let machine = machine(version);
        let web = uuid(version, WEB, "web");
        let mut config: Value = serde_json::from_str(&machine.by_iocage()).expect("JSON");
        config["zfs"] = json!("/nowhere/zfs");
        let host = Host::new(DOORS[0], &config.to_string());
        let answer = host.ask(&json!({"action": "listjails", "more": true}));
        let row = &answer["listjails"][web];
        assert_eq!((&row["state"], &row["path"], &row["pool"]), (&json!("up"), &json!("-"), &json!("-")));
        let release = if version == "1.13" { "10.2-RELEASE-p9" } else { "-" };
        assert_eq!(row["release"], release);
        let told = answer["problems"].as_array().expect("problems");
        assert!(
            told.iter().any(|line| line.as_str().is_some_and(|line| line.contains("where the jails lie"))),
            "{told:?}"
        );
        assert!(host.ask(&json!({"action": "listjails"})).get("problems").is_none());
    }
}

/// Of what is damaged it is told that it is, the row has no more than is known, and all others are whole.
#[test]
fn what_is_damaged_is_told_and_hides_nothing() {
    // Of an empty one the list of iocage fails whole, and each jail is asked about.
    for (damage, says, is_listed) in [
        (json!(true), "bad has a corrupt configuration", true),
        (json!("missing"), "bad is missing its configuration", true),
        (json!("empty"), "bad: its configuration has no", false),
    ] {
        let machine = machine("1.13");
        let whole = Host::new(DOORS[0], &machine.config()).ask(&json!({"action": "listjails", "more": true}));
        let mut state: Value = serde_json::from_str(&machine.shown()).expect("JSON");
        let jails = state["pools"][0]["jails"].as_array_mut().expect("jails");
        jails.push(json!({"name": "bad", "corrupt": damage, "origin": "tank/iocage/jails/web/root@bad"}));
        machine.become_like(&state);
        for config in [machine.config(), machine.by_iocage()] {
            let host = Host::new(DOORS[1], &config);
            let asked = host.ask(&json!({"action": "listjails", "more": true}));
            assert!(asked["problems"].to_string().contains(says), "{asked}");
            let mut rows = asked["listjails"].as_object().expect("rows").clone();
            if let Some(bad) = rows.remove("bad") {
                let path = bad["path"].as_str().expect("a path").to_owned();
                assert!(path.ends_with("/jails/bad/root"), "{bad}");
                assert_eq!(cells(&bad), ["-", "-", &path, "tank", "-", "web"], "{damage}");
                assert_eq!((&bad["state"], is_listed), (&json!("CORRUPT"), true));
            } else {
                assert!(!is_listed, "{asked}");
            }
            assert_eq!(json!(rows), whole["listjails"], "{damage}: {asked}");
            assert_eq!(host.ask(&json!({"action": "listjails"}))["problems"], asked["problems"], "{damage}");
        }
    }
}

/// A clone that was killed half-way: the Python iocage has given it the configuration of its source, of the shell
/// iocage there is nothing but its dataset, and in the row that it prints there is no name.
#[test]
fn half_a_clone_is_told_and_hides_nothing() {
    for version in BOTH {
        let machine = machine(version);
        let whole = Host::new(DOORS[0], &machine.config()).ask(&json!({"action": "listjails", "more": true}));
        let mut state: Value = serde_json::from_str(&machine.shown()).expect("JSON");
        let jails = state["pools"][0]["jails"].as_array_mut().expect("jails");
        jails.push(match version {
            "1.13" => {
                let mut properties = jails.iter().find(|jail| jail["name"] == "web").expect("web")["properties"].clone();
                properties["host_hostuuid"] = "web".into();
                json!({"name": "half", "release": "10.2-RELEASE-p9", "origin": "tank/iocage/jails/web/root@half",
                    "properties": properties})
            }
            _ => json!({"uuid": HALF, "tag": "half", "half_made": true}),
        });
        machine.become_like(&state);
        for config in [machine.config(), machine.by_iocage()] {
            let asked = Host::new(DOORS[1], &config).ask(&json!({"action": "listjails", "more": true}));
            let problems = asked["problems"].as_array().expect("problems");
            let mut rows = asked["listjails"].as_object().expect("rows").clone();
            if version == "1.13" {
                assert!(
                    problems
                        .iter()
                        .any(|told| told.to_string().contains("half: its configuration is that of web"))
                );
                // Where it lies and what it was made of is its own.
                let half = rows.remove("half").expect("a row");
                let path = half["path"].as_str().expect("a path");
                assert!(path.ends_with("/jails/half/root"), "{half}");
                assert_eq!((&half["template"], &half["state"]), (&json!("web"), &json!("down")), "{half}");
            }
            assert_eq!((json!(rows), problems.len()), (whole["listjails"].clone(), 1), "{version}: {asked}");
        }
    }
}
