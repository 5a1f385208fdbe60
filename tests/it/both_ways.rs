//! What a test sees of processes on FreeBSD is what it sees on Linux: each of the two ways of `support/shows.rs`
//! is gone here, and they agree.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use sysadm_class::host::{Door, Module};

use crate::support::process::{Shown, called, eventually, started_with};
use crate::support::shows::{everywhere, proc};
use crate::support::{Folder, alone, module_in_c};

/// Neither way shows one that ends while it is looked at, so only those that stay are compared.
#[test]
fn both_ways_show_the_same_children() {
    alone("both_ways::both_ways_show_the_same_children", || {
        let mut sleeper = Command::new("sleep").arg("60").process_group(0).spawn().expect("it starts");
        let mut ended = Command::new("true").spawn().expect("it starts");
        let own = i32::try_from(std::process::id()).expect("a process id");
        let ended_pid = i32::try_from(ended.id()).expect("a process id");
        let of = |all: Vec<Shown>| {
            let mut all: Vec<_> = all.into_iter().filter(|process| process.parent == own).collect();
            all.sort_by_key(|process| process.pid);
            all
        };
        let is_zombie = || of(proc::processes()).iter().any(|one| one.pid == ended_pid && one.state == 'Z');
        eventually("it has ended", is_zombie);
        let (exactly, roughly) = (of(proc::processes()), of(everywhere::processes()));
        let times = (proc::now(), everywhere::now());
        let line = i32::try_from(sleeper.id()).expect("a process id");
        let lines = [proc::command_lines(), everywhere::command_lines()]
            .map(|all| all.into_iter().find(|one| one.0 == line));
        sleeper.kill().and_then(|()| sleeper.wait()).expect("ended");
        ended.wait().expect("ended");
        let but_start =
            |all: &[Shown]| -> Vec<_> { all.iter().cloned().map(|one| Shown { start: 0, ..one }).collect() };
        assert_eq!(exactly.len(), 2, "{exactly:?}");
        assert_eq!(but_start(&exactly), but_start(&roughly));
        assert!(times.0.abs_diff(times.1) < 500, "{times:?}");
        for (exactly, roughly) in exactly.iter().zip(&roughly) {
            // Never later than it was, or it would be taken for another of the same number.
            let early = exactly.start.checked_sub(roughly.start);
            assert!(early.is_some_and(|early| early <= 300), "{exactly:?} {roughly:?}");
        }
        assert_eq!(lines[0], Some((line, "sleep 60".to_owned())));
        assert_eq!(lines[0], lines[1]);
    });
}

#[test]
fn both_ways_show_the_same_of_this_process() {
    alone("both_ways::both_ways_show_the_same_of_this_process", || {
        let folder = Folder::new();
        let held = fs::File::create(folder.0.join("held")).expect("made");
        let numbers = |all: Vec<String>| -> Vec<i32> {
            let number = |line: &String| line.split(' ').next().and_then(|number| number.parse().ok());
            let mut all: Vec<_> = all.iter().map(|line| number(line).expect("a number")).collect();
            all.sort_unstable();
            all
        };
        let (exactly, roughly) = (proc::descriptors(), everywhere::descriptors());
        assert_eq!(numbers(exactly), numbers(roughly.clone()));
        // One that is another file by the same number is another one.
        let number = std::os::fd::AsRawFd::as_raw_fd(&held);
        drop(held);
        assert_ne!(everywhere::descriptors(), roughly);
        let other = fs::File::open(&folder.0).expect("opened");
        assert_eq!(std::os::fd::AsRawFd::as_raw_fd(&other), number);
        assert_ne!(everywhere::descriptors(), roughly);

        let before = proc::threads();
        let (stop, stopped) = std::sync::mpsc::channel::<()>();
        #[expect(clippy::disallowed_methods, reason = "a test is no module")]
        let thread = std::thread::spawn(move || stopped.recv());
        assert_eq!((proc::threads(), everywhere::threads()), (before + 1, before + 1));
        drop(stop);
        let _ = thread.join();

        let own = std::process::id();
        let (exactly, roughly) = (proc::resident(own), everywhere::resident(own));
        assert!(exactly.abs_diff(roughly) < exactly / 5, "{exactly} {roughly}");
    });
}

/// Also of one whose file is gone, as a swapped module's copy is.
#[test]
fn both_ways_show_what_is_mapped() {
    alone("both_ways::both_ways_show_what_is_mapped", || {
        let folder = Folder::new();
        let path = module_in_c(&folder, "include/template/c/echo.c", "mapped.so", &[]);
        let text = path.to_str().expect("our own name").to_owned();
        let both = || [proc::mapped(), everywhere::mapped()].map(|all| all.contains(&text));
        assert_eq!(both(), [false, false]);
        let module = Module::load(&path, Door::C).expect("a good module");
        module.set_unmap(true);
        assert_eq!(both(), [true, true]);
        fs::remove_file(&path).expect("removed");
        assert_eq!(both(), [true, true]);
        drop(module);
        assert_eq!(both(), [false, false]);
    });
}

/// By its environment, too, which nothing on its command line tells.
#[test]
fn both_ways_show_the_same_environment() {
    let word = format!("environment-{}", std::process::id());
    let mut child = Command::new("sleep").arg("60").env("SYSADM_SHOWN", &word).spawn().expect("it starts");
    let pid = i32::try_from(child.id()).expect("a process id");
    let of = |all: Vec<(i32, String)>| -> Vec<i32> {
        all.into_iter().filter(|(_, line)| line.contains(&word)).map(|(pid, _)| pid).collect()
    };
    eventually("it has its words", || started_with(&word) == [pid]);
    let (exactly, roughly) = (of(proc::environments()), of(everywhere::environments()));
    let by_line = called(&word);
    child.kill().and_then(|()| child.wait()).expect("ended");
    assert_eq!((exactly, roughly, by_line), (vec![pid], vec![pid], vec![]));
    assert!(started_with(&word).is_empty());
}

/// A program that listens to nobody, to be seen by its words.
#[test]
fn a_process_is_found_by_its_words() {
    let word = format!("shows-{}", std::process::id());
    let mut child =
        Command::new("sh").args(["-c", "read line", &word]).stdin(Stdio::piped()).spawn().expect("it starts");
    let pid = i32::try_from(child.id()).expect("a process id");
    // It has its words a moment after it was started.
    eventually("it has its words", || called(&word) == [pid]);
    drop(child.stdin.take());
    child.wait().expect("ended");
    assert!(called(&word).is_empty());
}
