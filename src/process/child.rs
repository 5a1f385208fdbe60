//! The only place that reaps a child or signals its group, because the two belong together: a process id, and
//! with it the group's, is the child's for just as long as nobody has reaped it. After that the number may be
//! given to anybody, and a signal would hit a stranger.
//!
//! So a group is signalled only after `waitid` has answered, a moment before, that the child is still there, alive
//! or unreaped. In a host that reaps by itself (SIGCHLD ignored, or a handler that waits for everything)
//! one gap stays: the child can end, be reaped by the host and its number be given away between that answer
//! and the signal; for one that was begun and is not looked at yet, until it is. That takes a full round of process ids meanwhile, and no portable call
//! closes it.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use libc::{c_int, pid_t};

use super::{End, Process, Stopped};

/// How long a child may take to go after KILL. A process that can run goes at once; one that is in the kernel and
/// does not come back is left to [`Survivors`], for bounded time is promised to the caller.
pub(super) const KILL_WAIT: Duration = Duration::from_secs(2);

/// What `waitid` tells of a child that has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Exited(i32),
    Signaled(i32),
    /// ECHILD: somebody else has reaped it.
    Unknown,
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        match status {
            Status::Exited(code) => Self::Exited(code),
            Status::Signaled(signal) => Self::Signaled(signal),
            Status::Unknown => Self::Unknown,
        }
    }
}

impl From<Status> for Stopped {
    fn from(status: Status) -> Self {
        match status {
            Status::Exited(code) => Self::Exited(code),
            Status::Signaled(signal) => Self::Signaled(signal),
            Status::Unknown => Self::Unknown,
        }
    }
}

/// A child of ours that is not reaped yet. Dropped in that state, as when the caller's cancellation
/// panics, it is killed and reaped, so that no way out of a run leaves a process behind.
#[derive(Debug)]
pub(super) struct Child {
    pid: pid_t,
    ours: bool,
    survivors: Arc<Survivors>,
}

impl Child {
    pub(super) fn new(pid: pid_t, survivors: &Arc<Survivors>) -> Self {
        Self { pid, ours: true, survivors: Arc::clone(survivors) }
    }

    pub(super) fn pid(&self) -> pid_t {
        self.pid
    }

    /// The child, as others may know it again. It is not reaped, so the number is its own.
    pub(super) fn process(&self) -> Process {
        Process::of(self.pid)
    }

    /// One of its group that lives, but for itself. Only while the child is unreaped: its number is the group's.
    pub(super) fn living_member(&self) -> Option<pid_t> {
        Process { pid: self.pid, start: None }.living_member()
    }

    /// How the child ended, if it has. It stays unreaped, and its group can be signalled.
    pub(super) fn peek(&mut self) -> Option<Status> {
        let status = wait(self.pid, libc::WNOWAIT);
        if status == Some(Status::Unknown) {
            self.ours = false;
        }
        status
    }

    /// How the child ended, if it has. It is reaped by that.
    pub(super) fn reap(&mut self) -> Option<Status> {
        let status = wait(self.pid, 0);
        if status.is_some() {
            self.ours = false;
        }
        status
    }

    /// Asks the group to end, if its leader has not ended by itself; says whether it was asked. What a child
    /// that has ended left behind is not ours to end.
    pub(super) fn terminate(&mut self) -> bool {
        let running = self.peek().is_none();
        if running {
            self.signal(libc::SIGTERM);
        }
        running
    }

    /// Ends the group, whether or not its leader has ended since it was asked to.
    pub(super) fn kill(&mut self) {
        if self.peek() != Some(Status::Unknown) {
            self.signal(libc::SIGKILL);
        }
    }

    /// Only right after `peek` has said that the number is still the child's.
    fn signal(&self, signal: c_int) {
        // SAFETY: kill takes two integers and touches no memory.
        unsafe { libc::kill(-self.pid, signal) };
        // SAFETY: getpgid takes an integer and touches no memory.
        if unsafe { libc::getpgid(self.pid) } != self.pid {
            // The child has moved into another group, which is not ours to signal, and left its own to others or to
            // nobody. Asked after the signal: who moves between the two gets it twice, and nobody never.
            // SAFETY: as for the first kill.
            unsafe { libc::kill(self.pid, signal) };
        }
    }

    /// Ends our care for it: a child that not even KILL has ended is left to be reaped when it is gone.
    pub(super) fn give_up(mut self) {
        if self.ours {
            self.ours = false;
            self.survivors.add(self.pid);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.ours {
            return;
        }
        self.kill();
        let killed = Instant::now();
        while self.reap().is_none() {
            if killed.elapsed() >= KILL_WAIT {
                self.survivors.add(self.pid);
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Children that were killed and had not ended when their run had to be answered.
#[derive(Debug, Default)]
pub(super) struct Survivors(Mutex<Vec<pid_t>>);

impl Survivors {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn add(&self, pid: pid_t) {
        self.pids().push(pid);
    }

    /// Reaps those that have gone since.
    pub(super) fn reap(&self) {
        let mut pids = self.pids();
        let still = mem::take(&mut *pids).into_iter().filter(|&pid| wait(pid, 0).is_none());
        *pids = still.collect();
    }

    fn pids(&self) -> MutexGuard<'_, Vec<pid_t>> {
        // No code that holds the lock can leave the list half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Survivors {
    fn drop(&mut self) {
        self.reap();
    }
}

/// What `waitid` says of `pid` now; none while it runs, which FreeBSD's `wait6` does not tell (`platform/freebsd.rs`).
fn wait(pid: pid_t, options: c_int) -> Option<Status> {
    // SAFETY: siginfo_t is integers, pointers and padding, for all of which zero is a value.
    let mut info: libc::siginfo_t = unsafe { mem::zeroed() };
    let id = libc::id_t::try_from(pid).expect("posix_spawn gave a positive process id");
    // SAFETY: `info` is valid for writing through the call. WNOHANG: it never blocks.
    let waited =
        unsafe { libc::waitid(libc::P_PID, id, &raw mut info, libc::WEXITED | libc::WNOHANG | options) };
    if waited == -1 {
        // ECHILD is the only error for a valid call that does not block.
        return Some(Status::Unknown);
    }
    // SAFETY: waitid fills these fields for a child that has ended, and leaves the zeroes otherwise.
    if unsafe { info.si_pid() } == 0 {
        return None;
    }
    // SAFETY: as above.
    let status = unsafe { info.si_status() };
    Some(match info.si_code {
        // FreeBSD hands out all 32 bits of what was given to exit; every shell and every document means eight.
        libc::CLD_EXITED => Status::Exited(status & 0xff),
        _ => Status::Signaled(status),
    })
}
