//! Linux with glibc 2.34 or later, the first with `posix_spawn_file_actions_addclosefrom_np`.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use libc::{c_char, c_int, pid_t, posix_spawn_file_actions_t};

/// # Safety
///
/// `actions` must be initialised, and `path` a NUL-terminated string.
pub(in super::super) unsafe fn add_chdir(
    actions: *mut posix_spawn_file_actions_t,
    path: *const c_char,
) -> c_int {
    // SAFETY: the caller's promise is the one that the function asks for.
    unsafe { libc::posix_spawn_file_actions_addchdir_np(actions, path) }
}

/// # Safety
///
/// `actions` must be initialised.
pub(in super::super) unsafe fn add_closefrom(
    actions: *mut posix_spawn_file_actions_t,
    first: c_int,
) -> c_int {
    // SAFETY: the caller's promise is the one that the function asks for.
    unsafe { libc::posix_spawn_file_actions_addclosefrom_np(actions, first) }
}

/// A pidfd: readable once the child can be waited for.
#[derive(Debug)]
pub(in super::super) struct ExitNotice(OwnedFd);

impl ExitNotice {
    /// None before Linux 5.3, under valgrind and some sandboxes, and when descriptors have run out.
    pub(in super::super) fn new(pid: pid_t) -> Option<Self> {
        // SAFETY: pidfd_open takes two integers and touches no memory; the descriptor is close-on-exec.
        let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) };
        let fd = RawFd::try_from(fd).ok().filter(|&fd| fd >= 0)?;
        // SAFETY: `fd` was just created, and nobody else knows it.
        Some(Self(unsafe { OwnedFd::from_raw_fd(fd) }))
    }

    pub(in super::super) fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
