//! Who asks: a machine with two jails, and each way in which two requests can meet.

use std::io::{BufRead, BufReader, Write};
use std::process::Child;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_class::host::{Door, Instance, Module, Request, Silent};

use crate::support::{Folder, Machine, artifacts, module_file, spawn_host};

pub(super) const DB: &str = "611c89ae-c43c-11e5-9602-54ee75595566";
pub(super) const WEB: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

/// Two stopped jails, `db` and `web`.
pub(super) fn machine() -> Machine {
    let jails = json!([{"uuid": DB, "tag": "db"}, {"uuid": WEB, "tag": "web"}]);
    Machine::new(&json!({"pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails},
        {"name": "spare"},
    ]}))
}

/// A configuration that waits so long for a lock.
pub(super) fn config(machine: &Machine, wait_s: u32) -> String {
    machine.config_with(&json!({"lock_wait_s": wait_s}))
}

pub(super) fn instance(door: Door, config: &str) -> Instance {
    Module::load(&artifacts().module, door)
        .expect("our module")
        .create(Arc::new(Silent), config)
        .expect("good")
}

/// What is answered under the action's name.
pub(super) fn ask(instance: &Instance, args: &Value) -> Value {
    ask_within(instance, args, None)
}

/// All of the answer: what stands under the action's name, and what beside it.
pub(super) fn whole(instance: &Instance, args: &Value, timeout: Option<Duration>) -> Value {
    let text = args.to_string();
    let request = Request::new("sysadm", "iocage", &text, Access::Full).with_id(7).within(timeout);
    let response = instance.dispatch(&request).expect("the contract is kept");
    serde_json::from_slice(response.args()).expect("JSON")
}

pub(super) fn ask_within(instance: &Instance, args: &Value, timeout: Option<Duration>) -> Value {
    whole(instance, args, timeout)[args["action"].as_str().expect("an action")].take()
}

pub(super) fn of(action: &str, jail: &str) -> Value {
    json!({"action": action, "jail": jail})
}

pub(super) fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_default()
}

/// Who asks: each way in which two requests can meet.
pub(super) enum Asker {
    Instance(Arc<Instance>),
    /// The file of a copied module, so that the system loads it beside the first.
    Copy {
        instance: Instance,
        _folder: Folder,
    },
    Process(Child),
}

impl Asker {
    pub(super) fn process(door: Door, config: &str) -> Asker {
        Asker::Process(spawn_host(&artifacts().module, door, &["--config", config, "call"]))
    }

    pub(super) fn ask(&mut self, args: &Value) -> Value {
        self.ask_within(args, None)
    }

    /// The envelope has no place for a time, so a process takes its own.
    pub(super) fn ask_within(&mut self, args: &Value, timeout: Option<Duration>) -> Value {
        match self {
            Asker::Instance(instance) => ask_within(instance, args, timeout),
            Asker::Copy { instance, .. } => ask_within(instance, args, timeout),
            Asker::Process(child) => {
                writeln!(child.stdin.as_mut().expect("piped"), "{args}").expect("it reads");
                let mut line = String::new();
                let stdout = child.stdout.as_mut().expect("piped");
                BufReader::with_capacity(1, stdout).read_line(&mut line).expect("it answers");
                let mut answer: Value = serde_json::from_str(&line).expect("JSON");
                answer["args"][args["action"].as_str().expect("an action")].take()
            }
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        if let Asker::Process(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The same instance, another one through the other door, another generation
/// (a copy of the file), and another process, all of which wait a second.
pub(super) fn askers(door: Door, same: &Arc<Instance>, machine: &Machine) -> Vec<(&'static str, Asker)> {
    let config = config(machine, 1);
    let other = if door == Door::C { Door::Rust } else { Door::C };
    let folder = Folder::new();
    let copy = Module::load(&module_file(&folder, "copy.so"), Door::C).expect("our module");
    vec![
        ("the instance", Asker::Instance(Arc::clone(same))),
        ("another instance", Asker::Instance(Arc::new(instance(other, &config)))),
        (
            "a copy",
            Asker::Copy { instance: copy.create(Arc::new(Silent), &config).expect("good"), _folder: folder },
        ),
        ("another process", Asker::process(door, &config)),
    ]
}

/// Long enough to see that it waits.
pub(super) const BRIEFLY: Option<Duration> = Some(Duration::from_millis(250));

/// Ask on a thread.
pub(super) fn begin(instance: &Arc<Instance>, args: Value) -> JoinHandle<Value> {
    let instance = Arc::clone(instance);
    thread::spawn(move || ask(&instance, &args))
}

/// The files of the locks that are there, in order.
pub(super) fn left(machine: &Machine) -> Vec<String> {
    let files = std::fs::read_dir(machine.locks()).expect("a folder");
    let names = files.map(|file| file.expect("a file").file_name().into_string().expect("our name"));
    let mut names: Vec<_> = names.collect();
    names.sort_unstable();
    names
}
