//! A simulated machine with the Python iocage, and what there is on it.

use serde_json::{Value, json};

use crate::support::{DOORS, Host, Machine};

/// A machine with these jails.
pub(super) fn machine(jails: Value) -> Machine {
    Machine::new(&state(jails))
}

pub(super) fn state(jails: Value) -> Value {
    json!({"version": "1.13", "pools": [{"name": "tank", "active": true, "releases": ["14.3-RELEASE"], "jails": jails}]})
}

pub(super) fn host(machine: &Machine) -> Host {
    Host::new(DOORS[0], &machine.config())
}

/// One that asks iocage whatever is to be known.
pub(super) fn by_iocage(machine: &Machine) -> Host {
    Host::new(DOORS[0], &machine.config_with(&json!({"direct": "off"})))
}

pub(super) fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or("none")
}

/// The names of the jails that run, by what the simulator shows.
pub(super) fn running(machine: &Machine) -> Vec<String> {
    jails(machine).into_iter().filter(|jail| jail.get("jid").is_some()).map(|jail| name(&jail)).collect()
}

pub(super) fn names(machine: &Machine) -> Vec<String> {
    jails(machine).iter().map(name).collect()
}

pub(super) fn name(jail: &Value) -> String {
    jail["name"].as_str().expect("a name").to_owned()
}

pub(super) fn jails(machine: &Machine) -> Vec<Value> {
    let state: Value = serde_json::from_str(&machine.shown()).expect("JSON");
    state["pools"][0]["jails"].as_array().cloned().unwrap_or_default()
}
