//! What to run and within which bounds. Nothing is taken from the host's environment, working directory,
//! descriptors or signal settings; what a child does take from it stands in `spawn`.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use super::{News, Process};

/// One program to run once.
///
/// Built from [`Command::new`] with struct update syntax for what differs:
///
/// ```
/// use std::{path::Path, time::Duration};
/// use sysadm_iocage::process::Command;
///
/// let command = Command {
///     env: &[("LC_ALL", "C")],
///     deadline: Duration::from_secs(10),
///     ..Command::new(Path::new("/bin/ls"), ["-l", "--", "/"])
/// };
/// # let _ = command;
/// ```
#[derive(Clone)]
pub struct Command<'a> {
    /// The program, an absolute path; it is `argv[0]`, too. `PATH` is never searched: what is run as root
    /// must not depend on it, and the search would cost std and libc their fast way of starting.
    pub program: &'a Path,
    /// `argv[1..]`, each one word; no shell ever sees them.
    pub args: Vec<String>,
    /// The complete environment, as names and values.
    pub env: &'a [(&'a str, &'a str)],
    /// What the child reads from its standard input.
    pub stdin: Stdin<'a>,
    /// How long the child may run, from the start, by the monotonic clock.
    pub deadline: Duration,
    /// How long the process group has between TERM and KILL.
    pub grace: Duration,
    /// How long output is still read after the child's end while others hold the pipe open.
    pub linger: Duration,
    /// How much of each stream is kept.
    pub limits: Limits,
    /// Asked before the start and then about every 25 ms while the child runs; `true` ends it as the
    /// deadline does. It is called on the thread that runs the command.
    pub cancel: &'a dyn Fn() -> bool,
    /// Told what happens to the child, at once and on the thread that runs the command; none where nobody wants to
    /// know.
    pub watch: Option<&'a dyn Fn(Step)>,
    /// Told what the child prints while it runs, at most twice a second, about once a second where it prints
    /// nothing, and in the end; on the thread that runs the command, whose time it takes. None where nobody wants
    /// to know.
    pub listener: Option<&'a dyn Fn(&News<'_>)>,
}

/// What happens to a child that others may have to know of before its run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It was started.
    Started(Process),
    /// Whoever is left of its group should not be: it did not end when it was asked to, and is about to get KILL
    /// together with its group, or somebody else has ended it alone.
    Killed,
}

impl<'a> Command<'a> {
    /// `program` with `args`, an empty environment, nothing on stdin, a minute to run, 5 s between TERM and KILL,
    /// 250 ms of linger, the default [`Limits`], no cancellation, and nobody who watches or
    /// listens.
    pub fn new<A: Into<String>>(program: &'a Path, args: impl IntoIterator<Item = A>) -> Self {
        Self {
            program,
            args: args.into_iter().map(Into::into).collect(),
            env: &[],
            stdin: Stdin::Null,
            deadline: Duration::from_secs(60),
            grace: Duration::from_secs(5),
            linger: Duration::from_millis(250),
            limits: Limits::default(),
            cancel: &|| false,
            watch: None,
            listener: None,
        }
    }
}

impl fmt::Debug for Command<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("program", &self.program)
            .field("args", &self.args)
            .field("env", &self.env)
            .field("stdin", &self.stdin)
            .field("deadline", &self.deadline)
            .field("grace", &self.grace)
            .field("linger", &self.linger)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// A child's standard input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdin<'a> {
    /// `/dev/null`: the first read is the end.
    Null,
    /// These bytes, then the end.
    Bytes(&'a [u8]),
}

/// How many bytes of one stream are kept: the first `head` and the last `tail`. What lies between is counted.
/// Memory grows with the output and ends at about `head` and twice `tail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes kept from the beginning.
    pub head: usize,
    /// Bytes kept from the end, of those that are not in the head.
    pub tail: usize,
}

impl Default for Limits {
    /// 4 MiB and 64 KiB: the property listing of some thousand jails, and the reason of a failure.
    fn default() -> Self {
        Self { head: 4 << 20, tail: 64 << 10 }
    }
}
