//! What the front gives up before it hears a stranger: root, its root folder, new privileges, core dumps (they would
//! hold passwords and the key). What it takes is as many descriptors as it may have.

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Uid, chdir, chroot, geteuid, setgid, setgroups, setuid};

use crate::process::{no_core_dumps, no_new_privileges};
use crate::wire::start::Start;

/// Become who the root part said, for good.
///
/// # Errors
/// A sentence: what could not be given up. The front must not go on then.
pub(crate) fn give_up(start: &Start) -> Result<(), String> {
    let failed = |what: &'static str| move |why: nix::Error| format!("{what}: {why}");
    // It starts nothing that might want one.
    setrlimit(Resource::RLIMIT_CORE, 0, 0).map_err(failed("core dumps could not be forbidden"))?;
    // Fewer descriptors cost connections, and nothing else.
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
    if geteuid().is_root() {
        if let Some(folder) = &start.chroot {
            chroot(folder.as_str()).map_err(failed("its root folder could not be changed"))?;
            chdir("/").map_err(failed("its folder could not be changed"))?;
        }
        if let Some((user, group)) = start.become_ids {
            become_ids(Uid::from_raw(user), Gid::from_raw(group))?;
        } else {
            log::warn!("the front runs as root: no user was named that it could become");
        }
    }
    // Not before: the system takes it back when the user changes.
    no_core_dumps();
    no_new_privileges().map_err(failed("new privileges could not be given up"))
}

fn become_ids(user: Uid, group: Gid) -> Result<(), String> {
    let failed = |why: nix::Error| format!("user {user} and group {group} could not be taken: {why}");
    if user.is_root() {
        return Err("the front is not to run as root; name another user".to_owned());
    }
    setgroups(&[group]).map_err(failed)?;
    setgid(group).map_err(failed)?;
    setuid(user).map_err(failed)?;
    if setuid(Uid::from_raw(0)).is_ok() || geteuid() != user {
        return Err("root was given up, and could be taken again".to_owned());
    }
    Ok(())
}
