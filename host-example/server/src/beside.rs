//! What lies beside a file and is called after it: its lock, and the draft that takes its place.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use sysadm_class::trust;

/// The file that lies beside it under that ending.
pub(crate) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Open a file to be locked, which nobody else reads: by no link, and waited for by nobody.
pub(crate) fn open_lock(path: &Path, is_made: bool) -> io::Result<File> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK;
    let mut how = OpenOptions::new();
    how.read(true).write(true).create(is_made).truncate(false).mode(0o600).custom_flags(flags);
    let in_its_place =
        |why| if trust::is_link(&why) { io::Error::other("a link is in its place") } else { why };
    how.open(path).map_err(in_its_place)
}
