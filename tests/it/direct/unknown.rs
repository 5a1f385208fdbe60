//! A host that ignores SIGCHLD, or reaps all children, takes the exit status of each tool away. What a tool has printed
//! is believed then, but silence is not, nor what stops in the middle of a line.

use std::fs;

use iocage_sim::Machine;
use serde_json::{Value, json};
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Direct};
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError};

use crate::support::{DOORS, Folder, Host, write_program};

/// What one tool prints in place of what it would: standard output, and standard error.
type Instead = Option<(&'static str, &'static str, &'static str)>;

struct Taken {
    machine: Machine,
    instead: Instead,
}

impl Runner for Taken {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        let missing = || StartError::Missing { path: command.program.to_owned() };
        let name = command.program.file_name().and_then(|name| name.to_str()).ok_or_else(missing)?;
        let said = self.machine.run(name, &command.args, b"").ok_or_else(missing)?;
        let (stdout, stderr) = match self.instead {
            Some((tool, stdout, stderr)) if tool == name => (stdout.into(), stderr.into()),
            _ => (said.stdout, said.stderr),
        };
        let [stdout, stderr] = [stdout, stderr].map(|bytes: Vec<u8>| Captured::whole(bytes));
        Ok(Outcome { end: End::Unknown, stdout, stderr, duration: Default::default(), left: None, pid: 1 })
    }
}

fn answer(version: &str, instead: Instead) -> Value {
    let folder = Folder::in_memory();
    let jail = if version.contains('.') { json!({"name": "web"}) } else { json!({"tag": "web"}) };
    let pools = json!([{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail]}]);
    let state = json!({"version": version, "pools": pools}).to_string();
    let machine = Machine::new(&state, &folder.0).expect("a machine");
    let tool = |name: &str| {
        let path = folder.0.join(name);
        fs::write(&path, "").expect("written");
        path
    };
    let config = Config {
        direct: Direct::Only,
        allow_unsafe_program: true,
        lock_dir: folder.0.join("locks"),
        zfs: tool("zfs"),
        zpool: tool("zpool"),
        jls: tool("jls"),
        ..Config::default()
    };
    let instance = Instance::with_runner(config, Box::new(Taken { machine, instead }));
    let (_, args) = instance.dispatch(&Caller::ANYBODY, br#"{"action":"listjails"}"#);
    serde_json::from_slice::<Value>(&args).expect("JSON")["listjails"].take()
}

#[test]
fn what_may_have_failed_is_not_believed() {
    for version in ["2016-02-10", "1.13"] {
        let sound = answer(version, None);
        assert!(sound.to_string().contains("\"web\""), "{version}: {sound}");
        for instead in [
            ("zpool", "", ""),
            ("zpool", "", "cannot open /dev/zfs\n"),
            ("zpool", "tank\tio", ""),
            ("zfs", "", ""),
            ("zfs", "", "out of memory\n"),
            ("jls", "", ""),
        ] {
            let answer = answer(version, Some(instead));
            assert_eq!(answer["code"], "not-direct", "{version}, {instead:?}: {answer}");
        }
    }
}

/// A jail that was started is not said to have failed because nobody can be asked where it is now.
#[test]
fn what_came_of_a_change_is_asked_of_iocage_where_a_tool_fails() {
    for version in ["2016-02-10", "1.13"] {
        for direct in ["auto", "only"] {
            let jail = if version.contains('.') { json!({"name": "web"}) } else { json!({"tag": "web"}) };
            let pools =
                json!([{"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": [jail]}]);
            let machine = crate::support::Machine::new(&json!({"version": version, "pools": pools}));
            let folder = Folder::new();
            let jls = folder.0.join("jls");
            let there = machine.iocage().with_file_name("jls");
            let [real, calls] =
                [&there, &there.with_file_name("calls")].map(|path| path.display().to_string());
            let fails = format!("grep -q '^.start' {calls} && echo 'jls: no memory' >&2 && exit 1");
            write_program(&jls, &format!("#!/bin/sh\n{fails}\nexec {real} \"$@\"\n"));
            let host = Host::new(DOORS[0], &machine.config_with(&json!({"direct": direct, "jls": jls})));
            let answer = host.answer(&json!({"action": "startjail", "jail": "web"}));
            assert!(answer.get("code").is_none(), "{version}, {direct}: {answer}");
            assert!(machine.calls().iter().any(|call| call.starts_with("[start]")), "{version}, {direct}");
        }
    }
}
