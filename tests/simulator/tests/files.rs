//! What a machine of the Python iocage keeps in files, and what zfs says of where they lie: the same machine, told past
//! iocage.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use crate::machine::{Machine, Ran, SIMULATOR, simulator};

/// With its files.
fn mounted(jails: Value, defaults: Value) -> Machine {
    Machine::new(&json!({
        "version": "1.13",
        "mounted": true,
        "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE-p5"], "jails": jails,
                   "defaults": defaults}],
    }))
}

/// Where zfs says that a dataset is mounted.
fn mountpoint(machine: &Machine, dataset: &str) -> Option<PathBuf> {
    let Ran { stdout, .. } = machine.zfs(&["list", "-H", "-o", "mounted,mountpoint", dataset]);
    stdout.trim_end().strip_prefix("yes\t").map(PathBuf::from)
}

fn config(machine: &Machine, dataset: &str) -> Option<String> {
    fs::read_to_string(mountpoint(machine, dataset)?.join("config.json")).ok()
}

#[test]
fn a_configuration_lies_where_its_dataset_is_mounted() {
    let machine = mounted(
        json!([{"name": "web", "properties": {"boot": "1", "notes": "a \"b\"", "used": "1.5M"}}]),
        json!({}),
    );
    let text = r#"{
    "boot": 1,
    "cloned_release": "14.3-RELEASE",
    "host_hostname": "web",
    "host_hostuuid": "web",
    "jail_zfs_dataset": "iocage/jails/web/data",
    "notes": "a \"b\"",
    "release": "14.3-RELEASE-p5"
}"#;
    assert_eq!(config(&machine, "tank/iocage/jails/web").as_deref(), Some(text));
    let defaults = mountpoint(&machine, "tank/iocage").expect("mounted").join("defaults.json");
    let defaults: Value = serde_json::from_slice(&fs::read(defaults).expect("there")).expect("JSON");
    assert_eq!(
        (&defaults["CONFIG_VERSION"], &defaults["boot"], &defaults["priority"]),
        (&json!("34"), &json!(0), &json!("99"))
    );
    assert_eq!(defaults.as_object().map(|all| all.len()), Some(140));
    assert!(mountpoint(&machine, "tank/iocage/jails/web/root").is_some_and(|root| root.is_dir()));
}

#[test]
fn files_follow_what_iocage_does() {
    let machine = mounted(json!([{"name": "web"}, {"name": "old"}]), json!({}));
    machine.run(&["set", "priority=7", "web"]);
    assert!(
        config(&machine, "tank/iocage/jails/web").is_some_and(|text| text.contains("\"priority\": \"7\""))
    );
    let place = mountpoint(&machine, "tank/iocage/jails/old").expect("mounted");
    machine.run(&["destroy", "-f", "old"]);
    assert!(!place.exists());
    machine.run(&["set", "template=yes", "web"]);
    assert!(
        config(&machine, "tank/iocage/templates/web")
            .is_some_and(|text| text.contains("\"type\": \"template\""))
    );
    machine.run(&["create", "-r", "14.3-RELEASE", "-n", "new"]);
    assert!(config(&machine, "tank/iocage/jails/new").is_some());
    machine.run(&["clean", "-fa"]);
    assert!(!place.parent().expect("jails").exists());
    machine.run(&["list", "-lh"]);
    assert!(place.parent().expect("jails").is_dir());
}

#[test]
fn what_is_damaged_is_damaged_in_its_file() {
    let jails = json!([
        {"name": "cut", "corrupt": true}, {"name": "empty", "corrupt": "empty"}, {"name": "gone", "corrupt": "missing"},
        {"name": "half", "properties": {"host_hostuuid": "cut"}}, {"name": "none", "properties": {"mountpoint": "none"}},
        {"name": "un", "mounted": false},
    ]);
    let machine = mounted(jails, json!({"corrupt": true}));
    let of = |name: &str| config(&machine, &format!("tank/iocage/jails/{name}"));
    assert!(serde_json::from_str::<Value>(&of("cut").expect("a file")).is_err());
    assert_eq!((of("empty").as_deref(), of("gone"), of("none"), of("un")), (Some("{}"), None, None, None));
    assert!(of("half").is_some_and(|text| text.contains("\"host_hostuuid\": \"cut\"")));
    let defaults = mountpoint(&machine, "tank/iocage").expect("mounted").join("defaults.json");
    assert!(serde_json::from_slice::<Value>(&fs::read(defaults).expect("there")).is_err());
    // Who looks at its configuration mounts it first.
    machine.run(&["get", "boot", "un"]);
    assert!(of("un").is_some());
}

#[test]
fn a_word_for_a_switch_stays_as_it_is_until_all_is_read() {
    let machine = mounted(json!([{"name": "web", "properties": {"boot": "on", "ip4": "none"}}]), json!({}));
    machine.expect(&["get", "boot", "web"], 0, "on\n", "");
    machine.expect(&["get", "ip4", "web"], 0, "none\n", "");
    let all = machine.run(&["get", "all", "web"]).stdout;
    assert!(all.contains("\nboot:1\n") && all.contains("\nip4:disable\n"), "{all}");
}

#[test]
fn what_is_no_string_is_shown_as_python_does() {
    let raw = json!({"notes": null, "boot": true, "priority": 7});
    let machine = mounted(json!([{"name": "web", "raw": raw}]), json!({}));
    let text = config(&machine, "tank/iocage/jails/web").expect("a file");
    assert!(text.contains("\"boot\": true") && text.contains("\"notes\": null"), "{text}");
    for (name, value) in [("notes", "None\n"), ("boot", "True\n"), ("priority", "7\n")] {
        machine.expect(&["get", name, "web"], 0, value, "");
    }
    assert!(machine.run(&["get", "all", "web"]).stdout.contains("\nboot:1\n"));
}

#[test]
fn two_pools_have_their_own() {
    let machine = Machine::new(&json!({"version": "1.10", "mounted": true, "pools": [
        {"name": "tank", "active": true, "jails": [{"name": "web", "properties": {"priority": "1"}}]},
        {"name": "zroot", "datasets": true, "jails": [{"name": "web", "properties": {"priority": "2"}}]},
    ]}));
    let [one, other] =
        ["tank", "zroot"].map(|pool| config(&machine, &format!("{pool}/iocage/jails/web")).expect("a file"));
    assert!(one.contains("\"1\"") && other.contains("\"2\""), "{one} {other}");
}

/// Beside the state lies what is a simulator's; of another's folder nothing is taken.
#[test]
fn a_folder_of_that_name_is_left_alone() {
    let machine = mounted(json!([]), json!({}));
    let folder = machine.folder().join("other");
    fs::create_dir_all(folder.join("mnt/precious")).expect("made");
    let made = simulator(&["init", "--force", "--version", "1.13", folder.to_str().expect("UTF-8")]);
    assert_eq!(made.exit, 1, "{}", made.stdout);
    assert!(folder.join("mnt/precious").is_dir() && SIMULATOR.is_file());
}
