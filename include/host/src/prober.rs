//! The program that tries a module before a server loads it: found, started, ended
//! and believed.
//!
//! It is started by exec and never is a fork that goes on: what a process with threads
//! leaves locked stays locked in its fork. It is an installed file, and in a process of
//! root's it is held to the walk that modules are, as it gets their configuration and
//! decides of them. What it is to do it reads from its standard input, where no list of
//! processes shows it: a file without a name, which nobody has to read for us to go on.
//! What it says is one line: `taken`, or a code and a sentence; before that, where it has come to know which class a module is that it
//! refuses, another: `class` and NAMESPACE/NAME.

use std::fmt::Display;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsRawFd;
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sysadm_class::trust::{self, Distrust};

use crate::probe::Probe;
use crate::refused::{Obstacle, Refused};

/// Where `include/install` puts the program.
pub const INSTALLED: &str = "/usr/local/libexec/sysadm/plugin-check";
/// What the program says of a module that can be taken.
pub const TAKEN: &str = "taken";
/// How the line begins by which it tells the class of one that cannot.
pub const OF_CLASS: &str = "class ";

/// How much longer than the probe's own limit we wait: it can tell more about it.
const GRACE: Duration = Duration::from_secs(2);
/// How long it has to end with all that it has started, where nobody wants to know any more.
const LEAVES: Duration = Duration::from_secs(5);
/// Between two looks at whether it has ended.
const PAUSE: Duration = Duration::from_millis(2);
/// How much of what it says is read.
const MOST: u64 = 8192;

/// By which program modules are tried before they are loaded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Prober {
    /// The one at [`INSTALLED`]. Where there is none, modules are loaded untried, and
    /// each swap tells the log so.
    #[default]
    Installed,
    /// This one, an absolute path. Where there is none, nothing is loaded.
    At(PathBuf),
    /// None: modules are loaded untried.
    None,
}

impl Prober {
    /// The program, if there is to be one: a look, before anything is prepared for it.
    #[must_use]
    pub fn program(&self) -> Option<&Path> {
        match self {
            Prober::None => None,
            Prober::At(path) => Some(path),
            // Whatever else is wrong with it is told when it is used.
            Prober::Installed => {
                let path = Path::new(INSTALLED);
                let gone = fs::symlink_metadata(path).is_err_and(|e| e.kind() == ErrorKind::NotFound);
                (!gone).then_some(path)
            }
        }
    }
}

/// Have a module tried by a program. `draft` is where a file of ours may be for a
/// moment, in a folder that nobody else can enter. Once `is_ending` it is told to end, by SIGTERM.
///
/// # Errors
/// Why it is not to be loaded.
pub(crate) fn try_by(
    program: &Path,
    probe: &Probe,
    draft: &Path,
    is_ending: &AtomicBool,
) -> Result<(), Refused> {
    let untried = |why: &dyn Display| {
        let (shown, program) = (probe.shown.display(), program.display());
        Refused::new(
            Obstacle::Probe,
            format!("{shown} cannot be used: it was to be tried by {program}, which {why}"),
        )
    };
    trusted(program, probe.allow_unsafe).map_err(|why| untried(&why))?;
    let child = start(program, probe, draft).map_err(|e| untried(&format!("cannot be started: {e}")))?;
    let limit = probe.limit.saturating_add(GRACE);
    let (status, said) = finish(child, limit, is_ending);
    if is_ending.load(Ordering::Acquire) {
        let why = format!("{} was not tried to its end: this host is ending", probe.shown.display());
        return Err(Refused::new(Obstacle::Busy, why));
    }
    let said = String::from_utf8_lossy(&said);
    let mut lines = said.lines().rev().filter(|line| !line.is_empty());
    let last = lines.next().unwrap_or_default();
    let class = lines.next().and_then(|line| line.strip_prefix(OF_CLASS)?.split_once('/'));
    let Some(status) = status else {
        return Err(untried(&format!("did not end within {} s and was killed", limit.as_secs_f32())));
    };
    // Where a host lets all its children be reaped, what was said is all that is known.
    let (good, bad) = (is(status, 0), is(status, 1));
    if good && last == TAKEN {
        return Ok(());
    }
    let refused = last.split_once(' ').and_then(|(word, why)| Some((Obstacle::of_word(word)?, why)));
    match (refused.filter(|_| bad), status) {
        (Some((obstacle, why)), _) => {
            let refused = Refused::new(obstacle, why);
            Err(match class {
                Some((namespace, name)) => refused.of_class(namespace, name),
                None => refused,
            })
        }
        (None, Some(status)) => {
            let end = match status.signal() {
                Some(signal) => format!("was ended by {}", signal_name(signal)),
                None => format!("ended with exit status {}", status.code().unwrap_or(-1)),
            };
            Err(untried(&format!("{end}{}", behind(last))))
        }
        (None, None) => Err(untried(&format!("did not say what came of it{}", behind(last)))),
    }
}

/// Did it end so, for all that is known?
fn is(status: Option<ExitStatus>, code: i32) -> bool {
    status.is_none_or(|status| status.code() == Some(code))
}

fn behind(line: &str) -> String {
    if line.is_empty() { String::new() } else { format!(": {line}") }
}

fn trusted(program: &Path, allow_unsafe: bool) -> Result<(), String> {
    if !program.is_absolute() {
        return Err("is no absolute path".to_owned());
    }
    if allow_unsafe || trust::effective_user() != 0 {
        return Ok(());
    }
    trust::program(program, 0).map_err(|why| match why {
        Distrust::Missing(path) if path == program => "is not there".to_owned(),
        why => format!("is not started as root: {why}"),
    })
}

fn start(program: &Path, probe: &Probe, draft: &Path) -> io::Result<Child> {
    let text = probe.to_json().to_string();
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft);
    let job = written.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()));
    let job = job.and_then(|()| File::open(draft));
    // What is in the way of making it is in the way of removing it.
    let _ = fs::remove_file(draft);
    Command::new(program)
        .arg("--probe")
        // Where the walk has looked for an interpreter that is no absolute path.
        .current_dir("/")
        .stdin(job?)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
}

/// Wait for its end; how it ended, as far as that is known, or nothing if it had to be
/// killed; and what it said.
fn finish(
    mut child: Child,
    limit: Duration,
    is_ending: &AtomicBool,
) -> (Option<Option<ExitStatus>>, Vec<u8>) {
    let mut until = Instant::now().checked_add(limit);
    let mut is_told = false;
    let status = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Some(Some(status)),
            Ok(None) if until.is_some_and(|until| Instant::now() >= until) => {
                let group = -child.id().cast_signed();
                // SAFETY: takes numbers only; it was not waited for, so the group is its own.
                unsafe { libc::kill(group, libc::SIGKILL) };
                let _ = child.wait();
                break None;
            }
            Ok(None) => {
                if !is_told && is_ending.load(Ordering::Acquire) {
                    is_told = true;
                    until = until.into_iter().chain(Instant::now().checked_add(LEAVES)).min();
                    // It alone: it ends what it has started itself, which may have left its group.
                    // SAFETY: takes numbers only; it was not waited for, so the number is its own.
                    unsafe { libc::kill(child.id().cast_signed(), libc::SIGTERM) };
                }
                std::thread::sleep(PAUSE);
            }
            // Somebody else has waited for it, or the system has.
            Err(_) => break Some(None),
        }
    };
    // It has ended, and what it said is there. Who else may have the other ends, a fork or
    // what was tried, is not waited for.
    let mut said = Vec::new();
    if let Some(mut pipe) = child.stderr.take() {
        read(&mut pipe, &mut said);
    }
    if let Some(mut pipe) = child.stdout.take() {
        read(&mut pipe, &mut said);
    }
    (status, said)
}

/// Read what there is.
fn read(pipe: &mut (impl Read + AsRawFd), said: &mut Vec<u8>) {
    // SAFETY: takes numbers only; the descriptor is the pipe's, which is borrowed.
    let is_set = unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) } == 0;
    if is_set {
        // Ends with an error where there is no more; what came before is kept.
        let _ = pipe.take(MOST).read_to_end(said);
    }
}

/// The name of a signal.
#[must_use]
pub fn signal_name(signal: i32) -> String {
    let names = [
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGABRT, "SIGABRT"),
        (libc::SIGBUS, "SIGBUS"),
        (libc::SIGILL, "SIGILL"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGTRAP, "SIGTRAP"),
        (libc::SIGKILL, "SIGKILL"),
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGPIPE, "SIGPIPE"),
        (libc::SIGALRM, "SIGALRM"),
    ];
    let name = names.iter().find(|(number, _)| *number == signal).map(|(_, name)| *name);
    name.map_or_else(|| format!("signal {signal}"), str::to_owned)
}
