//! A version that was released before, with the same folder: it and this one exclude each other,
//! and where that cannot be, this one says so.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use super::{Folder, claim};
use crate::error::Code;
use crate::locks::line::now_s;

/// The first version's lock, as it made it: its open, its line, its look whether the file is still
/// there, and its way to let go.
struct Older {
    path: PathBuf,
    file: File,
    is_shared: bool,
}

impl Older {
    fn lock(folder: &Path, name: &str, is_shared: bool) -> Option<Older> {
        let path = folder.join(name);
        loop {
            let mut options = OpenOptions::new();
            options.read(true).write(true).create(true).truncate(false);
            let file = options.mode(0o600).custom_flags(libc::O_NOFOLLOW).open(&path).expect("opened");
            let locked = if is_shared { file.try_lock_shared() } else { file.try_lock() };
            if locked.is_err() {
                return None;
            }
            let (mine, found) = (file.metadata().expect("open"), fs::symlink_metadata(&path));
            match found {
                Ok(found) if (found.dev(), found.ino()) == (mine.dev(), mine.ino()) => {}
                Err(e) if e.kind() != io::ErrorKind::NotFound => panic!("{e}"),
                _ => continue,
            }
            if !is_shared {
                let line = json!({"action": "stopjail", "on": "db", "pid": std::process::id(), "request": 3, "since": now_s()});
                file.set_len(0)
                    .and_then(|()| (&file).write_all(format!("{line}\n").as_bytes()))
                    .expect("written");
            }
            return Some(Older { path, file, is_shared });
        }
    }
}

impl Drop for Older {
    fn drop(&mut self) {
        let _ = match self.path.file_name().and_then(|name| name.to_str()) {
            _ if self.is_shared => Ok(()),
            Some("pool") => self.file.set_len(0),
            _ => fs::remove_file(&self.path),
        };
        let _ = self.file.unlock();
    }
}

/// What it called the file of `db`.
const DB: &str = "jail-db-08914e07b53ba1e3";

#[test]
fn each_excludes_the_other() {
    let folder = Folder::new();
    let mut first = claim(&folder.0, 0);
    first.among_others().expect("free");
    first.jail("db").expect("free");
    assert!(Older::lock(&folder.0, "pool", false).is_none() && Older::lock(&folder.0, DB, false).is_none());
    assert!(Older::lock(&folder.0, "pool", true).is_some(), "it changes another jail");
    drop(first);
    let mut first = claim(&folder.0, 0);
    first.pool().expect("free");
    assert!(Older::lock(&folder.0, "pool", true).is_none());
    drop(first);
    // And the other way round, told by its line.
    let (pool, jail) = (Older::lock(&folder.0, "pool", true), Older::lock(&folder.0, DB, false));
    assert!(pool.is_some() && jail.is_some());
    let by = "stopjail of \"db\" has been at it for ";
    let mut waits = claim(&folder.0, 0);
    let busy = waits.pool().expect_err("held");
    assert!(
        busy.code == Code::Busy && busy.message.starts_with(&format!("the pool is busy: {by}")),
        "{busy}"
    );
    waits.among_others().expect("shared");
    let busy = waits.jail("db").expect_err("held");
    assert!(busy.message.starts_with(&format!("jail \"db\" is busy: {by}")), "{busy}");
    waits.jail("web").expect("another");
}

/// Files come and go, made and removed by both.
#[test]
fn they_come_and_go_beside_each_other() {
    let folder = Folder::new();
    claim(&folder.0, 0).pool().expect("made on the way");
    let inside = AtomicBool::new(false);
    let stay = || {
        assert!(!inside.swap(true, Ordering::SeqCst), "two hold one lock");
        std::thread::yield_now();
        inside.store(false, Ordering::SeqCst);
    };
    std::thread::scope(|scope| {
        for at in 0..6 {
            let (folder, stay) = (&folder, &stay);
            scope.spawn(move || {
                for _ in 0..100 {
                    if at % 2 == 0 {
                        let mut new = claim(&folder.0, 60_000);
                        new.among_others().and_then(|()| new.jail("db")).expect("free in time");
                        stay();
                    } else {
                        let lock = |name, is_shared| loop {
                            if let Some(lock) = Older::lock(&folder.0, name, is_shared) {
                                return lock;
                            }
                            std::thread::sleep(Duration::from_millis(1));
                        };
                        let _pool = lock("pool", true);
                        let _jail = lock(DB, false);
                        stay();
                    }
                }
            });
        }
    });
    assert_eq!(folder.files(), ["pool"]);
}

/// It knows of no commands and no survivors. Who has waited for one knows that it is there.
#[test]
fn what_it_does_not_wait_for_is_told() {
    let folder = Folder::new();
    claim(&folder.0, 0).pool().expect("made on the way");
    let jail = Older::lock(&folder.0, DB, false);
    std::thread::scope(|scope| {
        let waits = scope.spawn(|| {
            let mut waits = claim(&folder.0, 60_000);
            waits.among_others().and_then(|()| waits.jail("db")).expect("free in time");
            waits.warnings()
        });
        std::thread::sleep(Duration::from_millis(200));
        drop(jail);
        let told = waits.join().expect("no panic");
        assert!(
            told.len() == 1 && told[0].starts_with("an older version of this class works with "),
            "{told:?}"
        );
    });
    assert_eq!(claim(&folder.0, 0).warnings(), [""; 0]);
}
