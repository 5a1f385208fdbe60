//! What became of a child, as values. A failed child is an outcome and not an error: its exit and both its streams
//! are data for whoever knows what the program means by them.

use std::fmt;
use std::time::Duration;

use super::Captured;

/// What became of one child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// What it wrote to its standard output.
    pub stdout: Captured,
    /// What it wrote to its standard error.
    pub stderr: Captured,
    /// From the start to the child's end, without the linger.
    pub duration: Duration,
    /// One of its group, in no jail, that still ran when the child had been ended by a signal that was not ours: what
    /// the child had begun, this may go on with.
    pub left: Option<i32>,
    /// The process id it had. It may belong to another process by now.
    pub pid: i32,
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// By itself, with this status, 0 to 255.
    Exited(i32),
    /// By this signal, which was not ours.
    Signaled(i32),
    /// It has ended, but the host has taken its status: it ignores SIGCHLD, or a handler or thread of its own
    /// reaps every child.
    Unknown,
    /// The deadline passed, and the process group was told to end.
    TimedOut(Stopped),
    /// The caller asked for it, and the process group was told to end.
    Cancelled(Stopped),
}

impl End {
    /// Whether the child said that it succeeded: an exit by itself with status 0.
    #[must_use]
    pub fn is_success(self) -> bool {
        self == Self::Exited(0)
    }
}

impl fmt::Display for End {
    /// As the rest of a sentence which names the program.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "exited with status {status}"),
            Self::Signaled(signal) => write!(f, "was ended by signal {signal}"),
            Self::Unknown => f.write_str("ended, but its exit status was taken by the host process"),
            Self::TimedOut(stopped) => write!(f, "ran into its deadline and {stopped}"),
            Self::Cancelled(stopped) => write!(f, "was cancelled and {stopped}"),
        }
    }
}

/// How a child ended that was told to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It exited on TERM, with this status.
    Exited(i32),
    /// By this signal: 15 for the TERM it was sent, 9 for the KILL after the grace.
    Signaled(i32),
    /// It has ended, but the host has taken its status. If nobody watched the run, its process group got no KILL,
    /// since the group's number might have belonged to somebody else by then.
    Unknown,
    /// Not even KILL ended this process within two seconds, the child itself or one of its group: it hangs in the
    /// kernel, as on a dead file system, or belongs to a user whom the host may not signal. KILL stays pending,
    /// and the runner reaps the child when it is gone.
    Survived(i32),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited(status) => write!(f, "then exited with status {status}"),
            Self::Signaled(signal) => write!(f, "was ended by signal {signal}"),
            Self::Unknown => f.write_str("its exit status was taken by the host process"),
            Self::Survived(pid) => write!(f, "did not end even on KILL: process {pid} still runs"),
        }
    }
}
