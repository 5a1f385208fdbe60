//! The system's groups that a configuration names: whether they are there, and whether the socket has the one that it would have after
//! another start. For a check, and for a reload, which gives the socket to nobody else.
//!
//! All of it asks the system's lists, which may be on another machine.

use std::os::unix::fs::{FileTypeExt, MetadataExt};

use nix::unistd::{Gid, Group, getegid, geteuid};

use super::bind;
use crate::config::Config;

/// A group that is named and is not there.
pub(super) struct Missing {
    /// By the key that says it.
    pub(super) text: String,
    /// Would a start fail for it?
    pub(super) is_fatal: bool,
}

/// Which of them are not there; each told once.
pub(super) fn missing(config: &Config) -> Vec<Missing> {
    let of_socket = config.group_of_socket();
    let full = ("full_group", config.full_group.as_str());
    let own = Some(of_socket).filter(|group| *group != full);
    let mut missing = Vec::new();
    for (key, name) in [full, ("limited_group", config.limited_group.as_str())].into_iter().chain(own) {
        let Some(Err(why)) = (!name.is_empty()).then(|| bind::group(name)) else { continue };
        let is_of_socket = key == of_socket.0;
        let also = if is_of_socket && own.is_none() {
            ", which the socket has too without a `socket.group`"
        } else {
            ""
        };
        // Only root gives a socket to a group.
        let is_fatal = is_of_socket && geteuid().is_root();
        missing.push(Missing { text: format!("`{key}`{also}: {why}"), is_fatal });
    }
    missing
}

/// That the socket which is there has another group than it is to have, for who wants the configuration read again.
pub(super) fn other_in_force(config: &Config) -> Option<String> {
    let path = &config.socket.path;
    let found = std::fs::symlink_metadata(path).ok().filter(|found| found.file_type().is_socket())?;
    let (key, name) = config.group_of_socket();
    let wanted = match name {
        _ if !geteuid().is_root() => return None,
        // Nobody's in particular: that of the process, or, on FreeBSD, of the folder.
        "" => vec![getegid().as_raw(), std::fs::metadata(path.parent()?).ok()?.gid()],
        name => vec![bind::group(name).ok()?.as_raw()],
    };
    if wanted.contains(&found.gid()) {
        return None;
    }
    let has = Group::from_gid(Gid::from_raw(found.gid())).ok().flatten();
    let has = has.map_or_else(|| found.gid().to_string(), |group| group.name);
    let path = path.display();
    Some(format!("`{key}`: {path} has the group {has:?}; {name:?} takes effect at the next start"))
}
