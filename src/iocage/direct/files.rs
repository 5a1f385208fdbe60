//! The files that iocage keeps beside a jail's root: read as root, and so by no link, from
//! nobody else's file, and no more of one than a configuration can be.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use sysadm_class::trust;

use super::untold::Untold;

/// A configuration has some ten thousand bytes.
const MOST: u64 = 1 << 20;

const UNREADABLE: &str = "a file of iocage's cannot be read";
const STRANGE: &str = "a file of iocage's is a link, no file, somebody else's, or far too long";

/// What a path leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// Nothing.
    Missing,
    /// A file with this in it.
    Holds(Vec<u8>),
}

/// Read a file, which is to be root's or this `user`'s.
///
/// # Errors
/// If it is there and cannot be read, or is none that should be.
pub(super) fn read(path: &Path, user: u32) -> Result<File, Untold> {
    let about = || path.display().to_string();
    // Neither a link nor a pipe that nobody writes to.
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let mut file = match OpenOptions::new().read(true).custom_flags(flags).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(File::Missing),
        Err(error) if trust::is_link(&error) => return Untold::about(STRANGE, about()),
        Err(error) => return Untold::about(UNREADABLE, format!("{}: {error}", about())),
    };
    let Ok(metadata) = file.metadata() else { return Untold::about(UNREADABLE, about()) };
    let is_own = [0, user].contains(&metadata.uid());
    if !metadata.is_file() || !is_own || metadata.len() > MOST {
        return Untold::about(STRANGE, about());
    }
    let mut text = Vec::with_capacity(metadata.len() as usize + 1);
    match file.by_ref().take(MOST + 1).read_to_end(&mut text) {
        Ok(read) if read as u64 <= MOST => Ok(File::Holds(text)),
        Ok(_) => Untold::about(STRANGE, about()),
        Err(error) => Untold::about(UNREADABLE, format!("{}: {error}", about())),
    }
}

/// Is it a folder, as iocage asks, which follows links?
#[must_use]
pub(super) fn is_folder(path: &Path) -> bool {
    path.is_dir()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::process::effective_user;

    fn cause(path: &Path) -> &'static str {
        match read(path, effective_user()) {
            Err(Untold::NotKnown(cause, _)) => cause,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_a_file_of_ones_own_is_read() {
        let folder = std::env::temp_dir().join(format!("sysadm-iocage-files-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        let at = |name: &str| folder.join(name);
        fs::write(at("config.json"), "{}").expect("a file");
        let read = |path: &Path| read(path, effective_user());
        assert_eq!(read(&at("config.json")), Ok(File::Holds(b"{}".to_vec())));
        assert_eq!(read(&at("nothing")), Ok(File::Missing));
        symlink(at("config.json"), at("link")).expect("a link");
        assert_eq!(cause(&at("link")), STRANGE);
        assert_eq!(cause(&folder), STRANGE);
        assert_eq!(cause(&at("config.json").join("below")), UNREADABLE);
        fs::write(at("long"), vec![b' '; (MOST + 1) as usize]).expect("a file");
        assert_eq!(cause(&at("long")), STRANGE);
        assert!(is_folder(&folder) && !is_folder(&at("long")));
        fs::remove_dir_all(&folder).expect("gone");
    }
}
