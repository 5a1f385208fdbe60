//! A disk without room: for a line, for a file, for the folder. What makes room goes on, and still
//! excludes whom it should.

use std::fs;
use std::path::Path;
use std::process::Command as Std;

use super::{Folder, claim};
use crate::error::{Code, Error};
use crate::locks::Claim;
use crate::process::tests::skipped;

/// A file system of its own, of a few files, unmounted at its end.
struct Disk(Folder);

impl Disk {
    /// One that takes so many files more; none where nothing can be mounted.
    fn new(files: u32) -> Option<Disk> {
        let folder = Folder::new();
        fs::create_dir(&folder.0).expect("made");
        let options = format!("size=64k,nr_inodes={},mode=700", files + 1);
        let mount = Std::new("mount").args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(&folder.0).status();
        if !mount.is_ok_and(|status| status.success()) {
            skipped("nothing can be mounted here");
            return None;
        }
        Some(Disk(folder))
    }

    fn path(&self) -> &Path {
        &self.0.0
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Std::new("umount").arg("-l").arg(&self.0.0).status();
    }
}

type Take = fn(&mut Claim<'_>) -> Result<(), Error>;
const POOL: Take = |claim| claim.pool();
const DB: Take = |claim| claim.among_others().and_then(|()| claim.jail("db").map(|_| ()));
const WEB: Take = |claim| claim.among_others().and_then(|()| claim.jail("web").map(|_| ()));
const NEW: Take = |claim| claim.among_others().and_then(|()| claim.unnamed());
const COMMAND: Take = |claim| claim.command("db").map(|_| ());
const CLEAN: Take = |claim| claim.no_commands().and_then(|()| claim.pool());
const DESTROY: Take = |claim| {
    DB(claim)?;
    // Where everything was let go, it is to be looked again, and asked once more.
    while claim.no_command("db", &|| Ok(()))? {
        claim.jail("db")?;
    }
    Ok(())
};
const CHANGES: [Take; 6] = [POOL, DB, WEB, NEW, CLEAN, DESTROY];

fn attempt(folder: &Path, take: Take) -> Option<Code> {
    take(&mut claim(folder, 0)).err().map(|error| error.code)
}

/// With room for this many files, each change is made, alone among all changes, and the
/// destructive ones without a command in the jail.
#[test]
fn what_makes_room_needs_none() {
    for files in 0..3 {
        for held in CHANGES {
            let Some(disk) = Disk::new(files) else { return };
            let mut first = claim(disk.path(), 0);
            held(&mut first).expect("it works");
            let is_alone =
                first.warnings().iter().any(|told| told.contains("all other changes were kept out"));
            for other in CHANGES {
                // Where there was room for all that was wanted, the usual rules hold.
                if is_alone {
                    assert_eq!(attempt(disk.path(), other), Some(Code::Busy), "{files}");
                }
            }
            if is_alone {
                assert!(!first.jail("web").expect("it has all"), "nobody was waited for");
            }
            let is_first = |take: Take| std::ptr::fn_addr_eq(held, take);
            if is_first(CLEAN) || is_first(DESTROY) {
                let code = attempt(disk.path(), COMMAND);
                assert!(matches!(code, Some(Code::Busy | Code::CannotLock)), "{files}: {code:?}");
            }
            drop(first);
            for other in CHANGES {
                assert_eq!(attempt(disk.path(), other), None, "{files}: free again");
            }
        }
    }
}

/// As it was before a disk was full: two changes at once, and the second makes room.
#[test]
fn who_is_there_is_waited_for() {
    // The folder is private and the file of all is there; of others there can be one.
    let Some(disk) = Disk::new(2) else { return };
    let mut web = claim(disk.path(), 0);
    WEB(&mut web).expect("room");
    assert_eq!(attempt(disk.path(), DB), Some(Code::Busy), "it would need all");
    drop(web);
    assert_eq!(attempt(disk.path(), DB), None);
}

/// Room that appears while a change works lets nobody in beside it.
#[test]
fn room_that_appears_lets_nobody_in() {
    for held in CHANGES {
        let Some(disk) = Disk::new(1) else { return };
        fs::write(disk.path().join("full"), "").expect("the last one");
        let mut first = claim(disk.path(), 0);
        held(&mut first).expect("it works");
        let told = first.warnings();
        assert!(told.iter().any(|told| told.contains("No space left on device")), "{told:?}");
        let remount = ["-o", "remount,nr_inodes=100"];
        assert!(Std::new("mount").args(remount).arg(disk.path()).status().is_ok_and(|s| s.success()));
        for other in CHANGES {
            assert_eq!(attempt(disk.path(), other), Some(Code::Busy));
        }
        if std::ptr::fn_addr_eq(held, DESTROY) || std::ptr::fn_addr_eq(held, CLEAN) {
            assert_eq!(attempt(disk.path(), COMMAND), Some(Code::Busy));
        }
        drop(first);
        for other in CHANGES.into_iter().chain([COMMAND]) {
            assert_eq!(attempt(disk.path(), other), None, "free again");
        }
    }
}

/// Nor into the jail that is destroyed, whichever file there was no room for.
#[test]
fn room_that_appears_lets_no_command_in() {
    for files in 0..5 {
        for held in [CLEAN, DESTROY] {
            let Some(disk) = Disk::new(files) else { return };
            let mut first = claim(disk.path(), 0);
            held(&mut first).expect("it works");
            let remount = ["-o", "remount,nr_inodes=100"];
            assert!(Std::new("mount").args(remount).arg(disk.path()).status().is_ok_and(|s| s.success()));
            assert_eq!(attempt(disk.path(), COMMAND), Some(Code::Busy), "{files}");
            drop(first);
            assert_eq!(attempt(disk.path(), COMMAND), None, "free again");
        }
    }
}

/// What else is in the way of making the folder is no want of room.
#[test]
fn a_folder_that_cannot_be_made_for_another_reason_is_told() {
    let Some(disk) = Disk::new(9) else { return };
    let remount = ["-o", "remount,ro"];
    assert!(Std::new("mount").args(remount).arg(disk.path()).status().is_ok_and(|s| s.success()));
    let refused = DB(&mut claim(&disk.path().join("locks"), 0)).expect_err("it cannot be written");
    assert_eq!(refused.code, Code::CannotLock);
    assert!(refused.message.contains("Read-only file system"), "{}", refused.message);
}

/// Not even the folder is there.
#[test]
fn a_folder_that_cannot_be_made_is_stood_in_for() {
    for held in CHANGES {
        let Some(disk) = Disk::new(1) else { return };
        fs::write(disk.path().join("full"), "").expect("the last one");
        let locks = disk.path().join("locks");
        let mut first = claim(&locks, 0);
        held(&mut first).expect("it works");
        assert!(!first.warnings().is_empty());
        assert_eq!(attempt(&locks, DB), Some(Code::Busy));
        let remount = ["-o", "remount,nr_inodes=100"];
        assert!(Std::new("mount").args(remount).arg(disk.path()).status().is_ok_and(|s| s.success()));
        // Who has room now, looks whether somebody had none.
        assert_eq!(attempt(&locks, DB), Some(Code::Busy));
        assert!(!locks.exists());
        drop(first);
        assert_eq!(attempt(&locks, DB), None);
        assert!(locks.exists());
    }
}

/// The lock of a folder that others can open is not ours alone.
#[test]
fn a_folder_that_others_can_read_is_not_locked() {
    use std::os::unix::fs::PermissionsExt;
    let Some(disk) = Disk::new(1) else { return };
    fs::write(disk.path().join("full"), "").expect("the last one");
    fs::set_permissions(disk.path(), fs::Permissions::from_mode(0o755)).expect("ours");
    let refused = DB(&mut claim(disk.path(), 0)).expect_err("no room");
    assert_eq!(refused.code, Code::CannotLock);
    assert!(refused.message.contains("make its mode 0700"), "{}", refused.message);
}
