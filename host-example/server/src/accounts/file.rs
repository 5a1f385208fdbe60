//! The file on the disk: how it is opened, that it is one which root alone has written and nobody else reads, and how
//! another takes its place.
//!
//! It is judged by what was opened, not by its name; the folders on the way are judged as those of modules are. A process that is not
//! root's, as in tests and in the demonstration, asks the same of its own user's file, but nothing of the folders.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sysadm_class::trust::{self, Distrust};

use crate::beside::{beside, open_lock};

/// The most bytes of the file.
const MOST: u64 = 4 << 20;
const GROUP_OR_OTHERS: u32 = 0o077;

/// Why there are no accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AccountsError {
    /// There is no such file, and whether that is a fault only the caller knows.
    Missing(PathBuf),
    /// Others than root can read or write it; a sentence.
    Unsafe(String),
    /// It cannot be read; a sentence.
    Unreadable(String),
    /// It is no file of accounts; a sentence.
    Malformed(String),
}

impl fmt::Display for AccountsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AccountsError::Missing(path) => {
                write!(
                    f,
                    "there is no {} yet; `sysadmctl user add NAME` makes it, and `--accounts FILE` names another",
                    path.display()
                )
            }
            AccountsError::Unsafe(why) | AccountsError::Unreadable(why) | AccountsError::Malformed(why) => {
                f.write_str(why)
            }
        }
    }
}

impl std::error::Error for AccountsError {}

/// Which file it was, and in which state: another one, if anything has been changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    /// Also when its owner or its mode has changed.
    changed: (i64, i64),
}

impl Stamp {
    /// Of what lies at this path now.
    #[must_use]
    pub fn now(path: &Path) -> Option<Stamp> {
        fs::symlink_metadata(path).ok().as_ref().map(Stamp::of)
    }

    fn of(found: &Metadata) -> Stamp {
        Stamp {
            device: found.dev(),
            inode: found.ino(),
            bytes: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

/// The text of the file at `path`.
pub(super) fn read(path: &Path) -> Result<(Vec<u8>, Stamp), AccountsError> {
    let shown = path.display();
    // Not through a link, and without waiting for the other end of a pipe.
    let mut file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK)
        .open(path)
        .map_err(|why| unopened(path, &why))?;
    let unreadable = |why: io::Error| AccountsError::Unreadable(format!("{shown} cannot be read: {why}"));
    let found = file.metadata().map_err(unreadable)?;
    judge(path, &found)?;
    let mut text = Vec::new();
    (&mut file).take(MOST + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > MOST {
        return Err(AccountsError::Malformed(format!(
            "{shown} has more than {MOST} bytes, which no accounts need"
        )));
    }
    Ok((text, Stamp::of(&found)))
}

fn unopened(path: &Path, why: &io::Error) -> AccountsError {
    let shown = path.display();
    if trust::is_link(why) {
        return AccountsError::Unsafe(format!("{shown} is a link; give the path of the file itself"));
    }
    match why.kind() {
        ErrorKind::NotFound => AccountsError::Missing(path.to_path_buf()),
        ErrorKind::PermissionDenied => {
            AccountsError::Unreadable(format!("{shown} is not to be read by this user: {why}"))
        }
        _ => AccountsError::Unreadable(format!("{shown} cannot be opened: {why}")),
    }
}

fn judge(path: &Path, found: &Metadata) -> Result<(), AccountsError> {
    let (shown, mode, user) = (path.display(), found.mode() & 0o7777, trust::effective_user());
    let owner = found.uid();
    let why = if !found.is_file() {
        format!("{shown} is no regular file")
    } else if owner != user && owner != 0 {
        format!("{shown} belongs to user {owner}, who could give himself every right: chown {user} {shown}")
    } else if mode & GROUP_OR_OTHERS != 0 {
        format!("others than its owner can read or write {shown} (mode {mode:04o}): chmod 600 {shown}")
    } else {
        return trusted(path, user);
    };
    Err(AccountsError::Unsafe(why))
}

/// Can nobody else put something in its place? Asked by root alone.
fn trusted(path: &Path, user: u32) -> Result<(), AccountsError> {
    if user != 0 {
        return Ok(());
    }
    let whole = std::path::absolute(path).map_err(|why| AccountsError::Unreadable(why.to_string()))?;
    trust::file(&whole, user).map_err(|why| match why {
        Distrust::Missing(path) => AccountsError::Missing(path),
        why => AccountsError::Unsafe(format!(
            "{why}, so that {} could be replaced by others than root",
            path.display()
        )),
    })
}

/// Where the file's folder is.
fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Is the folder one in which the file may be made?
pub(super) fn may_be_made(path: &Path) -> Result<(), AccountsError> {
    trusted(folder(path), trust::effective_user()).map_err(|why| match why {
        AccountsError::Missing(gone) => {
            AccountsError::Unreadable(format!("there is no folder {} to have accounts in", gone.display()))
        }
        why => why,
    })
}

/// A file beside it that nobody else reads, made if it is not there.
pub(super) fn lock_file(path: &Path) -> io::Result<File> {
    open_lock(&beside(path, ".lock"), true)
}

/// A new file that is whole and on the disk, but not in its place yet.
pub(super) struct Written<'a> {
    path: &'a Path,
    new: PathBuf,
}

/// Write a new file beside the one at `path`. Only whoever has the lock may.
pub(super) fn write<'a>(path: &'a Path, text: &[u8]) -> io::Result<Written<'a>> {
    if text.len() as u64 > MOST {
        return Err(io::Error::new(ErrorKind::FileTooLarge, format!("it would have more than {MOST} bytes")));
    }
    let new = beside(path, ".new");
    // What somebody has left who was ended in the middle of it: he has the lock no more.
    match fs::remove_file(&new) {
        Err(why) if why.kind() != ErrorKind::NotFound => return Err(why),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
    let filled = file
        .set_permissions(fs::Permissions::from_mode(0o600))
        .and_then(|()| file.write_all(text))
        .and_then(|()| file.sync_all());
    if let Err(why) = filled {
        let _ = fs::remove_file(&new);
        return Err(why);
    }
    Ok(Written { path, new })
}

impl Written<'_> {
    /// Put it in its place, and have that on the disk, too.
    pub(super) fn take_place(self) -> io::Result<()> {
        fs::rename(&self.new, self.path)?;
        File::open(folder(self.path))?.sync_all()
    }
}
