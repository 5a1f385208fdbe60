//! A runner that starts nothing: what each command is answered with is said
//! before, and a command that nobody thought of fails the test. So the class is
//! held against texts of the real programs where none of them can run.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use sysadm_class::Status;
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Direct, Generation};
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError, Stopped};

use super::folder::Folder;
use super::shaped;

/// As long as the real programs take, or longer: nobody has to wait for a clock.
const LONG: Duration = Duration::from_secs(5);
/// What the Python dialect asks ZFS where its jails lie.
pub const MARKS: &str = "zfs list -H -t filesystem -o name,origin,org.freebsd.ioc:active,name";

/// What a command answers.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub stdout: String,
    pub stderr: String,
    /// Its exit status, or one of the other ends below.
    pub exit: i32,
    /// The status of a command in a jail, where its shell came to tell it.
    pub status: Option<i32>,
}

/// The host's process took the status away.
pub const TAKEN_AWAY: i32 = -1;
/// It was told to end.
pub const TOO_LATE: i32 = -2;

/// A signal that was not ours ended it.
pub const KILLED: i32 = -3;

/// A success with this output.
pub fn said(stdout: impl Into<String>) -> Said {
    Said { stdout: stdout.into(), ..Said::default() }
}

/// A failure with exit status 1 and this on standard error.
pub fn failed(stderr: impl Into<String>) -> Said {
    Said { stderr: stderr.into(), exit: 1, ..Said::default() }
}

/// How the kernel is asked whether this jail runs.
pub fn look(known_as: &str) -> String {
    format!("jls -j {known_as} -n jid name path")
}

/// It does.
pub fn runs(known_as: &str, jid: u32) -> Said {
    said(format!("jid={jid} name={known_as} path=/iocage/jails/x/root\n"))
}

/// It does not.
pub fn runs_not(known_as: &str) -> Said {
    failed(format!("jls: jail \"{known_as}\" not found\n"))
}

/// A command and its answers, one for each time it is run; the last one stays.
/// A command that ends in `*` stands for all that begin so; the first that fits
/// counts.
pub type Answers = Vec<(String, Vec<Said>)>;

/// What came of a request.
pub struct Answered {
    /// The response args.
    pub args: Value,
    /// The commands that were run: the words of iocage, or another program's name and
    /// its words.
    pub calls: Vec<String>,
}

struct Stand {
    answers: Answers,
    calls: Arc<Mutex<Vec<String>>>,
}

impl Runner for Stand {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        let mut words = command.args.clone();
        // The shell that keeps a command's status is not what is asked about.
        let mark = words.iter().position(|word| word.starts_with("exit-status-"));
        let mark = mark.map(|at| {
            let shell = at - 4;
            assert_eq!(words[shell..shell + 2], ["/bin/sh", "-c"], "{words:?}");
            words.drain(shell..=at).next_back().expect("the mark is the last of them")
        });
        let name = command.program.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name != "iocage" {
            words.insert(0, name.to_owned());
        }
        let call = words.join(" ");
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let Some((key, answers)) = self.answers.iter().find(|(key, _)| fits(key, &call)) else {
            // A version that nobody knows counts as the oldest.
            if call == "--version" {
                return Ok(outcome(&said("Version\tof a test\n")));
            }
            // Where nobody says what ZFS tells of the jails, it tells nothing.
            if call == MARKS {
                return Ok(outcome(&failed("no datasets available")));
            }
            if name != "iocage" && !self.answers.iter().any(|(key, _)| key.starts_with(name)) {
                // A machine whose tools nobody has thought of has none.
                return Err(StartError::Missing { path: command.program.to_owned() });
            }
            calls.push(format!("UNEXPECTED {call}"));
            return Ok(outcome(&failed("nobody thought of this command")));
        };
        let before = calls.iter().filter(|call| fits(key, call)).count();
        calls.push(call);
        let mut answer = answers[before.min(answers.len() - 1)].clone();
        if let (Some(mark), Some(status)) = (mark, answer.status) {
            answer.stderr += &format!("{mark}{status}\n");
        }
        Ok(outcome(&answer))
    }
}

fn fits(key: &str, call: &str) -> bool {
    key.strip_suffix('*').map_or(key == call, |start| call.starts_with(start))
}

fn outcome(said: &Said) -> Outcome {
    Outcome {
        end: match said.exit {
            TAKEN_AWAY => End::Unknown,
            TOO_LATE => End::TimedOut(Stopped::Signaled(15)),
            KILLED => End::Signaled(9),
            exit => End::Exited(exit),
        },
        left: None,
        stdout: Captured::whole(said.stdout.as_bytes()),
        stderr: Captured::whole(said.stderr.as_bytes()),
        duration: LONG,
        pid: 1,
    }
}

/// Send a request to an instance of this generation, where commands in jails go
/// through iocage.
pub fn ask(generation: Generation, answers: Answers, request: &Value) -> Answered {
    ask_by(Direct::Off, generation, answers, request)
}

/// A configuration for a runner that starts nothing. Whether a tool is there at all is asked of the system, where
/// the machine that the tests run on may have one.
pub fn nowhere() -> Config {
    let tool = |name: &str| PathBuf::from("/nonexistent").join(name);
    Config {
        zfs: tool("zfs"),
        zpool: tool("zpool"),
        jls: tool("jls"),
        jexec: tool("jexec"),
        setfib: tool("setfib"),
        ps: tool("ps"),
        ..Config::default()
    }
}

/// The same with or without what goes past iocage.
pub fn ask_by(direct: Direct, generation: Generation, answers: Answers, request: &Value) -> Answered {
    let calls = Arc::default();
    let stand = Stand { answers, calls: Arc::clone(&calls) };
    let locks = Folder::new();
    let config = Config {
        // Nothing is started, so nothing need be there.
        allow_unsafe_program: true,
        dialect: Some(generation),
        direct,
        lock_dir: locks.0.clone(),
        ..nowhere()
    };
    let instance = Instance::with_runner(config, Box::new(stand));
    let caller = Caller::ANYBODY;
    let (status, args) = instance.dispatch(&caller, request.to_string().as_bytes());
    assert_eq!(status, Status::Ok, "{request}: {}", String::from_utf8_lossy(&args));
    shaped::hold(&request.to_string(), &String::from_utf8_lossy(&args));
    let calls = calls.lock().unwrap_or_else(PoisonError::into_inner).clone();
    Answered { args: serde_json::from_slice(&args).expect("JSON"), calls }
}

/// `answers`, with the commands as they are written in a test.
pub fn answers<const N: usize>(answers: [(&str, Said); N]) -> Answers {
    answers.into_iter().map(|(command, said)| (command.to_owned(), vec![said])).collect()
}
