//! What a configuration takes away from everybody: each action, each kind of
//! property with each of its properties, on machines of both generations. A spy
//! before iocage tells that nothing was run.

use serde_json::{Value, json};
use sysadm_class::host::{CreateError, Module, Silent};
use sysadm_class::{Access, Status};
use sysadm_iocage::action::ACTIONS;
use sysadm_iocage::policy::{Kind, PROPERTIES};
use sysadm_iocage::request::keys::PROPS;

use crate::support::{DOORS, Host, Machine, REQUESTS, action_of, artifacts, fault, root};

fn machines() -> [Machine; 2] {
    ["2016-02-10", "1.13"].map(|version| {
        let jail = if version == "1.13" { json!({"name": "test"}) } else { json!({"tag": "test"}) };
        let pools = json!([{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail]}]);
        Machine::new(&json!({"version": version, "pools": pools}))
    })
}

#[test]
fn each_action_can_be_taken_away_alone() {
    for machine in machines() {
        for action in &ACTIONS {
            let denied = json!({"deny_actions": [action.name()]});
            let host = Host::new(DOORS[0], &machine.config_with(&denied));
            for (args, _) in REQUESTS.iter().filter(|(args, _)| action_of(args) == action.name()) {
                let args: Value = serde_json::from_str(args).expect("JSON");
                let answer = host.answer(&args);
                assert_eq!(fault(&answer), ("denied", "action"), "{args}: {answer}");
                assert!(
                    answer["error"].as_str().is_some_and(|text| text.contains(action.name())),
                    "{answer}"
                );
            }
            // Also where its keys are missing: nothing is looked at behind a closed door.
            assert_eq!(fault(&host.answer(&json!({"action": action.name()}))).0, "denied");
            // A line tells of it, for a read at another level.
            let log = host.log();
            let level = if action.access() == Access::Full { "info" } else { "warn" };
            assert!(log.iter().all(|line| line.starts_with(level) && line.contains("denied")), "{log:?}");
            // Who may not anyway is told that, as before.
            let args = json!({"action": action.name()}).to_string();
            let (status, _) = host.send_as(Access::Limited, "sysadm", "iocage", &args);
            let forbidden = action.access() == Access::Full;
            assert_eq!(status, if forbidden { Status::Forbidden } else { Status::Ok }, "{}", action.name());
            assert_eq!(machine.calls(), [""; 0], "{}", action.name());
        }
        // All but this one are as they were.
        let host = Host::new(DOORS[1], &machine.config_with(&json!({"deny_actions": ["df"]})));
        assert!(host.answer(&json!({"action": "listjails"})).get("error").is_none());
        machine.calls();
    }
}

#[test]
fn each_kind_of_property_can_be_taken_away() {
    let actions: Vec<_> =
        ACTIONS.iter().filter(|action| action.has(&PROPS)).map(|action| action.name()).collect();
    assert_eq!(actions, ["clonejail", "createjail", "setproperty"]);
    for machine in machines() {
        for (door, kind) in DOORS.into_iter().cycle().zip(Kind::ALL) {
            let host = Host::new(door, &machine.config_with(&json!({"deny_props": [kind.word()]})));
            for group in PROPERTIES.iter().filter(|group| group.kind == kind) {
                for name in group.names() {
                    for action in &actions {
                        let props = format!("notes=x {name}=1").replace("notes=x notes=1", "notes=1");
                        let args = json!({"action": action, "jail": "test", "props": props});
                        let answer = host.answer(&args);
                        assert_eq!(fault(&answer), ("denied", "props"), "{args}: {answer}");
                    }
                }
            }
            assert_eq!(machine.calls(), [""; 0], "{}", kind.word());
        }
    }
}

#[test]
fn what_is_not_denied_is_done() {
    for machine in machines() {
        let denied = json!({"deny_props": ["host", "starts"], "allow_props": ["allow_raw_sockets"], "deny_actions": ["cleanall"]});
        let host = Host::new(DOORS[0], &machine.config_with(&denied));
        let args = json!({"action": "createjail", "props": "tag=new release=10.2-RELEASE allow_raw_sockets=1 notes=x"});
        let answer = host.answer(&args);
        assert!(answer["success"].to_string().contains("Successfully created"), "{answer}");
        assert!(host.answer(&json!({"action": "startjail", "jail": "new"})).get("code").is_none());
    }
}

#[test]
fn what_denies_nothing_is_refused_when_the_instance_is_made() {
    let module = Module::load(&artifacts().module, DOORS[1]).expect("our module");
    for (config, key, part) in [
        (json!({"deny_actions": ["startjial"]}), "deny_actions", "startjail, stopjail"),
        (json!({"deny_actions": "startjail"}), "deny_actions", "an array of strings"),
        (json!({"deny_props": ["exec_prestrat"]}), "deny_props", "host, jail, limits"),
        (json!({"allow_props": ["tag"]}), "allow_props", "deny \"all\""),
        (
            json!({"deny_props": ["all"], "allow_props": ["tga"]}),
            "allow_props",
            "\"tga\", which is no property",
        ),
    ] {
        let Err(CreateError::Refused(response)) =
            module.create(std::sync::Arc::new(Silent), &config.to_string())
        else {
            panic!("{config} was taken");
        };
        let error: Value = serde_json::from_slice(response.args()).expect("JSON");
        assert_eq!(fault(&error), ("illegal-value", key), "{error}");
        assert!(error["error"].as_str().is_some_and(|text| text.contains(part)), "{error}");
    }
}

/// What full access is worth stands where somebody looks who gives it.
#[test]
fn that_full_access_is_root_is_said_wherever_it_is_given() {
    for (file, parts) in [
        ("README.md", ["access is root on the host", "exec_prestart"]),
        ("include/sysadm_class.h", ["FULL is root on the host", "LIMITED reads"]),
        ("include/doc/sysadm-iocage.md", ["is root on the host", "exec_prestart"]),
        ("include/doc/sysadm-iocage.7", ["is root on the host", "exec_prestart"]),
        ("include/doc/security.md", ["access is root on the host", "exec_prestart"]),
    ] {
        let text = std::fs::read_to_string(root().join(file)).expect(file);
        let text = text.split_whitespace().filter(|word| *word != "*").collect::<Vec<_>>().join(" ");
        for part in parts {
            assert!(text.contains(part), "{file}: {part}");
        }
    }
}
