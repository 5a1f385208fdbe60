//! The child that not even KILL ends. On a real machine it hangs in the kernel on a dead file system; here a
//! tracer holds it at the last stop before its end, which KILL does not pass either.

use std::io::Read;
use std::process::{Command as Std, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, ptr, thread};

use super::stand::{Dir, Holdings, SOON, alone, eventually, ms, sh, skipped, state};
use crate::process::child::KILL_WAIT;
use crate::process::{Command, End, Runner, Stopped, System};

const TRACEE: &str = "PROCESS_TEST_TRACEE";
/// By then the tracer has it, on a busy machine, too.
const DEADLINE: Duration = ms(6000);
const GRACE: Duration = ms(50);

#[test]
fn a_child_that_survives_kill_is_answered_for_and_reaped_later() {
    if let Ok(pid) = env::var(TRACEE) {
        return hold(pid.parse().expect("a process id"));
    }
    let name = "survivor::a_child_that_survives_kill_is_answered_for_and_reaped_later";
    alone(name, || {
        let system = System::new();
        let before = Holdings::now();
        let (pid, tracer) = thread::scope(|scope| {
            let run = scope.spawn(|| {
                let command = Command { deadline: DEADLINE, grace: GRACE, ..sh("exec sleep 60.14159") };
                let start = Instant::now();
                (system.run(&command).expect("sleep starts"), start.elapsed())
            });
            let mut pid = 0;
            eventually("the child is there", || {
                pid = children().into_iter().next().unwrap_or_default();
                fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| words.starts_with(b"sleep\0"))
            });
            let mut tracer = tracer(name, pid);
            let (outcome, took) = run.join().expect("the run does not panic");
            if tracer.try_wait().expect("the tracer is ours").is_some() {
                skipped("tracing is not allowed here");
                return (pid, None);
            }
            assert_eq!(outcome.end, End::TimedOut(Stopped::Survived(pid)), "{outcome:?}");
            assert!(took >= DEADLINE + KILL_WAIT && took < DEADLINE + KILL_WAIT + SOON, "{took:?}");
            assert_eq!(outcome.pid, pid);
            (pid, Some(tracer))
        });
        let Some(mut tracer) = tracer else { return };
        assert!(state(pid).is_some(), "it is still there");
        drop(tracer.stdin.take());
        tracer.wait().expect("the tracer is ours");
        eventually("it is gone but for being reaped", || state(pid) == Some('Z'));
        assert_eq!(system.run(&sh("exit 3")).expect("the shell starts").end, End::Exited(3));
        assert_eq!(state(pid), None, "a later run reaps it");
        assert_eq!(Holdings::now(), before);
    });
}

#[test]
fn a_member_of_the_group_that_survives_kill_is_told() {
    if let Ok(pid) = env::var(TRACEE) {
        return hold(pid.parse().expect("a process id"));
    }
    let name = "survivor::a_member_of_the_group_that_survives_kill_is_told";
    alone(name, || {
        let dir = Dir::new();
        let file = dir.path("member");
        let script = format!("sleep 60.14159 >/dev/null 2>&1 & echo $! > {}; exec sleep 60", file.display());
        let system = System::new();
        thread::scope(|scope| {
            let run = scope.spawn(|| {
                let command = Command { deadline: DEADLINE, grace: GRACE, ..sh(&script) };
                let start = Instant::now();
                (system.run(&command).expect("sleep starts"), start.elapsed())
            });
            let mut pid: i32 = 0;
            eventually("the member is there", || {
                pid = fs::read_to_string(&file).unwrap_or_default().trim().parse().unwrap_or_default();
                fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|words| words.starts_with(b"sleep\0"))
            });
            let mut tracer = tracer(name, pid);
            let (outcome, took) = run.join().expect("the run does not panic");
            if tracer.try_wait().expect("the tracer is ours").is_some() {
                skipped("tracing is not allowed here");
                return;
            }
            assert_eq!(outcome.end, End::TimedOut(Stopped::Survived(pid)), "{outcome:?}");
            assert!(took >= DEADLINE + KILL_WAIT && took < DEADLINE + KILL_WAIT + SOON, "{took:?}");
            assert_eq!(state(outcome.pid), None, "its leader is reaped");
            drop(tracer.stdin.take());
            tracer.wait().expect("the tracer is ours");
            eventually("it is gone", || state(pid).is_none_or(|state| state == 'Z'));
        });
    });
}

/// This test again, as a process that traces another.
fn tracer(name: &str, pid: i32) -> std::process::Child {
    Std::new(env::current_exe().expect("the test binary has a path"))
        .args(["--exact", &format!("process::tests::{name}"), "--nocapture"])
        .env(TRACEE, pid.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("the tracer starts")
}

/// Traces `pid` so that it stops at its end, and lets it go when standard input ends.
fn hold(pid: i32) {
    const OPTIONS: usize = libc::PTRACE_O_TRACEEXIT as usize;
    // SAFETY: PTRACE_SEIZE takes no address and the options as data.
    let seized = unsafe { libc::ptrace(libc::PTRACE_SEIZE, pid, ptr::null_mut::<u8>(), OPTIONS) };
    if seized == 0 {
        std::io::stdin().read_to_end(&mut Vec::new()).expect("the pipe is readable");
    }
    // The end of this process detaches the other.
}

/// The children of this process.
fn children() -> Vec<i32> {
    let parent = format!("\nPPid:\t{}\n", std::process::id());
    let entries = fs::read_dir("/proc").expect("/proc is mounted").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.filter(|pid| {
        fs::read_to_string(format!("/proc/{pid}/status")).is_ok_and(|status| status.contains(&parent))
    })
    .collect()
}
