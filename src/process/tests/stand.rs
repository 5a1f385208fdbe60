//! What these tests stand on: scripts, what they print, what the host holds, and a
//! process of a test's own.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, process};

use crate::process::{Command, Outcome, Runner, StartError, Stdin, System};

/// The script, by the shell, with a PATH and no other variable.
pub(super) fn sh(script: &str) -> Command<'_> {
    Command { env: &[("PATH", "/usr/bin:/bin")], ..Command::new(Path::new("/bin/sh"), ["-c", script]) }
}

pub(super) fn run(command: &Command<'_>) -> Outcome {
    System::new().run(command).expect("the program starts")
}

pub(super) fn refusal(command: &Command<'_>) -> StartError {
    System::new().run(command).expect_err("nothing starts")
}

pub(super) const fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// What the script prints, which must succeed, without the last newline.
pub(super) fn printed(script: &str) -> String {
    let outcome = run(&sh(script));
    assert!(outcome.end.is_success(), "{script}: {outcome:?}");
    outcome.stdout.text().trim_end_matches('\n').to_owned()
}

/// What is at once, or a moment later, and what else would take half a minute or more: between them, for a machine may be busy.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// Waits for what has to come true soon.
pub(super) fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < SOON, "waited {SOON:?}: {what}");
        std::thread::sleep(ms(2));
    }
}

/// The letter the kernel shows for a process: `S`leeping, `Z`ombie; none if there is no such process.
pub(super) fn state(pid: i32) -> Option<char> {
    // Not by std, which cannot wait for a child in a host that ignores SIGCHLD.
    run(&sh(&format!("ps -o state= -p {pid}"))).stdout.text().chars().next()
}

/// Shell words that print which of some descriptors are open in the shell; of one digit, for more some shells do not know.
pub(super) const OPEN: &str =
    "for fd in 0 1 2 3 4 5 6 7 8 9; do if (: >&$fd) 2>/dev/null; then echo $fd; fi; done";

/// The descriptors, up to 1023, that are open in a program which is started as all are: this test binary, run for the
/// test below alone. It is asked of no shell and of no /proc, so that it is known wherever the tests run.
pub(super) fn open_in_a_program() -> Vec<i32> {
    let exe = env::current_exe().expect("the test binary has a path");
    let words = ["--exact", "process::tests::stand::tells_what_is_open", "--nocapture", "--test-threads=1"];
    let outcome = run(&Command::new(&exe, words));
    let text = outcome.stdout.text();
    assert!(text.contains("1 passed"), "{outcome:?}");
    text.lines().filter_map(|line| line.split_once("open ")?.1.parse().ok()).collect()
}

#[test]
fn tells_what_is_open() {
    // The program of other tests; by itself it sees what each program has.
    let mut open = Vec::new();
    // The test's name stands before the first on its line.
    println!();
    for fd in 0..1024 {
        // SAFETY: fcntl takes integers here.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } != -1 {
            println!("open {fd}");
            open.push(fd);
        }
    }
    assert!(open.starts_with(&[0, 1, 2]), "{open:?}");
}

pub(super) fn kill(pid: i32, signal: i32) {
    // SAFETY: kill takes two integers and touches no memory.
    unsafe { libc::kill(pid, signal) };
}

/// The process ids that a script printed, one on each line.
pub(super) fn pids(outcome: &Outcome) -> Vec<i32> {
    outcome.stdout.text().lines().map(|line| line.parse().expect("the script prints process ids")).collect()
}

pub(super) const ALONE: &str = "PROCESS_TEST_ALONE";

/// A test says what it has not tried: to the stream itself, for what the macros for printing write is shown of tests that fail.
pub(crate) fn skipped(sentence: &str) {
    let _ = writeln!(io::stderr(), "skipped: {sentence}");
}

/// Runs `test`, the body of the test function `name`, in a process in which nothing else happens.
pub(super) fn alone(name: &str, test: impl FnOnce()) {
    if env::var_os(ALONE).is_some() {
        return test();
    }
    let exe = env::current_exe().expect("the test binary has a path");
    let name = format!("process::tests::{name}");
    let mut command = process::Command::new(exe);
    command.args(["--exact", &name, "--nocapture", "--test-threads=1"]).env(ALONE, "1");
    let output = command.output().expect("the test binary starts");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    assert!(output.status.success() && text.contains("1 passed"), "{name}: {}\n{text}", output.status);
    // What it has not tried is to be seen here, as of a test beside others.
    for (_, why) in text.lines().filter_map(|line| line.split_once("skipped: ")) {
        skipped(why);
    }
}

/// What must be the same before and after any run: open descriptors, children and, where the system shows
/// them easily, threads.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Holdings {
    pub(super) descriptors: Vec<i32>,
    pub(super) threads: Option<usize>,
    pub(super) children: bool,
}

impl Holdings {
    pub(super) fn now() -> Self {
        // SAFETY: fcntl takes integers here.
        let descriptors = (0..2048).filter(|&fd| unsafe { libc::fcntl(fd, libc::F_GETFD) } != -1).collect();
        // SAFETY: zeroes are a value of siginfo_t; WNOHANG and WNOWAIT: it neither blocks nor reaps.
        let child = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_ALL, 0, &raw mut info, libc::WEXITED | libc::WNOHANG | libc::WNOWAIT)
        };
        let children = child == 0 || io::Error::last_os_error().raw_os_error() != Some(libc::ECHILD);
        Self { descriptors, threads: fs::read_dir("/proc/self/task").ok().map(Iterator::count), children }
    }
}

/// A directory of its own for one test, removed at its end.
pub(super) struct Dir(pub(super) PathBuf);

impl Dir {
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("process-test-{}-{count}", process::id()));
        fs::create_dir(&path).expect("the directory for temporary files is writable");
        Self(path)
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// A file with this text and mode. A child writes it: were it written here, a child that another thread
    /// starts at that moment would hold it open for writing, and executing it would fail with ETXTBSY.
    pub(super) fn file(&self, name: &str, text: &str, mode: &str) -> PathBuf {
        let path = self.path(name);
        let script = format!("cat > '{0}' && chmod {mode} '{0}'", path.display());
        let outcome = run(&Command { stdin: Stdin::Bytes(text.as_bytes()), ..sh(&script) });
        assert!(outcome.end.is_success(), "{outcome:?}");
        path
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
