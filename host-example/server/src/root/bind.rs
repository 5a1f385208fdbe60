//! A Unix socket where one was before, or somebody else's file is, or a server that listens; and its end, for its file outlives it.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{SocketAddr, UnixListener as StdListener};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use nix::unistd::{Gid, Group, Uid, chown};

use super::alive::{self, Alive, alone_at};
use super::folder;

/// Whose a socket is, beside this process's user, and what they may.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a Path,
    pub(crate) group: Option<Gid>,
    pub(crate) owner: Option<Uid>,
    pub(crate) mode: u32,
}

/// The file of a socket. Removed when dropped, if it is still this one: another server may have taken its place.
#[derive(Debug)]
pub(crate) struct File {
    path: PathBuf,
    look: Look,
    /// Until then.
    _alive: Alive,
}

/// Device and number, by which the system knows it; and when it was last changed, for the number of one that is gone may be given again.
type Look = (u64, u64, i64, i64);

impl File {
    fn of(path: &Path, alive: Alive) -> io::Result<File> {
        Ok(File { path: path.to_path_buf(), look: look(path)?, _alive: alive })
    }
}

fn look(path: &Path) -> io::Result<Look> {
    let found = std::fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino(), found.ctime(), found.ctime_nsec()))
}

impl Drop for File {
    fn drop(&mut self) {
        if look(&self.path).ok() == Some(self.look) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// The group of this name. Asks the system's lists.
///
/// # Errors
/// There is none.
pub(crate) fn group(name: &str) -> Result<Gid, String> {
    let found = Group::from_name(name).map_err(|why| why.to_string())?;
    found.map(|group| group.gid).ok_or_else(|| format!("there is no group {name:?}"))
}

/// Is there a socket at this path, which may be one that a server has left?
///
/// # Errors
/// There is something else, which is nobody's to remove.
fn old(path: &Path) -> Result<bool, String> {
    let shown = path.display();
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => Ok(true),
        Ok(_) => Err(format!("{shown} is there, and is no socket")),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(format!("{shown}: {why}")),
    }
}

/// Could a socket be bound here, as far as can be seen without doing it?
///
/// # Errors
/// What [`bind`] would say.
pub(crate) fn judge(path: &Path) -> Result<(), String> {
    old(path)?;
    alive::judge(path).map_err(|why| cannot(path, &why))?;
    // A path may be too long for one.
    SocketAddr::from_pathname(path).map(drop).map_err(|why| cannot(path, &why.to_string()))
}

/// Will the folder be there?
///
/// # Errors
/// What [`bind`] would say.
pub(crate) fn judge_folder(path: &Path, run: &Path) -> Result<(), String> {
    let folder = path.parent().unwrap_or(path);
    folder::will_be(folder, run).map_err(|why| cannot(path, &format!("{}: {why}", folder.display())))
}

/// Has no server this socket? What is asked for before anything is made or changed that one which has it uses.
///
/// # Errors
/// One has it, or what lies there is not to be locked.
pub fn is_free(path: &Path) -> Result<(), String> {
    match alive::alone_at(path).map_err(|why| cannot(path, &why))? {
        Some(_) => Ok(()),
        None => Err(listens(path)),
    }
}

fn cannot(path: &Path, why: &str) -> String {
    format!("cannot listen at {}: {why}", path.display())
}

fn listens(path: &Path) -> String {
    format!("a server listens at {} already", path.display())
}

/// Does somebody listen there, who may be no server of this kind? Without waiting: one who was stopped accepts nobody, and is there all
/// the same.
fn is_listening(path: &Path) -> bool {
    let connect = || -> nix::Result<()> {
        let kind = SockType::Stream;
        let socket =
            socket(AddressFamily::Unix, kind, SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC, None)?;
        connect(socket.as_raw_fd(), &UnixAddr::new(path)?)
    };
    !matches!(connect(), Err(Errno::ECONNREFUSED | Errno::ENOENT))
}

/// A socket that is there from now on, for as long as its file is kept. One that a server before has left is replaced; one that a
/// living server has, or at which somebody else listens, is not.
///
/// # Errors
/// A sentence with the path.
pub(crate) fn bind(place: &Place<'_>) -> Result<(StdListener, File), String> {
    let Place { path, group, owner, mode } = place;
    let shown = path.display();
    let is_old = old(path)?;
    let alive = alone_at(path).map_err(|why| cannot(path, &why))?;
    let alive = alive.ok_or_else(|| listens(path))?;
    if is_old {
        if is_listening(path) {
            return Err(listens(path));
        }
        std::fs::remove_file(path).map_err(|why| format!("cannot remove the old {shown}: {why}"))?;
    }
    let bound = || -> Result<(StdListener, File), String> {
        // Nobody else can connect before the mode is right.
        let before = nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o177));
        let listener = StdListener::bind(path);
        nix::sys::stat::umask(before);
        let listener = listener.map_err(|why| why.to_string())?;
        chown(*path, *owner, *group).map_err(|why| format!("cannot give it to its group: {why}"))?;
        let mode = std::fs::Permissions::from_mode(*mode);
        std::fs::set_permissions(path, mode).map_err(|why| why.to_string())?;
        listener.set_nonblocking(true).map_err(|why| why.to_string())?;
        // As it is now that nothing more is done to it.
        Ok((listener, File::of(path, alive).map_err(|why| why.to_string())?))
    };
    bound().map_err(|why| cannot(path, &why))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream as StdStream;

    use super::*;

    /// What is left of it by a process that is killed.
    fn left(file: File) {
        let kept = file.path.with_extension("kept");
        std::fs::rename(&file.path, &kept).expect("there");
        let path = file.path.clone();
        drop(file);
        std::fs::rename(kept, path).expect("there");
    }

    /// In a process in which nothing else happens: the mask of files is that of a whole process, in which other tests make theirs.
    fn alone(name: &str, test: impl FnOnce()) {
        const ALONE: &str = "SYSADMD_TEST_ALONE";
        if std::env::var_os(ALONE).is_some() {
            return test();
        }
        let mut command = std::process::Command::new(std::env::current_exe().expect("its path"));
        let output =
            command.args(["--exact", name, "--nocapture"]).env(ALONE, name).output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stdout);
        // A name that is none runs nothing, successfully.
        let is_good = output.status.success() && told.contains("1 passed");
        assert!(is_good, "{told}{}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn what_is_no_socket_stays_and_who_does_not_accept_is_there() {
        let name = "root::bind::tests::what_is_no_socket_stays_and_who_does_not_accept_is_there";
        alone(name, stays_and_is_there);
    }

    fn stays_and_is_there() {
        let folder = std::env::temp_dir().join(format!("sysadmd-bind-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let path = folder.join("sock");
        let place = Place { path: &path, group: None, owner: None, mode: 0o600 };
        std::fs::write(&path, "somebody's").expect("written");
        assert!(bind(&place).expect_err("it is somebody's").contains("is no socket"));
        assert_eq!(std::fs::read(&path).expect("it stays"), b"somebody's");
        std::fs::remove_file(&path).expect("there");

        let (listener, file) = bind(&place).expect("nothing is there");
        assert!(bind(&place).expect_err("somebody listens").contains("already"));
        // Until its queue is full: whoever waited to connect would wait for ever.
        let mut clients = Vec::new();
        let kind = SockType::Stream;
        let full = loop {
            let client = socket(AddressFamily::Unix, kind, SockFlag::SOCK_NONBLOCK, None).expect("one more");
            match connect(client.as_raw_fd(), &UnixAddr::new(&path).expect("an address")) {
                Ok(()) if clients.len() < 5000 => clients.push(client),
                ended => break ended,
            }
        };
        if full == Err(Errno::EAGAIN) {
            assert!(bind(&place).expect_err("somebody listens").contains("already"));
        }
        drop((clients, listener));
        // As with a full queue on FreeBSD: he is there, and who connects is told what he is where nobody is.
        assert!(!is_listening(&path));
        assert!(bind(&place).expect_err("he lives").contains("already"));
        StdStream::connect(&path).expect_err("nobody has replaced it");
        // What was left by one that was killed is replaced.
        left(file);
        assert!(path.exists());
        let (listener, second) = bind(&place).expect("nobody listens");
        StdStream::connect(&path).expect("somebody listens");
        // Nor does one take it away whose place another has taken.
        std::fs::remove_file(&path).expect("there");
        std::fs::write(&path, "somebody's").expect("written");
        drop((listener, second));
        assert!(path.exists() && !folder.join("sock.lock").exists(), "its own is gone with it");
        std::fs::write(&path, "somebody's").expect("written");
        assert_eq!(group("no such group"), Err("there is no group \"no such group\"".to_owned()));
        let _ = std::fs::remove_dir_all(&folder);
    }
}
