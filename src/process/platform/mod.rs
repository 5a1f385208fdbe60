//! What differs between the systems, one file each, with the same names in both:
//!
//! - `add_chdir`, `add_closefrom`: the two file actions that POSIX did not have;
//! - `ExitNotice`: a descriptor that `poll` reports readable when a child ends. It is a way to wake up at
//!   once and nothing else: whether a child has ended is always asked of `waitid`, so a notice that cannot be had
//!   or comes too early costs a few milliseconds and no correctness.
//! - `look`, `group`: a process, and those of a group, as the system shows them;
//! - `lock_holder`: who has a file's lock;
//! - `OWN_GROUP`: what gives a child a group of its own, and a session, too, where that can be said.

#[cfg(target_os = "freebsd")]
mod freebsd;
#[cfg(target_os = "freebsd")]
pub(super) use freebsd::{ExitNotice, OWN_GROUP, add_chdir, add_closefrom, group, lock_holder, look};

#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod linux;
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(super) use linux::{ExitNotice, OWN_GROUP, add_chdir, add_closefrom, group, lock_holder, look};

mod seen;

#[cfg(not(any(target_os = "freebsd", all(target_os = "linux", target_env = "gnu"))))]
compile_error!(
    "children are started with what FreeBSD 14 and glibc 2.34 have of posix_spawn; no other libc is known to have it"
);
