//! activatestatus: which pool is iocage's, which could be, and whether iocage can work.

use serde_json::{Value, json};
use sysadm_class::Access::{Full, Limited};
use sysadm_class::Status;

use crate::support::{DOORS, Host, Machine};

const BOTH: [&str; 2] = ["1.13", "2016-02-10"];
const ASK: &str = r#"{"action":"activatestatus"}"#;

fn row(active: &str) -> Value {
    json!({"active": active, "free": "89550068121", "health": "ONLINE", "size": "107374182400"})
}

#[test]
fn the_active_pool_is_told_with_the_others() {
    for (door, version) in DOORS.into_iter().flat_map(|door| BOTH.map(|version| (door, version))) {
        let machine = Machine::new(
            &json!({"version": version, "pools": [{"name": "tank", "active": true}, {"name": "zroot"}]}),
        );
        let host = Host::new(door, &machine.config());
        let told = json!({"activated": "true", "pool": "tank", "pools": {"tank": row("yes"), "zroot": row("no")}, "ready": true});
        for access in [Full, Limited] {
            let (status, text) = host.send_as(access, "sysadm", "iocage", ASK);
            assert_eq!(serde_json::from_str::<Value>(&text).expect("JSON"), json!({"activatestatus": told}));
            assert_eq!(status, Status::Ok);
        }
        assert!(machine.calls().iter().all(|call| !call.starts_with('[')), "iocage is not run");
        // Without zpool iocage is asked, and of pools nothing is told.
        let host = Host::new(door, &machine.by_iocage());
        let answer = host.ask(&json!({"action": "activatestatus"}));
        assert_eq!(answer["activatestatus"]["pool"], "tank", "{answer}");
        assert!(answer["problems"][0].as_str().is_some_and(|said| said.contains("zpool")), "{answer}");
    }
}

/// Nor by who may have everything changed: iocage would activate a pool, or make datasets.
#[test]
fn nothing_is_changed_by_asking() {
    let mut machines = Vec::new();
    for version in BOTH {
        machines.push((
            version,
            json!({"version": version, "pools": [{"name": "tank"}, {"name": "zroot"}]}),
            "no pool is active",
        ));
        let two = json!([{"name": "tank", "active": true}, {"name": "zroot", "active": true}]);
        machines.push((version, json!({"version": version, "pools": two}), "zroot"));
        machines.push((version, json!({"version": version, "pools": []}), ""));
    }
    let bare = json!([{"name": "tank", "active": true, "datasets": [""]}]);
    machines.push(("1.13", json!({"version": "1.13", "pools": bare}), "tank/iocage/jails"));
    for (version, state, why) in machines {
        let machine = Machine::new(&state);
        let before = machine.shown();
        for access in [Full, Limited] {
            let host = Host::new(DOORS[0], &machine.config());
            let (status, text) = host.send_as(access, "sysadm", "iocage", ASK);
            let answer: Value = serde_json::from_str(&text).expect("JSON");
            let told = &answer["activatestatus"];
            assert_eq!(
                (status, &told["ready"], &told["activated"]),
                (Status::Ok, &json!(false), &json!("false")),
                "{version}: {text}"
            );
            assert!(
                told["problem"].as_str().is_some_and(|problem| problem.contains(why)),
                "{version}: {text}"
            );
            assert_eq!(told.get("pool"), None, "{text}");
            assert_eq!(
                told["pools"].as_object().map(|pools| pools.len()),
                state["pools"].as_array().map(Vec::len),
                "{text}"
            );
        }
        assert_eq!(machine.shown(), before, "{version}");
    }
}
