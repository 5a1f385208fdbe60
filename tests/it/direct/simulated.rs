//! A simulated machine in this process, and the class over it: what the class would start is
//! called, and noted.

use std::fs;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use iocage_sim::Machine;
use serde_json::Value;
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Direct};
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError, Stdin};

use crate::support::Folder;

/// A machine, and the class that asks it in one way.
pub(super) struct Asked<'f> {
    state: String,
    /// What it is when nothing has been changed.
    before: String,
    direct: Direct,
    machine: Arc<Machine>,
    instance: Instance,
    ran: Arc<Mutex<Vec<String>>>,
    folder: &'f Folder,
}

struct Simulated {
    machine: Arc<Machine>,
    ran: Arc<Mutex<Vec<String>>>,
}

impl Runner for Simulated {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        let missing = || StartError::Missing { path: command.program.to_owned() };
        let name = command.program.file_name().and_then(|name| name.to_str()).ok_or_else(missing)?;
        let stdin = match command.stdin {
            Stdin::Bytes(bytes) => bytes,
            Stdin::Null => b"",
        };
        let said = self.machine.run(name, &command.args, stdin).ok_or_else(missing)?;
        let line = format!("{name} {}", command.args.join(" "));
        assert_ne!(said.exit, 70, "{line}: {}", String::from_utf8_lossy(&said.stderr));
        self.ran.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        Ok(Outcome {
            end: End::Exited(said.exit.into()),
            stdout: Captured::whole(said.stdout),
            stderr: Captured::whole(said.stderr),
            duration: Duration::from_millis(1),
            left: None,
            pid: 1,
        })
    }
}

impl<'f> Asked<'f> {
    /// The machine in this state. What was in the folder before is the machine's now.
    pub(super) fn new(state: &Value, direct: Direct, folder: &'f Folder) -> Asked<'f> {
        let state = state.to_string();
        let (machine, instance, ran) = made(&state, direct, folder);
        let before = machine.state().expect("in memory");
        Asked { state, before, direct, machine, instance, ran, folder }
    }

    /// The response args of a request. The machine is then what it was.
    pub(super) fn answer(&mut self, request: &Value) -> String {
        let args = self.ask(request);
        if self.has_changed() {
            (self.machine, self.instance, self.ran) = made(&self.state, self.direct, self.folder);
        }
        args
    }

    /// The same, and what is changed stays so.
    pub(super) fn ask(&self, request: &Value) -> String {
        let caller = Caller::ANYBODY;
        let (_, args) = self.instance.dispatch(&caller, request.to_string().as_bytes());
        String::from_utf8(args).expect("UTF-8")
    }

    /// Has anything been changed?
    pub(super) fn has_changed(&self) -> bool {
        self.machine.state().expect("in memory") != self.before
    }

    /// Why iocage was asked although the tools might have told: each cause, with what it was about the first time.
    pub(super) fn causes(&self) -> Vec<(String, String)> {
        let direct = self.instance.direct();
        let causes = direct["doubts"].as_array().expect("a list").iter();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        causes.map(|cause| (text(&cause["cause"]), text(&cause["first"]))).collect()
    }

    /// What was run since this was asked the last time, but the question for the version.
    pub(super) fn ran(&self) -> Vec<String> {
        let ran = std::mem::take(&mut *self.ran.lock().unwrap_or_else(PoisonError::into_inner));
        ran.into_iter().filter(|line| line != "iocage --version").collect()
    }
}

fn made(state: &str, direct: Direct, folder: &Folder) -> (Arc<Machine>, Instance, Arc<Mutex<Vec<String>>>) {
    let locks = folder.0.join("locks");
    fs::create_dir_all(&locks).expect("made");
    let machine = Arc::new(Machine::new(state, &folder.0).unwrap_or_else(|error| panic!("{error}: {state}")));
    let ran = Arc::default();
    let runner = Simulated { machine: Arc::clone(&machine), ran: Arc::clone(&ran) };
    // Nothing is started; but whether a tool is there is looked at after a change.
    let tool = |name: &str| {
        let path = folder.0.join("tools").join(name);
        if !path.exists() {
            fs::create_dir_all(folder.0.join("tools")).expect("made");
            fs::write(&path, "").expect("written");
        }
        path
    };
    let config = Config {
        direct,
        allow_unsafe_program: true,
        lock_dir: locks,
        zfs: tool("zfs"),
        zpool: tool("zpool"),
        jls: tool("jls"),
        jexec: tool("jexec"),
        ..Config::default()
    };
    (machine, Instance::with_runner(config, Box::new(runner)), ran)
}
