//! An iocage that says that it has done something, and has not: where looking again takes
//! milliseconds, its word alone is no answer.

use serde_json::json;
use std::sync::Arc;
use sysadm_class::Access;
use sysadm_class::host::{Module, Request, Silent};

use crate::support::{DOORS, Machine, artifacts, write_program};

/// The generation, the request, the command that it comes to, and what it says of itself then.
const LIES: &[(&str, &str, &str, &str)] = &[
    (
        "2016-02-10",
        r#"{"action":"createjail","props":"tag=new release=10.2-RELEASE"}"#,
        "create",
        "Successfully created: 0a1b2c3d-0009-11e6-9602-54ee75595566 (new)",
    ),
    (
        "2016-02-10",
        r#"{"action":"clonejail","jail":"test","props":"tag=new"}"#,
        "clone",
        "Successfully created: 0a1b2c3d-0009-11e6-9602-54ee75595566 (new)",
    ),
    ("2016-02-10", r#"{"action":"deactivatepool","pool":"tank"}"#, "deactivate", ""),
    (
        "1.13",
        r#"{"action":"createjail","props":"tag=new release=10.2-RELEASE"}"#,
        "create",
        "new successfully created!",
    ),
    (
        "1.13",
        r#"{"action":"clonejail","jail":"test","props":"tag=new"}"#,
        "clone",
        "new successfully cloned!",
    ),
    (
        "1.13",
        r#"{"action":"activatepool","pool":"spare"}"#,
        "activate",
        "ZFS pool 'spare' successfully activated.",
    ),
];

#[test]
fn what_is_said_is_looked_at() {
    for (version, args, command, says) in LIES {
        let jail = match *version {
            "1.13" => json!({"name": "test"}),
            _ => json!({"uuid": "0a1b2c3d-0001-11e6-9602-54ee75595566", "tag": "test"}),
        };
        let pools = json!([
            {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail]},
            {"name": "spare"},
        ]);
        let machine = Machine::new(&json!({"version": version, "pools": pools}));
        let say = if says.is_empty() { ":".to_owned() } else { format!("echo \"{says}\"") };
        let script = format!(
            "#!/bin/sh\nif [ \"$1\" = {command} ] && [ -n \"$2\" ]; then {say}; exit 0; fi\nexec \"${{0%/*}}/sim/iocage\" \"$@\"\n"
        );
        write_program(&machine.iocage(), &script);
        let module = Module::load(&artifacts().module, DOORS[0]).expect("our module");
        let instance = module.create(Arc::new(Silent), &machine.config()).expect("good");
        let response = instance
            .dispatch(&Request::new("sysadm", "iocage", args, Access::Full))
            .expect("the contract is kept");
        let text = response.text();
        assert!(text.contains("\"code\":\"not-done\""), "{version}: {args}: {text}");
    }
}
