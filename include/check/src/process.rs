//! One process of ours: started, ended in time, and with it all that it has left.
//!
//! The process leads a group, and the group is killed when its leader has ended
//! or its time is up, before the leader is waited for: until then nobody else
//! can have its number. What left the group (a daemon) becomes a child of ours
//! and is found and killed then, see [`orphans`].

use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::orphans;

/// Does nobody want to know any more?
static IS_OVER: AtomicBool = AtomicBool::new(false);

/// How a process ended.
pub(crate) struct Ended {
    /// Nothing if it had to be killed.
    pub(crate) status: Option<ExitStatus>,
    /// How many processes it has left.
    pub(crate) left: usize,
}

/// Run this program once more, with these words, for no longer than `limit`, and with these variables
/// beside those that are there.
///
/// # Errors
/// If it cannot be started.
pub(crate) fn run(
    word: &str,
    file: &Path,
    [stdout, stderr]: [Stdio; 2],
    limit: Duration,
    variables: Option<(&str, String)>,
) -> std::io::Result<Ended> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(word)
        .arg(file)
        .envs(variables)
        .stdin(Stdio::null())
        .stdout(stdout)
        .stderr(stderr)
        .process_group(0)
        .spawn()?;
    let pid = child.id().cast_signed();
    let in_time = wait(pid, Instant::now() + limit);
    // SAFETY: takes numbers only; the leader was not yet waited for, so the group is still ours.
    unsafe { libc::kill(-pid, libc::SIGKILL) };
    let status = child.wait()?;
    let left = orphans::reap();
    Ok(Ended { status: in_time.then_some(status), left })
}

/// Wait for a process without taking its status; false when time is up.
fn wait(pid: i32, until: Instant) -> bool {
    loop {
        // SAFETY: all zeros is a value of this structure, which holds numbers and pointers.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let how = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: writes one structure of ours.
        let code = unsafe { libc::waitid(libc::P_PID, pid as libc::id_t, &raw mut info, how) };
        if code != 0 && std::io::Error::last_os_error().raw_os_error() == Some(libc::ECHILD) {
            // Somebody has waited for it, so it has ended.
            return true;
        }
        // SAFETY: waitid has filled it in, or left it zero where nothing has ended.
        if code == 0 && unsafe { info.si_pid() } == pid {
            return true;
        }
        if Instant::now() >= until || IS_OVER.load(Ordering::Relaxed) {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Have the system tell us of the end of what we start: who has started us may have had
/// it reaped unseen, which goes by exec.
pub(crate) fn see_the_end_of_children() {
    // SAFETY: sets back what another program has set, before there is a second thread.
    unsafe { libc::signal(libc::SIGCHLD, libc::SIG_DFL) };
}

/// From now on SIGTERM ends what runs, with all that it has left, and then us; by itself it would end us alone.
pub(crate) fn hear_the_end() {
    extern "C" fn note(_: libc::c_int) {
        IS_OVER.store(true, Ordering::Relaxed);
    }
    // SAFETY: the handler stores a number and calls nothing.
    unsafe { libc::signal(libc::SIGTERM, note as extern "C" fn(libc::c_int) as libc::sighandler_t) };
}

/// Have nothing of who has started us: none of his descriptors, which may be what another
/// is to have after his end, and, where the system can, no life much longer than his: with him it ends in order, see
/// [`hear_the_end`].
pub(crate) fn be_independent() {
    // SAFETY: takes numbers only; of ours none but the first three is open yet.
    unsafe { libc::close_range(3, libc::c_uint::MAX, 0) };
    orphans::end_with_parent(libc::SIGTERM);
}

/// A folder for us alone, removed at the end.
pub(crate) struct Private(pub(crate) PathBuf);

impl Private {
    /// A new one.
    ///
    /// # Errors
    /// If it cannot be made.
    pub(crate) fn new() -> std::io::Result<Private> {
        let name = format!("plugin-check-{}", std::process::id());
        let base = base(std::env::temp_dir(), sysadm_class::trust::effective_user()).join(name);
        let mut number = 0;
        loop {
            let folder = base.with_extension(number.to_string());
            match DirBuilder::new().mode(0o700).create(&folder) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && number < 1000 => number += 1,
                made => return made.map(|()| Private(folder)),
            }
        }
    }
}

/// Where it is to lie. Not in a folder of somebody else's who could put another in its
/// place, where we are root: what is loaded stands in a file in it.
fn base(wanted: PathBuf, user: u32) -> PathBuf {
    if user == 0 && sysadm_class::trust::file(&wanted, user).is_err() {
        PathBuf::from("/tmp")
    } else {
        wanted
    }
}

impl Drop for Private {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn root_puts_nothing_into_a_strangers_folder() {
        let folder = Private::new().expect("a folder");
        if sysadm_class::trust::effective_user() == 0 {
            let open = folder.0.join("open");
            DirBuilder::new().create(&open).expect("made");
            assert_eq!(base(open.clone(), 0), open);
            let all = std::os::unix::fs::PermissionsExt::from_mode(0o777);
            fs::set_permissions(&open, all).expect("ours");
            assert_eq!(base(open.clone(), 0), PathBuf::from("/tmp"));
            assert_eq!(base(open.clone(), 1), open);
        }
    }
}
