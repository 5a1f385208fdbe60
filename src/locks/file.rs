//! One file of the folder, and the folder itself: what they are called, who may
//! have a hand in them, and how a file is locked and let go.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::line::Found;
use crate::error::{Code, Error};
use crate::process;

/// The file of all jails.
pub(super) const POOL: &str = "pool";
/// The file of the commands in all jails.
pub(super) const EXECS: &str = "execs";
/// How the names of all files begin that are about commands, that one's too.
pub(super) const EXEC: &str = "exec";
/// How much of a name is in the name of its file, for people.
const SHOWN: usize = 40;

/// How a file is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// With others.
    Shared,
    /// Alone; it stays when it is let go.
    Kept,
    /// Alone; it goes when it is let go.
    Removed,
}

/// A file that is locked.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) file: File,
    pub(super) path: PathBuf,
    pub(super) mode: Mode,
}

impl Held {
    /// Let it go; with its line, if what was started under it is not gone.
    pub(super) fn let_go(self, with_line: bool) {
        // What fails here leaves a line about nobody, which the next holder
        // overwrites; there is nothing better to do about it.
        let _ = match self.mode {
            _ if with_line => Ok(()),
            Mode::Shared => Ok(()),
            Mode::Kept => self.file.set_len(0),
            Mode::Removed => fs::remove_file(&self.path),
        };
        // Closing would do, if the host had not forked meanwhile: the lock is the
        // open file's, of which the other process then has a descriptor, too.
        let _ = self.file.unlock();
    }
}

/// The file of a jail.
pub(super) fn of_jail(name: &str) -> String {
    format!("jail-{}", known_as(name))
}

/// The file of the commands in a jail.
pub(super) fn of_commands(name: &str) -> String {
    format!("exec-{}", known_as(name))
}

/// A part that people can read, and a number that tells names apart which look
/// alike there. Other versions must come to the same, so it is
/// not std's hash, which may change. `.` counts as `_`, because the Python iocage
/// takes one for the other, and case does not count, because a UUID has none.
fn known_as(name: &str) -> String {
    let known = name.to_ascii_lowercase().replace('.', "_");
    // FNV-1a. Names that collide only exclude each other.
    let number = known
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
    let shown: String = known.chars().take(SHOWN).map(plain).collect();
    format!("{shown}-{number:016x}")
}

/// The folder must be one that nobody else can put files into or take them from:
/// who can would decide what runs at once.
pub(super) fn check_folder(path: &Path) -> Result<(), Error> {
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

pub(super) fn cannot_lock(path: &Path, error: &io::Error) -> Error {
    Error::new(Code::CannotLock, format!("cannot lock {}: {error}", path.display()))
}

/// Open a file, or make it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    options().create(true).open(path)
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).truncate(false).mode(0o600).custom_flags(libc::O_NOFOLLOW);
    options
}

pub(super) fn try_lock(file: &File, mode: Mode) -> io::Result<bool> {
    let outcome = if mode == Mode::Shared { file.try_lock_shared() } else { file.try_lock() };
    match outcome {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Is this file the one under this name?
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let file = file.metadata()?;
    match fs::symlink_metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (file.dev(), file.ino())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(e),
    }
}

/// The files of a folder whose names are wanted, open. One that cannot be opened is
/// no file of ours, or has just gone.
fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = (PathBuf, File)> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths = entries.filter(move |entry| entry.file_name().to_str().is_some_and(&wanted));
    paths.filter_map(|entry| Some((entry.path(), options().open(entry.path()).ok()?)))
}

/// One of those who hold one of these files. A line in one that is not locked is of
/// somebody who is over.
pub(super) fn any_holder(folder: &Path, wanted: impl Fn(&str) -> bool) -> Option<String> {
    files(folder, wanted).find_map(|(_, file)| match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(Found::read(&file)?.holder()),
        _ => None,
    })
}

/// One who held one of these files, if what was started then still runs. Those of
/// which nothing is left are removed: nobody else comes by some of them again.
pub(super) fn any_survivor(folder: &Path, wanted: impl Fn(&str) -> bool) -> Option<String> {
    files(folder, wanted).find_map(|(path, file)| {
        if !matches!(try_lock(&file, Mode::Removed), Ok(true)) {
            return None;
        }
        let survivor = Found::read(&file).and_then(|found| found.survivor());
        let is_ours = survivor.is_none() && matches!(is_at(&file, &path), Ok(true));
        let _ = if is_ours { fs::remove_file(&path) } else { Ok(()) };
        let _ = file.unlock();
        survivor
    })
}
