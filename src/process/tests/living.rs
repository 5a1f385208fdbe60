//! Which processes live, of those of which only numbers are left.

use std::cell::Cell;

use super::stand::{eventually, kill, ms, pids, run, sh};
use crate::process::{Command, End, Process, Runner, Step, System};

#[test]
fn a_process_is_known_by_its_number_and_its_start() {
    let own = Process::of(i32::try_from(std::process::id()).expect("process ids are small"));
    let start = own.start.expect("the system tells");
    assert!(own.lives());
    assert!(!Process { start: Some(start + 1), ..own }.lives(), "another one that had its number");
    assert!(Process { start: None, ..own }.lives(), "it may be this one");
    // Numbers that are no process's.
    for pid in [0, -1, i32::MIN, i32::MAX] {
        let nobody = Process { pid, start: None };
        assert!(!nobody.lives() && nobody.living_member().is_none(), "{pid}");
    }
}

#[test]
fn one_that_was_not_reaped_yet_does_nothing_any_more() {
    let mut child = std::process::Command::new("/bin/sh").args(["-c", "exit 0"]).spawn().expect("it starts");
    let process = Process { pid: i32::try_from(child.id()).expect("small"), start: None };
    eventually("it has ended", || !process.lives());
    assert_eq!(process.living_member(), None);
    child.wait().expect("ours");
    assert!(!process.lives());
}

#[test]
fn members_of_a_group_outlive_its_leader() {
    let started = Cell::new(None);
    let watch = |step| {
        if let Step::Started(process) = step {
            started.set(Some(process))
        }
    };
    let script = "sleep 30 >/dev/null 2>&1 & echo $!; exit 0";
    let outcome = System::new().run(&Command { watch: Some(&watch), linger: ms(50), ..sh(script) });
    let outcome = outcome.expect("it starts");
    assert_eq!(outcome.end, End::Exited(0));
    let (leader, member) = (started.get().expect("told"), pids(&outcome)[0]);
    assert!(!leader.lives());
    assert_eq!(leader.living_member(), Some(member));
    kill(member, libc::SIGKILL);
    eventually("the group is gone", || leader.living_member().is_none());
}

/// The number is given away as that of a process that leads a group of its own.
#[test]
fn a_leader_of_another_time_leads_another_group() {
    let asked = Cell::new(false);
    let watch = |step| {
        let Step::Started(process) = step else { return };
        let other = Process { start: process.start.map(|start| start - 1), ..process };
        assert_eq!((process.living_member(), other.living_member()), (Some(process.pid), None));
        asked.set(true);
    };
    // It is there for as long as it is asked about.
    let cancel = || asked.get();
    let outcome = run(&Command { watch: Some(&watch), cancel: &cancel, ..sh("exec sleep 30") });
    assert!(matches!(outcome.end, End::Cancelled(_)), "{outcome:?}");
}
