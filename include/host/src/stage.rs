//! Private copies of module files, under paths that no other file ever had.
//!
//! All processes of one user share a folder that only that user can enter; each
//! has a folder of its own in it, named after its id and the time it opened it,
//! with numbered copies. A process holds a lock in its folder for as long as it
//! lives, so a folder without a lock holder was left behind by one that died, and
//! the next process to start removes it. The shared one is removed by who asks for
//! that while nobody has a folder in it: under its lock, of which whoever gets it
//! asks whether it is still the one that lies there. (Process ids are used again and cannot
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
/// How often a folder is removed into which somebody was on the way.
const AGAIN: usize = 16;
const LOCK: &str = "lock";

/// Where this process keeps its copies. Removed when dropped.
///
/// Threads: everything may be called from any thread, and from many at once; each copy has a
/// path of its own. Opening one and copying block for as long as the disk takes, opening for ten
/// seconds more at most, if another process is busy there. What is loaded from a copy is to be gone
/// before the stage is dropped, or its file is gone first.
#[derive(Debug)]
pub struct Stage {
    own: PathBuf,
    uid: u32,
    count: AtomicU64,
    /// Says that we live.
    _lock: File,
}

/// A private copy of a module file. Removed when dropped, on whatever thread that is.
///
/// Where FreeBSD's mac_veriexec(4) is enforced, the loader refuses it: a copy has no fingerprint.
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

#[cfg(test)]
impl Staged {
    /// None at all, for a class of the program itself.
    pub(crate) fn own() -> Staged {
        Staged { path: PathBuf::new(), source: PathBuf::from("own"), digest: String::new() }
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

    /// Remove what dead processes left in `base`, and, where no living one has a folder in it, `base` with its lock. Where
    /// somebody opens it just now, nothing is removed.
    pub fn remove(base: &Path) {
        let door = OpenOptions::new().write(true).open(base.join(LOCK));
        let Some(door) = door.ok().filter(|door| door.try_lock().is_ok()) else { return };
        if !is_at(&door, base) {
            return leave(&door);
        }
        let is_done = clean(base).and_then(|()| fs::read_dir(base));
        if is_done.is_ok_and(|mut left| left.all(|entry| entry.is_ok_and(|entry| entry.file_name() == LOCK)))
        {
            // From here on another makes another lock, and keeps the folder by that.
            let _ = fs::remove_file(base.join(LOCK));
            let _ = fs::remove_dir(base);
        }
        leave(&door);
    }

    /// Remove the copies, whatever is still mapped of them: nothing is copied from here on.
    ///
    /// Under another name, which also tells that it is ours to who cleans up: so nobody puts a copy in while what is there
    /// goes, but who was on the way already, once.
    pub(crate) fn clear(&self) {
        let mut gone = self.own.clone().into_os_string();
        gone.push("0");
        let gone = PathBuf::from(gone);
        let folder = if fs::rename(&self.own, &gone).is_ok() { &gone } else { &self.own };
        let is_left =
            |removed: io::Result<()>| removed.is_err_and(|e| e.kind() == io::ErrorKind::DirectoryNotEmpty);
        let _ = (0..AGAIN).all(|_| is_left(fs::remove_dir_all(folder)));
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
        let copy = OpenOptions::new().write(true).create_new(true).mode(0o500).open(&path);
        // Of the file that is to be copied it is not the fault: somebody has removed our folder, say.
        let copy = copy.map_err(|e| {
            io::Error::new(e.kind(), format!("it cannot be copied to {}: {e}", path.display()))
        })?;
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
    let until = Instant::now() + patience;
    let uid = trust::effective_user();
    let door = loop {
        match enter(&base, uid, until) {
            Ok(door) if is_at(&door, &base) => break door,
            // It was removed meanwhile, by who has found nobody in it.
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound && Instant::now() < until => {}
            Err(e) => return Err(e),
        }
    };
    clean(&base)?;
    let started = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let own = base.join(format!("{}-{}", std::process::id(), started.as_nanos()));
    DirBuilder::new().mode(0o700).create(&own)?;
    let lock = lock_file(&own)?;
    lock.try_lock()?;
    leave(&door);
    Ok(Stage { own, uid, count: AtomicU64::new(1), _lock: lock })
}

/// The folder that is shared, made if it is not there, and its lock.
fn enter(base: &Path, uid: u32, until: Instant) -> io::Result<File> {
    // What is above it others use as well.
    base.parent().map_or(Ok(()), fs::create_dir_all)?;
    DirBuilder::new().recursive(true).mode(0o700).create(base)?;
    let found = fs::symlink_metadata(base)?;
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
    let door = lock_file(base)?;
    while let Err(e) = door.try_lock() {
        match e {
            TryLockError::WouldBlock if Instant::now() < until => sleep(Duration::from_millis(5)),
            TryLockError::WouldBlock => return Err(io::Error::other("another process has locked it")),
            TryLockError::Error(e) => return Err(e),
        }
    }
    Ok(door)
}

/// Let others in. To close it would not: a program that another thread starts just now has it, too, until it is executed.
fn leave(door: &File) {
    let _ = door.unlock();
}

/// Is this the lock that lies in the folder?
fn is_at(lock: &File, folder: &Path) -> bool {
    let look = |found: fs::Metadata| (found.dev(), found.ino());
    let (ours, there) = (lock.metadata().map(look), fs::symlink_metadata(folder.join(LOCK)).map(look));
    matches!((ours, there), (Ok(ours), Ok(there)) if ours == there)
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
mod tests;
