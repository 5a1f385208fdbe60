//! What is heard of a child: both streams at once, to its exit and not to the end of its output.

use std::time::{Duration, Instant};

use super::stand::{SOON, alone, eventually, kill, ms, pids, run, sh, state};
use crate::process::{Command, End, Limits};

const MANY: Limits = Limits { head: usize::MAX, tail: 0 };

#[test]
fn both_streams_are_drained_at_once() {
    // More than a pipe holds, first on one and then on the other: who reads in turn waits for ever.
    for script in [
        "head -c 500000 /dev/zero >&2; head -c 500000 /dev/zero",
        "head -c 500000 /dev/zero; head -c 500000 /dev/zero >&2",
    ] {
        let outcome = run(&Command { limits: MANY, deadline: Duration::from_secs(20), ..sh(script) });
        assert_eq!(outcome.end, End::Exited(0));
        assert_eq!((outcome.stdout.head.len(), outcome.stderr.head.len()), (500_000, 500_000));
    }
}

#[test]
fn head_and_tail_are_kept_and_the_rest_is_counted() {
    let limits = Limits { head: 10, tail: 12 };
    let outcome = run(&Command { limits, ..sh("seq 1 100000; seq 3 >&2") });
    let out = &outcome.stdout;
    assert_eq!((out.head.as_slice(), out.tail.as_slice()), (&b"1\n2\n3\n4\n5\n"[..], &b"9999\n100000\n"[..]));
    let total: usize = (1..=100_000).map(|number: u32| number.to_string().len() + 1).sum();
    assert_eq!(out.dropped, (total - 22) as u64);
    assert!(out.is_truncated() && !outcome.stderr.is_truncated());
    assert_eq!(outcome.stderr.text(), "1\n2\n3\n");
}

#[test]
fn memory_does_not_grow_with_what_is_dropped() {
    alone("output::memory_does_not_grow_with_what_is_dropped", || {
        let peak = || {
            // SAFETY: zeroes are a value of rusage, and the pointer is valid.
            let usage = unsafe {
                let mut usage: libc::rusage = std::mem::zeroed();
                assert_eq!(libc::getrusage(libc::RUSAGE_SELF, &raw mut usage), 0);
                usage
            };
            usage.ru_maxrss
        };
        run(&sh("echo"));
        let before = peak();
        let limits = Limits { head: 1 << 20, tail: 1 << 20 };
        let outcome =
            run(&Command { limits, ..sh("head -c 300000000 /dev/zero; head -c 300000000 /dev/zero >&2") });
        assert_eq!(outcome.end, End::Exited(0));
        assert_eq!(outcome.stdout.dropped, 300_000_000 - (2 << 20));
        let grown = peak() - before;
        // Two streams with head, tail and the room the tail grows into.
        assert!(grown < 12 << 10, "{grown} KiB for 600 MB of output");
    });
}

#[test]
fn a_run_ends_with_the_exit_and_not_with_the_output() {
    let start = Instant::now();
    let outcome = run(&Command { linger: ms(100), ..sh("sleep 30 & echo $!; exit 0") });
    let took = start.elapsed();
    assert_eq!(outcome.end, End::Exited(0));
    assert!(took >= ms(100) && took < SOON, "{took:?}");
    assert!(outcome.duration < took, "the linger is not the child's time");
    assert!(outcome.stdout.held_open && outcome.stderr.held_open);
    for pid in pids(&outcome) {
        eventually("the daemon lives on", || state(pid) == Some('S'));
        kill(pid, libc::SIGKILL);
    }
    assert!(!run(&sh("exit 0")).stdout.held_open);
}

#[test]
fn what_was_printed_before_the_exit_is_read_even_without_linger() {
    // As much as a pipe holds by default; the sleeper keeps it open, so that no end of file helps.
    let command = Command { linger: Duration::ZERO, ..sh("head -c 65536 /dev/zero; sleep 1 & exit 4") };
    for _ in 0..20 {
        let outcome = run(&command);
        assert_eq!((outcome.end, outcome.stdout.head.len()), (End::Exited(4), 65536));
    }
}

#[test]
fn in_the_linger_others_are_still_heard() {
    let script = "(sleep 0.1; echo late; sleep 8) & echo early";
    let outcome = run(&Command { linger: ms(3000), ..sh(script) });
    assert_eq!(outcome.stdout.text(), "early\nlate\n");
    // A linger lasts no longer than the pipe is held.
    let start = Instant::now();
    let outcome = run(&Command { linger: 2 * SOON, ..sh("(sleep 0.2; echo late) & echo early") });
    assert_eq!(outcome.stdout.text(), "early\nlate\n");
    assert!(start.elapsed() < SOON);
}

#[test]
fn a_daemon_that_prints_without_end_does_not_prolong_the_linger() {
    let start = Instant::now();
    // Enough for it to begin on a busy machine.
    let outcome =
        run(&Command { linger: ms(3000), limits: Limits { head: 10, tail: 10 }, ..sh("yes & exit 0") });
    assert_eq!(outcome.end, End::Exited(0));
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    assert!(outcome.stdout.held_open && outcome.stdout.is_truncated());
}

#[test]
fn a_child_that_prints_without_end_does_not_outlive_its_deadline() {
    let start = Instant::now();
    let limits = Limits { head: 10, tail: 10 };
    let outcome = run(&Command { deadline: ms(200), limits, ..sh("yes & exec yes >&2") });
    assert!(matches!(outcome.end, End::TimedOut(_)), "{outcome:?}");
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
}

#[test]
fn a_child_that_closes_its_output_is_waited_for() {
    let outcome = run(&sh("echo x; exec >&- 2>&-; sleep 0.2; exit 6"));
    assert_eq!((outcome.end, outcome.stdout.text()), (End::Exited(6), "x\n".into()));
    assert!(outcome.duration >= ms(200));
}
