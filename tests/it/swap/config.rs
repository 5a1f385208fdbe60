//! The configuration goes with the generation: `swap` of `rpc/modules` brings one, and
//! a roll back takes it away again.

use std::sync::Arc;

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_class::host::Door;
use sysadm_host::Dispatcher;

use super::stand::{policy, registry, two_versions};
use crate::support::{Folder, Machine};

#[test]
fn a_swap_takes_a_configuration_and_a_roll_back_the_former_one() {
    let (folder, machine) =
        (Folder::new(), Machine::new(&json!({"pools": [{"name": "tank", "active": true}]})));
    let registry = Arc::new(registry(&folder, policy(Door::C)));
    let [one, two] = two_versions(&folder);
    registry.load(&one, &machine.config()).expect("loads");
    let dispatcher = Dispatcher::over(Arc::clone(&registry), ("sysadm", "iocage"), Access::Full);
    let modules = |args: Value| -> Value {
        let answer = dispatcher.dispatch("rpc", "modules", &args.to_string());
        serde_json::from_slice::<Value>(answer.args()).expect("JSON")[args["action"].as_str().expect("text")]
            .take()
    };
    let code = || {
        let answer = dispatcher.dispatch("sysadm", "iocage", r#"{"action":"df"}"#);
        let args: Value = serde_json::from_slice(answer.args()).expect("JSON");
        args["df"]["code"].as_str().unwrap_or("none").to_owned()
    };
    let config: Value =
        serde_json::from_str(&machine.config_with(&json!({"deny_actions": ["df"]}))).expect("JSON");

    let done = modules(json!({"action": "swap", "path": two, "config": config}));
    assert_eq!((&done["replaced"], code().as_str()), (&json!(1), "denied"), "{done}");
    let done = modules(json!({"action": "rollback"}));
    assert_eq!((&done["replaced"], code().as_str()), (&json!(2), "none"), "{done}");
    // One that is refused changes nothing, nor does what is no configuration.
    let refused = modules(json!({"action": "swap", "path": two, "config": {"deny_action": ["df"]}}));
    assert_eq!((&refused["code"], code().as_str()), (&json!("create-failed"), "none"), "{refused}");
    let refused = modules(json!({"action": "swap", "path": two, "config": []}));
    assert_eq!((&refused["code"], code().as_str()), (&json!("wrong-type"), "none"), "{refused}");
    // Without one, that of the one that serves goes on.
    modules(json!({"action": "swap", "path": two}));
    assert_eq!(code(), "none");
    // A list shows no configuration, which may hold what is for nobody else.
    let locks = machine.locks();
    assert!(!modules(json!({"action": "list"})).to_string().contains(locks.to_str().expect("our own")));
}
