//! A request and the machine that it meets, written as bytes.
//!
//! ```text
//! {"action":"startjail","jail":"test"}
//! RS start 0 NL  what it prints  US  what it prints on standard error
//! RS list u NL  ...
//! ```
//!
//! RS and US are the ASCII separators. A record's first line says which commands
//! it answers, by how their words begin, and how they end: an exit status, `u`
//! for one that the host took away, `s9` for a signal, `t` for too late, `x` for a
//! program that cannot be started; a `+` behind it means that more was printed
//! than kept. A command that no record answers gets what a healthy machine says,
//! so that a scenario needs to hold only what is strange. Any bytes are a scenario.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sysadm_iocage::config::Generation;
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError, Stopped};

use crate::seeds;
use crate::tools::{self, Said, Tools};

/// Between records.
pub(crate) const RECORD: u8 = 0x1e;
/// Between the two streams of a record.
pub(crate) const UNIT: u8 = 0x1f;
/// Stands for the mark that the Python dialect hands to exec.
pub(crate) const MARK: char = '\u{1a}';

/// A record.
#[derive(Clone, Debug)]
struct Reply {
    words: String,
    end: Option<End>,
    is_cut: bool,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    used: bool,
}

/// The request of a scenario and its machine.
///
/// With `tools` the system's tell of it, too.
pub(crate) fn read(bytes: &[u8], generation: Generation, tools: Option<Tools>) -> (&[u8], Machine) {
    let mut records = bytes.split(|&b| b == RECORD);
    let request = records.next().unwrap_or_default();
    let replies = records.map(reply).collect();
    let (replies, calls) = (Mutex::new(replies), Mutex::default());
    (request, Machine(Arc::new(Stage { generation, tools, replies, calls })))
}

fn reply(record: &[u8]) -> Reply {
    let cut = |bytes: &[u8], at: u8| -> (Vec<u8>, Vec<u8>) {
        let end = bytes.iter().position(|&b| b == at).unwrap_or(bytes.len());
        (bytes[..end].to_vec(), bytes.get(end + 1..).unwrap_or_default().to_vec())
    };
    let (head, rest) = cut(record, b'\n');
    let (stdout, stderr) = cut(&rest, UNIT);
    let head = String::from_utf8_lossy(&head);
    let (words, end) = head.rsplit_once(' ').unwrap_or((&head, "0"));
    let is_cut = end.ends_with('+');
    let end = end.trim_end_matches('+');
    let end = match (end, end.strip_prefix('s').and_then(|signal| signal.parse().ok())) {
        (_, Some(signal)) => Some(End::Signaled(signal)),
        ("u", _) => Some(End::Unknown),
        ("t", _) => Some(End::TimedOut(Stopped::Signaled(15))),
        ("x", _) => None,
        (status, _) => Some(End::Exited(status.parse().unwrap_or(0))),
    };
    Reply { words: words.to_owned(), end, is_cut, stdout, stderr, used: false }
}

impl Reply {
    fn of(said: Said) -> Reply {
        Reply {
            words: String::new(),
            end: Some(End::Exited(said.exit)),
            is_cut: false,
            stdout: said.stdout.into_bytes(),
            stderr: said.stderr.into_bytes(),
            used: false,
        }
    }
}

/// A command that was run and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The words joined by blanks; of a tool of the system the program's name before them.
    pub(crate) line: String,
    /// The words.
    pub(crate) words: Vec<String>,
    /// `None` if it was not started.
    pub(crate) end: Option<End>,
    /// As the class gets it.
    pub(crate) stdout: String,
    /// As the class gets it.
    pub(crate) stderr: String,
}

impl Call {
    /// Did it end by itself and without failure?
    pub(crate) fn succeeded(&self) -> bool {
        matches!(self.end, Some(End::Exited(0) | End::Unknown))
    }
}

struct Stage {
    generation: Generation,
    tools: Option<Tools>,
    replies: Mutex<Vec<Reply>>,
    calls: Mutex<Vec<Call>>,
}

/// A runner that starts nothing, and notes what it was asked to.
#[derive(Clone)]
pub(crate) struct Machine(Arc<Stage>);

impl Machine {
    /// What was run, in order.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The first record for this command that is not used up, or the last one
    /// again, or what a healthy machine says.
    fn answer(&self, program: &str, line: &str, words: &[String]) -> Reply {
        // Where it is asked which iocage it is, it is no other than the one that is fuzzed.
        if let Some(tools) = self.0.tools.as_ref().filter(|_| line == "--version") {
            return Reply::of(Said { stdout: tools.version(), ..Said::default() });
        }
        let mut replies = self.0.replies.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |reply: &Reply| line.starts_with(&reply.words);
        let at = replies.iter().position(|r| fits(r) && !r.used).or_else(|| replies.iter().rposition(fits));
        match at {
            Some(at) => {
                replies[at].used = true;
                replies[at].clone()
            }
            None => {
                let words: Vec<_> = words.iter().map(String::as_str).collect();
                let told = self.0.tools.as_ref().and_then(|tools| tools.play(program, &words));
                let healthy = || Said { stdout: seeds::healthy(self.0.generation, line), ..Said::default() };
                Reply::of(told.unwrap_or_else(healthy))
            }
        }
    }
}

impl Runner for Machine {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        assert!(command.program.is_absolute() && !command.env.is_empty(), "{command:?}");
        assert!(command.deadline <= Duration::from_secs(86_400), "{command:?}");
        let program = tools::program(command);
        let named = if ["jexec", "jls", "zfs", "zpool"].contains(&program) {
            format!("{program} ")
        } else {
            String::new()
        };
        let line = format!("{named}{}", command.args.join(" "));
        let mut reply = self.answer(program, &line, &command.args);
        if let Some(mark) = command.args.iter().find(|word| word.starts_with("exit-status-")) {
            let stderr = String::from_utf8_lossy(&reply.stderr).replace(MARK, mark);
            reply.stderr = stderr.into_bytes();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner).push(Call {
            line,
            words: command.args.clone(),
            end: reply.end,
            stdout: text(&reply.stdout),
            stderr: text(&reply.stderr),
        });
        let Some(end) = reply.end else {
            return Err(StartError::Missing { path: command.program.to_owned() });
        };
        let cut = u64::from(reply.is_cut);
        Ok(Outcome {
            end,
            stdout: Captured { dropped: cut, ..Captured::whole(reply.stdout) },
            stderr: Captured::whole(reply.stderr),
            duration: Duration::ZERO,
            left: None,
            pid: 1,
        })
    }
}
