//! FreeBSD 14 or later: it has the two file actions below, which the libc crate does not declare. 13.1 is said to have them, and
//! no list of its symbols was found.
//!
//! Compiled and linked by `tests/freebsd/check`, and never run. It follows the manual pages that are named at
//! each item; what the code above it asks of FreeBSD stands in these:
//!
//! - posix_spawn(3): attributes come first, file actions in their order, then close-on-exec; a new group, all
//!   signals reset, an error number as the result, and no fork handlers, for it is a vfork;
//! - posix_spawn_file_actions_init(3): -1 and errno where the others return an error number;
//! - wait(2): `waitid` with WNOHANG leaves `si_pid` at zero while nothing has ended, WNOWAIT keeps the child
//!   waitable, `si_status` has all 32 bits of an exit, and ECHILD is also the answer where SIGCHLD is ignored. That zero
//!   is libc's doing: the kernel's `wait6` fills `si_pid` in for a child that runs, too, and libc clears what it got where
//!   the call answers 0. So never `wait6` in its place: every running child would look as if it had ended with 0;
//! - sysctl(3), sysctl(2) and sys/user.h: KERN_PROC gives `kinfo_proc`s, zombies among them;
//! - memfd_create(2): 13.0 and later; an object of shared memory, which can be read and sought in, but which no kqueue takes
//!   for EVFILT_READ, and its page says that it has to be given its length before it is written;
//! - execve(2): arguments and environment together have ARG_MAX, 512 KiB, and no bound for each besides.

use std::mem;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use libc::{c_char, c_int, c_uint, pid_t, posix_spawn_file_actions_t};

use super::seen::Seen;

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

/// A group, for posix_spawnattr_setflags(3) knows no session.
pub(in super::super) const OWN_GROUP: c_int = libc::POSIX_SPAWN_SETPGROUP as c_int;

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

/// The process of this number; none if there is none.
pub(in super::super) fn look(pid: pid_t) -> Option<Seen> {
    let boot = boot_time();
    processes(libc::KERN_PROC_PID, pid).first().map(|found| seen(found, boot))
}

/// The processes of this group.
pub(in super::super) fn group(group: pid_t) -> Vec<Seen> {
    let boot = boot_time();
    processes(libc::KERN_PROC_PGRP, group).iter().map(|found| seen(found, boot)).collect()
}

/// sysctl tells who has a file open, not who of them has its lock.
pub(in super::super) fn lock_holder(_: u64, _: u64) -> Option<pid_t> {
    None
}

fn seen(found: &libc::kinfo_proc, boot: Option<i64>) -> Seen {
    // The kernel adds the time of the system's start to its own count (kern_proc.c), and that time moves with the
    // clock; taken off again, the count stays what it was. It is zero for a process that is swapped out.
    let start = microseconds(found.ki_start).filter(|&start| start != 0).zip(boot);
    Seen {
        pid: found.ki_pid,
        start: start.and_then(|(start, boot)| u64::try_from(start - boot).ok()),
        is_dead: found.ki_stat == libc::SZOMB,
        is_jailed: found.ki_jid != 0,
    }
}

fn microseconds(time: libc::timeval) -> Option<i64> {
    time.tv_sec.checked_mul(1_000_000)?.checked_add(time.tv_usec)
}

fn boot_time() -> Option<i64> {
    // SAFETY: a timeval is two integers, for which zero is a value.
    let mut time: libc::timeval = unsafe { mem::zeroed() };
    let mut length = mem::size_of::<libc::timeval>();
    let name = [libc::CTL_KERN, libc::KERN_BOOTTIME];
    // SAFETY: the name and its length are of one array; `time` has room for `length` bytes; nothing is set.
    let asked = unsafe {
        libc::sysctl(
            name.as_ptr(),
            name.len() as c_uint,
            (&raw mut time).cast(),
            &raw mut length,
            ptr::null(),
            0,
        )
    };
    if asked == 0 && length == mem::size_of::<libc::timeval>() { microseconds(time) } else { None }
}

/// What the kernel tells of the processes that `which` and `number` mean; nothing if it fails, or if its form is not
/// the one that is known here.
fn processes(which: c_int, number: c_int) -> Vec<libc::kinfo_proc> {
    const SIZE: usize = mem::size_of::<libc::kinfo_proc>();
    // A group grows while it is asked for: ENOMEM then, and it is asked again with more room.
    for room in [1, 16, 256, 4096, 65_536] {
        let mut found: Vec<libc::kinfo_proc> = Vec::with_capacity(room);
        let mut length = room * SIZE;
        let name = [libc::CTL_KERN, libc::KERN_PROC, which, number];
        // SAFETY: the name and its length are of one array; `found` has room for `length` bytes; nothing is set.
        let asked = unsafe {
            libc::sysctl(
                name.as_ptr(),
                name.len() as c_uint,
                found.as_mut_ptr().cast(),
                &raw mut length,
                ptr::null(),
                0,
            )
        };
        if asked == 0 {
            // SAFETY: the kernel has written `length` bytes, at most the room; a kinfo_proc is integers, arrays of
            // them and pointers that are not followed, for which whatever it wrote is a value.
            unsafe { found.set_len((length / SIZE).min(room)) };
            let is_known = |one: &libc::kinfo_proc| usize::try_from(one.ki_structsize) == Ok(SIZE);
            return if found.iter().all(is_known) { found } else { Vec::new() };
        }
        if std::io::Error::last_os_error().raw_os_error() != Some(libc::ENOMEM) {
            break;
        }
    }
    Vec::new()
}
