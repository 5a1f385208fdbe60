//! What this process is to the system: no image of its memory is written to the disk, for passwords pass through it; which
//! signals it was told to ignore; and for the front, no new privileges, and the sockets that it inherited. The server's
//! `unsafe` is here.

use std::net::TcpListener;
use std::os::fd::{BorrowedFd, FromRawFd, OwnedFd};

use nix::sys::signal::{SigHandler, SigSet, Signal};
use nix::sys::socket::{getsockopt, sockopt};

/// The end, at once: nothing is waited for. What usually runs then, destructors of libraries among it, may wait for the loader of the
/// system, which a module has that was loaded and never came back.
pub fn leave(code: u8) -> ! {
    // SAFETY: it takes a number, and nothing comes after it.
    unsafe { libc::_exit(code.into()) }
}

/// The last that it says, to the standard error. Where nobody reads that it is lost after a second: who does not read holds up no end. Neither
/// is the library's lock of it waited for, which whoever writes the log may have just then.
pub fn say_last(text: &str) {
    // What a pipe takes whole, or is not ready for, on every system.
    const PIECE: usize = 512;
    const WAIT_MS: libc::c_int = 1000;
    for piece in text.as_bytes().chunks(PIECE) {
        let mut asked = libc::pollfd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 };
        // SAFETY: one entry, which is ours and lives for the call.
        let is_ready = unsafe { libc::poll(&raw mut asked, 1, WAIT_MS) } == 1;
        // SAFETY: so many bytes are there, and are only read; a descriptor that is not open is an error, and nothing else.
        if !is_ready || unsafe { libc::write(libc::STDERR_FILENO, piece.as_ptr().cast(), piece.len()) } < 0 {
            return;
        }
    }
}

/// Was this signal ignored when the process was started, as it is by `nohup`, or in the background of a script? Then it stays so.
pub(crate) fn is_ignored(signal: libc::c_int) -> bool {
    // SAFETY: plain data, of which all zeros is a value.
    let mut now: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: nothing is set, and what is told is written to what is ours.
    let is_told = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut now) } == 0;
    is_told && now.sa_sigaction == libc::SIG_IGN
}

/// From now on this signal is nothing to this process. Only for one that executes nothing, for it would be inherited.
pub(crate) fn ignore(signal: Signal) {
    // SAFETY: there is no handler that could be called.
    let _ = unsafe { nix::sys::signal::signal(signal, SigHandler::SigIgn) };
}

/// No signal is held back, whatever whoever has started this process does. Of this thread, and those that it makes from then on.
pub(crate) fn hear_signals() {
    let _ = SigSet::empty().thread_set_mask();
}

/// No core dumps of this process. (A limit of size zero would be inherited by all that runs in jails, which may want theirs.)
pub(crate) fn no_core_dumps() {
    #[cfg(target_os = "linux")]
    // SAFETY: it takes a number and touches no memory.
    unsafe {
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
    }
    #[cfg(target_os = "freebsd")]
    {
        let mut trace: libc::c_int = libc::PROC_TRACE_CTL_DISABLE;
        // It ends with the next exec, so that nothing is changed for whatever is started.
        // SAFETY: of this process, with a number of ours that lives for the call, as procctl(2) has it.
        unsafe {
            let process = libc::id_t::from(std::process::id());
            libc::procctl(libc::P_PID, process, libc::PROC_TRACE_CTL, (&raw mut trace).cast());
        }
    }
}

/// What was inherited from whoever has started this process goes no further: a folder of his that is open is a way out of an
/// empty root folder, and none of it is meant for the programs that are run.
pub(crate) fn keep_descriptors() {
    // Of each number, for there is no list of those that are open on every system; shells and supervisors use low ones.
    const MOST: libc::rlim_t = 65536;
    let (soft, _) =
        nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).unwrap_or((1024, 1024));
    for number in 3..i32::try_from(soft.min(MOST)).unwrap_or(1024) {
        // SAFETY: it takes numbers and touches no memory; one that is not open is an error, and nothing else.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Nothing that this process executes gets more rights than it has.
///
/// # Errors
/// The system's.
pub(crate) fn no_new_privileges() -> nix::Result<()> {
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_no_new_privs()?;
    #[cfg(target_os = "freebsd")]
    {
        let mut value: libc::c_int = libc::PROC_NO_NEW_PRIVS_ENABLE;
        // SAFETY: of this process, with a number of ours that lives for the call, as procctl(2) has it.
        let result = unsafe {
            let process = libc::id_t::from(std::process::id());
            libc::procctl(libc::P_PID, process, libc::PROC_NO_NEW_PRIVS_CTL, (&raw mut value).cast())
        };
        nix::errno::Errno::result(result)?;
    }
    Ok(())
}

/// The listening sockets that were inherited by these numbers. To be called once, before any descriptor is made.
///
/// # Errors
/// A sentence: which is none.
pub(crate) fn listeners(numbers: &[i32]) -> Result<Vec<TcpListener>, String> {
    let mut taken = Vec::new();
    for (at, &number) in numbers.iter().enumerate() {
        if number <= 2 || numbers[..at].contains(&number) {
            return Err(format!("descriptor {number} is no listener of its own"));
        }
        // SAFETY: it is used for the question below alone, which fails if it is not open.
        let asked = unsafe { BorrowedFd::borrow_raw(number) };
        if !matches!(getsockopt(&asked, sockopt::AcceptConn), Ok(true)) {
            return Err(format!("descriptor {number} is no listening socket"));
        }
        // SAFETY: it is open, and nobody else's: it was inherited, this is called before any other is made, and a
        // number that is there twice was refused.
        let listener = TcpListener::from(unsafe { OwnedFd::from_raw_fd(number) });
        listener.set_nonblocking(true).map_err(|why| format!("descriptor {number}: {why}"))?;
        taken.push(listener);
    }
    if taken.is_empty() { Err("there is nothing to listen on".to_owned()) } else { Ok(taken) }
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
