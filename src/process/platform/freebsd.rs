//! FreeBSD 13.1 or later, the first with the two file actions below, which the libc crate does not declare.
//!
//! Compiled and linked by `tests/freebsd/check`, and never run. It follows the manual pages that are named at
//! each item; what the code above it asks of FreeBSD stands in these:
//!
//! - posix_spawn(3): attributes come first, file actions in their order, then close-on-exec; a new group, all
//!   signals reset, an error number as the result, and no fork handlers, for it is a vfork;
//! - posix_spawn_file_actions_init(3): -1 and errno where the others return an error number;
//! - wait(2): `waitid` with WNOHANG leaves `si_pid` at zero while nothing has ended, WNOWAIT keeps the child
//!   waitable, `si_status` has all 32 bits of an exit, and ECHILD is also the answer where SIGCHLD is ignored;
//! - memfd_create(2): 13.0 and later; the object has to be given its length before it is written.

use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use libc::{c_char, c_int, pid_t, posix_spawn_file_actions_t};

unsafe extern "C" {
    // <spawn.h>, posix_spawn_file_actions_addopen(3), which holds these two as well: both copy what they are
    // given and return 0 or an error number.
    fn posix_spawn_file_actions_addchdir_np(
        actions: *mut posix_spawn_file_actions_t,
        path: *const c_char,
    ) -> c_int;
    fn posix_spawn_file_actions_addclosefrom_np(
        actions: *mut posix_spawn_file_actions_t,
        first: c_int,
    ) -> c_int;
}

/// # Safety
///
/// `actions` must be initialised, and `path` a NUL-terminated string.
pub(in super::super) unsafe fn add_chdir(
    actions: *mut posix_spawn_file_actions_t,
    path: *const c_char,
) -> c_int {
    // SAFETY: the caller's promise is the one that the function asks for.
    unsafe { posix_spawn_file_actions_addchdir_np(actions, path) }
}

/// # Safety
///
/// `actions` must be initialised.
pub(in super::super) unsafe fn add_closefrom(
    actions: *mut posix_spawn_file_actions_t,
    first: c_int,
) -> c_int {
    // SAFETY: the caller's promise is the one that the function asks for.
    unsafe { posix_spawn_file_actions_addclosefrom_np(actions, first) }
}

/// A kqueue with one event in it, the child's end. A kqueue can itself be polled, so the loop above stays one
/// `poll` on both systems. It is never inherited: a kqueue does not survive a fork.
///
/// kqueue(2): "is not inherited by a child created with fork(2)"; the filter runs at registration "to detect
/// whether a preexisting condition is present", so a process that has ended already is posted at once; with
/// `nevents` zero `kevent` returns immediately; ESRCH where there is no such process any more. That NOTE_EXIT
/// comes a moment before the process can be waited for, the kernel's source says (kern_exit.c); nothing hangs
/// on it.
#[derive(Debug)]
pub(in super::super) struct ExitNotice(OwnedFd);

impl ExitNotice {
    /// None when descriptors have run out, or when the child has been reaped by the host already.
    pub(in super::super) fn new(pid: pid_t) -> Option<Self> {
        // SAFETY: kqueue takes nothing and touches no memory.
        let fd = unsafe { libc::kqueue() };
        if fd < 0 {
            return None;
        }
        // SAFETY: `fd` was just created, and nobody else knows it.
        let kqueue = unsafe { OwnedFd::from_raw_fd(fd) };
        // SAFETY: a kevent is integers and a pointer, for which zero is a value.
        let mut event: libc::kevent = unsafe { mem::zeroed() };
        event.ident = usize::try_from(pid).ok()?;
        event.filter = libc::EVFILT_PROC;
        event.flags = libc::EV_ADD;
        event.fflags = libc::NOTE_EXIT;
        // SAFETY: one change is read from `event`, which lives through the call; no event is asked for, so the
        // event list and the timeout may be null.
        let added = unsafe { libc::kevent(fd, &raw const event, 1, ptr::null_mut(), 0, ptr::null()) };
        (added == 0).then_some(Self(kqueue))
    }

    pub(in super::super) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
