//! Who is at the other end of a Unix socket, as the kernel and the system's lists of users and groups say.

use std::ffi::CString;

use nix::unistd::{Gid, Group, Uid, User, getgrouplist};
use sysadm_host::Access;

/// What the groups of this machine are good for.
#[derive(Clone, Debug)]
pub(crate) struct Groups {
    pub(crate) full: String,
    pub(crate) limited: String,
}

/// Who needs no look into lists that may be on another machine, and away, for whoever asks to be heard when they are.
pub(crate) fn known(uid: u32) -> Option<(String, Option<Access>)> {
    (uid == 0).then(|| ("root".to_owned(), Some(Access::Full)))
}

/// The name of a user, for the log, and what he may; `None` if that is nothing. Asks the system's lists, which may be
/// on another machine: it can take long.
///
/// The groups are those that the lists say now, not those that the process has: a connection tells only one of these on
/// every system.
pub(crate) fn look_up(uid: u32, gid: u32, groups: &Groups) -> (String, Option<Access>) {
    let user = User::from_uid(Uid::from_raw(uid)).ok().flatten();
    let name = user.as_ref().map_or_else(|| format!("uid-{uid}"), |user| user.name.clone());
    // Who runs a server that is not root's can do with it what he likes anyway.
    if uid == nix::unistd::geteuid().as_raw() {
        return (name, Some(Access::Full));
    }
    let mine = user.and_then(|user| getgrouplist(&CString::new(user.name).ok()?, user.gid).ok());
    let mine = mine.unwrap_or_else(|| vec![Gid::from_raw(gid)]);
    let is_in = |name: &str| {
        let group = if name.is_empty() { None } else { Group::from_name(name).ok().flatten() };
        group.is_some_and(|group| mine.contains(&group.gid))
    };
    let access = match () {
        () if is_in(&groups.full) => Some(Access::Full),
        () if is_in(&groups.limited) => Some(Access::Limited),
        () => None,
    };
    (name, access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_has_all_and_nobody_nothing() {
        let groups = Groups { full: "root".into(), limited: String::new() };
        assert_eq!(known(0), Some(("root".to_owned(), Some(Access::Full))));
        assert_eq!(known(1), None);
        let nobody = User::from_name("nobody").expect("a list of users").expect("nobody is in it");
        let (uid, gid) = (nobody.uid.as_raw(), nobody.gid.as_raw());
        assert_eq!(look_up(uid, gid, &groups), ("nobody".to_owned(), None));
        let group = Group::from_gid(nobody.gid).expect("a list of groups").expect("its group").name;
        let of = |full: &str, limited: &str| Groups { full: full.into(), limited: limited.into() };
        assert_eq!(look_up(uid, gid, &of("root", &group)).1, Some(Access::Limited));
        assert_eq!(look_up(uid, gid, &of(&group, &group)).1, Some(Access::Full));
        assert_eq!(
            look_up(4_000_000_000, 4_000_000_000, &of("root", "")),
            ("uid-4000000000".to_owned(), None)
        );
    }
}
