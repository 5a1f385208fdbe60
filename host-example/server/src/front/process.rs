//! What the front gives up before it hears a stranger: root, its root folder, new privileges, core dumps (they would
//! hold passwords and the key). And what it takes: the sockets that it inherited, and as many descriptors as it may have.
//!
//! The one room of the front with `unsafe`: a number that becomes a socket, and a system call of FreeBSD's that no crate has.

use std::net::TcpListener;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{getsockopt, sockopt};
use nix::unistd::{Gid, Uid, chdir, chroot, geteuid, setgid, setgroups, setuid};

use crate::wire::start::Start;

/// Become who the root part said, for good.
///
/// # Errors
/// A sentence: what could not be given up. The front must not go on then.
pub(crate) fn give_up(start: &Start) -> Result<(), String> {
    let failed = |what: &'static str| move |why: nix::Error| format!("{what}: {why}");
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
    no_more().map_err(failed("new privileges could not be given up"))
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

#[cfg(target_os = "linux")]
fn no_more() -> nix::Result<()> {
    nix::sys::prctl::set_no_new_privs()?;
    nix::sys::prctl::set_dumpable(false)
}

#[cfg(target_os = "freebsd")]
fn no_more() -> nix::Result<()> {
    for (what, mut value) in [
        (libc::PROC_NO_NEW_PRIVS_CTL, libc::PROC_NO_NEW_PRIVS_ENABLE),
        (libc::PROC_TRACE_CTL, libc::PROC_TRACE_CTL_DISABLE),
    ] {
        // SAFETY: both take a pointer to an int, which lives until the call returns; 0 is this process.
        let result = unsafe { libc::procctl(libc::P_PID, 0, what, (&raw mut value).cast()) };
        nix::errno::Errno::result(result)?;
    }
    Ok(())
}

#[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
fn no_more() -> nix::Result<()> {
    Ok(())
}

/// The listening sockets of these numbers.
///
/// # Errors
/// A sentence: which is none.
pub(crate) fn listeners(numbers: &[i32]) -> Result<Vec<TcpListener>, String> {
    let mut taken = Vec::new();
    for (at, &number) in numbers.iter().enumerate() {
        if number <= 2 || numbers[..at].contains(&number) {
            return Err(format!("descriptor {number} is no listener of the front's own"));
        }
        // SAFETY: it is used for the question below alone, which answers with an error if it is not open.
        let asked = unsafe { BorrowedFd::borrow_raw(number) };
        if !matches!(getsockopt(&asked, sockopt::AcceptConn), Ok(true)) {
            return Err(format!("descriptor {number} is no listening socket"));
        }
        // SAFETY: it is open, was inherited, and is nobody else's: this is called once, before all else, and a number
        // that is there twice was refused above.
        let listener = TcpListener::from(unsafe { OwnedFd::from_raw_fd(number) });
        listener.set_nonblocking(true).map_err(|why| format!("descriptor {number}: {why}"))?;
        taken.push(listener);
    }
    if taken.is_empty() { Err("the front was given nothing to listen on".to_owned()) } else { Ok(taken) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_listen_is_not_taken() {
        assert!(listeners(&[]).unwrap_err().contains("nothing to listen on"));
        assert!(listeners(&[0]).unwrap_err().contains("descriptor 0"));
        assert!(listeners(&[1_000_000]).unwrap_err().contains("no listening socket"));
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let number = std::os::fd::AsRawFd::as_raw_fd(&socket);
        assert!(listeners(&[number]).unwrap_err().contains("no listening socket"));
    }
}
