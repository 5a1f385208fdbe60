//! That a server lives which listens at a socket: a lock on a file beside it, for as long as that server is there.
//!
//! To connect does not tell: where a server has as many connections waiting as it may, FreeBSD refuses another with the same word as where
//! nobody listens. The lock goes with its process, however that ends, and no program that is started has it. It lies beside the socket,
//! and not in the server's own folder, for it is the socket that two may want. That folder may be others' as well, so nothing is followed
//! there, opened that could be waited for, or believed that is somebody else's.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use sysadm_class::trust;

use crate::beside::{beside, open_lock};

/// How the name of the file ends that is locked for a socket.
const LOCK: &str = ".lock";
/// How often another who ends may take the file away just as it is locked.
const TIMES: usize = 100;

/// The lock. The file goes when it is dropped, and is removed by nobody else: who has not the lock of what lies there has none.
#[derive(Debug)]
pub(super) struct Alive {
    path: PathBuf,
    /// Closed by every program that is executed, as all that the library opens.
    _file: File,
}

/// Have the lock for this socket; nothing if a server has it.
///
/// # Errors
/// A sentence with the path: what is there is not to be locked.
pub(super) fn alone_at(socket: &Path) -> Result<Option<Alive>, String> {
    let path = beside(socket, LOCK);
    let failed = |why: &dyn fmt::Display| failed(&path, why);
    for _ in 0..TIMES {
        let file = open(&path, true).map_err(|why| failed(&why))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(why)) => return Err(failed(&why)),
        }
        // The one before has removed it meanwhile: another would lock another.
        if is_at(&file, &path) {
            return Ok(Some(Alive { path, _file: file }));
        }
    }
    Err(failed(&"it is removed again and again"))
}

/// Could it be locked, for all that can be seen without locking it? Nothing is made.
///
/// # Errors
/// As those of [`alone_at`].
pub(super) fn judge(socket: &Path) -> Result<(), String> {
    let path = beside(socket, LOCK);
    match open(&path, false) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(failed(&path, &why)),
        Err(_) | Ok(_) => Ok(()),
    }
}

fn failed(path: &Path, why: &dyn fmt::Display) -> String {
    format!("cannot lock {}: {why}", path.display())
}

fn open(path: &Path, is_made: bool) -> io::Result<File> {
    let file = open_lock(path, is_made)?;
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != trust::effective_user() {
        return Err(io::Error::other("it is there, and is somebody else's or no file"));
    }
    Ok(file)
}

fn is_at(file: &File, path: &Path) -> bool {
    let look = |found: std::fs::Metadata| (found.dev(), found.ino());
    let (locked, there) = (file.metadata().map(look), std::fs::symlink_metadata(path).map(look));
    matches!((locked, there), (Ok(locked), Ok(there)) if locked == there)
}

impl Drop for Alive {
    fn drop(&mut self) {
        // While it is locked: whoever has opened it looks again whether it is there.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    #[test]
    fn one_has_it_until_he_ends_and_what_is_no_file_of_ours_nobody() {
        let folder = std::env::temp_dir().join(format!("sysadmd-alive-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let (socket, path) = (folder.join("sock"), folder.join("sock.lock"));
        let first = alone_at(&socket).expect("nothing is there").expect("nobody has it");
        assert!(alone_at(&socket).expect("it is ours").is_none());
        let flags = nix::fcntl::fcntl(&first._file, nix::fcntl::FcntlArg::F_GETFD).expect("it is open");
        assert!(flags & libc::FD_CLOEXEC != 0, "{} is inherited", first._file.as_raw_fd());
        drop(first);
        assert!(!path.exists());
        // Left by one that was killed.
        std::fs::write(&path, "").expect("written");
        drop(alone_at(&socket).expect("it is ours").expect("nobody has it"));
        // Nothing is followed, nor waited for.
        std::os::unix::fs::symlink(folder.join("elsewhere"), &path).expect("a link");
        assert!(alone_at(&socket).expect_err("a link").ends_with("a link is in its place"));
        assert_eq!(judge(&socket).expect_err("a link"), alone_at(&socket).expect_err("a link"));
        assert!(!folder.join("elsewhere").exists());
        std::fs::remove_file(&path).expect("there");
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        assert_eq!(judge(&socket).expect_err("a pipe"), alone_at(&socket).expect_err("a pipe"));
        std::fs::remove_file(&path).expect("there");
        std::fs::create_dir(&path).expect("a folder");
        assert_eq!(judge(&socket).expect_err("a folder"), alone_at(&socket).expect_err("a folder"));
        std::fs::remove_dir(&path).expect("there");
        judge(&socket).expect("it would be made");
        assert!(!path.exists(), "and is not");
        if trust::effective_user() == 0 {
            std::fs::write(&path, "").expect("written");
            std::os::unix::fs::chown(&path, Some(65534), None).expect("root may");
            assert!(alone_at(&socket).expect_err("somebody else's").contains("somebody else's"));
        }
        let _ = std::fs::remove_dir_all(&folder);
    }

    /// Whoever comes while another goes has the lock of what lies there, or none.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "threads of a test")]
    fn no_two_have_it_at_once() {
        let folder = std::env::temp_dir().join(format!("sysadmd-alive-many-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let (socket, inside) = (folder.join("sock"), std::sync::atomic::AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..500 {
                        let Some(_alive) = alone_at(&socket).expect("it is ours") else { continue };
                        assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                        inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                    }
                });
            }
        });
        let _ = std::fs::remove_dir_all(&folder);
    }
}
