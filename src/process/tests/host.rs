//! Hosts as they are: some ignore SIGCHLD or reap everything, some have closed their standard descriptors or
//! run out of them, some are interrupted all the time.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::Instant;

use super::stand::{Holdings, OPEN, SOON, alone, eventually, ms, run, sh, state};
use crate::process::{Command, End, Runner, StartError, Stdin, Step, Stopped, System};

pub(super) fn handle(signal: i32, handler: usize, flags: i32) {
    // SAFETY: a zeroed sigaction is a value (no flags, empty mask); `handler` is SIG_DFL, SIG_IGN or a
    // function of the right signature, which does only what is allowed in a signal handler.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        assert_eq!(libc::sigaction(signal, &raw const action, ptr::null_mut()), 0);
    }
}

/// What is the same in every host whose children vanish without us.
pub(super) fn output_is_kept_and_the_exit_unknown() {
    for round in 0..20 {
        let outcome = run(&sh("echo out; echo err >&2; exit 3"));
        assert_eq!(outcome.end, End::Unknown, "round {round}");
        assert_eq!((outcome.stdout.text(), outcome.stderr.text()), ("out\n".into(), "err\n".into()));
    }
    let late = Command { deadline: ms(100), grace: 2 * SOON, ..sh("sleep 60") };
    let start = Instant::now();
    assert_eq!(run(&late).end, End::TimedOut(Stopped::Unknown));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    let missing = Command::new("/nonexistent".as_ref(), [""; 0]);
    assert_eq!(super::stand::refusal(&missing), StartError::Missing { path: "/nonexistent".into() });
    // A deaf child is still alive when its grace ends, so KILL reaches it.
    let late =
        Command { deadline: ms(100), grace: ms(100), ..sh("trap '' TERM; while :; do sleep 0.1; done") };
    let outcome = run(&late);
    assert_eq!(outcome.end, End::TimedOut(Stopped::Unknown));
    super::stand::eventually("KILL ends it", || state(outcome.pid).is_none());
}

/// Whoever outlives a leader that the host has reaped is ended all the same, and whoever
/// watches is told of it.
#[test]
fn a_host_that_ignores_sigchld_leaves_nobody_at_work() {
    alone("host::a_host_that_ignores_sigchld_leaves_nobody_at_work", || {
        handle(libc::SIGCHLD, libc::SIG_IGN, 0);
        let steps = std::cell::RefCell::new(Vec::new());
        let watch = |step| steps.borrow_mut().push(step);
        let script = "(trap '' TERM; sleep 30; sleep 30) & echo $!; wait";
        // Enough for the traps to be set on a busy machine.
        let command = Command { deadline: ms(1500), grace: ms(300), watch: Some(&watch), ..sh(script) };
        let outcome = run(&command);
        assert_eq!(outcome.end, End::TimedOut(Stopped::Unknown));
        assert!(matches!(steps.take()[..], [Step::Started(_), Step::Killed]));
        let other: i32 = outcome.stdout.text().trim().parse().expect("its number");
        eventually("it is ended, too", || state(other).is_none_or(|state| state == 'Z'));
    });
}

#[test]
fn a_host_that_ignores_sigchld_keeps_the_output() {
    alone("host::a_host_that_ignores_sigchld_keeps_the_output", || {
        let before = Holdings::now();
        handle(libc::SIGCHLD, libc::SIG_IGN, 0);
        output_is_kept_and_the_exit_unknown();
        assert_eq!(Holdings::now(), before);
    });
}

#[test]
fn a_host_that_wants_no_zombies_keeps_the_output() {
    alone("host::a_host_that_wants_no_zombies_keeps_the_output", || {
        handle(libc::SIGCHLD, libc::SIG_DFL, libc::SA_NOCLDWAIT);
        output_is_kept_and_the_exit_unknown();
    });
}

extern "C" fn reap_all(_: i32) {
    // SAFETY: waitpid is async-signal-safe and may be given a null status; errno is put back, for the
    // interrupted code may be about to read it.
    unsafe {
        #[cfg(target_os = "linux")]
        let errno = libc::__errno_location();
        #[cfg(target_os = "freebsd")]
        let errno = libc::__error();
        let saved = *errno;
        while libc::waitpid(-1, ptr::null_mut(), libc::WNOHANG) > 0 {}
        *errno = saved;
    }
}

#[test]
fn a_host_whose_handler_reaps_everything_keeps_the_output() {
    alone("host::a_host_whose_handler_reaps_everything_keeps_the_output", || {
        handle(libc::SIGCHLD, reap_all as *const () as usize, 0);
        // The handler runs on any thread, and the status is there until it does: either is an honest answer.
        for _ in 0..50 {
            let outcome = run(&sh("echo out; exit 3"));
            assert!(matches!(outcome.end, End::Unknown | End::Exited(3)), "{outcome:?}");
            assert_eq!(outcome.stdout.text(), "out\n");
        }
        let outcome = run(&Command { deadline: ms(50), ..sh("sleep 30") });
        assert!(
            matches!(outcome.end, End::TimedOut(Stopped::Unknown | Stopped::Signaled(15))),
            "{outcome:?}"
        );
    });
}

#[test]
fn a_host_with_closed_standard_descriptors_changes_nothing() {
    alone("host::a_host_with_closed_standard_descriptors_changes_nothing", || {
        let saved: Vec<OwnedFd> = (0..3)
            .map(|fd| {
                // SAFETY: fcntl takes integers here; the new descriptor is nobody else's.
                unsafe { OwnedFd::from_raw_fd(libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 100)) }
            })
            .collect();
        for closed in 0..8 {
            (0..3).filter(|fd| closed & (1 << fd) != 0).for_each(|fd| {
                // SAFETY: it is put back below, and nothing prints in between.
                unsafe { libc::close(fd) };
            });
            let script = format!("cat; echo out; echo err >&2; {OPEN}");
            let fed = System::new().run(&Command { stdin: Stdin::Bytes(b"in\n"), ..sh(&script) });
            let null = System::new().run(&sh(&script));
            let open: Vec<bool> = (0..3)
                .map(|fd| {
                    // SAFETY: fcntl takes integers here.
                    unsafe { libc::fcntl(fd, libc::F_GETFD) != -1 }
                })
                .collect();
            for (fd, saved) in (0..).zip(&saved) {
                // SAFETY: both are integers, and `saved` is open.
                unsafe { libc::dup2(saved.as_raw_fd(), fd) };
            }
            for (outcome, input) in [(fed, "in\n"), (null, "")] {
                let outcome = outcome.expect("the shell starts");
                assert_eq!(outcome.stdout.text(), format!("{input}out\n0\n1\n2\n"), "closed {closed:b}");
                assert_eq!(outcome.stderr.text(), "err\n", "closed {closed:b}");
            }
            let expected: Vec<bool> = (0..3).map(|fd| closed & (1 << fd) == 0).collect();
            assert_eq!(open, expected, "nothing of ours stays on the host's numbers");
        }
    });
}

#[test]
fn running_out_of_descriptors_at_any_point_is_an_error_and_leaks_none() {
    alone("host::running_out_of_descriptors_at_any_point_is_an_error_and_leaks_none", || {
        let before = Holdings::now();
        let highest = *before.descriptors.last().expect("0 is open") as libc::rlim_t;
        let mut refused = 0;
        let mut started = 0;
        for limit in 3..highest + 20 {
            let mut old = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
            // SAFETY: the pointers are valid; lowering the soft limit closes nothing.
            let (result, restored) = unsafe {
                assert_eq!(libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut old), 0);
                let low = libc::rlimit { rlim_cur: limit, ..old };
                assert_eq!(libc::setrlimit(libc::RLIMIT_NOFILE, &raw const low), 0);
                let result = System::new().run(&Command { stdin: Stdin::Bytes(b"x"), ..sh("cat; exit 3") });
                (result, libc::setrlimit(libc::RLIMIT_NOFILE, &raw const old))
            };
            assert_eq!(restored, 0);
            match result {
                Err(StartError::Os { call, errno: libc::EMFILE, .. }) => {
                    assert!(["standard input", "pipe"].contains(&call), "{call}");
                    refused += 1;
                }
                Ok(outcome) => {
                    assert_eq!((outcome.end, outcome.stdout.text()), (End::Exited(3), "x".into()));
                    started += 1;
                }
                Err(error) => panic!("limit {limit}: {error}"),
            }
            assert_eq!(Holdings::now(), before, "limit {limit}");
        }
        assert!(refused >= 5 && started >= 5, "{refused} refused, {started} started");
        let error = StartError::Os { path: "/x".into(), call: "pipe", errno: libc::EMFILE };
        assert_eq!(error.to_string(), "cannot start `/x`: pipe: too many open files");
    });
}

static ALARMS: AtomicU32 = AtomicU32::new(0);

extern "C" fn count_alarm(_: i32) {
    ALARMS.fetch_add(1, Ordering::Relaxed);
}

#[test]
fn interrupted_calls_are_resumed() {
    alone("host::interrupted_calls_are_resumed", || {
        // Without SA_RESTART, each call that can be interrupted is, on whichever thread it happens.
        handle(libc::SIGALRM, count_alarm as *const () as usize, 0);
        let every = libc::timeval { tv_sec: 0, tv_usec: 500 };
        let timer = libc::itimerval { it_interval: every, it_value: every };
        // SAFETY: the timer is valid, the old value is not asked for.
        assert_eq!(unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, ptr::null_mut()) }, 0);
        for _ in 0..20 {
            let script =
                "cat; for i in 1 2 3; do sleep 0.01; echo $i; done; head -c 300000 /dev/zero; exit 3";
            let outcome = run(&Command { stdin: Stdin::Bytes(b"in\n"), ..sh(script) });
            assert_eq!((outcome.end, outcome.stdout.head.len()), (End::Exited(3), 3 + 6 + 300_000));
        }
        let start = Instant::now();
        let outcome = run(&Command {
            deadline: ms(1500),
            grace: ms(200),
            ..sh("trap '' TERM; while :; do sleep 0.1; done")
        });
        assert_eq!(outcome.end, End::TimedOut(Stopped::Signaled(libc::SIGKILL)));
        assert!(start.elapsed() >= ms(1700), "{:?}", start.elapsed());
        assert!(ALARMS.load(Ordering::Relaxed) > 100);
    });
}

#[test]
fn no_sigpipe_can_reach_the_host() {
    alone("host::no_sigpipe_can_reach_the_host", || {
        // The default action, which Rust programs do not have, would end this process.
        handle(libc::SIGPIPE, libc::SIG_DFL, 0);
        let much = vec![b'x'; 1 << 20];
        for script in ["exit 0", "exec <&-; sleep 0.05", "head -c 1 >/dev/null", "kill -9 $$"] {
            run(&Command { stdin: Stdin::Bytes(&much), ..sh(script) });
        }
    });
}

#[test]
fn a_host_that_is_busy_on_every_core_gets_its_answer() {
    // The deadline is the clock's and not a count of turns.
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        let start = Instant::now();
        let outcome = run(&Command { deadline: ms(300), ..sh("sleep 30") });
        assert_eq!(outcome.end, End::TimedOut(Stopped::Signaled(libc::SIGTERM)));
        assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
        stop.store(true, Ordering::Relaxed);
    });
}
