//! The mechanism alone: who excludes whom, what is told, and that files which
//! come and go let nobody through.

#![expect(clippy::disallowed_methods, reason = "a test is no module")]

mod commands;
mod older;
#[cfg(target_os = "linux")]
mod room;
mod survivors;
mod trusted;

use std::cell::Cell;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::json;

use super::file::{POOL, of_jail};
use super::line::now_s;
use super::{Claim, Holder};
use crate::error::{Code, Error};
use crate::process;
use crate::process::tests::skipped;

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("sysadm-iocage-locks-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        Folder(path)
    }

    fn files(&self) -> Vec<String> {
        let files = fs::read_dir(&self.0).expect("a folder").map(|file| file.expect("a file").file_name());
        let mut files: Vec<_> = files.map(|name| name.into_string().expect("our name")).collect();
        files.sort_unstable();
        files
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const NEVER: &dyn Fn() -> bool = &|| false;
const IDLE: &dyn Fn() = &|| {};

/// A claim that waits so long.
fn claim(folder: &Path, wait_ms: u64) -> Claim<'_> {
    let by = Holder { action: "startjail", on: Some("db"), request: 7 };
    Claim::new(folder, by, Instant::now() + Duration::from_millis(wait_ms), NEVER, IDLE)
}

#[test]
fn who_excludes_whom() {
    type Take = fn(&mut Claim<'_>) -> Result<(), Error>;
    let pool: Take = |claim| claim.pool();
    let others: Take = |claim| claim.among_others();
    let db: Take = |claim| claim.among_others().and_then(|()| claim.jail("db").map(|_| ()));
    let web: Take = |claim| claim.among_others().and_then(|()| claim.jail("web").map(|_| ()));
    let unnamed: Take = |claim| claim.among_others().and_then(|()| claim.unnamed());
    let command: Take = |claim| claim.command("db").map(|_| ());
    let destroy: Take = |claim| {
        claim.among_others().and_then(|()| claim.jail("db"))?;
        claim.no_command("db", &|| Ok(())).map(|_| ())
    };
    let destroy_web: Take = |claim| {
        claim.among_others()?;
        claim.no_command("web", &|| Ok(())).map(|_| ())
    };
    let clean: Take = |claim| claim.no_commands().and_then(|()| claim.pool());
    for (first, second, excludes) in [
        (pool, pool, true),
        (pool, others, true),
        (others, pool, true),
        (others, others, false),
        (db, db, true),
        (db, web, false),
        (unnamed, unnamed, false),
        (unnamed, db, false),
        (unnamed, pool, true),
        (pool, unnamed, true),
        (command, command, false),
        (command, db, false),
        (db, command, false),
        (command, pool, false),
        (pool, command, false),
        (command, destroy, true),
        (destroy, command, true),
        (command, destroy_web, false),
        (destroy_web, command, false),
        (command, clean, true),
        (clean, command, true),
        (destroy, clean, true),
        (clean, clean, true),
    ] {
        let folder = Folder::new();
        let mut holds = claim(&folder.0, 0);
        first(&mut holds).expect("free");
        let mut waits = claim(&folder.0, 0);
        let outcome = second(&mut waits).map_err(|error| error.code);
        assert_eq!(outcome, if excludes { Err(Code::Busy) } else { Ok(()) });
        drop((holds, waits));
        second(&mut claim(&folder.0, 0)).expect("free again");
        // What is shared stays until somebody has had it alone.
        clean(&mut claim(&folder.0, 0)).expect("free");
        assert_eq!(folder.files(), ["pool"], "what is left behind");
        assert_eq!(fs::metadata(folder.0.join(POOL)).expect("a file").len(), 0);
    }
}

#[test]
fn a_name_that_is_claimed_twice_is_one() {
    let folder = Folder::new();
    let mut claim = claim(&folder.0, 0);
    claim.among_others().expect("free");
    for name in ["611c89ae-c43c-11e5-9602-54ee75595566", "611C89AE-C43C-11E5-9602-54EE75595566"] {
        assert_eq!(claim.jail(name), Ok(false));
    }
}

/// A process that the host forks has our descriptors, of the same open files, for as
/// long as it lives.
#[test]
fn a_copy_of_the_descriptors_keeps_nothing_locked() {
    let folder = Folder::new();
    let whole: fn(&mut Claim<'_>) = |claim| claim.pool().expect("free");
    let one: fn(&mut Claim<'_>) = |claim| {
        claim.among_others().expect("free");
        claim.jail("db").expect("free");
    };
    for take in [whole, one] {
        let mut holds = claim(&folder.0, 0);
        take(&mut holds);
        let copies: Vec<_> =
            holds.record.held.borrow().iter().map(|held| held.file.try_clone().expect("a copy")).collect();
        assert_eq!(claim(&folder.0, 0).pool().expect_err("held").code, Code::Busy);
        drop(holds);
        for again in [whole, one] {
            again(&mut claim(&folder.0, 0));
        }
        drop(copies);
    }
}

/// The names of files are the contract between versions of this library.
#[test]
fn the_file_of_a_name_stays_the_same() {
    for (name, file) in [
        // A published vector of FNV-1a.
        ("foobar", "jail-foobar-85944171f73967e8"),
        ("db", "jail-db-08914e07b53ba1e3"),
        ("te.st", "jail-te_st-9adbd349245728a8"),
        ("te_st", "jail-te_st-9adbd349245728a8"),
        ("../a b", "jail-___a_b-ce0ee90431afa03d"),
    ] {
        assert_eq!(of_jail(name), file, "{name}");
    }
    let long = of_jail(&"ä/".repeat(500));
    assert!(long.len() < 70 && !long.contains('/'), "{long}");
    assert_ne!(of_jail("a b"), of_jail("a_b"));
}

#[test]
fn busy_tells_who_for_what_and_how_long() {
    let folder = Folder::new();
    let me = std::process::id();
    let mut holds = claim(&folder.0, 0);
    holds.among_others().expect("free");
    holds.jail("db").expect("free");
    // A line of somebody who died is not taken for that of a holder.
    fs::write(folder.0.join("jail-a"), "{\"action\":\"ghost\",\"pid\":1,\"request\":1,\"since\":1}\n")
        .expect("written");
    // Since then the next second may have begun, or on a busy machine the one after.
    let is_so = |told: &str, what: &str| {
        let begin = format!("{what} is busy: startjail of \"db\" has been at it for ");
        let end = format!(" s (process {me}, request 7); nothing was done");
        let seconds = told.strip_prefix(&begin).and_then(|rest| rest.strip_suffix(&end));
        seconds.and_then(|seconds| seconds.parse().ok()).is_some_and(|seconds: u64| seconds < 60)
    };
    let mut waits = claim(&folder.0, 0);
    let told = waits.pool().expect_err("held").message;
    assert!(is_so(&told, "the pool"), "{told}");
    waits.among_others().expect("shared");
    let told = waits.jail("db").expect_err("held").message;
    assert!(is_so(&told, "jail \"db\""), "{told}");
    // Since then, by the clock; a line that is none is no reason to fail.
    let file = folder.0.join(of_jail("db"));
    let since = now_s() - 90;
    fs::write(&file, json!({"action": "x", "pid": 5, "request": 0, "since": since}).to_string())
        .expect("written");
    let told = waits.jail("db").expect_err("held").message;
    assert!(told.contains("x has been at it for 9") && told.contains("(process 5, request 0)"), "{told}");
    fs::write(&file, "{").expect("written");
    assert!(waits.jail("db").expect_err("held").message.contains("another request is at it"));
}

#[test]
fn waiting_ends_when_the_lock_is_free_or_nobody_is_interested() {
    let folder = Folder::new();
    let mut holds = claim(&folder.0, 0);
    holds.pool().expect("free");
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let mut waits = claim(&folder.0, 60_000);
            waits.among_others()?;
            waits.jail("db")
        });
        std::thread::sleep(Duration::from_millis(200));
        assert!(!waits.is_finished());
        drop(holds);
        assert_eq!(waits.join().expect("no panic"), Ok(false), "of the jail itself it was the first");
    });
    let mut holds = claim(&folder.0, 0);
    holds.pool().expect("free");
    let asked = Cell::new(0);
    let interest = || {
        asked.set(asked.get() + 1);
        asked.get() > 4
    };
    let by = Holder { action: "cleanall", on: None, request: 1 };
    let mut waits = Claim::new(&folder.0, by, Instant::now() + Duration::from_secs(60), &interest, IDLE);
    assert_eq!(waits.pool().expect_err("no interest").code, Code::Cancelled);
    assert_eq!(asked.get(), 5);
}

/// Who waits gives up his turn once, and is told of one holder however often it was looked.
#[test]
fn one_holder_is_one() {
    let folder = Folder::new();
    let mut holds = claim(&folder.0, 0);
    holds.pool().expect("free");
    let idled = Cell::new(0);
    let idle = || idled.set(idled.get() + 1);
    let by = Holder { action: "cleanall", on: None, request: 1 };
    let until = Instant::now() + Duration::from_millis(150);
    let busy = Claim::new(&folder.0, by, until, NEVER, &idle).pool().expect_err("held");
    assert!(!busy.message.contains("after"), "{}", busy.message);
    assert_eq!(idled.get(), 1);
}

/// What is in the way of a lock is told as what it is.
#[test]
fn a_path_that_cannot_be_opened_is_not_told_to_be_no_folder() {
    let folder = Folder::new();
    fs::create_dir(&folder.0).expect("made");
    let long = folder.0.join("x".repeat(300));
    let told = claim(&long, 0).pool().expect_err("no such path").message;
    assert!(told.contains("File name too long") && !told.contains("no folder"), "{told}");
    let file = folder.0.join("file");
    fs::write(&file, "").expect("written");
    let told = claim(&file, 0).pool().expect_err("a file").message;
    assert!(told.ends_with("it is no folder"), "{told}");
}

/// Each holder removes the file that the others wait for. A claim that did not
/// look whether it is still there would go on beside the next.
#[test]
fn files_that_come_and_go_let_nobody_through() {
    const ROUNDS: u32 = 150;
    let folder = Folder::new();
    let (inside, entered, waited) = (AtomicBool::new(false), AtomicU32::new(0), AtomicU32::new(0));
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                for _ in 0..ROUNDS {
                    let mut claim = claim(&folder.0, 60_000);
                    claim.among_others().expect("shared");
                    waited.fetch_add(claim.jail("db").expect("free in time").into(), Ordering::Relaxed);
                    assert!(!inside.swap(true, Ordering::SeqCst), "two hold one lock");
                    std::thread::yield_now();
                    inside.store(false, Ordering::SeqCst);
                    entered.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(entered.into_inner(), 6 * ROUNDS);
    assert!(waited.into_inner() > 0, "nobody was in anybody's way");
    assert_eq!(folder.files(), ["pool"]);
}

#[test]
fn a_folder_that_others_rule_is_refused() {
    let base = Folder::new();
    fs::create_dir(&base.0).expect("made");
    let folder = base.0.join("locks");
    claim(&folder, 0).pool().expect("made on the way");
    assert_eq!(fs::metadata(&folder).expect("a folder").permissions().mode() & 0o777, 0o700);
    let refused = |folder: &Path| {
        let error = claim(folder, 0).among_others().expect_err("refused");
        assert_eq!(error.code, Code::CannotLock);
        assert!(error.message.contains(folder.to_str().expect("our name")), "{}", error.message);
        error.message
    };
    for mode in [0o770, 0o702, 0o1777] {
        fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).expect("ours");
        assert!(refused(&folder).contains(&format!("mode {mode:04o}")));
    }
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("ours");
    claim(&folder, 0).pool().expect("others may look");
    let link = base.0.join("link");
    symlink(&folder, &link).expect("made");
    assert!(refused(&link).contains("no folder"));
    let file = base.0.join("file");
    fs::write(&file, "").expect("written");
    assert!(refused(&file).contains("no folder"));
    assert!(refused(&base.0.join("missing/locks")).contains("No such file"));
    if process::effective_user() == 0 {
        std::os::unix::fs::chown(&folder, Some(65534), None).expect("root may");
        assert!(refused(&folder).contains("user 65534"));
    } else {
        skipped("only root can give a folder away");
    }
    // A link in the place of a file leads nowhere.
    let victim = base.0.join("victim");
    fs::write(&victim, "precious").expect("written");
    let folder = base.0.join("locks2");
    fs::DirBuilder::new().mode(0o700).create(&folder).expect("made");
    symlink(&victim, folder.join(POOL)).expect("made");
    let error = claim(&folder, 0).pool().expect_err("refused");
    assert_eq!(error.code, Code::CannotLock);
    assert!(error.message.ends_with("/pool: a link is in its place"), "{}", error.message);
    assert_eq!(fs::read_to_string(&victim).expect("still there"), "precious");
}
