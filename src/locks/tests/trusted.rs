//! What lies in the folder, or above it, and is not as it should be; and hosts as they are.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::{Command as Std, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use super::{Folder, claim};
use crate::error::Code;
use crate::locks::dir::LockDir;
use crate::locks::file::{Mode, POOL, of_jail, try_lock};
use crate::locks::line::now_s;
use crate::process::effective_user;

/// A file that has another name would be written into there, too.
#[test]
fn a_file_with_another_name_is_refused() {
    let folder = Folder::new();
    claim(&folder.0, 0).pool().expect("made on the way");
    let victim = folder.0.with_extension("victim");
    fs::write(&victim, "precious").expect("written");
    let file = folder.0.join(of_jail("db"));
    fs::hard_link(&victim, &file).expect("linked");
    let mut first = claim(&folder.0, 0);
    first.among_others().expect("free");
    let refused = first.jail("db").expect_err("two names");
    let kept = fs::read_to_string(&victim).expect("there");
    fs::remove_file(&victim).expect("ours");
    assert_eq!((refused.code, kept.as_str()), (Code::CannotLock, "precious"));
    assert!(refused.message.contains("it has 2 names"), "{}", refused.message);
    fs::remove_file(&file).expect("ours");
    // Nor what is no file: a pipe would be waited for.
    let made = Std::new("mkfifo").arg(&file).status().expect("mkfifo runs");
    assert!(made.success());
    let refused = first.jail("db").expect_err("a pipe");
    assert!(refused.message.contains("it is no file"), "{}", refused.message);
}

/// Who can put another folder in its place decides what runs at once.
#[test]
fn a_folder_that_others_can_replace_is_refused() {
    let base = Folder::new();
    fs::create_dir(&base.0).expect("made");
    let (above, link) = (base.0.join("above"), base.0.join("link"));
    fs::create_dir(&above).expect("made");
    claim(&above.join("locks"), 0).pool().expect("made on the way");
    symlink(&above, &link).expect("made");
    claim(&link.join("locks"), 0).pool().expect("a link that is ours");
    fs::set_permissions(&above, fs::Permissions::from_mode(0o777)).expect("ours");
    for (folder, what) in [(&above, "locks"), (&link, "locks"), (&above, "new")] {
        let refused = claim(&folder.join(what), 0).pool().expect_err("anybody's");
        assert_eq!(refused.code, Code::CannotLock);
        assert!(refused.message.contains("others than its owner can write to"), "{}", refused.message);
    }
    fs::set_permissions(&above, fs::Permissions::from_mode(0o1777)).expect("ours");
    claim(&above.join("locks"), 0).pool().expect("a sticky folder keeps what is ours");
    if effective_user() == 0 {
        fs::set_permissions(&above, fs::Permissions::from_mode(0o755)).expect("ours");
        std::os::unix::fs::chown(&above, Some(65534), None).expect("root may");
        let refused = claim(&above.join("locks"), 0).pool().expect_err("somebody's");
        assert!(refused.message.contains("belongs to user 65534"), "{}", refused.message);
    }
}

/// The administrator has emptied the folder, and somebody else has made the file anew: it is
/// that one's to take away.
#[test]
fn a_file_that_is_anothers_by_now_is_left_alone() {
    let folder = Folder::new();
    let mut first = claim(&folder.0, 0);
    first.among_others().expect("free");
    first.jail("db").expect("free");
    assert_eq!(first.warnings(), [""; 0]);
    fs::remove_file(folder.0.join(of_jail("db"))).expect("there");
    let mut second = claim(&folder.0, 0);
    second.among_others().expect("shared");
    second.jail("db").expect("nobody's");
    let told = first.warnings();
    assert!(told.len() == 1 && told[0].contains("was taken away while it was held"), "{told:?}");
    drop(first);
    let mut third = claim(&folder.0, 0);
    third.among_others().expect("shared");
    assert_eq!(third.jail("db").expect_err("the second's").code, Code::Busy);
}

/// What a process has open its children have, too, and go on with it when it has died.
#[test]
fn the_child_of_a_host_that_died_is_named() {
    let folder = Folder::new();
    claim(&folder.0, 0).pool().expect("made on the way");
    let mut gone = Std::new("true").spawn().expect("it starts");
    let pid = gone.id();
    gone.wait().expect("ours");
    let name = of_jail("db");
    let dir = LockDir::open(&folder.0, &mut || Ok(())).expect("ours");
    let file = dir.file(&name).expect("made");
    assert!(try_lock(&file, Mode::Removed).expect("lockable"));
    let line = json!({"action": "startjail", "on": "db", "pid": pid, "program": null, "request": 7, "since": now_s() - 90});
    (&file).write_all(format!("{line}\n").as_bytes()).expect("written");
    let mut child = Std::new("sleep").arg("60").stdin(Stdio::from(file)).spawn().expect("it starts");
    let mut waits = claim(&folder.0, 0);
    waits.among_others().expect("shared");
    let told = waits.jail("db").expect_err("held").message;
    child.kill().expect("ours");
    let who = child.id();
    child.wait().expect("ours");
    let start = "jail \"db\" is busy: startjail of \"db\" began 9";
    assert!(told.starts_with(start), "{told}");
    assert!(told.contains("that process has died, but one that it forked still has the lock"), "{told}");
    if cfg!(target_os = "linux") {
        assert!(told.contains(&format!("(process {who})")), "{told}");
    }
    drop(waits);
    // With the child the lock is gone; or a moment later, for what another test started meanwhile has the file until it is executed.
    let mut waits = claim(&folder.0, 20_000);
    waits.among_others().expect("shared");
    waits.jail("db").expect("with the child the lock is gone");
}

/// In a host that has closed its standard descriptors ours do not take their places: who
/// prints would print into the file.
#[test]
fn no_file_is_on_a_number_that_is_printed_to() {
    // In a shell, which closes them for the test binary.
    const INSIDE: &str = "LOCKS_TEST_CLOSED";
    let Some(path) = std::env::var_os(INSIDE) else {
        let folder = Folder::new();
        let test = "locks::tests::trusted::no_file_is_on_a_number_that_is_printed_to";
        let exe = std::env::current_exe().expect("it has a path");
        let status = Std::new("/bin/sh")
            .args(["-c", "exec \"$0\" --exact \"$1\" --test-threads=1 --nocapture <&- >&- 2>&-"])
            .arg(exe)
            .arg(test)
            .env(INSIDE, &folder.0)
            .status()
            .expect("sh runs");
        assert!(status.success());
        let text = fs::read_to_string(folder.0.join("seen")).expect("it has run");
        assert_eq!(text, "3 and above");
        return;
    };
    // std opens /dev/null in their place at the start, so that there is something to close.
    for fd in 0..3 {
        // SAFETY: close takes an integer; nothing here prints any more.
        unsafe { libc::close(fd) };
    }
    let folder = std::path::PathBuf::from(path);
    let mut first = claim(&folder, 0);
    first.among_others().expect("free");
    first.jail("db").expect("free");
    let lowest = first.record.held.borrow().iter().map(|held| held.file.as_raw_fd()).min();
    let dir = LockDir::open(&folder, &mut || Ok(())).expect("ours");
    let file = dir.file(POOL).expect("there");
    let is_above = lowest.is_some_and(|lowest| lowest > 2) && file.as_raw_fd() > 2;
    // SAFETY: a valid string and flags; the three numbers are free, and this fills them again.
    while unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) } < 2 {}
    fs::write(folder.join("seen"), if is_above { "3 and above" } else { "below 3" }).expect("written");
}

/// Many, each for a moment: whoever gives up says that it was not one.
#[test]
fn steady_load_is_told_as_such() {
    let folder = Folder::new();
    claim(&folder.0, 0).pool().expect("made on the way");
    let over = std::sync::atomic::AtomicBool::new(false);
    let told = std::thread::scope(|scope| {
        for name in ["db", "web", "mail"] {
            let (folder, over) = (&folder, &over);
            scope.spawn(move || {
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    let mut each = claim(&folder.0, 10_000);
                    each.among_others().and_then(|()| each.jail(name)).expect("free in time");
                    std::thread::sleep(Duration::from_millis(30));
                }
            });
        }
        let before = Instant::now();
        std::thread::sleep(Duration::from_millis(50));
        let told = claim(&folder.0, 1500).pool();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert!(before.elapsed() < Duration::from_secs(30));
        told
    });
    // The threads are not in step, so that it may have been free for once.
    if let Err(told) = told {
        assert!(told.message.contains(" while this waited; nothing was done"), "{}", told.message);
        assert!(told.message.contains("startjail of \"db\" has been at it for "), "{}", told.message);
    }
    let mut file = File::open(folder.0.join(POOL)).expect("there");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("text");
    assert_eq!(text, "");
}
