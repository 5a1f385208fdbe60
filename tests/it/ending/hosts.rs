//! The three hosts, started alike: each is asked by lines and answers in its own form.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;
use sysadm_class::Access;
use sysadm_class::host::{Instance, Request};

use crate::support::process::{eventually, heeds_signals, kill, now, processes};
use crate::support::{C11, CXX17, Folder, Machine, artifacts, compile};

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Rust,
    C,
    Cpp,
}

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Rust, Kind::C, Kind::Cpp];

    /// The program; one in C or C++ is compiled in this folder, if it is not there.
    pub(super) fn built(self, folder: &Folder) -> PathBuf {
        let (language, source) = match self {
            Kind::Rust => return artifacts().host.clone(),
            Kind::C => (C11, "host-example/c/host.c"),
            Kind::Cpp => (CXX17, "host-example/cpp/host.cpp"),
        };
        let program = folder.0.join(format!("host.{}", language.0));
        if !program.exists() {
            compile(language, source, &program, &["-pthread", "-ldl"]);
        }
        program
    }

    /// Its words, and the folder for its copies of modules.
    pub(super) fn command_line(self, drain: &[&str], config: &str) -> (Vec<String>, PathBuf) {
        let module = &artifacts().module;
        let folder = module.parent().expect("a folder").join("ending-state");
        let module = module.to_str().expect("our own name");
        let words: Vec<&str> = match self {
            Kind::Rust => [
                &["--module", module, "--door", "c", "--config", config],
                &drain.iter().flat_map(|seconds| ["--drain", seconds]).collect::<Vec<_>>()[..],
                &["call"],
            ]
            .concat(),
            _ => [
                &drain.iter().flat_map(|seconds| ["-d", seconds]).collect::<Vec<_>>()[..],
                &["-f", "-", module, config],
            ]
            .concat(),
        };
        (words.into_iter().map(str::to_owned).collect(), folder)
    }
}

/// One that runs, with its pipes.
pub(super) struct Started {
    kind: Kind,
    pid: i32,
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Started {
    pub(super) fn new(kind: Kind, program: &Path, drain: &[&str], config: &str) -> Started {
        let (words, state) = kind.command_line(drain, config);
        let mut child = Command::new(program);
        Started::begin(kind, child.args(words).env("XDG_STATE_HOME", state).stderr(Stdio::null()))
    }

    /// One that logs all there is, to nobody.
    pub(super) fn talkative(kind: Kind, program: &Path, config: &str) -> Started {
        let (words, state) = kind.command_line(&[], config);
        let mut child = Command::new(program);
        let loud: &[&str] = if kind == Kind::Rust { &["--log", "trace"] } else { &["-v", "-v", "-v"] };
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        Started::begin(kind, child.args(loud).args(words).env("XDG_STATE_HOME", state).stderr(writer))
    }

    pub(super) fn begin(kind: Kind, command: &mut Command) -> Started {
        let mut child =
            heeds_signals(command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
        Started {
            kind,
            pid: i32::try_from(child.id()).expect("a process id"),
            input: child.stdin.take(),
            output: BufReader::new(child.stdout.take().expect("piped")),
            child,
        }
    }

    pub(super) fn pid(&self) -> i32 {
        self.pid
    }

    pub(super) fn write(&mut self, text: &str) {
        self.input.as_mut().expect("piped").write_all(text.as_bytes()).expect("it reads");
    }

    pub(super) fn send(&mut self, request: &Value) {
        self.write(&format!("{request}\n"));
    }

    pub(super) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("UTF-8");
        line
    }

    pub(super) fn signal(&self, signal: i32) {
        kill(self.pid, signal);
    }

    /// Its programs' groups, once that of a change has come to where it stays: the file `done` beside
    /// iocage tells, or that a download or a command in a jail has been called.
    pub(super) fn wait_for_programs(&self, machine: &Machine) -> BTreeMap<i32, u64> {
        let done = machine.iocage().with_file_name("done");
        let is_long = |call: &String| call.starts_with("[create][-r][12.4") || call.starts_with("jexec");
        eventually("it is at work", || done.exists() || machine.noted().iter().any(is_long));
        let own = processes().into_iter().filter(|process| process.parent == self.pid);
        let groups: BTreeMap<i32, u64> = own.map(|process| (process.pid, now() + 1)).collect();
        assert!(!groups.is_empty(), "something of it runs");
        groups
    }

    /// Wait for a child of this name.
    pub(super) fn wait_for_child(&self, name: &str) {
        let is_it = |process: &crate::support::process::Shown| {
            process.parent == self.pid && process.name.starts_with(name)
        };
        eventually(name, || processes().iter().any(is_it));
    }

    /// What it has answered since, its input still open, and its exit status.
    pub(super) fn end(mut self) -> (Value, Option<i32>) {
        let (text, status) = self.end_with_text();
        let Some(at) = text.find('{') else { return (Value::Null, status) };
        let mut answer: Value = serde_json::from_str(&text[at..]).expect("one answer");
        (if self.kind == Kind::Rust { answer["args"].take() } else { answer }, status)
    }

    /// The same as it is written.
    pub(super) fn end_with_text(&mut self) -> (String, Option<i32>) {
        let mut text = String::new();
        self.output.read_to_string(&mut text).expect("UTF-8");
        (text, self.child.wait().expect("ours").code())
    }

    /// The exit status, when nobody asks any more.
    pub(super) fn finish(mut self) -> Option<i32> {
        drop(self.input.take());
        self.child.wait().expect("ours").code()
    }

    /// It is killed; its number.
    pub(super) fn kill(mut self) -> i32 {
        self.child.kill().and_then(|()| self.child.wait()).expect("ours");
        self.pid
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What an instance answers under the action's name.
pub(super) fn ask(instance: &Instance, args: &Value) -> Value {
    let text = args.to_string();
    let request = Request::new("sysadm", "iocage", &text, Access::Full).with_id(7);
    let response = instance.dispatch(&request).expect("the contract is kept");
    let mut answer: Value = serde_json::from_slice(response.args()).expect("JSON");
    answer[args["action"].as_str().expect("an action")].take()
}
