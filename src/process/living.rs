//! Does a process still live, of which only numbers are left: after its run was answered, or for another host
//! that has read them somewhere.
//!
//! A process id alone tells nothing, for it is given away again; with the time of the start, which the system
//! keeps, it is one process's for ever. A group has no such time, but its number is not given away while anybody
//! is in it.

use std::fs::File;
use std::os::unix::fs::MetadataExt;

use libc::{c_int, pid_t};

use super::platform;

/// A process that is not taken for another. It was started as the leader of a group of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: i32,
    /// When it was started, in the system's own unit; none if the system did not tell.
    pub start: Option<u64>,
}

impl Process {
    /// The process that has this number now.
    pub(super) fn of(pid: pid_t) -> Self {
        Self { pid, start: platform::look(pid).and_then(|seen| seen.start) }
    }

    /// Whether it still runs. One that has ended and was not reaped does not.
    #[must_use]
    pub fn lives(self) -> bool {
        match platform::look(self.pid) {
            Some(seen) => !seen.is_dead && self.may_be(seen.start),
            // The system shows nothing, or not this one to this user. So whoever has the number counts.
            None => self.pid > 0 && exists(self.pid),
        }
    }

    /// One of its group that still runs and is in no jail, itself too.
    ///
    /// What a jail consists of may be in the group of the program that started it, and lives for years.
    #[must_use]
    pub fn living_member(self) -> Option<i32> {
        // 1 is the system's first process; minus 1 would mean all.
        if self.pid < 2 || !exists(-self.pid) {
            return None;
        }
        let members = platform::group(self.pid);
        // A leader that was started at another time leads another group.
        if members.iter().any(|seen| seen.pid == self.pid && !self.may_be(seen.start)) {
            return None;
        }
        members.iter().find(|seen| !seen.is_dead && !seen.is_jailed).map(|seen| seen.pid)
    }

    /// Ends its group, if anybody of it lives: whose number is nobody else's as long. Whoever comes to bear it
    /// between the look and the signal would have to be a new process of this very number.
    pub(super) fn kill_group(self) {
        if self.living_member().is_some() {
            // SAFETY: kill takes two integers and touches no memory.
            unsafe { libc::kill(-self.pid, libc::SIGKILL) };
        }
    }

    fn may_be(self, start: Option<u64>) -> bool {
        self.start.is_none() || start.is_none() || self.start == start
    }
}

/// A process that has the lock of a file (`flock`), whoever took it; none if the system does not tell.
#[must_use]
pub fn lock_holder(file: &File) -> Option<i32> {
    let found = file.metadata().ok()?;
    platform::lock_holder(found.dev(), found.ino())
}

/// Is there a process of this number, or for a negative one a group? One that may not be signalled is there.
fn exists(pid: c_int) -> bool {
    // SAFETY: kill takes two integers and touches no memory; signal 0 is none.
    let asked = unsafe { libc::kill(pid, 0) };
    asked == 0 || std::io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}
