//! Many threads at once, and what is left afterwards.

use std::process::{Command as Std, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::stand::{Holdings, alone, eventually, ms, run, sh};
use crate::process::{Command, End, Runner, Stdin, System};

#[test]
fn many_threads_run_children_at_once() {
    alone("threads::many_threads_run_children_at_once", || {
        let before = Holdings::now();
        let system = System::new();
        thread::scope(|scope| {
            for thread in 0..8 {
                let system = &system;
                scope.spawn(move || {
                    for round in 0..25 {
                        let word = format!("{thread} {round}");
                        let script = format!("cat; echo {word}; echo {word} >&2; exit {thread}");
                        let command = Command { stdin: Stdin::Bytes(word.as_bytes()), ..sh(&script) };
                        let outcome = system.run(&command).expect("the shell starts");
                        assert_eq!(outcome.end, End::Exited(thread));
                        assert_eq!(outcome.stdout.text(), format!("{word}{word}\n"));
                        assert_eq!(outcome.stderr.text(), format!("{word}\n"));
                        assert!(!outcome.stdout.held_open && !outcome.stderr.held_open);
                    }
                });
            }
        });
        eventually("the threads are gone", || Holdings::now() == before);
    });
}

#[test]
fn no_child_of_another_thread_inherits_our_pipes() {
    alone("threads::no_child_of_another_thread_inherits_our_pipes", || {
        // The host starts sleepers in its own way, which closes nothing; each would hold a pipe of ours open.
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                let mut sleepers = Vec::new();
                while !stop.load(Ordering::Relaxed) && sleepers.len() < 1000 {
                    let mut sleeper = Std::new("/bin/sleep");
                    let sleeper = sleeper.arg("30").stdin(Stdio::null()).stdout(Stdio::null());
                    sleepers.push(sleeper.spawn().expect("sleep starts"));
                }
                for mut sleeper in sleepers {
                    sleeper.kill().and_then(|()| sleeper.wait()).expect("the sleeper is ours");
                }
            });
            for _ in 0..300 {
                // Between its fork and its exec a sleeper does hold our pipes, for some microseconds.
                let outcome = run(&Command { linger: ms(5000), ..sh(":") });
                assert!(!outcome.stdout.held_open && !outcome.stderr.held_open);
            }
            stop.store(true, Ordering::Relaxed);
        });
    });
}

#[test]
fn nothing_is_left_after_any_outcome() {
    alone("threads::nothing_is_left_after_any_outcome", || {
        let before = Holdings::now();
        let short = |script| Command { deadline: ms(30), grace: ms(30), linger: ms(10), ..sh(script) };
        for _ in 0..3 {
            assert_eq!(run(&sh("exit 0")).end, End::Exited(0));
            assert_eq!(run(&sh("kill -9 $$")).end, End::Signaled(9));
            assert!(matches!(run(&short("sleep 30")).end, End::TimedOut(_)));
            assert!(matches!(run(&short("trap '' TERM; sleep 30; sleep 30")).end, End::TimedOut(_)));
            assert!(matches!(run(&short("sleep 30 & kill -STOP $$")).end, End::TimedOut(_)));
            let asked = std::cell::Cell::new(0);
            let cancel = || asked.replace(asked.get() + 1) > 1;
            assert!(matches!(run(&Command { cancel: &cancel, ..sh("sleep 30") }).end, End::Cancelled(_)));
            assert_eq!(run(&Command { linger: ms(10), ..sh("sleep 0.2 & exit 1") }).end, End::Exited(1));
            assert_eq!(
                run(&Command { stdin: Stdin::Bytes(&[b'x'; 300_000]), ..sh("exit 2") }).end,
                End::Exited(2)
            );
            super::stand::refusal(&Command::new("/nonexistent".as_ref(), [""; 0]));
            super::stand::refusal(&Command::new("/dev".as_ref(), [""; 0]));
            super::stand::refusal(&Command { cancel: &|| true, ..sh("exit 0") });
            super::stand::refusal(&Command::new("/bin/sh".as_ref(), ["\0"]));
        }
        assert_eq!(Holdings::now(), before);
    });
}
