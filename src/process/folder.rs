//! A folder by its descriptor, and the files in it: what was found out about the folder holds for what is
//! then done in it, whatever is put in the place of its name meanwhile.
//!
//! It stands here because std has no `openat`. Its descriptors are close-on-exec and lie above 2, as those of
//! the children do: in a host that has closed its own 0, 1 or 2, whoever prints to them would otherwise print
//! into the file. A call that a signal interrupts is made again.

use std::ffi::{CString, OsStr};
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use libc::{c_int, c_uint, mode_t};
use sysadm_class::trust;

use super::fd::{above_stdio, result};

/// What a file is opened with, whatever else: a link is not followed, and a pipe or a device in the place of a
/// file is not waited for.
const FLAGS: c_int = libc::O_CLOEXEC | libc::O_NOFOLLOW | libc::O_NONBLOCK;
/// Of a file that is made.
const MODE: mode_t = 0o600;

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    folder: File,
    path: PathBuf,
}

impl Folder {
    /// Open it. The last name on the path may be no link.
    ///
    /// # Errors
    /// The system's.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = open_at(libc::AT_FDCWD, path.as_os_str(), libc::O_RDONLY | libc::O_DIRECTORY | FLAGS)?;
        Ok(Self { folder: file, path: path.to_owned() })
    }

    /// Open a folder in it by its one name, which may be no link: step by step nothing on a path leads elsewhere.
    ///
    /// # Errors
    /// The system's, and one for what is no name of something in it.
    pub fn below(&self, name: &str) -> io::Result<Self> {
        if matches!(name, "" | "." | "..") || name.contains('/') {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no name in a folder"));
        }
        let flags = libc::O_RDONLY | libc::O_DIRECTORY | FLAGS;
        let file = open_at(self.folder.as_raw_fd(), name.as_ref(), flags)?;
        Ok(Self { folder: file, path: self.path.join(name) })
    }

    /// The folder itself, to be looked at and locked.
    #[must_use]
    pub fn itself(&self) -> &File {
        &self.folder
    }

    /// By what name it was opened.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Open a file in it to be read and written; `make` it, for its owner alone, if there is none.
    ///
    /// # Errors
    /// The system's, and one for what is no file, or has another name, too: what is written into it would be
    /// written there.
    pub fn file(&self, name: &str, make: bool) -> io::Result<File> {
        let make = if make { libc::O_CREAT } else { 0 };
        let file = open_at(self.folder.as_raw_fd(), name.as_ref(), libc::O_RDWR | FLAGS | make)?;
        let found = file.metadata()?;
        if !found.is_file() {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is no file"));
        }
        if found.nlink() > 1 {
            let why = format!("it has {} names, and should have one", found.nlink());
            return Err(io::Error::new(ErrorKind::InvalidInput, why));
        }
        Ok(file)
    }

    /// Is this file the one under the name?
    ///
    /// # Errors
    /// The system's.
    pub fn has(&self, name: &str, file: &File) -> io::Result<bool> {
        let known = file.metadata()?;
        let found = match open_at(self.folder.as_raw_fd(), name.as_ref(), libc::O_RDONLY | FLAGS) {
            Ok(found) => found.metadata()?,
            Err(error) => {
                // A link there is another thing than the file, and a file of nobody's to read is not ours.
                let is_other = trust::is_link(&error) || error.raw_os_error() == Some(libc::ENOENT);
                return if is_other { Ok(false) } else { Err(error) };
            }
        };
        Ok(is_same(&known, &found))
    }

    /// Take a file's name away.
    ///
    /// # Errors
    /// The system's.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        let name = CString::new(name)?;
        again(|| {
            // SAFETY: the folder's descriptor is open, and the name a NUL-terminated string that outlives the call.
            result(unsafe { libc::unlinkat(self.folder.as_raw_fd(), name.as_ptr(), 0) })
        })
        .map(drop)
    }
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

fn open_at(folder: RawFd, name: &OsStr, flags: c_int) -> io::Result<File> {
    let name = CString::new(name.as_bytes())?;
    let fd = again(|| {
        // SAFETY: the folder's descriptor is open, or stands for the current one; the name is a NUL-terminated
        // string that outlives the call; the mode is what O_CREAT takes, in the width that variadic arguments have.
        result(unsafe { libc::openat(folder, name.as_ptr(), flags, c_uint::from(MODE)) })
    })?;
    // SAFETY: `fd` was just opened, and nobody else knows it.
    above_stdio(unsafe { OwnedFd::from_raw_fd(fd) }).map(File::from)
}

/// Make a call until no signal interrupts it.
///
/// # Errors
/// The call's.
pub fn again<T>(mut call: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_name_and_by_no_link() {
        let top = std::env::temp_dir().join(format!("sysadm-iocage-steps-{}", std::process::id()));
        std::fs::create_dir_all(top.join("a/b")).expect("ours");
        std::fs::write(top.join("file"), "").expect("ours");
        std::os::unix::fs::symlink("a", top.join("link")).expect("ours");
        let folder = Folder::open(&top).expect("a folder");
        let below = folder.below("a").and_then(|a| a.below("b")).expect("folders");
        assert_eq!(below.path(), top.join("a/b"));
        assert_eq!(folder.below("none").map_err(|error| error.kind()).err(), Some(ErrorKind::NotFound));
        for name in ["link", "file", "a/b", "..", ".", "", "a\0"] {
            assert!(folder.below(name).is_err(), "{name}");
        }
        std::fs::remove_dir_all(&top).expect("gone");
    }

    #[test]
    fn what_a_signal_interrupts_is_done_all_the_same() {
        let mut left = 3;
        let done = again(|| {
            left -= 1;
            if left > 0 { Err(ErrorKind::Interrupted.into()) } else { Ok(left) }
        });
        assert_eq!(done.ok(), Some(0));
        let failed = again(|| -> io::Result<()> { Err(ErrorKind::StorageFull.into()) });
        assert_eq!(failed.map_err(|error| error.kind()), Err(ErrorKind::StorageFull));
    }
}
