//! The descriptors of one child: two pipes and a standard input. All of them are close-on-exec from their
//! birth, so that a child that another thread starts at the same moment inherits none, and all lie above 2.
//!
//! Above 2, because a host may have closed its own 0, 1 or 2. A new descriptor would then take one of those
//! numbers, and in the child one `dup2` would overwrite the source of the next; in the host, somebody who
//! prints to descriptor 1 would print into our descriptor.

use std::ffi::CStr;
use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;

use libc::c_int;

use super::Stdin;

/// A pipe: the end we read, which never blocks, and the end the child writes.
pub(super) fn pipe() -> io::Result<(File, OwnedFd)> {
    let (reader, writer) = io::pipe()?;
    let (reader, writer) = (above_stdio(reader.into())?, above_stdio(writer.into())?);
    // SAFETY: `reader` is an open descriptor; F_SETFL takes one int and touches no memory. A new pipe has none of the
    // flags that it sets. This one belongs to this end's open file description alone, so the child's end goes on
    // blocking as programs expect.
    result(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) })?;
    Ok((File::from(reader), writer))
}

/// What the child is to have as its standard input.
///
/// Bytes are handed over as an anonymous file that is complete before the child starts. A pipe or a socket
/// would have to be fed while the child runs and could raise SIGPIPE in the host when the child does not read;
/// with a file there is nothing to feed and no writer to be signalled, and the end is where it should be.
pub(super) fn stdin(stdin: Stdin<'_>) -> io::Result<OwnedFd> {
    let file = match stdin {
        Stdin::Null => File::open("/dev/null")?,
        Stdin::Bytes(bytes) => {
            const NAME: &CStr = c"stdin";
            // SAFETY: NAME is a NUL-terminated string that outlives the call, which copies it.
            let fd = result(unsafe { libc::memfd_create(NAME.as_ptr(), libc::MFD_CLOEXEC) })?;
            // SAFETY: `fd` was just created, is valid, and nobody else knows it.
            let file = unsafe { File::from_raw_fd(fd) };
            // Writing alone makes it longer on Linux, and on FreeBSD by what its libc asks for (SHM_GROW_ON_WRITE), though
            // its memfd_create(2) says otherwise; so that nothing hangs on that, it is as long before.
            file.set_len(bytes.len() as u64)?;
            // Written at an offset, because the child shares the file's position and has to begin at 0.
            file.write_all_at(bytes, 0)?;
            file
        }
    };
    above_stdio(file.into())
}

/// The same open file on a descriptor above 2.
pub(super) fn above_stdio(fd: OwnedFd) -> io::Result<OwnedFd> {
    const FIRST: c_int = 3;
    if fd.as_raw_fd() >= FIRST {
        return Ok(fd);
    }
    // SAFETY: `fd` is open; F_DUPFD_CLOEXEC takes one int and touches no memory.
    let copy = result(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, FIRST) })?;
    // SAFETY: `copy` was just created by fcntl, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// The convention of system calls: -1 and errno.
pub(super) fn result(value: c_int) -> io::Result<c_int> {
    if value == -1 { Err(io::Error::last_os_error()) } else { Ok(value) }
}
