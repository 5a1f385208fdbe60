//! What tells one program file from another that takes its place.
//!
//! Detection notes it with what it found, and a session keeps to it: no request
//! is answered by two programs.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// What tells one program file from another that takes its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    /// That of the file that `program` leads to; `None` if there is none.
    #[must_use]
    pub fn of(program: &Path) -> Option<Stamp> {
        let file = fs::metadata(program).ok()?;
        Some(Stamp {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}

/// A stamp as numbers, to be carried from one instance to another on the same
/// machine; what they mean is nobody else's business.
impl From<Stamp> for [i64; 7] {
    fn from(stamp: Stamp) -> [i64; 7] {
        let [device, inode, size] = [stamp.device, stamp.inode, stamp.size].map(u64::cast_signed);
        let ((modified, modified_ns), (changed, changed_ns)) = (stamp.modified, stamp.changed);
        [device, inode, size, modified, modified_ns, changed, changed_ns]
    }
}

impl From<[i64; 7]> for Stamp {
    fn from([device, inode, size, modified, modified_ns, changed, changed_ns]: [i64; 7]) -> Stamp {
        let [device, inode, size] = [device, inode, size].map(i64::cast_unsigned);
        Stamp { device, inode, size, modified: (modified, modified_ns), changed: (changed, changed_ns) }
    }
}
