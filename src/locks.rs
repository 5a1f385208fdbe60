//! Who works on what: changes to one jail exclude each other, and those to all
//! of them exclude every other, over threads, instances, generations of this
//! library and processes. Readers come nowhere near.
//!
//! Locks are `flock`s on files in one folder. The kernel keeps them, so one whose
//! holder died is free, and a file that each claim opens for itself excludes
//! threads as it does processes. A mutex would see only its own copy of the
//! library, a file that is there or not would outlive its holder, and fcntl's
//! locks belong to the process and not to the thread.
//!
//! The scheme: `pool` is held shared by who changes a jail and alone by who
//! changes all; each jail, and each name that a jail is about to get, has a file
//! that is held alone. In what is held alone stands who holds it, one line of
//! JSON, for people and for the answer `busy`.
//!
//! A jail's file goes when it is let go, or the folder would collect one for each
//! jail that ever was. Who waited for it may then lock a file that has no name
//! any more, while the next one makes a new file under that name and both go
//! on. So only the holder removes it, and whoever has locked a file looks whether
//! it is still the one under the name, and otherwise begins anew.
//!
//! Waiting is asking again every few milliseconds on the caller's thread: a
//! blocking `flock` can be ended by a signal only, and signals are the host's.
//! It is not fair: a stream of changes to jails can keep `cleanall` out, which
//! then answers `busy`.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use crate::error::{Code, Error, Quoted};
use crate::process;

/// How long between two looks at a lock that is not free.
const LOOK: Duration = Duration::from_millis(25);
/// The file of all jails.
const POOL: &str = "pool";
/// How much of a name is in the name of its file, for people.
const SHOWN: usize = 40;
/// How much of a file is read; a line of ours is shorter.
const LINE: usize = 1024;

/// Who holds a lock, for what.
#[derive(Clone, Copy, Debug)]
pub struct Holder<'a> {
    /// The action.
    pub action: &'a str,
    /// The jail or pool that it was asked to work on, if it has a name.
    pub on: Option<&'a str>,
    /// The host's number for the request.
    pub request: u64,
}

/// What one request holds, let go when it is dropped.
pub struct Claim<'a> {
    folder: &'a Path,
    by: Holder<'a>,
    until: Instant,
    cancelled: &'a dyn Fn() -> bool,
    held: Vec<Held>,
}

impl<'a> Claim<'a> {
    /// A claim that holds nothing yet and waits `until` then, or until everybody
    /// has lost interest.
    #[must_use]
    pub fn new(
        folder: &'a Path,
        by: Holder<'a>,
        until: Instant,
        cancelled: &'a dyn Fn() -> bool,
    ) -> Claim<'a> {
        Claim { folder, by, until, cancelled, held: Vec::new() }
    }

    /// Exclude every other change.
    ///
    /// # Errors
    /// [`Code::Busy`] with who holds it, [`Code::Cancelled`], or
    /// [`Code::CannotLock`]; as for all of these.
    pub fn pool(&mut self) -> Result<(), Error> {
        check_folder(self.folder)?;
        self.lock(self.folder.join(POOL), Mode::AllJails, "the pool").map(|_| ())
    }

    /// Exclude changes to all jails.
    #[allow(clippy::missing_errors_doc)]
    pub fn among_others(&mut self) -> Result<(), Error> {
        check_folder(self.folder)?;
        self.lock(self.folder.join(POOL), Mode::Shared, "the pool").map(|_| ())
    }

    /// Exclude other changes to the jail of this name, or to be of this name. Was
    /// it waited for? Then the jail may not be what it was.
    #[allow(clippy::missing_errors_doc)]
    pub fn jail(&mut self, name: &str) -> Result<bool, Error> {
        let path = self.folder.join(file_name(name));
        // The second of two open files would wait for the first.
        if self.held.iter().any(|held| held.path == path) {
            return Ok(false);
        }
        self.lock(path, Mode::Jail, &format!("jail {}", Quoted(name)))
    }

    /// Exclude nobody, but be seen by who wants to change all jails.
    #[allow(clippy::missing_errors_doc)]
    pub fn unnamed(&mut self) -> Result<(), Error> {
        let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
        let path = self.folder.join(format!("new-{}-{now}", std::process::id()));
        self.lock(path, Mode::Jail, "a new jail").map(|_| ())
    }

    fn lock(&mut self, path: PathBuf, mode: Mode, what: &str) -> Result<bool, Error> {
        let mut waited = false;
        loop {
            let file = open(&path).map_err(|e| cannot_lock(&path, &e))?;
            while !try_lock(&file, mode).map_err(|e| cannot_lock(&path, &e))? {
                self.wait(&file, &path, what)?;
                waited = true;
            }
            if is_at(&file, &path).map_err(|e| cannot_lock(&path, &e))? {
                let held = Held { file, path, mode };
                if mode != Mode::Shared {
                    held.write(&self.line()).map_err(|e| cannot_lock(&held.path, &e))?;
                }
                self.held.push(held);
                return Ok(waited);
            }
        }
    }

    /// Wait until the next look.
    fn wait(&self, file: &File, path: &Path, what: &str) -> Result<(), Error> {
        if (self.cancelled)() {
            return Err(Error::new(
                Code::Cancelled,
                format!("the request was cancelled while {what} was busy; nothing was done"),
            ));
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let holder = holder(file).or_else(|| if path.ends_with(POOL) { any_holder(path) } else { None });
            let holder = holder.unwrap_or_else(|| "another request is at it".to_owned());
            return Err(Error::new(Code::Busy, format!("{what} is busy: {holder}; nothing was done")));
        }
        std::thread::sleep(LOOK.min(left));
        Ok(())
    }

    /// What is written into a file that is held alone.
    fn line(&self) -> String {
        let line = json!({
            "action": self.by.action,
            "on": self.by.on,
            "pid": std::process::id(),
            "request": self.by.request,
            "since": now_s(),
        });
        format!("{line}\n")
    }
}

/// How a file is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// With others, by who changes a jail: the file of all.
    Shared,
    /// Alone: the file of all.
    AllJails,
    /// Alone: the file of one.
    Jail,
}

/// A file that is locked.
struct Held {
    file: File,
    path: PathBuf,
    mode: Mode,
}

impl Held {
    fn write(&self, line: &str) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.write_all_at(line.as_bytes(), 0)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // What fails here leaves a line about nobody, which the next holder
        // overwrites; there is nothing better to do about it.
        let _ = match self.mode {
            Mode::Shared => Ok(()),
            Mode::AllJails => self.file.set_len(0),
            Mode::Jail => fs::remove_file(&self.path),
        };
        // Closing would do, if the host had not forked meanwhile: the lock is the
        // open file's, of which the other process then has a descriptor, too.
        let _ = self.file.unlock();
    }
}

/// The file of a jail: a part that people can read, and a number that tells names
/// apart which look alike there. Other versions must come to the same, so it is
/// not std's hash, which may change. `.` counts as `_`, because the Python iocage
/// takes one for the other, and case does not count, because a UUID has none.
fn file_name(name: &str) -> String {
    let known = name.to_ascii_lowercase().replace('.', "_");
    // FNV-1a. Names that collide only exclude each other.
    let number = known
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let shown: String = known.chars().take(SHOWN).map(plain).collect();
    format!("jail-{shown}-{number:016x}")
}

/// The folder must be one that nobody else can put files into or take them from:
/// who can would decide what runs at once.
fn check_folder(path: &Path) -> Result<(), Error> {
    let found = match fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            match DirBuilder::new().mode(0o700).create(path) {
                // Another request may have been first.
                Err(e) if e.kind() != io::ErrorKind::AlreadyExists => {
                    let message = format!("`lock_dir` cannot be made: {}: {e}", path.display());
                    return Err(Error::new(Code::CannotLock, message));
                }
                _ => fs::symlink_metadata(path),
            }
        }
        found => found,
    };
    let found = found.map_err(|e| cannot_lock(path, &e))?;
    let (user, mode) = (process::effective_user(), found.mode() & 0o7777);
    let wrong = if !found.is_dir() {
        "it is no folder".to_owned()
    } else if found.uid() != user {
        format!("it belongs to user {}, and this process is run by user {user}", found.uid())
    } else if mode & 0o022 != 0 {
        format!("others can write to it (mode {mode:04o})")
    } else {
        return Ok(());
    };
    Err(Error::new(Code::CannotLock, format!("`lock_dir` cannot be {}: {wrong}", path.display())))
}

fn cannot_lock(path: &Path, error: &io::Error) -> Error {
    Error::new(Code::CannotLock, format!("cannot lock {}: {error}", path.display()))
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    options.mode(0o600).custom_flags(libc::O_NOFOLLOW).open(path)
}

fn try_lock(file: &File, mode: Mode) -> io::Result<bool> {
    let outcome = if mode == Mode::Shared { file.try_lock_shared() } else { file.try_lock() };
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Is this file the one under this name?
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let file = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (file.dev(), file.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

fn now_s() -> u64 {
    SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_secs())
}

/// What the line in a file says, as a part of a sentence.
fn holder(file: &File) -> Option<String> {
    let mut line = [0; LINE];
    let length = file.read_at(&mut line, 0).ok()?;
    let line: Value = serde_json::from_slice(&line[..length]).ok()?;
    let number = |key: &str| line[key].as_u64();
    let on = line["on"].as_str().map(|name| format!(" of {}", Quoted(name))).unwrap_or_default();
    Some(format!(
        "{}{on} has been at it for {} s (process {}, request {})",
        line["action"].as_str()?,
        now_s().saturating_sub(number("since")?),
        number("pid")?,
        number("request")?
    ))
}

/// One of those who hold the file of all with others: they are told by the
/// files of their jails. A line in one that is not locked is of somebody who died.
fn any_holder(pool: &Path) -> Option<String> {
    let files = fs::read_dir(pool.parent()?).ok()?.flatten().filter(|file| file.file_name() != POOL);
    files.filter_map(|file| File::open(file.path()).ok()).find_map(|file| match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => holder(&file),
        _ => None,
    })
}

#[cfg(test)]
mod tests;
