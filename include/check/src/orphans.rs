//! Who ends with whom: a process that is started here ends with the one that has started it, and what its descendants leave
//! behind is found and killed.
//!
//! Both are the system's doing, and each system has words of its own for it: prctl(2) on Linux, procctl(2) on FreeBSD. Elsewhere
//! there is neither: there a process outlives its parent, and what left its group is missed.

#[cfg(target_os = "linux")]
use std::fs;
#[cfg(target_os = "freebsd")]
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Is this process the reaper of its descendants? Asked to kill for one that is none, FreeBSD kills for its reaper, which is init
/// as a rule: all that runs on the machine.
#[cfg(target_os = "freebsd")]
static IS_REAPER: AtomicBool = AtomicBool::new(false);

/// From now on this process gets the signal when its parent ends.
pub(crate) fn end_with_parent(signal: libc::c_int) {
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers only.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, signal)
    };
    #[cfg(target_os = "freebsd")]
    {
        let mut signal = signal;
        // SAFETY: of this process, with a number of ours that lives for the call, as procctl(2) has it.
        unsafe { libc::procctl(libc::P_PID, own(), libc::PROC_PDEATHSIG_CTL, (&raw mut signal).cast()) };
    }
    #[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
    let _ = signal;
}

/// Become the parent of what our descendants leave behind. To be called before the first is started: on FreeBSD it holds for
/// those alone that are started after it.
pub(crate) fn adopt() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers only.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1)
    };
    #[cfg(target_os = "freebsd")]
    {
        // SAFETY: of this process; this command reads and writes nothing.
        let code =
            unsafe { libc::procctl(libc::P_PID, own(), libc::PROC_REAP_ACQUIRE, std::ptr::null_mut()) };
        // It is one already where the program was, in whose place this one has come by exec.
        let is_one = code == 0 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EBUSY);
        IS_REAPER.store(is_one, Ordering::Relaxed);
    }
}

/// Kill and reap whatever has become our child; how many there were. We have no
/// others, as each test's own process has been waited for.
pub(crate) fn reap() -> usize {
    let mut reaped = 0;
    loop {
        let is_able = kill();
        // SAFETY: a null status is not written.
        match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } {
            0 if is_able => std::thread::sleep(Duration::from_millis(5)),
            pid if pid > 0 => reaped += 1,
            // There is none, or none that could be killed: it would be waited for as long as it runs.
            _ => return reaped,
        }
    }
}

/// Kill our children. False where that cannot be done.
#[cfg(target_os = "linux")]
fn kill() -> bool {
    for pid in children() {
        // SAFETY: takes numbers only; a child that was not waited for keeps its number.
        unsafe { libc::kill(pid, libc::SIGKILL) };
    }
    true
}

/// Kill our children; of one that is ending already the own children come to us, so that they have their turn. False where that
/// cannot be done.
#[cfg(target_os = "freebsd")]
fn kill() -> bool {
    /// `struct procctl_reaper_kill` of sys/procctl.h, which libc has not.
    #[repr(C)]
    struct Kill {
        signal: libc::c_int,
        flags: libc::c_uint,
        subtree: libc::pid_t,
        killed: libc::c_uint,
        failed: libc::pid_t,
        pad: [libc::c_uint; 15],
    }
    /// Those alone of which the reaper is the parent, be they from before it was one.
    const REAPER_KILL_CHILDREN: libc::c_uint = 1;
    if !IS_REAPER.load(Ordering::Relaxed) {
        return false;
    }
    let mut all = Kill {
        signal: libc::SIGKILL,
        flags: REAPER_KILL_CHILDREN,
        subtree: 0,
        killed: 0,
        failed: 0,
        pad: [0; 15],
    };
    // That there was none to kill is an error, too, which says nothing of those that are ending: waitpid tells.
    // SAFETY: the children of this process, which is their reaper; one structure of ours, that of this command, is read and
    // written, and lives for the call.
    unsafe { libc::procctl(libc::P_PID, own(), libc::PROC_REAP_KILL, (&raw mut all).cast()) };
    true
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
fn kill() -> bool {
    false
}

#[cfg(target_os = "freebsd")]
fn own() -> libc::id_t {
    libc::id_t::from(std::process::id())
}

#[cfg(target_os = "linux")]
fn children() -> Vec<i32> {
    let own = std::process::id();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_ours = |pid: &i32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // PID (NAME) STATE PARENT ..., where the name may hold anything.
        let rest = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        rest.split(' ').nth(1).and_then(|parent| parent.parse().ok()) == Some(own)
    };
    pids.filter(is_ours).collect()
}
