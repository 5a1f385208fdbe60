//! A test that is killed removes nothing. Its folder is found by the next one and removed,
//! and no folder of a test that lives is.

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Folder, sweep};

#[test]
fn the_folders_of_killed_tests_go_and_all_else_stays() {
    let place = Folder::new();
    let at = |name: &str| place.0.join(name);
    let living = Folder::below(&place.0);
    fs::create_dir_all(at("sysadm-iocage-test-1-0/below")).expect("made");
    fs::write(at("sysadm-iocage-test-1-0/below/file"), "").expect("written");
    fs::write(at("sysadm-iocage-test-1-0.lock"), "").expect("written");
    let others = ["another", "sysadm-iocage-it-1-0", "sysadm-iocage-test-1-1"];
    fs::create_dir(at(others[0])).expect("made");
    fs::create_dir(at(others[1])).expect("made");
    fs::create_dir(at(others[2])).expect("made");
    symlink(at(others[0]), at("sysadm-iocage-test-1-2.lock")).expect("made");
    sweep(&place.0);
    assert!(!at("sysadm-iocage-test-1-0").exists() && !at("sysadm-iocage-test-1-0.lock").exists());
    assert!(living.0.exists(), "it is in use");
    // What is locked is beside it: a test may lock its folder, or have a class do so.
    let itself = File::open(&living.0).expect("a folder");
    itself.try_lock().expect("nobody has locked it");
    assert!(others.iter().all(|name| at(name).exists()));
    assert!(at("sysadm-iocage-test-1-2.lock").is_symlink());
    let path = living.0.clone();
    drop(living);
    assert!(!path.exists());
    assert_eq!(fs::read_dir(&place.0).expect("there").count(), others.len() + 1);
}

/// In a process of its own, whose folder for temporary files is this one.
#[test]
fn who_makes_the_first_folder_of_a_process_removes_them() {
    let place = Folder::new();
    fs::create_dir(place.0.join("sysadm-iocage-test-1-0")).expect("made");
    fs::write(place.0.join("sysadm-iocage-test-1-0.lock"), "").expect("written");
    let output = Command::new(std::env::current_exe().expect("the test's own path"))
        .args(["--exact", "swept::the_folders_of_killed_tests_go_and_all_else_stays"])
        .env("TMPDIR", &place.0)
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
    assert_eq!(fs::read_dir(&place.0).expect("there").count(), 0);
}

/// A program that is told to end writes its last while its folder is removed.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the test's")]
fn who_still_writes_keeps_no_folder() {
    let folder = Folder::new();
    let path = folder.0.clone();
    for number in 0..2_000 {
        fs::write(path.join(number.to_string()), "").expect("written");
    }
    let ends = Instant::now() + Duration::from_millis(300);
    let begun = Barrier::new(3);
    thread::scope(|scope| {
        for writer in ["a", "b"] {
            let (begun, path) = (&begun, &path);
            scope.spawn(move || {
                begun.wait();
                for number in 0_u32.. {
                    let _ = fs::write(path.join(format!("{writer}{number}")), "");
                    if Instant::now() > ends {
                        break;
                    }
                }
            });
        }
        begun.wait();
        drop(folder);
    });
    assert!(!path.exists(), "{} is left", path.display());
}
