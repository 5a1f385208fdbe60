//! Is a file one that only root can change?
//!
//! Who can write to a program that root runs, or to a module that a process of
//! root's loads, or put another in its place, is root as well. So each folder on
//! the way to it, each link, and the file itself must belong to root and be
//! writable by nobody else. A folder like /tmp, in which everybody may make files
//! but with its sticky bit take away only their own, is safe for what root has in
//! it. Both sides of the contract ask: a host of its modules, a class of the
//! programs that it runs.
//!
//! It fails closed: what cannot be looked at, what leads nowhere and what is behind
//! too many links is not trusted. Above all a file that is missing is not one that
//! may be started: whoever can make it come and go decides when it is looked at.
//!
//! Looking and then using by name is no race. Each name is looked up in a folder
//! that was found to be root's alone before, so from the first step on nobody but
//! root can make a name lead elsewhere, at the look or after it. For that it must be
//! asked before every use, as folders can be opened to others later; it costs some
//! microseconds where starting a program costs some hundred. (To open the file and
//! execute the descriptor would tell nothing more, and a script executed so finds
//! its own name to be `/dev/fd/N`.)
//!
//! Of a script the interpreter in its `#!` line is looked at, too, and that one's.
//! For `#!/usr/bin/env NAME` that is `env`; what `env` finds is up to the PATH that
//! the program is given. What else lies behind a file (libraries, the files that a
//! script sources) is not looked at, nor are access lists beyond the mode.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// The most links that are followed: as many as Linux follows. FreeBSD follows 32,
/// and so refuses by itself what lies between.
const MAX_LINKS: usize = 40;
/// The most interpreters of interpreters, as Linux has it.
const MAX_INTERPRETERS: usize = 5;
/// How much of a script is read for its first line: FreeBSD's limit, and more than
/// Linux's.
const FIRST_LINE: u64 = 4096;
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o022;

/// Why a file is not to be run or loaded as root.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Distrust {
    /// This, which lies on the way to it, is not there.
    Missing(PathBuf),
    /// The file is there, but not the interpreter that its `#!` line names.
    NoInterpreter(PathBuf),
    /// Somebody else decides what it is, or that cannot be told; a sentence.
    Unsafe(String),
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Distrust::Missing(path) => write!(f, "{} does not exist", path.display()),
            Distrust::NoInterpreter(path) => write!(f, "its interpreter {} does not exist", path.display()),
            Distrust::Unsafe(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Distrust {}

/// The effective user's number; 0 is root, of whom alone all this is asked.
#[must_use]
pub fn effective_user() -> u32 {
    // SAFETY: geteuid takes nothing, touches no memory of ours and cannot fail.
    unsafe { libc::geteuid() }
}

/// Was a file that was opened with `O_NOFOLLOW` not opened because a link is in its place? Linux calls that ELOOP,
/// FreeBSD EMLINK, which reads "Too many links" there.
#[must_use]
pub fn is_link(error: &io::Error) -> bool {
    [libc::ELOOP, libc::EMLINK].map(Some).contains(&error.raw_os_error())
}

/// Can nobody but root and `user` change the file at `path`, an absolute one?
///
/// # Errors
/// Why not.
pub fn file(path: &Path, user: u32) -> Result<(), Distrust> {
    walk(path, user).map(drop)
}

/// Can nobody but root and `user` change the program at `path`, an absolute one, or
/// what interprets it? A relative interpreter is taken for one under the root folder,
/// in which the program has to be started then.
///
/// # Errors
/// Why not.
pub fn program(path: &Path, user: u32) -> Result<(), Distrust> {
    let (mut at, mut found) = walk(path, user)?;
    for _ in 0..=MAX_INTERPRETERS {
        let Some(interpreter) = interpreter(&at, &found)? else { return Ok(()) };
        (at, found) = walk(&interpreter, user).map_err(|why| match why {
            Distrust::Missing(_) => Distrust::NoInterpreter(interpreter),
            other => other,
        })?;
    }
    Err(Distrust::Unsafe(format!("{} has too many interpreters, each a script itself", path.display())))
}

/// Where a path leads, without a link, and what is there.
fn walk(path: &Path, user: u32) -> Result<(PathBuf, Metadata), Distrust> {
    let mut todo = words(path);
    let mut at = PathBuf::from("/");
    let mut found = look(&at)?;
    judge(&at, &found, user, false)?;
    let mut links = 0;
    while let Some(word) = todo.pop_front() {
        if !found.is_dir() {
            return Err(Distrust::Missing(at.join(word)));
        }
        if word == ".." {
            // Without links in it, the name says which folder that is; it was judged
            // on the way.
            at.pop();
            found = look(&at)?;
            continue;
        }
        let next = at.join(&word);
        let entry = look(&next)?;
        judge(&next, &entry, user, found.mode() & STICKY != 0)?;
        if !entry.is_symlink() {
            (at, found) = (next, entry);
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            let why = format!("more than {MAX_LINKS} links are on the way to {}", path.display());
            return Err(Distrust::Unsafe(why));
        }
        let target = fs::read_link(&next).map_err(|e| unseen(&next, &e))?;
        if target.is_absolute() {
            at = PathBuf::from("/");
            found = look(&at)?;
        }
        let mut first = words(&target);
        first.append(&mut todo);
        todo = first;
    }
    Ok((at, found))
}

/// The names on a path, from the root on.
fn words(path: &Path) -> VecDeque<OsString> {
    let word = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(word).collect()
}

fn look(path: &Path) -> Result<Metadata, Distrust> {
    fs::symlink_metadata(path).map_err(|e| unseen(path, &e))
}

fn unseen(path: &Path, error: &io::Error) -> Distrust {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Distrust::Missing(path.to_path_buf()),
        _ => Distrust::Unsafe(format!("{} cannot be looked at: {error}", path.display())),
    }
}

/// One thing on the way: a folder, a link or the file, in a folder that may be a
/// sticky one.
fn judge(path: &Path, found: &Metadata, user: u32, in_sticky: bool) -> Result<(), Distrust> {
    let (owner, mode, what) = (found.uid(), found.mode() & 0o7777, path.display());
    // A link cannot be changed, only replaced, and that the folder decides.
    let decides = !found.is_symlink() || in_sticky;
    if owner != 0 && owner != user && decides {
        return Err(Distrust::Unsafe(format!("{what} belongs to user {owner} (mode {mode:04o})")));
    }
    let is_sticky = found.is_dir() && mode & STICKY != 0;
    if mode & OTHERS_WRITE != 0 && !is_sticky && !found.is_symlink() {
        let why = format!("others than its owner can write to {what} (mode {mode:04o})");
        return Err(Distrust::Unsafe(why));
    }
    Ok(())
}

/// What interprets the file at `path`, which was judged; nothing if it is no script.
fn interpreter(path: &Path, found: &Metadata) -> Result<Option<PathBuf>, Distrust> {
    // Opening a pipe waits for its other end; what is no file cannot be started.
    if !found.is_file() {
        return Ok(None);
    }
    let mut start = Vec::with_capacity(FIRST_LINE as usize);
    let read = File::open(path).and_then(|file| file.take(FIRST_LINE).read_to_end(&mut start));
    read.map_err(|e| unseen(path, &e))?;
    let Some(line) = start.strip_prefix(b"#!") else { return Ok(None) };
    let blanks = line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let name = &line[blanks..];
    let length = name.iter().position(|byte| matches!(byte, b' ' | b'\t' | b'\n' | 0));
    let Some(length) = length.or((start.len() < FIRST_LINE as usize).then_some(name.len())) else {
        let why = format!("{} names an interpreter whose name does not end", path.display());
        return Err(Distrust::Unsafe(why));
    };
    // An empty name, which the system refuses, leads to the root folder: no script.
    Ok(Some(Path::new("/").join(OsStr::from_bytes(&name[..length]))))
}

#[cfg(test)]
mod tests;
