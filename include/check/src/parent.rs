//! Running one test after the other, each in a process of its own.
//!
//! The process leads a group, and the group is killed when its leader has ended
//! or its time is up, before the leader is waited for: until then nobody else
//! can have its number. What left the group (a daemon) becomes a child of ours
//! on Linux, which makes us its reaper, and is found and killed then; elsewhere
//! it would be missed.
//!
//! One at a time: tests look at time and at memory, and would disturb each other.

use std::fs::{self, DirBuilder, File};
use std::os::unix::fs::DirBuilderExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::catalogue::{CATALOGUE, Stage, Test};
use crate::job::{self, JOB, Job, Pass};
use crate::options::{CHILD, Options};
use crate::report::{Line, Report, Verdict};

/// Check a module and tell; did all tests pass?
///
/// # Errors
/// What keeps us from testing at all.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    fs::metadata(&options.module).map_err(|e| format!("{}: {e}", options.module.display()))?;
    adopt_orphans();
    let folder = Private::new().map_err(|e| format!("cannot make a temporary folder: {e}"))?;
    let known = !options.requests.is_empty();
    let requests = if known { options.requests.clone() } else { vec!["{}".to_owned()] };
    let job = Job { module: options.module.clone(), config: options.config.clone(), requests, known };
    let mut report = Report::new(options);
    let told = |e| format!("cannot tell the outcome: {e}");
    let mut unusable = None;
    for test in &CATALOGUE {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == test.name) {
            continue;
        }
        if options.skip.iter().any(|name| name == test.name) {
            report.add(Line::new(test, Verdict::Skipped, "--skip".to_owned())).map_err(told)?;
            continue;
        }
        if let Some(name) = unusable {
            report
                .add(Line::new(test, Verdict::Skipped, format!("the test `{name}` failed")))
                .map_err(told)?;
            continue;
        }
        let begin = Instant::now();
        let (verdict, why) = perform(test, &job, options.timeout * test.patience, &folder.0)
            .map_err(|e| format!("cannot run the test `{}`: {e}", test.name))?;
        if verdict == Verdict::Failed && test.stage == Stage::Load {
            unusable.get_or_insert(test.name);
        }
        report
            .add(Line { seconds: begin.elapsed().as_secs_f64(), ..Line::new(test, verdict, why) })
            .map_err(told)?;
    }
    report.finish().map_err(told)
}

/// Run one test in a process.
fn perform(test: &Test, job: &Job, limit: Duration, base: &Path) -> std::io::Result<(Verdict, String)> {
    let folder = base.join(test.name);
    fs::create_dir(&folder)?;
    job::order(&folder, test.name, job)?;
    let said = [folder.join("stdout"), folder.join("stderr")];
    let mut child = Command::new(std::env::current_exe()?)
        .arg(CHILD)
        .arg(folder.join(JOB))
        .stdin(Stdio::null())
        .stdout(File::create(&said[0])?)
        .stderr(File::create(&said[1])?)
        .process_group(0)
        .spawn()?;
    let pid = child.id().cast_signed();
    let in_time = wait(pid, Instant::now() + limit);
    // SAFETY: takes numbers only; the leader was not yet waited for, so the group is still ours.
    unsafe { libc::kill(-pid, libc::SIGKILL) };
    let status = child.wait()?;
    let left = reap_orphans();
    let said = said.map(|path| fs::read(path).unwrap_or_default());
    Ok(judge(test, in_time.then_some(status), job::outcome(&folder), left, &said, limit))
}

fn judge(
    test: &Test,
    status: Option<ExitStatus>,
    outcome: Option<job::Outcome>,
    left: usize,
    said: &[Vec<u8>; 2],
    limit: Duration,
) -> (Verdict, String) {
    let failed = |why: String| (Verdict::Failed, why);
    let Some(status) = status else {
        return failed(format!("it did not end within {} s and was killed", limit.as_secs()));
    };
    if let Some(Err(why)) = outcome {
        return failed(why);
    }
    let when = if outcome.is_some() { "at its end" } else { "in the middle of the test" };
    if let Some(signal) = status.signal() {
        return failed(format!("the process was ended by {}, {when}{}", signal_name(signal), last(said)));
    }
    if outcome.is_none() || !status.success() {
        let code = status.code().unwrap_or(-1);
        return failed(format!("the process ended with exit status {code}, {when}{}", last(said)));
    }
    if test.name == "quiet" && said.iter().any(|text| !text.is_empty()) {
        return failed(format!("something was written to the standard output or error{}", last(said)));
    }
    if test.name == "processes" && left > 0 {
        return failed(format!("processes that were left running or unreaped: {left}"));
    }
    match outcome {
        Some(Ok(Pass::Skipped(why))) => (Verdict::Skipped, why),
        _ => (Verdict::Passed, String::new()),
    }
}

/// The last line that the process said, to be put behind a sentence.
fn last(said: &[Vec<u8>; 2]) -> String {
    const LONGEST: usize = 200;
    let lines = said.iter().rev().map(|text| String::from_utf8_lossy(text).into_owned());
    let line = lines.filter_map(|text| text.lines().rfind(|l| !l.is_empty()).map(str::to_owned)).next();
    line.map_or(String::new(), |line| format!(": {:?}", line.chars().take(LONGEST).collect::<String>()))
}

fn signal_name(signal: i32) -> String {
    let names = [
        (libc::SIGSEGV, "SIGSEGV"),
        (libc::SIGABRT, "SIGABRT"),
        (libc::SIGBUS, "SIGBUS"),
        (libc::SIGILL, "SIGILL"),
        (libc::SIGFPE, "SIGFPE"),
        (libc::SIGTRAP, "SIGTRAP"),
        (libc::SIGKILL, "SIGKILL"),
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGPIPE, "SIGPIPE"),
        (libc::SIGALRM, "SIGALRM"),
    ];
    let name = names.iter().find(|(number, _)| *number == signal).map(|(_, name)| *name);
    name.map_or_else(|| format!("signal {signal}"), str::to_owned)
}

/// Wait for a process without taking its status; false when time is up.
fn wait(pid: i32, until: Instant) -> bool {
    loop {
        // SAFETY: all zeros is a value of this structure, which holds numbers and pointers.
        let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
        let how = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: writes one structure of ours.
        let code = unsafe { libc::waitid(libc::P_PID, pid as libc::id_t, &raw mut info, how) };
        // SAFETY: waitid has filled it in, or left it zero where nothing has ended.
        if code == 0 && unsafe { info.si_pid() } == pid {
            return true;
        }
        if Instant::now() >= until {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Become the parent of what our descendants leave behind.
fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers only.
    unsafe {
        libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1)
    };
}

/// Kill and reap whatever has become our child; how many there were. We have no
/// others, as each test's own process has been waited for.
fn reap_orphans() -> usize {
    let mut reaped = 0;
    loop {
        for pid in children() {
            // SAFETY: takes numbers only; a child that was not waited for keeps its number.
            unsafe { libc::kill(pid, libc::SIGKILL) };
        }
        // SAFETY: a null status is not written.
        match unsafe { libc::waitpid(-1, std::ptr::null_mut(), libc::WNOHANG) } {
            0 => std::thread::sleep(Duration::from_millis(5)),
            pid if pid > 0 => reaped += 1,
            _ => return reaped,
        }
    }
}

/// Our children, where /proc tells; elsewhere only those that have ended are seen.
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

/// A folder for us alone, removed at the end.
struct Private(PathBuf);

impl Private {
    fn new() -> std::io::Result<Private> {
        let base = std::env::temp_dir().join(format!("plugin-check-{}", std::process::id()));
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

impl Drop for Private {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
