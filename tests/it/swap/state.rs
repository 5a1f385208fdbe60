//! What the plugin hands over: the iocage it found, so that the new version
//! does not ask again, and the log level.

use serde_json::{Value, json};
use sysadm_class::host::{Door, Instance};
use sysadm_class::{Level, Status};

use super::stand::{policy, registry, send, two_versions};
use crate::support::{DOORS, Folder, Host, Machine, without_tools};

fn machine() -> Machine {
    Machine::new(&json!({"pools": [{"name": "tank", "active": true}]}))
}

fn exported(instance: &Instance) -> Value {
    let response = instance.export_state().expect("the contract is kept");
    assert_eq!(response.status(), Status::Ok);
    serde_json::from_slice(response.args()).expect("JSON")
}

#[test]
fn the_new_version_knows_which_iocage_there_is() {
    let (folder, machine) = (Folder::new(), machine());
    let registry = registry(&folder, policy(Door::C));
    let [one, two] = two_versions(&folder);
    registry.load(&one, &machine.config()).expect("loads");
    let list = || drop(send(&registry, ("sysadm", "iocage"), 7, r#"{"action":"listjails"}"#));
    list();
    assert!(machine.all_calls().contains(&"[--version]".to_owned()));
    let swapped = registry.swap(None, &two).expect("swaps");
    let handed = swapped.handed.expect("a state");
    assert_eq!((handed.id.as_str(), handed.version, handed.refused), ("sysadm/iocage", 1, None));
    assert_ne!(swapped.generation.version(), registry.generations()[0].version());
    list();
    let calls = machine.all_calls();
    assert!(!calls.is_empty() && !calls.contains(&"[--version]".to_owned()), "{calls:?}");
}

#[test]
fn what_is_exported_is_taken_over_or_refused_whole() {
    let machine = machine();
    for door in DOORS {
        let old = Host::new(door, &machine.config());
        assert_eq!(
            exported(old.instance()),
            json!({"id": "sysadm/iocage", "log_level": "trace", "version": 1})
        );
        old.ask(&json!({"action": "listjails"}));
        old.instance().set_log_level(Some(Level::Warn)).expect("the contract is kept");
        let state = exported(old.instance());
        assert_eq!((&state["log_level"], &state["iocage"]["dialect"]), (&json!("warn"), &json!("shell")));

        let mut host = Host::new(door, &machine.config());
        let fresh = exported(host.instance());
        for (key, value, part) in [
            ("id", json!("sysadm/zfs"), "this class is"),
            ("version", json!(2), "understands 1"),
            ("iocage", json!({}), "`dialect`"),
        ] {
            let mut other = state.clone();
            other[key] = value;
            let response =
                host.instance_mut().import_state(&other.to_string()).expect("the contract is kept");
            assert_eq!(response.status(), Status::BadRequest);
            assert!(response.text().contains(part), "{}", response.text());
            assert_eq!(exported(host.instance()), fresh, "nothing was taken");
        }
        let mut more = state.clone();
        more["colour"] = json!("blue");
        let response = host.instance_mut().import_state(&more.to_string()).expect("the contract is kept");
        assert_eq!(response.status(), Status::Ok, "{}", response.text());
        assert_eq!(exported(host.instance()), state);
        // Of another program nothing is known.
        let mut other = Host::new(door, &without_tools(json!({"iocage": "/nonexistent/iocage"})).to_string());
        other.instance_mut().import_state(&state.to_string()).expect("the contract is kept");
        assert_eq!(exported(other.instance())["iocage"], Value::Null);
    }
}
