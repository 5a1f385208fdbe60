//! The logs of jails' consoles, which iocage keeps beside the jails: `log/NAME-console.log` where
//! its dataset is mounted, one that both generations append to for ever. What is in them, the jail
//! has written; where they are, it has no say.
//!
//! The end is read, as root, and so by no link and from nobody else's file: at most so many bytes,
//! and of these the last lines.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use sysadm_class::trust;

use crate::error::Error;
use crate::iocage::moment::rfc3339;
use crate::iocage::session::Session;
use crate::iocage::told::Told;
use crate::process::effective_user;

use super::datasets::mountpoint;
use super::releases::refuse_no_pool;

/// The most bytes of one log that are looked at.
pub const MOST: u64 = 256 << 10;

/// The end of a log.
#[derive(Debug, PartialEq, Eq)]
pub struct Console {
    /// What the file is called.
    pub name: String,
    /// When it was last written to.
    pub modified: String,
    /// How many bytes all of it are.
    pub size: u64,
    /// The end of it.
    pub bytes: Vec<u8>,
    /// Is there more before that?
    pub is_cut: bool,
}

/// The ends of the logs of these names, of each the last `lines`; one that is not there is not
/// told, and one that is not to be read is a problem.
///
/// # Errors
/// If zfs does not tell where they are, or nobody waits any more.
pub fn read(
    session: &Session<'_>,
    pool: &str,
    names: &[String],
    lines: usize,
) -> Result<(Vec<Console>, Told), Error> {
    refuse_no_pool(pool)?;
    let folder = Path::new(&mountpoint(session, &format!("{pool}/iocage"), true)?).join("log");
    let (user, mut found, mut problems) = (effective_user(), Vec::new(), Told::default());
    match fs::symlink_metadata(&folder) {
        // Where others may put something, it could be another name of a file of root's.
        Ok(metadata)
            if metadata.is_dir() && [0, user].contains(&metadata.uid()) && metadata.mode() & 0o022 == 0 => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok((found, problems)),
        _ => {
            problems.push(format!("{} is not read: it is no folder of root's alone", folder.display()));
            return Ok((found, problems));
        }
    }
    for name in names {
        session.still_wanted()?;
        let path = folder.join(name);
        match end_of(&path, user, lines) {
            Ok(Some(console)) => found.push(Console { name: name.clone(), ..console }),
            Ok(None) => {}
            Err(why) => problems.push(format!("{} is not read: {why}", path.display())),
        }
    }
    let held = found.iter().map(|console| console.bytes.len()).sum();
    session.make_room(held, held);
    Ok((found, problems))
}

/// The end of one; nothing, if it is not there.
fn end_of(path: &Path, user: u32, lines: usize) -> Result<Option<Console>, String> {
    // Neither a link nor a pipe that nobody writes to.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_NOCTTY | libc::O_CLOEXEC;
    let mut file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) if trust::is_link(&error) => return Err("it is a link".to_owned()),
        Err(error) => return Err(error.to_string()),
    };
    let why = |error: std::io::Error| error.to_string();
    let metadata = file.metadata().map_err(why)?;
    if !metadata.is_file() || ![0, user].contains(&metadata.uid()) || metadata.nlink() != 1 {
        return Err("it is no file, somebody else's, or another name of one".to_owned());
    }
    let size = metadata.len();
    let start = size.saturating_sub(MOST);
    file.seek(SeekFrom::Start(start)).map_err(why)?;
    let mut bytes = Vec::new();
    file.take(MOST).read_to_end(&mut bytes).map_err(why)?;
    let cut = whole_from(&bytes, last_lines(&bytes, lines, start > 0), start > 0);
    let modified = rfc3339(u64::try_from(metadata.mtime()).unwrap_or_default());
    let is_cut = start > 0 || cut > 0;
    bytes.drain(..cut);
    Ok(Some(Console { name: String::new(), modified, size, bytes, is_cut }))
}

/// Where the last so many lines begin; half a line at the start is none, if others follow.
fn last_lines(bytes: &[u8], lines: usize, is_begun: bool) -> usize {
    let body = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let mut ends = body.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    match ends.clone().nth(lines.saturating_sub(1)) {
        Some(at) => at,
        None if is_begun => ends.next_back().unwrap_or(0),
        None => 0,
    }
}

/// What a cut has left of a character of UTF-8 is none.
fn whole_from(bytes: &[u8], cut: usize, is_begun: bool) -> usize {
    let is_rest = |byte: &u8| byte & 0xc0 == 0x80;
    if cut == 0 && !is_begun {
        0
    } else {
        cut + bytes[cut..].iter().take(3).take_while(|byte| is_rest(byte)).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_character_is_left_out_where_it_was_cut() {
        let text = "\u{20ac}\u{20ac}".as_bytes();
        assert_eq!((0..4).map(|from| whole_from(&text[from..], 0, true)).collect::<Vec<_>>(), [0, 2, 1, 0]);
        assert_eq!(whole_from(&text[1..], 0, false), 0, "what was not cut is as it is");
    }

    #[test]
    fn the_last_lines_are_whole() {
        for (text, lines, is_begun, end) in [
            ("a\nb\nc\n", 2, false, "b\nc\n"),
            ("a\nb\nc", 2, false, "b\nc"),
            ("a\nb\nc\n", 9, false, "a\nb\nc\n"),
            ("a\nb\nc\n", 9, true, "b\nc\n"),
            ("a\nb\nc\n", 3, true, "b\nc\n"),
            ("abc", 9, true, "abc"),
            ("abc\n", 1, true, "abc\n"),
            ("\n\n\n", 1, false, "\n"),
            ("", 1, true, ""),
        ] {
            assert_eq!(&text[last_lines(text.as_bytes(), lines, is_begun)..], end, "{text:?} {lines}");
        }
    }
}
