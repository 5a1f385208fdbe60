//! A child that is begun and seen to its end later, while others work.

use std::fs;
use std::thread;
use std::time::Instant;

use super::stand::{Dir, SOON, alone, eventually, ms, sh, state};
use crate::process::{Begun, Command, End, Limits, Runner, StartError, Stopped, System};

fn begin(system: &System, command: &Command<'_>) -> Begun {
    system.begin(command).expect("it starts").expect("it can be begun")
}

#[test]
fn what_was_begun_works_while_another_runs() {
    let (system, place) = (System::new(), Dir::new());
    let fifo = place.path("fifo").display().to_string();
    // Each waits for the other: one after the other they would wait for ever.
    let reads = format!("mkfifo {fifo}; echo ready; cat {fifo}");
    let reads = Command { deadline: SOON, ..sh(&reads) };
    let begun = begin(&system, &reads);
    let writes =
        format!("until test -p {fifo}; do sleep 0.01; done; echo from the other > {fifo}; echo written");
    let writes = Command { deadline: SOON, ..sh(&writes) };
    let wrote = system.run(&writes).expect("it starts");
    assert_eq!((wrote.end, &*wrote.stdout.text()), (End::Exited(0), "written\n"));
    let read = begun.end(&reads);
    assert_eq!((read.end, &*read.stdout.text()), (End::Exited(0), "ready\nfrom the other\n"));
}

#[test]
fn more_than_a_pipe_holds_waits_for_who_reads() {
    let system = System::new();
    let command = Command {
        limits: Limits { head: 8 << 20, tail: 0 },
        ..sh("head -c 4000000 /dev/zero; echo done >&2; exit 3")
    };
    let begun = begin(&system, &command);
    thread::sleep(ms(50));
    let outcome = begun.end(&command);
    assert_eq!((outcome.end, outcome.stdout.head.len()), (End::Exited(3), 4_000_000));
    assert_eq!(outcome.stderr.text(), "done\n");
}

#[test]
fn the_deadline_counts_from_the_start() {
    let system = System::new();
    let command = Command { deadline: ms(100), grace: ms(50), ..sh("sleep 600") };
    let begun = begin(&system, &command);
    thread::sleep(ms(150));
    let asked = Instant::now();
    let outcome = begun.end(&command);
    assert!(matches!(outcome.end, End::TimedOut(Stopped::Signaled(_))), "{outcome:?}");
    assert!(asked.elapsed() < SOON);
    // One that ended in time is never called late, whenever it is looked at.
    let command = Command { deadline: ms(2000), ..sh("echo in time") };
    let begun = begin(&system, &command);
    thread::sleep(ms(2100));
    let outcome = begun.end(&command);
    assert_eq!((outcome.end, &*outcome.stdout.text()), (End::Exited(0), "in time\n"));
}

#[test]
fn what_is_not_ended_is_killed_and_reaped() {
    alone("begun::what_is_not_ended_is_killed_and_reaped", || {
        let (system, place) = (System::new(), Dir::new());
        let file = place.path("pid");
        let script = format!("trap '' TERM; echo $$ > {0}.new; mv {0}.new {0}; sleep 600", file.display());
        let command = sh(&script);
        let begun = begin(&system, &command);
        eventually("it runs", || file.exists());
        let pid: i32 = fs::read_to_string(&file).expect("read").trim().parse().expect("a number");
        assert!(state(pid).is_some());
        drop(begun);
        assert_eq!(state(pid), None, "neither alive nor a zombie");
        let two = ["sleep 600", "exit 7"].map(|script| begin(&system, &sh(script)));
        assert_eq!(Begun::end_all(two.into()), [0; 0]);
    });
}

#[test]
fn what_cannot_be_started_cannot_be_begun() {
    let system = System::new();
    let cancelled = Command { cancel: &|| true, ..sh("true") };
    assert!(matches!(system.begin(&cancelled), Err(StartError::Cancelled)));
    let missing = Command::new(std::path::Path::new("/nonexistent/tool"), ["list"]);
    assert!(matches!(system.begin(&missing), Err(StartError::Missing { .. })));
}
