//! This process and the others: children and groups, by what the system shows, waiting, and signals.

use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

pub use super::shows::{
    Shown, called, descriptors, mapped, now, processes, resident, resident_of, started_with, threads,
};

/// The children of this process, unreaped ones too.
pub fn children() -> Vec<Shown> {
    let own = i32::try_from(std::process::id()).expect("a process id");
    processes().into_iter().filter(|process| process.parent == own).collect()
}

/// Those that live in one of these groups, each of which was there at that time. A leader
/// who was started later has another's number: they are used again.
pub fn members(groups: &BTreeMap<i32, u64>) -> Vec<Shown> {
    let all = processes();
    let is_another =
        |group: i32, seen: u64| all.iter().any(|leader| leader.pid == group && leader.start > seen);
    let is_member = |process: &&Shown| {
        let seen = groups.get(&process.group);
        process.state != 'Z' && seen.is_some_and(|seen| !is_another(process.group, *seen))
    };
    all.iter().filter(is_member).cloned().collect()
}

#[test]
fn a_number_that_is_used_again_is_another_group() {
    let before = now().saturating_sub(1);
    let mut child =
        std::process::Command::new("sleep").arg("60").process_group(0).spawn().expect("it starts");
    let group = i32::try_from(child.id()).expect("a process id");
    let found = |seen| members(&BTreeMap::from([(group, seen)])).len();
    let (of_now, of_then) = (found(now() + 1), found(before.saturating_sub(400)));
    child.kill().and_then(|()| child.wait()).expect("ended");
    assert_eq!((of_now, of_then), (1, 0));
}

/// Wait for what has to come true soon.
pub fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(20), "waited 20 s: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Unmount what a test has mounted. What another test just starts has what is open there until it is executed; what stays open keeps it
/// mounted.
pub fn unmount(path: &Path) {
    let unmounted = || Command::new("umount").arg(path).status().is_ok_and(|status| status.success());
    eventually("nothing is open there", unmounted);
}

/// Have a program begin as one does that was started from a terminal: in the background of a
/// script, where tests may run, SIGINT is ignored, and that is inherited.
pub fn heeds_signals(command: &mut Command) -> &mut Command {
    let reset = || {
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
            // SAFETY: as async-signal-safe as the place needs it to be.
            unsafe { libc::signal(signal, libc::SIG_DFL) };
        }
        Ok(())
    };
    // SAFETY: it calls what may be called there, and allocates nothing.
    unsafe { command.pre_exec(reset) }
}

/// Send a signal to a process of a test's own.
pub fn kill(pid: i32, signal: i32) {
    // SAFETY: kill takes two integers and touches no memory.
    unsafe { libc::kill(pid, signal) };
}

/// A process that not even KILL ends, until this is dropped: a tracer holds it at
/// the last stop before its end, as a dead file system holds one in the kernel.
#[cfg(target_os = "linux")]
pub struct Undying {
    release: Option<std::sync::mpsc::Sender<()>>,
    tracer: Option<std::thread::JoinHandle<()>>,
}

#[cfg(target_os = "linux")]
impl Undying {
    /// None where tracing is not allowed. It must be no child of this process, whose
    /// own waiting would see what the tracer is told.
    #[expect(clippy::disallowed_methods, reason = "a test is no module")]
    pub fn new(pid: i32) -> Option<Undying> {
        const OPTIONS: usize = libc::PTRACE_O_TRACEEXIT as usize;
        let (release, released) = std::sync::mpsc::channel();
        let (tell, told) = std::sync::mpsc::channel();
        let tracer = std::thread::spawn(move || {
            // SAFETY: PTRACE_SEIZE takes no address and the options as data.
            let seized =
                unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, std::ptr::null_mut::<u8>(), OPTIONS) };
            tell.send(seized == 0).expect("somebody waits");
            // The end of this thread detaches the process.
            let _: Result<(), _> = released.recv();
        });
        let undying = Undying { release: Some(release), tracer: Some(tracer) };
        told.recv().expect("the thread tells").then_some(undying)
    }
}

#[cfg(target_os = "linux")]
impl Drop for Undying {
    fn drop(&mut self) {
        drop(self.release.take());
        let _ = self.tracer.take().map(std::thread::JoinHandle::join);
    }
}
