//! What stands in a file that is held alone: who holds it, since when, and which
//! program was started under it last, so that it is known when that one is gone.
//!
//! The line is written at its full length before anything is started, with blanks in
//! place of what is not known yet: a disk that is full by then has no say any more.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::time::SystemTime;

use serde_json::{Value, json};

use crate::error::Quoted;
use crate::process::{Process, again, lock_holder};

/// How much of a file is read; a line of ours is shorter.
const LENGTH: usize = 1024;
/// How much of what a request was about is written, in characters.
const ON: usize = 100;

/// Who holds a lock, for what.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The action.
    pub action: &'a str,
    /// The jail or pool that it was asked to work on, if it has a name.
    pub on: Option<&'a str>,
    /// The host's number for the request.
    pub request: u64,
}

/// A program that was started under a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Program {
    /// It leads a group of its own.
    pub(super) process: Process,
    /// It and its group have got KILL, so that whoever is left of them should not be.
    pub(super) is_killed: bool,
}

impl Program {
    /// What still runs of it: itself, or after a KILL one of its group. Without one the
    /// others are what it was to leave behind, as the daemons of a jail.
    pub(super) fn living(self) -> Option<i32> {
        if self.process.lives() {
            return Some(self.process.pid);
        }
        if self.is_killed { self.process.living_member() } else { None }
    }
}

/// What a holder writes.
#[derive(Debug)]
pub(super) struct Line {
    action: String,
    on: Option<String>,
    request: u64,
    since: u64,
}

impl Line {
    pub(super) fn new(by: Holder<'_>) -> Line {
        let on = by.on.map(|on| on.chars().take(ON).collect());
        Line { action: by.action.to_owned(), on, request: by.request, since: now_s() }
    }

    /// Write it. What it names later has room from the first time on.
    pub(super) fn write(&self, file: &File, program: Option<Program>) -> io::Result<()> {
        let widest = Process { pid: i32::MAX, start: Some(u64::MAX) };
        let length = self.text(Some(Program { process: widest, is_killed: false })).len();
        let line = format!("{:length$}\n", self.text(program));
        file.write_all_at(line.as_bytes(), 0).and_then(|()| file.set_len(line.len() as u64)).inspect_err(
            |_| {
                // Half a line, or that of somebody else, would tell of the wrong one.
                let _ = file.set_len(0);
            },
        )
    }

    fn text(&self, program: Option<Program>) -> String {
        let process = program.map(|program| program.process);
        json!({
            "action": self.action,
            "group": process.map(|process| process.pid),
            "killed": program.is_some_and(|program| program.is_killed),
            "on": self.on,
            "pid": std::process::id(),
            "program": process.map(|process| process.pid),
            "request": self.request,
            "since": self.since,
            "start": process.and_then(|process| process.start),
        })
        .to_string()
    }
}

/// What was read in a file.
#[derive(Clone, Debug)]
pub(super) struct Found {
    action: String,
    since: u64,
    of: String,
    /// The process that wrote it, and its number for the request.
    pub(super) pid: i32,
    pub(super) request: u64,
    program: Option<Program>,
    /// An older version wrote it, which knows nothing of programs.
    pub(super) is_older: bool,
}

impl Found {
    /// The line in a file. Older versions name no program.
    pub(super) fn read(file: &File) -> Option<Found> {
        let mut line = [0; LENGTH];
        let length = again(|| file.read_at(&mut line, 0)).ok()?;
        let line: Value = serde_json::from_slice(&line[..length]).ok()?;
        let number = |key: &str| line[key].as_u64();
        let on = line["on"].as_str().map(|name| format!(" of {}", Quoted(name))).unwrap_or_default();
        let pid = number("program").and_then(|pid| i32::try_from(pid).ok());
        Some(Found {
            action: format!("{}{on}", line["action"].as_str()?),
            since: number("since")?,
            of: format!("process {}, request {}", number("pid")?, number("request")?),
            request: number("request")?,
            pid: number("pid").and_then(|pid| i32::try_from(pid).ok()).unwrap_or(0),
            is_older: line.get("program").is_none(),
            program: pid.map(|pid| Program {
                process: Process { pid, start: number("start") },
                is_killed: line["killed"] == true,
            }),
        })
    }

    /// Who holds the lock of this file, as a part of a sentence. Not always who wrote the line: what a process
    /// has opened its forked children have open, too, and with it the lock, also when it has died.
    pub(super) fn holder(&self, file: &File) -> String {
        let Found { action, of, .. } = self;
        let seconds = self.seconds();
        let has_died = self.pid > 0 && !Process { pid: self.pid, start: None }.lives();
        match (has_died, has_died.then(|| lock_holder(file)).flatten()) {
            (false, _) => format!("{action} has been at it for {seconds} s ({of})"),
            (true, holder) => format!(
                "{action} began {seconds} s ago ({of}), and that process has died, but one that it forked still has \
                 the lock{}",
                holder.map_or_else(String::new, |pid| format!(" (process {pid})"))
            ),
        }
    }

    /// Who held it, if what was started then still runs, likewise.
    pub(super) fn survivor(&self) -> Option<String> {
        let pid = self.program?.living()?;
        let Found { action, of, .. } = self;
        let seconds = self.seconds();
        Some(format!(
            "{action} began {seconds} s ago ({of}) and is over, but an iocage that it started still runs (process {pid})"
        ))
    }

    /// Did the same request write the other one?
    pub(super) fn is_of(&self, other: &Found) -> bool {
        (&self.action, &self.of, self.since) == (&other.action, &other.of, other.since)
    }

    fn seconds(&self) -> u64 {
        now_s().saturating_sub(self.since)
    }
}

pub(super) fn now_s() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}
