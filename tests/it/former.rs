//! What was built before ABI 1.1, and what is built now: each host with each module,
//! through both doors, with requests that are answered. And an upgrade from the one to
//! the other and back, with a key in the configuration that only the newer one knows.

use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;

use serde_json::{Value, json};
use sysadm_class::host::{CreateError, Module, Request, Silent};
use sysadm_class::{Access, Status};
use sysadm_host::{Obstacle, Policy, Registry, Stage};

use crate::support::{DOORS, Folder, Machine, action_of, artifacts, former};

/// Such that all are answered well in this order.
const REQUESTS: [&str; 6] = [
    r#"{"action":"listjails"}"#,
    r#"{"action":"createjail","props":"tag=new release=10.2-RELEASE"}"#,
    r#"{"action":"startjail","jail":"new"}"#,
    r#"{"action":"getjailsettings","jail":"new","prop":"tag"}"#,
    r#"{"action":"stopjail","jail":"new"}"#,
    r#"{"action":"destroyjail","jail":"new"}"#,
];

fn machine() -> Machine {
    Machine::new(&json!({"pools": [{"name": "tank", "active": true, "releases": ["10.2-RELEASE"]}]}))
}

/// Keys that both know.
fn config(machine: &Machine) -> Value {
    let all: Value = serde_json::from_str(&machine.config()).expect("JSON");
    json!({"iocage": all["iocage"], "zfs": all["zfs"], "lock_dir": all["lock_dir"]})
}

fn is_good(args: &str, answer: &Value) {
    let body = &answer[action_of(args)];
    assert!(body.is_object() && body.get("error").is_none(), "{args}: {answer}");
}

#[test]
fn the_former_host_drives_this_module() {
    let Some(former) = former() else { return };
    for door in DOORS {
        let (machine, state) = (machine(), Folder::new());
        let mut host = Command::new(&former.host)
            .env("XDG_STATE_HOME", &state.0)
            .args(["--door", door.word(), "--log", "info", "--config", &machine.config(), "--module"])
            .arg(&artifacts().module)
            .arg("call")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let lines = REQUESTS.map(|args| format!("{args}\n")).concat();
        host.stdin.take().expect("piped").write_all(lines.as_bytes()).expect("it reads");
        let output = host.wait_with_output().expect("it ends");
        let (out, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(out.lines().count(), REQUESTS.len(), "{door:?}: {out}{log}");
        for (args, line) in REQUESTS.iter().zip(out.lines()) {
            is_good(args, &serde_json::from_str::<Value>(line).expect("JSON")["args"]);
        }
        // It names nobody, and so does the line.
        assert!(log.contains("startjail \"new\" done, exit 0, full access, after"), "{log}");
    }
}

#[test]
fn this_host_drives_the_former_module() {
    let Some(former) = former() else { return };
    for door in DOORS {
        let machine = machine();
        let module = Module::load(&former.module, door).expect("a module of ABI 1.0");
        assert_eq!(module.abi(), (1, 0));
        let instance = module.create(Arc::new(Silent), &config(&machine).to_string()).expect("an instance");
        for args in REQUESTS {
            let request = Request::new("sysadm", "iocage", args, Access::Full).with_id(7).of_caller("alice");
            let response = instance.dispatch(&request).expect("the contract is kept");
            assert_eq!(response.status(), Status::Ok, "{args}: {}", response.text());
            is_good(args, &serde_json::from_slice(response.args()).expect("JSON"));
        }
        // It cannot tell of an instance what is so there.
        assert_eq!(
            instance.describe().expect("it has it").text(),
            module.describe().expect("it has it").text()
        );
    }
}

#[test]
fn an_upgrade_brings_a_key_and_a_roll_back_takes_it_away() {
    let Some(former) = former() else { return };
    let new_key = json!({"deny_actions": ["cleanall"]});
    for door in DOORS {
        let (folder, machine) = (Folder::new(), machine());
        let (old, mut new) =
            (config(&machine), serde_json::from_str::<Value>(&machine.config()).expect("JSON"));
        new["deny_actions"] = new_key["deny_actions"].clone();
        let stage = Stage::open(&folder.0.join("stage")).expect("a folder of our own");
        let registry = Registry::new(Policy::new(door), stage, Arc::new(Silent));
        let code = |args: &str| {
            let answer = registry.dispatch(&Request::new("sysadm", "iocage", args, Access::Full).with_id(7));
            let args: Value = serde_json::from_slice(answer.args()).expect("JSON");
            args["cleanall"]["code"].as_str().unwrap_or("none").to_owned()
        };
        const CLEAN: &str = r#"{"action":"cleanall"}"#;

        registry.load(&former.module, &old.to_string()).expect("loads");
        assert_eq!(code(CLEAN), "none");
        // The former one does not know the key: with it, it is not taken.
        let refused =
            registry.swap_with(None, &former.module, Some(&new.to_string())).expect_err("an unknown key");
        assert_eq!(refused.obstacle, Obstacle::Create, "{refused}");
        assert!(refused.why.contains("unknown key"), "{refused}");
        assert_eq!(code(CLEAN), "none", "the one that serves goes on");

        registry.swap_with(None, &artifacts().module, Some(&new.to_string())).expect("swaps");
        assert_eq!(code(CLEAN), "denied");
        // Back, and forth again, each with its own.
        registry.roll_back(None).expect("rolls back");
        assert_eq!(code(CLEAN), "none");
        registry.roll_back(None).expect("rolls back");
        assert_eq!(code(CLEAN), "denied");
        // Without a word of it the configuration stays.
        registry.swap(None, &artifacts().module).expect("swaps");
        assert_eq!(code(CLEAN), "denied");
        // The former one by a swap, which has to bring what it knows.
        registry.swap(None, &former.module).expect_err("an unknown key");
        registry.swap_with(None, &former.module, Some(&old.to_string())).expect("swaps");
        assert_eq!(code(CLEAN), "none");
    }
    // What it is that the former one refuses.
    let module = Module::load(&former.module, DOORS[1]).expect("a module");
    let Err(CreateError::Refused(response)) = module.create(Arc::new(Silent), &new_key.to_string()) else {
        panic!("the key is not new");
    };
    assert!(response.text().contains("deny_actions"), "{}", response.text());
}
