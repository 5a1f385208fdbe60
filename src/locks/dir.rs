//! The folder of the files: opened once a claim and found to be nobody else's, so that
//! no name in it leads elsewhere; and what is locked where it has no room for a file.
//!
//! A full disk takes no new file, and who makes room must not be refused for that. So
//! the folder itself is locked in the place of its `pool` or `execs` that cannot be made,
//! and where not even the folder can be made, the one that it would lie in. Whoever makes
//! these files, or the folder, looks whether somebody does so. A folder that others
//! may read is not locked, because they could lock it, too, and keep everybody out.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

use sysadm_class::trust;

use super::file::{Mode, try_lock};
use super::line::Found;
use crate::error::{Code, Error};
use crate::process::{self, Folder, again};

/// Who else may list it, and so open and lock it.
const OTHERS_READ: u32 = 0o044;
const OTHERS_WRITE: u32 = 0o022;

/// The folder, or the one that it would lie in.
#[derive(Debug)]
pub(super) struct LockDir {
    folder: Folder,
    /// Why it is not the folder itself.
    missing: Option<i32>,
    is_private: bool,
}

impl LockDir {
    /// Open it, or make it: nobody else can put files into it or take them from it, for
    /// who can would decide what runs at once. `wait` is called until nobody works in
    /// the folder's absence.
    pub(super) fn open(path: &Path, wait: &mut dyn FnMut() -> Result<(), Error>) -> Result<LockDir, Error> {
        loop {
            match Folder::open(path) {
                Ok(folder) => return LockDir::judge(path, folder),
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) if is_no_folder(&e) => return Err(wrong(path, "it is no folder")),
                Err(e) => return Err(cannot_lock(path, &e)),
            }
            if let Some(dir) = LockDir::make(path, wait)? {
                return Ok(dir);
            }
        }
    }

    fn judge(path: &Path, folder: Folder) -> Result<LockDir, Error> {
        let found = folder.itself().metadata().map_err(|e| cannot_lock(path, &e))?;
        let (user, mode) = (process::effective_user(), found.mode() & 0o7777);
        if found.uid() != user {
            let why = format!("it belongs to user {}, and this process is run by user {user}", found.uid());
            return Err(wrong(path, &why));
        }
        if mode & OTHERS_WRITE != 0 {
            return Err(wrong(path, &format!("others can write to it (mode {mode:04o})")));
        }
        // Who can put another in its place, by whichever name on the way.
        trust::file(path, user).map_err(|why| wrong(path, &why.to_string()))?;
        Ok(LockDir { folder, missing: None, is_private: mode & OTHERS_READ == 0 })
    }

    /// Make it, after which it is to be opened; or, where there is no room, what stands in for it.
    fn make(path: &Path, wait: &mut dyn FnMut() -> Result<(), Error>) -> Result<Option<LockDir>, Error> {
        let not_made = |why: &dyn std::fmt::Display| {
            let message = format!("`lock_dir` cannot be made: {}: {why}", path.display());
            Error::new(Code::CannotLock, message)
        };
        let above = path.parent().unwrap_or(path);
        let real = fs::canonicalize(above).map_err(|e| not_made(&e))?;
        trust::file(above, process::effective_user()).map_err(|why| not_made(&why))?;
        let above = Folder::open(&real).map_err(|e| not_made(&e))?;
        while !try_lock(above.itself(), Mode::Shared).map_err(|e| not_made(&e))? {
            wait()?;
        }
        let made = again(|| DirBuilder::new().mode(0o700).create(path));
        let _ = above.itself().unlock();
        match made {
            // Another request may have been first.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(e) if is_no_room(&e) => {
                let missing = Some(e.raw_os_error().unwrap_or(libc::ENOSPC));
                Ok(Some(LockDir { folder: above, missing, is_private: true }))
            }
            made => made.map(|()| None).map_err(|e| not_made(&e)),
        }
    }

    /// Why it is only the folder that it would lie in.
    pub(super) fn missing(&self) -> Option<io::Error> {
        self.missing.map(io::Error::from_raw_os_error)
    }

    /// The folder, to be named.
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Open a file of it, or make it.
    pub(super) fn file(&self, name: &str) -> io::Result<File> {
        self.folder.file(name, true)
    }

    /// Is this the file of this name?
    pub(super) fn has(&self, name: &str, file: &File) -> io::Result<bool> {
        self.folder.has(name, file)
    }

    /// Is there a file of this name?
    pub(super) fn has_any(&self, name: &str) -> bool {
        !matches!(self.folder.file(name, false), Err(e) if e.kind() == io::ErrorKind::NotFound)
    }

    /// Take the name of this file away, if it is still its own: another may have it since,
    /// which somebody holds.
    pub(super) fn remove(&self, name: &str, file: &File) -> io::Result<()> {
        if self.has(name, file)? { self.folder.remove(name) } else { Ok(()) }
    }

    /// Lock the folder itself, alone. None: it cannot be told from one that somebody
    /// else has locked.
    pub(super) fn lock(&self) -> Option<io::Result<bool>> {
        self.is_private.then(|| try_lock(self.folder.itself(), Mode::Kept))
    }

    /// Let the folder itself go.
    pub(super) fn unlock(&self) {
        let _ = self.folder.itself().unlock();
    }

    /// Does nobody have the folder itself locked? Not to be asked by who does.
    pub(super) fn is_free(&self) -> io::Result<bool> {
        if !self.is_private {
            return Ok(true);
        }
        let is_free = try_lock(self.folder.itself(), Mode::Shared)?;
        self.unlock();
        Ok(is_free)
    }

    /// The files whose names are wanted, open. One that cannot be opened is no file of ours, or
    /// has just gone.
    fn files<'a>(&'a self, wanted: impl Fn(&str) -> bool + 'a) -> impl Iterator<Item = (String, File)> + 'a {
        let entries = fs::read_dir(self.path()).into_iter().flatten().flatten();
        let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
        let names = names.filter(move |name| self.missing.is_none() && wanted(name));
        names.filter_map(|name| self.folder.file(&name, false).ok().map(|file| (name, file)))
    }

    /// One of those who hold one of these files. A line in one that is not locked is of
    /// somebody who is over.
    pub(super) fn any_holder(&self, wanted: impl Fn(&str) -> bool) -> Option<(File, Found)> {
        self.files(wanted).find_map(|(_, file)| match try_lock(&file, Mode::Shared) {
            Ok(false) => Found::read(&file).map(|found| (file, found)),
            _ => {
                // A host that forks at this moment would keep what closing lets go.
                let _ = file.unlock();
                None
            }
        })
    }

    /// One who held one of these files, if what was started then still runs. Those of
    /// which nothing is left are removed: nobody else comes by some of them again.
    pub(super) fn any_survivor(&self, wanted: impl Fn(&str) -> bool) -> Option<String> {
        self.files(wanted).find_map(|(name, file)| {
            if !matches!(try_lock(&file, Mode::Removed), Ok(true)) {
                return None;
            }
            let survivor = Found::read(&file).and_then(|found| found.survivor());
            if survivor.is_none() {
                let _ = self.remove(&name, &file);
            }
            let _ = file.unlock();
            survivor
        })
    }
}

/// Is it that the disk, or the user's share of it, is full?
pub(super) fn is_no_room(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

/// What the systems answer to who opens a link or a file as a folder.
fn is_no_folder(error: &io::Error) -> bool {
    error.raw_os_error() == Some(libc::ENOTDIR) || trust::is_link(error)
}

fn wrong(path: &Path, why: &str) -> Error {
    Error::new(Code::CannotLock, format!("`lock_dir` cannot be {}: {why}", path.display()))
}

pub(super) fn cannot_lock(path: &Path, error: &io::Error) -> Error {
    let why = if trust::is_link(error) { "a link is in its place".to_owned() } else { error.to_string() };
    Error::new(Code::CannotLock, format!("cannot lock {}: {why}", path.display()))
}
