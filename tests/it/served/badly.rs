//! A class that breaks its word, among others that keep it, and a caller who has gone by the time it is his turn.

use std::path::Path;

use serde_json::{Value, json};

use super::stand::{Served, usual};
use crate::support::module_in_c;

/// The small class of `table.c` as `test/NAME`, with something spoiled, in the folder of the server, which loads it.
fn load(served: &Served, name: &str, spoil: &str) {
    let flags = [format!("-DSPOIL={spoil}"), "-DSPACE=\"test\"".to_owned(), format!("-DNAME=\"{name}\"")];
    let file = format!("{name}.so");
    let place = Path::new("lib").join(&file);
    module_in_c(
        &served.folder,
        "tests/c/broken/table.c",
        &place.to_string_lossy(),
        &flags.each_ref().map(String::as_str),
    );
    let mut root = served.here();
    assert_eq!(root.status("rpc/modules", json!({"action": "load", "file": file})), 200, "{}", served.log());
}

/// A line that cannot be read would take with it whatever else stands on a connection.
#[test]
fn what_is_no_json_is_a_defect_of_the_class_and_nobody_elses() {
    let served = Served::new(&usual(), &json!({}));
    load(&served, "answers", "fault = ANSWERS_WHAT_IT_IS_SENT");
    load(&served, "emits", "fault = EMITS_WHAT_IT_IS_SENT");
    let mut root = served.here();
    for args in [json!({"a": 1}), json!({"x": {}, "id": "99"})] {
        assert_eq!(root.status("test/answers", args.clone()), 500, "{args}");
    }
    assert_eq!(root.status("sysadm/iocage", json!({"action": "listjails"})), 200);
    assert!(served.log().contains("test/answers has answered what is no JSON"), "{}", served.log());
    let words = ["-u", "alice:alice-secret", "-X", "PUT", "-d", r#"{"a":1}"#];
    let (status, told) = served.curl(&words, "/test/answers");
    assert_eq!(status, 500, "{told}");
    let told: Value = serde_json::from_str(&told).expect("JSON");
    assert!(told["args"]["error"].as_str().is_some_and(|why| why.contains("a defect")), "{told}");

    let mut bob = served.of("bob");
    assert_eq!(bob.ask("events/subscribe", json!(["emits", "iocage"])), json!({"subscribe": "iocage"}));
    assert_eq!(root.ask("test/emits", json!({"a": 1})), json!({}));
    root.ask("sysadm/iocage", json!({"action": "stopjail", "jail": "db"}));
    let first = bob.read().expect("an event");
    assert_eq!((&first["namespace"], &first["name"]), (&json!("events"), &json!("iocage")), "{first}");
    assert!(served.log().contains("test/emits has emitted the event"), "{}", served.log());
}

/// What waits for a thread is not begun for somebody who is nobody by then.
#[test]
fn a_request_that_waits_is_refused_when_its_account_has_gone() {
    let served = Served::new(&usual(), &json!({"limits": {"changes": 1}}));
    let hold = served.machine.hold("stop");
    let mut root = served.here();
    let first = root.begin("sysadm/iocage", json!({"action": "stopjail", "jail": "db"}));
    served.machine.wait_for_command("stop");
    let mut alice = served.of("alice");
    let second = alice.begin("sysadm/iocage", json!({"action": "startjail", "jail": "web"}));
    // It is taken, as what comes behind it shows.
    assert_eq!(alice.status("rpc/whoami", json!("")), 200);
    let accounts = served.accounts();
    let (out, err, status) =
        served.ctl(&["user", "remove", "alice", "--accounts", &accounts.to_string_lossy()], "");
    assert_eq!(status, Some(0), "{out}{err}");
    drop(hold);
    let told = root.answer(&first);
    assert_eq!(told["args"]["stopjail"].get("error"), None, "{told}");
    let told = alice.answer(&second);
    assert_eq!(told["args"]["code"], "401", "{told}");
    let jails = root.ask("sysadm/iocage", json!({"action": "listjails"}));
    assert_eq!(jails["listjails"]["web"]["state"], "down", "{jails}");
}
