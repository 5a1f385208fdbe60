//! How a run ends: the exit, the deadline with TERM, grace and KILL, the caller's cancellation.

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use super::stand::{SOON, alone, eventually, kill, ms, pids, run, sh, skipped, state};
use crate::process::child::{Child, Status, Survivors};
use crate::process::{Command, End, Outcome, Runner, Step, Stopped, System};

/// Enough for a shell to set its traps on a busy machine.
const DEADLINE: Duration = ms(1500);
const GRACE: Duration = ms(200);

/// That deadline, and little of everything else, for tests that let it pass.
fn late(script: &str) -> Command<'_> {
    Command { deadline: DEADLINE, grace: GRACE, linger: ms(50), ..sh(script) }
}

fn timed(command: &Command<'_>) -> (Outcome, Duration) {
    let start = Instant::now();
    (run(command), start.elapsed())
}

#[test]
fn the_exit_status_is_the_childs() {
    for status in [0, 1, 42, 127, 255] {
        assert_eq!(run(&sh(&format!("exit {status}"))).end, End::Exited(status));
    }
    for signal in [libc::SIGKILL, libc::SIGTERM, libc::SIGSEGV] {
        assert_eq!(run(&sh(&format!("kill -{signal} $$"))).end, End::Signaled(signal));
    }
}

#[test]
fn on_the_deadline_the_group_gets_term() {
    let (outcome, took) = timed(&late("sleep 30 & sleep 31 & echo $!; wait"));
    assert_eq!(outcome.end, End::TimedOut(Stopped::Signaled(libc::SIGTERM)));
    assert!(took >= DEADLINE && took < SOON, "{took:?}");
    for pid in pids(&outcome) {
        eventually("TERM ends the sleeper in the group", || state(pid).is_none_or(|state| state == 'Z'));
    }
}

#[test]
fn in_the_grace_a_child_can_end_in_order_and_is_still_heard() {
    let command = Command {
        grace: Duration::from_secs(60),
        ..late("trap 'sleep 0.1; echo tidied; exit 7' TERM; echo begun; while :; do sleep 0.02; done")
    };
    let (outcome, took) = timed(&command);
    assert_eq!(outcome.end, End::TimedOut(Stopped::Exited(7)));
    assert_eq!(outcome.stdout.text(), "begun\ntidied\n");
    assert!(took < SOON, "the grace was not cut short: {took:?}");
}

#[test]
fn after_the_grace_the_group_gets_kill() {
    let deaf = "trap '' TERM; sh -c 'while :; do sleep 0.05; done' & echo $!; while :; do sleep 0.05; done";
    let (outcome, took) = timed(&late(deaf));
    assert_eq!(outcome.end, End::TimedOut(Stopped::Signaled(libc::SIGKILL)));
    assert!(took >= DEADLINE + GRACE && took < SOON, "{took:?}");
    for pid in pids(&outcome) {
        eventually("KILL ends the deaf member of the group", || state(pid).is_none_or(|state| state == 'Z'));
    }
}

#[test]
fn a_deaf_member_gets_kill_though_its_leader_has_gone_on_term() {
    // It holds the output, or nothing that could be seen.
    for streams in ["", ">/dev/null 2>&1"] {
        let deaf = "trap '' TERM; while :; do sleep 0.05; done";
        let script = format!("sh -c \"{deaf}\" {streams} & echo $!; exec sleep 30");
        let (outcome, _) = timed(&late(&script));
        assert_eq!(outcome.end, End::TimedOut(Stopped::Signaled(libc::SIGTERM)));
        for pid in pids(&outcome) {
            eventually("KILL ends the deaf member", || state(pid).is_none_or(|state| state == 'Z'));
        }
    }
}

#[test]
fn a_stopped_child_is_ended_too() {
    let (outcome, _) = timed(&late("kill -STOP $$"));
    assert_eq!(outcome.end, End::TimedOut(Stopped::Signaled(libc::SIGKILL)));
}

#[test]
fn only_after_kill_the_leader_is_reaped() {
    // The leader dies of TERM; its deaf child holds the output, so the group has the whole grace. All that
    // time the leader has to stay unreaped, or the group's number would be free for somebody else. The child
    // looks until it has seen its fill of zombies or of nothing, however slow the machine is. A process that is
    // just dying may not be shown for a moment; one that is reaped is never shown again.
    let dir = super::stand::Dir::new();
    let ready = dir.path("ready");
    let watch = "trap '' TERM; : > READY; dead=0; gone=0; while [ $dead -lt 5 ] && [ $gone -lt 50 ]; do
        state=$(ps -o state= -p $PPID || echo gone); echo $state; sleep 0.02
        case $state in Z*) dead=$((dead + 1)) ;; gone) gone=$((gone + 1)) ;; esac; done";
    let watch = watch.replace("READY", &ready.display().to_string());
    let script = format!("sh -c \"{}\" & wait", watch.replace('$', "\\$"));
    let cancel = || ready.exists();
    let outcome = run(&Command { cancel: &cancel, grace: Duration::from_secs(30), ..sh(&script) });
    let text = outcome.stdout.text();
    let zombie = text.lines().filter(|line| line.starts_with('Z')).count();
    assert!(zombie == 5 && text.lines().last().is_some_and(|line| line.starts_with('Z')), "{text}");
    assert_eq!(outcome.end, End::Cancelled(Stopped::Signaled(libc::SIGTERM)));
    assert_eq!(state(outcome.pid), None, "the leader is reaped at the end");
}

/// A child that has moved itself into another group; where it leads a session, it cannot. So it is started
/// without one, as FreeBSD has it. What it printed first is read, if it prints.
fn that_left(script: &str, deaf: &str, line: &mut String) -> Option<std::process::Child> {
    let perl = ["/usr/bin/perl", "/usr/local/bin/perl"].map(Path::new).into_iter().find(|perl| perl.exists());
    let Some(perl) = perl else {
        skipped("no perl, which can move itself into another group");
        return None;
    };
    let mut command = std::process::Command::new(perl);
    let mut left =
        command.args(["-e", script, deaf]).process_group(0).stdout(Stdio::piped()).spawn().expect("starts");
    BufReader::new(left.stdout.take().expect("piped")).read_line(line).expect("it says that it has left");
    Some(left)
}

#[test]
fn a_child_that_left_its_group_is_ended_itself() {
    let script = "$| = 1; $SIG{TERM} = 'IGNORE' if $ARGV[0]; setpgrp(0, getpgrp(getppid)) or die $!;
        print \"0\\n\"; sleep 30";
    for (deaf, signal) in [("", libc::SIGTERM), ("1", libc::SIGKILL)] {
        let Some(left) = that_left(script, deaf, &mut String::new()) else { return };
        let survivors = Arc::new(Survivors::new());
        let mut child = Child::new(i32::try_from(left.id()).expect("small"), &survivors);
        assert!(child.terminate());
        if !deaf.is_empty() {
            child.kill();
        }
        let mut ended = None;
        eventually("it is ended", || {
            ended = child.reap();
            ended.is_some()
        });
        assert_eq!(ended, Some(Status::Signaled(signal)));
    }
}

#[test]
fn a_child_that_left_others_behind_in_its_group_is_ended_with_them() {
    let script = "$| = 1; my $pid = fork; if (!$pid) { close STDOUT; sleep 30; exit }
        setpgrp(0, getpgrp(getppid)) or die $!; print \"$pid\\n\"; sleep 30";
    let mut line = String::new();
    let Some(left) = that_left(script, "", &mut line) else { return };
    let survivors = Arc::new(Survivors::new());
    let mut child = Child::new(i32::try_from(left.id()).expect("small"), &survivors);
    assert!(child.terminate());
    eventually("it is ended", || child.reap() == Some(Status::Signaled(libc::SIGTERM)));
    let other = line.trim().parse().expect("its number");
    eventually("the other is ended, too", || state(other).is_none_or(|state| state == 'Z'));
}

/// Where it leads a session, it cannot leave.
#[cfg(target_os = "linux")]
#[test]
fn a_child_with_a_session_cannot_leave_its_group() {
    let outcome = run(&sh(
        "command -v perl >/dev/null || exit 13; exec perl -e 'exit($! + 0) unless setpgrp(0, getpgrp(getppid))'",
    ));
    assert!([1, 13].map(End::Exited).contains(&outcome.end), "{outcome:?}");
}

/// Somebody has ended the child alone, and what it had started does the rest.
#[test]
fn who_goes_on_without_the_child_is_told() {
    let steps = RefCell::new(Vec::new());
    let watch = |step| steps.borrow_mut().push(step);
    let alone = "sleep 30 >/dev/null 2>&1 & echo $!; kill -9 $$";
    let outcome = run(&Command { watch: Some(&watch), ..sh(alone) });
    let other: i32 = outcome.stdout.text().trim().parse().expect("its number");
    assert_eq!((outcome.end, outcome.left), (End::Signaled(9), Some(other)));
    assert!(matches!(steps.take()[..], [Step::Started(_), Step::Killed]));
    kill(other, libc::SIGKILL);
    // What a child that ended by itself has left behind is a daemon of its own.
    let outcome = run(&Command { watch: Some(&watch), ..sh("sleep 30 >/dev/null 2>&1 & echo $!; exit 1") });
    assert_eq!((outcome.end, outcome.left), (End::Exited(1), None));
    assert!(matches!(steps.take()[..], [Step::Started(_)]));
    kill(outcome.stdout.text().trim().parse().expect("its number"), libc::SIGKILL);
    assert_eq!(run(&sh("kill -9 $$")).left, None);
}

#[test]
fn who_watches_is_told_of_the_start_and_of_the_kill() {
    let steps = RefCell::new(Vec::new());
    let watch = |step| {
        if let Step::Started(process) = step {
            assert!(process.lives() && process.start.is_some(), "{process:?}");
        }
        steps.borrow_mut().push(step);
    };
    // Long enough to be looked at while it lives.
    let outcome = run(&Command { watch: Some(&watch), ..sh("sleep 1.5") });
    assert!(matches!(steps.take()[..], [Step::Started(process)] if process.pid == outcome.pid));
    let deaf = "trap '' TERM; while :; do sleep 0.05; done";
    let outcome = run(&Command { watch: Some(&watch), ..late(deaf) });
    let told = steps.take();
    assert!(matches!(told[..], [Step::Started(_), Step::Killed]), "{told:?}");
    let Step::Started(process) = told[0] else { unreachable!("just matched") };
    assert_eq!(process.pid, outcome.pid);
    assert!(!process.lives() && process.living_member().is_none());
}

#[test]
fn what_a_child_that_ended_by_itself_left_behind_is_never_killed() {
    for status in [0, 3] {
        let script = format!("sleep 30 >/dev/null 2>&1 & echo $!; exit {status}");
        let outcome = run(&sh(&script));
        assert_eq!(outcome.end, End::Exited(status));
        thread::sleep(ms(50));
        for pid in pids(&outcome) {
            // It may only just begin.
            eventually("it sleeps", || state(pid) == Some('S'));
            kill(pid, libc::SIGKILL);
        }
    }
}

#[test]
fn a_child_that_ends_just_before_the_deadline_is_not_called_late() {
    // The runner sleeps past the deadline, as a busy machine makes it: here in the caller's own function, until the child has ended, too.
    let started = Cell::new(None);
    let watch = |step| {
        if let Step::Started(process) = step {
            started.set(Some(process.pid));
        }
    };
    let nap = || {
        if let Some(pid) = started.take() {
            thread::sleep(ms(300));
            eventually("it has ended", || state(pid).is_none_or(|state| state == 'Z'));
        }
        false
    };
    let command = Command { deadline: ms(200), cancel: &nap, watch: Some(&watch), ..sh("sleep 0.1; exit 5") };
    assert_eq!(run(&command).end, End::Exited(5));
}

#[test]
fn a_deadline_of_nothing_and_one_of_ages_are_deadlines() {
    let command = Command { deadline: Duration::ZERO, grace: Duration::ZERO, ..sh("sleep 30") };
    let (outcome, took) = timed(&command);
    assert!(matches!(outcome.end, End::TimedOut(Stopped::Signaled(_))), "{outcome:?}");
    assert!(took < SOON, "{took:?}");
    let ages = Duration::MAX;
    let command = Command { deadline: ages, grace: ages, linger: ages, ..sh("echo done; exit 1") };
    assert_eq!(run(&command).end, End::Exited(1));
    // A grace without end is ended by the child's end.
    let command = Command { grace: ages, ..late("sleep 30") };
    assert_eq!(run(&command).end, End::TimedOut(Stopped::Signaled(libc::SIGTERM)));
}

#[test]
fn cancellation_ends_a_child_as_the_deadline_does() {
    let start = Instant::now();
    let cancel = || start.elapsed() > DEADLINE;
    let (outcome, took) = timed(&Command { cancel: &cancel, ..sh("echo begun; sleep 30") });
    assert_eq!(outcome.end, End::Cancelled(Stopped::Signaled(libc::SIGTERM)));
    assert_eq!(outcome.stdout.text(), "begun\n");
    assert!(took < SOON, "{took:?}");

    let start = Instant::now();
    let cancel = || start.elapsed() > DEADLINE;
    let deaf = "trap '' TERM; while :; do sleep 0.05; done";
    let outcome = run(&Command { cancel: &cancel, grace: ms(100), ..sh(deaf) });
    assert_eq!(outcome.end, End::Cancelled(Stopped::Signaled(libc::SIGKILL)));
}

#[test]
fn the_caller_is_asked_every_50_ms_whatever_the_child_does() {
    for script in ["sleep 0.6", "timeout 0.6 cat /dev/zero", "timeout 0.6 sh -c 'while :; do echo x; done'"] {
        let asked = RefCell::new(vec![Instant::now()]);
        let cancel = || {
            asked.borrow_mut().push(Instant::now());
            false
        };
        // On a busy machine who sleeps for half as long wakes late, too: of that it has twice the time.
        let over = AtomicBool::new(false);
        let (outcome, usual) = thread::scope(|scope| {
            let sleeper = scope.spawn(|| {
                let mut woken = vec![Instant::now()];
                while !over.load(Ordering::Relaxed) && woken.len() < 4000 {
                    thread::sleep(ms(25));
                    woken.push(Instant::now());
                }
                gaps(&woken)
            });
            let outcome = run(&Command { cancel: &cancel, ..sh(script) });
            over.store(true, Ordering::Relaxed);
            (outcome, sleeper.join().expect("no panic"))
        });
        assert!(matches!(outcome.end, End::Exited(_)), "{outcome:?}");
        let gaps = gaps(&asked.into_inner());
        // A few are late; most must not be.
        let most = |gaps: &[Duration]| gaps[gaps.len() * 3 / 4];
        let is_often = gaps.len() * 2 >= usual.len() && most(&gaps) <= 2 * most(&usual);
        assert!(is_often, "{script}: {gaps:?}, where {usual:?} is usual");
    }
}

/// Between these moments, the shortest first.
fn gaps(moments: &[Instant]) -> Vec<Duration> {
    let mut gaps: Vec<Duration> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort();
    gaps
}

#[test]
fn a_cancellation_that_panics_leaves_no_child() {
    alone("ending::a_cancellation_that_panics_leaves_no_child", || {
        let before = super::stand::Holdings::now();
        let asked = Cell::new(false);
        let cancel = || if asked.replace(true) { panic!("as a host's callback might") } else { false };
        let system = System::new();
        let command = Command { cancel: &cancel, ..sh("trap '' TERM; sleep 30 & wait; sleep 30") };
        let result = catch_unwind(AssertUnwindSafe(|| system.run(&command)));
        assert!(result.is_err());
        assert_eq!(super::stand::Holdings::now(), before);
    });
}
