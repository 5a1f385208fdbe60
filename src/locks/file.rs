//! One file of the folder: what it is called, and how it is locked.

use std::fs::{File, TryLockError};
use std::io;

use crate::process::again;

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

/// The file of a jail.
pub(super) fn of_jail(name: &str) -> String {
    format!("jail-{}", known_as(name))
}

/// The file of the commands in a jail.
pub(super) fn of_commands(name: &str) -> String {
    format!("exec-{}", known_as(name))
}

/// The file of a release.
pub(super) fn of_release(name: &str) -> String {
    format!("release-{}", known_as(name))
}

/// The file of a template, for who makes jails of it.
pub(super) fn of_template(name: &str) -> String {
    format!("template-{}", known_as(name))
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

/// Lock it, unless somebody else has it so that it cannot be had. Not waited for, but even
/// so a signal can interrupt it.
pub(super) fn try_lock(file: &File, mode: Mode) -> io::Result<bool> {
    again(|| {
        let outcome = if mode == Mode::Shared { file.try_lock_shared() } else { file.try_lock() };
        match outcome {
            Ok(()) => Ok(true),
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(e)) => Err(e),
        }
    })
}
