//! Private copies of module files, under paths that no other file ever had.
//!
//! All processes of one user share a folder that only that user can enter; each
//! has a folder of its own in it, named after its id and the time it opened it,
//! with numbered copies. A process holds a lock in its folder for as long as it
//! lives, so a folder without a lock holder was left behind by one that died, and
//! the next process to start removes it. (Process ids are used again and cannot
//! tell that; a lock cannot outlive its holder. A temporary folder that
//! everybody can write to is no place for code that a server runs.)

use std::fmt::Display;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use sysadm_class::host::inspect;
use sysadm_class::trust;

use crate::digest::{demand, digest};
use crate::policy::Policy;
use crate::refused::{Obstacle, Refused};

/// The largest module that is taken. The largest known has a tenth of it.
const MOST_BYTES: u64 = 256 << 20;
/// How long another process may be busy with opening or cleaning.
const PATIENCE: Duration = Duration::from_secs(10);
const LOCK: &str = "lock";

/// Where this process keeps its copies. Removed when dropped.
#[derive(Debug)]
pub struct Stage {
    own: PathBuf,
    uid: u32,
    count: AtomicU64,
    /// Says that we live.
    _lock: File,
}

/// A private copy of a module file. Removed when dropped.
#[derive(Debug)]
pub struct Staged {
    path: PathBuf,
    source: PathBuf,
    digest: String,
}

impl Staged {
    /// Where the copy is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it is a copy of.
    #[must_use]
    pub fn source(&self) -> &Path {
        &self.source
    }

    /// SHA-256 of the bytes, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // If it cannot be removed now, it will be with the whole folder.
        let _ = fs::remove_file(&self.path);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.own);
    }
}

impl Stage {
    /// Open a folder of our own in `base`, which is made if it is not there, and
    /// remove what dead processes left.
    ///
    /// # Errors
    /// A sentence: the folder cannot be made, or is not private.
    pub fn open(base: &Path) -> Result<Stage, Refused> {
        open_stage(base, PATIENCE).map_err(|e| {
            Refused::new(Obstacle::File, format!("cannot keep modules in {}: {e}", base.display()))
        })
    }

    /// Copy a module file. What of it is demanded, says the policy.
    ///
    /// # Errors
    /// A sentence: the file is no library, others could replace it, it is being
    /// written, or has not the digest that it should have.
    pub fn take(&self, source: &Path, policy: &Policy) -> Result<Staged, Refused> {
        let staged = self.copied(source, policy.allow_unsafe_module)?;
        if policy.demand_digest {
            demand(source, &staged.digest, policy.allow_unsafe_module).map_err(|e| unusable(source, &e))?;
        }
        Ok(staged)
    }

    /// A further copy of one that is here.
    pub(crate) fn again(&self, staged: &Staged, policy: &Policy) -> Result<Staged, Refused> {
        let mut copy = self.copied(&staged.path, policy.allow_unsafe_module)?;
        copy.source.clone_from(&staged.source);
        if copy.digest != staged.digest {
            return Err(unusable(&staged.path, &"it is not what it was any more"));
        }
        Ok(copy)
    }

    fn copied(&self, source: &Path, allow_unsafe: bool) -> Result<Staged, Refused> {
        inspect(source).map_err(|e| Refused::new(Obstacle::Load, e.to_string()))?;
        self.copy(source, allow_unsafe).map_err(|e| unusable(source, &e))
    }

    fn copy(&self, source: &Path, allow_unsafe: bool) -> io::Result<Staged> {
        if !allow_unsafe && self.uid == 0 {
            trust::file(&std::path::absolute(source)?, self.uid).map_err(io::Error::other)?;
        }
        let (before, mut file) = open(source)?;
        if !allow_unsafe {
            self.check(&before)?;
        }
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let path = self.own.join(format!("{number}.so"));
        let copy = OpenOptions::new().write(true).create_new(true).mode(0o500).open(&path)?;
        // From here on dropping it removes the copy.
        let mut staged = Staged { path, source: source.to_path_buf(), digest: String::new() };
        staged.digest = digest(&mut file, copy)?;
        if Look::of(&before) != Look::of(&fs::metadata(source)?) {
            return Err(io::Error::other("it changed while it was copied"));
        }
        Ok(staged)
    }

    /// Whoever can write to the file could run code in this process. For a user
    /// that is not root the folders on the way are the user's own business.
    fn check(&self, file: &fs::Metadata) -> io::Result<()> {
        let problem = if file.uid() != 0 && file.uid() != self.uid {
            format!("it belongs to user {}, and not to root or to user {}", file.uid(), self.uid)
        } else if file.mode() & 0o002 != 0 {
            format!("everybody may write to it (mode {:o})", file.mode() & 0o7777)
        } else {
            return Ok(());
        };
        Err(io::Error::other(problem))
    }
}

fn unusable(source: &Path, why: &dyn Display) -> Refused {
    Refused::new(Obstacle::File, format!("cannot use {}: {why}", source.display()))
}

fn open_stage(base: &Path, patience: Duration) -> io::Result<Stage> {
    let base = std::path::absolute(base)?;
    DirBuilder::new().recursive(true).mode(0o700).create(&base)?;
    let found = fs::symlink_metadata(&base)?;
    let uid = trust::effective_user();
    // Asked before anything in there is opened or removed: root could enter.
    if found.uid() != uid {
        return Err(io::Error::other(format!("it belongs to user {}, not to us", found.uid())));
    }
    if !found.is_dir() || found.mode() & 0o077 != 0 {
        let mode = found.mode() & 0o7777;
        return Err(io::Error::other(format!("it is not a folder for its owner alone (mode {mode:o})")));
    }
    // Whoever has this lock may add and remove folders: nobody's new folder is
    // taken for one that was left behind.
    let door = lock_file(&base)?;
    let until = Instant::now() + patience;
    while let Err(e) = door.try_lock() {
        match e {
            TryLockError::WouldBlock if Instant::now() < until => sleep(Duration::from_millis(5)),
            TryLockError::WouldBlock => return Err(io::Error::other("another process has locked it")),
            TryLockError::Error(e) => return Err(e),
        }
    }
    clean(&base)?;
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let own = base.join(format!("{}-{}", std::process::id(), started.as_nanos()));
    DirBuilder::new().mode(0o700).create(&own)?;
    let lock = lock_file(&own)?;
    lock.try_lock()?;
    Ok(Stage { own, uid, count: AtomicU64::new(1), _lock: lock })
}

fn lock_file(folder: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(folder.join(LOCK))
}

/// Remove the folders of processes that are no more. Anything with another name
/// than ours is not touched.
fn clean(base: &Path) -> io::Result<()> {
    for entry in fs::read_dir(base)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let is_ours = name
            .to_str()
            .and_then(|name| name.split_once('-'))
            .is_some_and(|(id, started)| is_number(id) && is_number(started));
        if !is_ours || !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        // No lock in it: its owner died before it had one.
        let dead = match File::open(entry.path().join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(e) => e.kind() == io::ErrorKind::NotFound,
        };
        if dead {
            // Its owner may be just now removing it, too; and what cannot be removed
            // is no reason not to start.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

/// Open a file that may be a module. Reading it comes to an end, whatever is in
/// its place: a pipe would wait for its writer, and some devices have no end.
pub(crate) fn open(path: &Path) -> io::Result<(fs::Metadata, io::Take<File>)> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    if found.len() > MOST_BYTES {
        return Err(io::Error::other(format!("it has {} bytes, more than {MOST_BYTES}", found.len())));
    }
    Ok((found, file.take(MOST_BYTES)))
}

/// What tells that a file was replaced or written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    place: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Look {
    pub(crate) fn of(file: &fs::Metadata) -> Look {
        Look {
            place: (file.dev(), file.ino()),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use sysadm_class::host::Door;

    use super::*;

    struct Base(PathBuf);
    impl Base {
        fn new(name: &str) -> Base {
            let path = std::env::temp_dir().join(format!("sysadm-host-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&path);
            Base(path)
        }
        fn folders(&self) -> usize {
            fs::read_dir(&self.0)
                .expect("there")
                .filter(|e| e.as_ref().expect("read").path().is_dir())
                .count()
        }
    }
    impl Drop for Base {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn only_what_the_dead_left_is_removed() {
        let base = Base::new("clean");
        let living = Stage::open(&base.0).expect("opened");
        fs::create_dir(base.0.join("1-2")).expect("made");
        fs::write(base.0.join("1-2/7.so"), "x").expect("written");
        fs::create_dir(base.0.join("3-4")).expect("made");
        fs::write(base.0.join("3-4/lock"), "").expect("written");
        for other in ["x-4", "34", "3-", "-4"] {
            fs::create_dir(base.0.join(other)).expect("made");
        }
        let second = Stage::open(&base.0).expect("opened");
        assert!(living.own.is_dir() && second.own.is_dir() && living.own != second.own);
        assert!(!base.0.join("1-2").exists() && !base.0.join("3-4").exists());
        assert_eq!(base.folders(), 2 + 4);
        drop((living, second));
        assert_eq!(base.folders(), 4);
    }

    #[test]
    fn one_who_keeps_the_folder_locked_is_not_waited_for_for_ever() {
        let base = Base::new("locked");
        drop(Stage::open(&base.0).expect("opened"));
        let holder = lock_file(&base.0).expect("there");
        holder.try_lock().expect("nobody has it");
        let why = open_stage(&base.0, Duration::from_millis(20)).expect_err("somebody has it");
        assert_eq!(why.to_string(), "another process has locked it");
        drop(holder);
        Stage::open(&base.0).expect("opened");
    }

    /// A host that ends removes its folder just when the next one looks at it.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a host's test")]
    fn hosts_that_start_and_end_at_once_do_not_disturb_each_other() {
        let base = Base::new("crowd");
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..200).for_each(|_| drop(Stage::open(&base.0).expect("opened"))));
            }
        });
        assert_eq!(base.folders(), 0);
    }

    #[test]
    fn links_are_not_followed() {
        let (base, other) = (Base::new("links"), Base::new("other"));
        drop(Stage::open(&base.0).expect("opened"));
        fs::create_dir(&other.0).expect("made");
        fs::write(other.0.join("precious"), "x").expect("written");
        std::os::unix::fs::symlink(&other.0, base.0.join("1-2")).expect("made");
        fs::create_dir(base.0.join("3-4")).expect("made");
        std::os::unix::fs::symlink(&other.0, base.0.join("3-4/inside")).expect("made");
        drop(Stage::open(&base.0).expect("opened"));
        assert!(other.0.join("precious").exists() && !base.0.join("3-4").exists());
    }

    /// As root, who could enter it: nothing in there is touched.
    #[test]
    fn the_folder_of_another_user_is_refused() {
        let base = Base::new("owner");
        fs::create_dir(&base.0).expect("made");
        fs::set_permissions(&base.0, fs::Permissions::from_mode(0o700)).expect("set");
        fs::create_dir(base.0.join("1-2")).expect("made");
        if std::os::unix::fs::chown(&base.0, Some(12345), None).is_err() {
            println!("skipped: only root can give a folder away");
            return;
        }
        let why = Stage::open(&base.0).expect_err("another user's").why;
        assert!(why.contains("belongs to user 12345, not to us"), "{why}");
        assert!(base.0.join("1-2").exists() && !base.0.join(LOCK).exists());
    }

    #[test]
    fn a_folder_that_others_can_enter_is_refused() {
        let base = Base::new("open");
        fs::create_dir(&base.0).expect("made");
        fs::set_permissions(&base.0, fs::Permissions::from_mode(0o755)).expect("set");
        let why = Stage::open(&base.0).expect_err("not private").why;
        assert!(why.contains("mode 755"), "{why}");
        let link = base.0.join("link");
        std::os::unix::fs::symlink("/", &link).expect("made");
        Stage::open(&link).expect_err("a link");
    }

    #[test]
    fn a_file_may_be_so_large_and_no_larger() {
        let base = Base::new("large");
        fs::create_dir(&base.0).expect("made");
        let path = base.0.join("module.so");
        let file = File::create(&path).expect("made");
        for (size, said) in [(MOST_BYTES, None), (MOST_BYTES + 1, Some("it has 268435457 bytes"))] {
            // A hole: it takes no room.
            file.set_len(size).expect("a large file");
            let why = open(&path).err().map(|e| e.to_string());
            assert_eq!(why.as_deref().map(|why| &why[..22]), said, "{why:?}");
        }
    }

    /// As it is asked for a user that is not root.
    #[test]
    fn a_users_module_is_the_users_own_or_roots() {
        let base = Base::new("users");
        let mut stage = Stage::open(&base.0).expect("opened");
        let file = base.0.join("module.so");
        fs::write(&file, "").expect("written");
        let said =
            |stage: &Stage| stage.check(&fs::metadata(&file).expect("there")).err().map(|e| e.to_string());
        assert_eq!(said(&stage), None);
        let give = |user| std::os::unix::fs::chown(&file, Some(user), None);
        if give(12345).is_err() {
            println!("skipped: only root can give a file away");
            return;
        }
        let expected = "it belongs to user 12345, and not to root or to user 0";
        assert_eq!(said(&stage).as_deref(), Some(expected));
        stage.uid = 12345;
        assert_eq!(said(&stage), None);
        give(0).expect("root may");
        assert_eq!(said(&stage), None);
    }

    #[test]
    fn a_file_that_everybody_may_write_to_is_refused() {
        let base = Base::new("trust");
        let stage = Stage::open(&base.0).expect("opened");
        let file = base.0.join("module.so");
        fs::copy(std::env::current_exe().expect("a path"), &file)
            .expect("a program is an ELF file of the same kind");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("set");
        let policy = Policy::new(Door::C);
        let staged = stage.take(&file, &policy).expect("taken");
        assert_eq!(fs::metadata(staged.path()).expect("there").mode() & 0o777, 0o500);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o757)).expect("set");
        let why = stage.take(&file, &policy).expect_err("open to all").why;
        let part = if stage.uid == 0 { "others than its owner can write" } else { "everybody may write" };
        assert!(why.contains(part) && why.contains("757"), "{why}");
        stage.take(&file, &Policy { allow_unsafe_module: true, ..policy }).expect("that was allowed");
        let path = staged.path().to_path_buf();
        drop(staged);
        assert!(!path.exists());
    }
}
