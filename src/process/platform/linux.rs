//! Linux with glibc 2.34 or later, the first with `posix_spawn_file_actions_addclosefrom_np`.

use std::fs;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::MetadataExt;

use libc::{c_char, c_int, pid_t, posix_spawn_file_actions_t};

use super::seen::Seen;

/// A session, which is a group, too: the child's terminal is not the host's.
pub(in super::super) const OWN_GROUP: c_int = libc::POSIX_SPAWN_SETSID as c_int;

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

/// The process of this number; none if there is none, or where there is no /proc to look in.
pub(in super::super) fn look(pid: pid_t) -> Option<Seen> {
    stat(pid).map(|(seen, _)| seen)
}

/// The processes of this group; none where there is no /proc to look in.
pub(in super::super) fn group(group: pid_t) -> Vec<Seen> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter_map(stat).filter(|(_, of)| *of == group).map(|(seen, _)| seen).collect()
}

/// A process that has the lock of this file. proc_pid_fdinfo(5): the locks that an open file has are told of each of
/// its descriptors, in whichever process.
pub(in super::super) fn lock_holder(device: u64, inode: u64) -> Option<pid_t> {
    let names = |folder: String| fs::read_dir(folder).into_iter().flatten().flatten();
    names("/proc".to_owned()).filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find(
        |pid: &pid_t| {
            names(format!("/proc/{pid}/fd")).any(|entry| {
                let is_it = fs::metadata(entry.path())
                    .is_ok_and(|found| (found.dev(), found.ino()) == (device, inode));
                let info = format!("/proc/{pid}/fdinfo/{}", entry.file_name().display());
                is_it && fs::read_to_string(info).is_ok_and(|info| info.contains("FLOCK"))
            })
        },
    )
}

/// The process and its group.
fn stat(pid: pid_t) -> Option<(Seen, pid_t)> {
    of_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

/// proc_pid_stat(5): the number, the name in parentheses, which may hold anything, and from there on words: the
/// state, the parent, the group; the start, in ticks since the system's, is the 22nd of all.
fn of_stat(stat: &[u8]) -> Option<(Seen, pid_t)> {
    const GROUP: usize = 2;
    const START: usize = 19;
    let number_end = stat.iter().position(|&byte| byte == b' ')?;
    let name_end = stat.iter().rposition(|&byte| byte == b')')?;
    let pid = str::from_utf8(&stat[..number_end]).ok()?.parse().ok()?;
    let words: Vec<_> = str::from_utf8(&stat[name_end + 1..]).ok()?.split_whitespace().collect();
    let seen = Seen {
        pid,
        start: words.get(START)?.parse().ok(),
        is_dead: matches!(*words.first()?, "Z" | "X"),
        is_jailed: false,
    };
    Some((seen, words.get(GROUP)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_anything() {
        let rest = "S 1 77 77 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 4242 2560000 200";
        for name in ["sleep", "a) Z 1 1 1", "(", ") ", "\u{e4}\n"] {
            let stat = format!("99 ({name}) {rest}");
            let seen = Seen { pid: 99, start: Some(4242), is_dead: false, is_jailed: false };
            assert_eq!(of_stat(stat.as_bytes()), Some((seen, 77)), "{name}");
        }
        let dead = of_stat(format!("99 (a) {}", rest.replace('S', "Z")).as_bytes());
        assert!(dead.is_some_and(|(seen, _)| seen.is_dead));
        let bytes = [b"99 (\xff)", " ".as_bytes(), rest.as_bytes()].concat();
        assert!(of_stat(&bytes).is_some());
        for cut in ["", "99", "99 (a", "99 (a) S 1", "x (a) S 1 77"] {
            assert_eq!(of_stat(cut.as_bytes()), None, "{cut}");
        }
    }
}
