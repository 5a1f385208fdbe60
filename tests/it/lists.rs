//! What is asked of a list beyond all of it: which rows, which fields, in which order, how many.

use serde_json::{Value, json};

use crate::support::{DOORS, Host, Machine};

/// Six jails of which two run.
fn machine(version: &str) -> Machine {
    let names = ["web", "db", "web10", "web9", "cache", "mail"];
    let jail = |(at, name): (usize, &&str)| {
        let mut jail = match version {
            "1.13" => json!({"name": name}),
            _ => json!({"uuid": uuid(name), "tag": name}),
        };
        if at < 2 {
            jail["jid"] = json!(at + 1);
        }
        jail
    };
    let jails: Vec<_> = names.iter().enumerate().map(jail).collect();
    let pools = json!([{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails}]);
    Machine::new(&json!({"version": version, "pools": pools}))
}

/// A UUID in which the name can be read.
fn uuid(name: &str) -> String {
    let digits: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    format!("0a1b2c3d-0001-11e6-9602-{digits:0<12.12}")
}

/// The tags of the rows of an answer, in the order that it tells, or sorted.
fn tags(answer: &Value, action: &str) -> Vec<String> {
    let rows = answer[action].as_object().unwrap_or_else(|| panic!("{answer}"));
    let tag = |key: &str| {
        let tag = rows[key].get("tag").or(rows[key].get("TAG"));
        tag.map_or(key, |tag| tag.as_str().expect("a text")).to_owned()
    };
    match answer["order"].as_array() {
        Some(order) => {
            assert_eq!(order.len(), rows.len(), "{answer}");
            order.iter().map(|key| tag(key.as_str().expect("a text"))).collect()
        }
        None => {
            let mut tags: Vec<_> = rows.keys().map(|key| tag(key)).collect();
            tags.sort_unstable();
            tags
        }
    }
}

#[test]
fn rows_are_those_that_are_asked_for() {
    for version in ["2016-02-10", "1.13"] {
        let machine = machine(version);
        for door in DOORS {
            let host = Host::new(door, &machine.quick_config());
            let ask = |more: &Value| {
                let mut args = json!({"action": "listjails"});
                args.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
                host.ask(&args)
            };
            let told = |more: &Value| tags(&ask(more), "listjails");
            let whole = host.send(r#"{"action":"listjails"}"#);
            assert_eq!(host.send(r#"{"action":"listjails","filter":[]}"#), whole, "nothing is asked");
            assert_eq!(told(&json!({"filter": ["state=up"]})), ["db", "web"]);
            assert_eq!(told(&json!({"filter": ["tag^=web", "state=down"]})), ["web10", "web9"]);
            assert_eq!(told(&json!({"filter": ["tag=db", "tag=mail", "tag^=ca"]})), ["cache", "db", "mail"]);
            assert_eq!(told(&json!({"filter": ["tag!=db", "tag!=web", "state=up"]})), Vec::<String>::new());
            assert_eq!(told(&json!({"sort": "-tag"})), ["web9", "web10", "web", "mail", "db", "cache"]);
            let page = ask(
                &json!({"sort": "tag", "offset": 1, "limit": 2, "count": true, "select": ["state", "tag"]}),
            );
            assert_eq!(tags(&page, "listjails"), ["db", "mail"]);
            assert_eq!(page["count"], 6);
            for row in page["listjails"].as_object().expect("rows").values() {
                assert_eq!(row.as_object().expect("a row").keys().collect::<Vec<_>>(), ["state", "tag"]);
            }
            let none = ask(&json!({"limit": 0, "count": true, "filter": ["state=down"]}));
            assert_eq!(none, json!({"count": 4, "listjails": {}}));
            let one = if version == "1.13" { "mail".to_owned() } else { uuid("mail") };
            assert_eq!(told(&json!({"filter": [format!("uuid={one}")]})), ["mail"]);
        }
    }
}

/// Lists without a word of it know which jails run.
#[test]
fn every_list_is_asked_alike() {
    for version in ["2016-02-10", "1.13"] {
        let machine = machine(version);
        let host = Host::new(DOORS[0], &machine.quick_config());
        let used = host.ask(&json!({"action": "df", "filter": ["state=up"], "sort": "-crt"}));
        assert_eq!(tags(&used, "df").len(), 2, "{used}");
        let boot = host.ask(&json!({
            "action": "getjailsettings", "switches": "-r", "prop": "boot", "filter": ["boot=off", "state=down"],
            "sort": "uuid", "limit": 3, "count": true
        }));
        let boot = if boot["count"] == 0 {
            // The Python iocage has numbers for it.
            host.ask(&json!({
                "action": "getjailsettings", "switches": "-r", "prop": "boot", "filter": ["boot=0", "state=down"],
                "sort": "uuid", "limit": 3, "count": true
            }))
        } else {
            boot
        };
        assert_eq!(boot["count"], 4, "{boot}");
        assert_eq!(boot["order"].as_array().map(Vec::len), Some(3), "{boot}");
    }
}

/// What is misspelled is told before anything is run.
#[test]
fn a_list_says_which_fields_it_has() {
    let machine = machine("1.13");
    let host = Host::new(DOORS[0], &machine.config());
    machine.all_calls();
    for (more, key) in [
        (json!({"filter": ["stat=up"]}), "filter"),
        (json!({"filter": ["up"]}), "filter"),
        (json!({"sort": "name"}), "sort"),
        (json!({"select": ["tag", "mem"]}), "select"),
        (json!({"limit": -1}), "limit"),
        (json!({"filter": "state=up"}), "filter"),
    ] {
        let mut args = json!({"action": "listjails"});
        args.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        let answer = host.ask(&args);
        assert_eq!(answer["listjails"]["key"], key, "{answer}");
    }
    let one = host.ask(&json!({"action": "getjailsettings", "jail": "web", "filter": ["state=up"]}));
    assert_eq!(one["getjailsettings"]["code"], "contradictory-keys", "{one}");
    assert!(machine.calls().is_empty());
}
