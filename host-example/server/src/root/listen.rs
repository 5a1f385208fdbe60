//! The two Unix sockets: the one of this machine's people, of whom the kernel tells who they are, and the front's.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixListener as StdListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect, socket};
use nix::unistd::{Gid, Group, Uid, chown};
use sysadm_host::{Access, Level};
use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::caller::{Caller, Proof};
use super::lanes::Lane;
use super::lines::{Begun, Line};
use super::link::{From, Link};
use super::peer::{self, Groups};
use super::places::Places;
use super::server::Server;
use super::session::{AT_ONCE, serve};
use crate::accounts::Rights;
use crate::config::Config;
use crate::seldom::Seldom;
use crate::wire::frame::Hello;

/// How long the front may take to say for whom it speaks.
const HELLO: Duration = Duration::from_secs(10);
const MOST_OF_HELLO: u64 = 1024;
/// Descriptors for the modules, the programs that they run, and what is opened in passing.
const OWN_DESCRIPTORS: usize = 256;
/// How long the system's lists of users may take.
const LISTS: Duration = Duration::from_secs(10);

/// Whose a socket is, beside this process's user, and what they may.
pub(crate) struct Place<'a> {
    pub(crate) path: &'a Path,
    pub(crate) group: Option<&'a str>,
    pub(crate) owner: Option<Uid>,
    pub(crate) mode: u32,
}

/// Is there a socket at this path, which may be one that a server has left?
///
/// # Errors
/// There is something else, which is nobody's to remove.
pub(crate) fn old(path: &Path) -> Result<bool, String> {
    let shown = path.display();
    match std::fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => Ok(true),
        Ok(_) => Err(format!("{shown} is there, and is no socket")),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(why) => Err(format!("{shown}: {why}")),
    }
}

/// Does somebody listen there? Without waiting: one who was stopped accepts nobody, and is there all the same.
fn is_listening(path: &Path) -> bool {
    let connect = || -> nix::Result<()> {
        let kind = SockType::Stream;
        let socket =
            socket(AddressFamily::Unix, kind, SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC, None)?;
        connect(socket.as_raw_fd(), &UnixAddr::new(path)?)
    };
    !matches!(connect(), Err(Errno::ECONNREFUSED | Errno::ENOENT))
}

/// A socket that is there from now on. One that a server before has left is replaced; one at which somebody listens is not.
///
/// # Errors
/// A sentence with the path.
pub(crate) fn bind(place: &Place<'_>) -> Result<StdListener, String> {
    let Place { path, group, owner, mode } = place;
    let shown = path.display();
    if old(path)? {
        if is_listening(path) {
            return Err(format!("a server listens at {shown} already"));
        }
        std::fs::remove_file(path).map_err(|why| format!("cannot remove the old {shown}: {why}"))?;
    }
    let bound = || -> Result<StdListener, String> {
        // Nobody else can connect before the mode is right.
        let before = nix::sys::stat::umask(nix::sys::stat::Mode::from_bits_truncate(0o177));
        let listener = StdListener::bind(path);
        nix::sys::stat::umask(before);
        let listener = listener.map_err(|why| why.to_string())?;
        let group = match group {
            Some(name) => {
                let found = Group::from_name(name).map_err(|why| why.to_string())?;
                Some(found.ok_or_else(|| format!("there is no group {name:?}"))?.gid)
            }
            None => None,
        };
        chown(*path, *owner, group).map_err(|why| format!("cannot give it to its group: {why}"))?;
        let mode = std::fs::Permissions::from_mode(*mode);
        std::fs::set_permissions(path, mode).map_err(|why| why.to_string())?;
        listener.set_nonblocking(true).map_err(|why| why.to_string())?;
        Ok(listener)
    };
    bound().map_err(|why| format!("cannot listen at {shown}: {why}"))
}

/// Serve whoever connects, until it is over.
pub(crate) struct Serving {
    pub(crate) server: Arc<Server>,
    pub(crate) tasks: TaskTracker,
    /// Nobody more is taken.
    pub(crate) closing: CancellationToken,
    /// Who is there is not served any more.
    pub(crate) over: CancellationToken,
    /// What others can cause as often as they like.
    pub(crate) said: Arc<Said>,
}

/// What is said of it now and then.
#[derive(Default)]
pub(crate) struct Said {
    full: Seldom,
    accept: Seldom,
    unnamed: Seldom,
    front: Seldom,
}

impl Serving {
    /// The people of this machine.
    pub(crate) async fn here(self, listener: UnixListener) {
        let places = Arc::new(Places::new(self.server.config().limits.connections));
        loop {
            let Some(stream) = self.accept(&listener).await else { return };
            // One more is closed at once: who waits unheard would not know why.
            let peer = stream.peer_cred().ok().map(|peer| (peer.uid(), peer.gid()));
            let Some((uid, gid, place)) = peer.and_then(|(uid, gid)| Some((uid, gid, places.take(uid)?)))
            else {
                let text = "a connection was closed: there are as many as may be, in all or of its user";
                self.say(&self.said.full, Level::Warn, text);
                continue;
            };
            self.server.metrics.connected(false);
            let (server, over, said) = (Arc::clone(&self.server), self.over.clone(), Arc::clone(&self.said));
            self.tasks.spawn(async move {
                let (name, who) = match named(&server, uid, gid).await {
                    Ok(named) => named,
                    Err(why) => {
                        let text = format!("a connection of user {uid} was closed: {why}");
                        return say(&server, &said.unnamed, Level::Warn, &text);
                    }
                };
                let access = who.as_ref().map_or("no", |who| who.access().word());
                server.log.line(
                    Level::Info,
                    "socket",
                    &format!("{name:?} has connected, with {access} access"),
                );
                let link = Link::new(server.number(), From::Here(uid), who, AT_ONCE, &server.purse);
                let (reader, writer) = stream.into_split();
                let halves = (BufReader::new(reader), writer);
                serve(server, halves, Arc::new(link), Duration::ZERO, over.cancelled()).await;
                drop(place);
            });
        }
    }

    /// The front, for its clients. `uid`: the user that it is.
    pub(crate) async fn front(self, listener: UnixListener, uid: u32) {
        // Each of its clients has one, or one for each request, which are one after the other; and some are just ending.
        let config = self.server.config();
        let clients = config.tls.as_ref().map_or(1, |tls| tls.limits.connections);
        let most = clients.saturating_mul(2).min(spare(config.limits.connections));
        if most < clients {
            let text = format!("of so few descriptors the network gets {most}; `ulimit -Hn` is to be more");
            self.server.log.line(Level::Warn, "socket", &text);
        }
        let places = Arc::new(Semaphore::new(most));
        loop {
            let Some(stream) = self.accept(&listener).await else { return };
            let is_front = stream.peer_cred().is_ok_and(|peer| peer.uid() == uid || peer.uid() == 0);
            if !is_front {
                self.server.log.line(
                    Level::Warn,
                    "socket",
                    "somebody else has connected to the front's socket",
                );
                continue;
            }
            let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
                self.say(&self.said.front, Level::Warn, "the front has more connections than clients");
                continue;
            };
            self.server.metrics.connected(true);
            let (server, over) = (Arc::clone(&self.server), self.over.clone());
            self.tasks.spawn(async move {
                let (reader, writer) = stream.into_split();
                let mut reader = BufReader::with_capacity(4096, reader);
                let mut line = Begun::default();
                let read = timeout(HELLO, line.read(&mut reader, MOST_OF_HELLO, |_| true));
                let Ok(Ok(Line::Whole)) = read.await else { return };
                let Ok(Hello { peer, form, waited_s }) = serde_json::from_slice(line.bytes()) else {
                    return server.log.line(
                        Level::Warn,
                        "socket",
                        "the front has not said for whom it speaks",
                    );
                };
                let from = From::There(peer.ip(), form);
                let link = Link::new(server.number(), from, None, AT_ONCE, &server.purse);
                let waited = Duration::from_secs(waited_s);
                serve(server, (reader, writer), Arc::new(link), waited, over.cancelled()).await;
                drop(place);
            });
        }
    }

    fn say(&self, seldom: &Seldom, level: Level, text: &str) {
        say(&self.server, seldom, level, text);
    }

    /// The next connection; none when it is over.
    async fn accept(&self, listener: &UnixListener) -> Option<UnixStream> {
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.closing.cancelled() => return None,
            };
            match accepted {
                Ok((stream, _)) => return Some(stream),
                Err(why) => {
                    // Too many descriptors, mostly: it goes on when there are some.
                    let text = format!("cannot accept a connection: {why}");
                    self.say(&self.said.accept, Level::Error, &text);
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

fn say(server: &Server, seldom: &Seldom, level: Level, text: &str) {
    if let Some(unsaid) = seldom.time() {
        server.log.line(level, "socket", &format!("{text} ({unsaid} more before)"));
    }
}

/// So many descriptors as this configuration wants, as far as the system lets it. No more: whatever is run inherits it.
pub(crate) fn take_descriptors(config: &Config) {
    let clients = config.tls.as_ref().map_or(0, |tls| tls.limits.connections.saturating_mul(2));
    let wanted = config.limits.connections.saturating_add(clients).saturating_add(OWN_DESCRIPTORS);
    let wanted = u64::try_from(wanted).unwrap_or(u64::MAX);
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < wanted
    {
        // Where there are fewer, fewer come through from the network.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard);
    }
}

/// The descriptors that are left for the front's connections, when this machine's people have theirs, and those who run iocage.
fn spare(people: usize) -> usize {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1024, 1024));
    let soft = usize::try_from(soft).unwrap_or(usize::MAX);
    soft.saturating_sub(people).saturating_sub(OWN_DESCRIPTORS).clamp(16, Semaphore::MAX_PERMITS)
}

/// Who has connected: his name, and who he is if he may anything.
///
/// # Errors
/// It could not be found out; why, for the log.
async fn named(server: &Arc<Server>, uid: u32, gid: u32) -> Result<(String, Option<Caller>), &'static str> {
    let (name, access) = match peer::known(uid) {
        Some(known) => known,
        None => looked_up(server, uid, gid).await?,
    };
    let name = format!("{name}@local");
    let who = access.map(|access| Caller {
        name: name.clone(),
        rights: Rights::all(access),
        proof: Proof::Kernel,
        is_lowered: false,
    });
    Ok((name, who))
}

/// The same of whom the system's lists have to name.
async fn looked_up(
    server: &Arc<Server>,
    uid: u32,
    gid: u32,
) -> Result<(String, Option<Access>), &'static str> {
    let config = server.config();
    let groups = Groups { full: config.full_group.clone(), limited: config.limited_group.clone() };
    let (tell, told) = tokio::sync::oneshot::channel();
    let look_up = move || drop(tell.send(peer::look_up(uid, gid, &groups)));
    server
        .lanes
        .submit(Lane::Peers, Access::Full, look_up)
        .map_err(|_| "too many others wait for the system's lists of users")?;
    match timeout(LISTS, told).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(_)) => Err("the system's lists of users were not asked"),
        Err(_) => Err("the system's lists of users do not answer"),
    }
}

/// The user of this name, and its group.
///
/// # Errors
/// There is none.
pub(crate) fn user(name: &str) -> Result<(Uid, Gid), String> {
    let user = nix::unistd::User::from_name(name).map_err(|why| why.to_string())?;
    let user = user.ok_or_else(|| format!("there is no user {name:?}"))?;
    Ok((user.uid, user.gid))
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream as StdStream;

    use super::super::server::stand::Stand;
    use super::*;

    #[test]
    fn what_is_no_socket_stays_and_who_does_not_accept_is_there() {
        let folder = std::env::temp_dir().join(format!("sysadmd-bind-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir(&folder).expect("a folder");
        let path = folder.join("sock");
        let place = Place { path: &path, group: None, owner: None, mode: 0o600 };
        std::fs::write(&path, "somebody's").expect("written");
        assert!(bind(&place).expect_err("it is somebody's").contains("is no socket"));
        assert_eq!(std::fs::read(&path).expect("it stays"), b"somebody's");
        std::fs::remove_file(&path).expect("there");

        let listener = bind(&place).expect("nothing is there");
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
        assert!(StdStream::connect(&path).is_err());
        bind(&place).expect("what was left is replaced");
        let _ = std::fs::remove_dir_all(&folder);
    }

    #[test]
    fn what_is_wanted_of_descriptors_is_taken() {
        let (before, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
        let mut config = Config::default();
        config.limits.connections = usize::try_from(before).expect("a number");
        take_descriptors(&config);
        let (now, _) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
        assert_eq!(now, hard.min(before + OWN_DESCRIPTORS as u64));
        let _ = setrlimit(Resource::RLIMIT_NOFILE, before, hard);
    }

    #[tokio::test]
    async fn root_is_heard_when_the_lists_of_users_hang() {
        let Stand(server, _) = &Stand::new("lists-hang");
        let (release, hangs) = std::sync::mpsc::channel::<()>();
        let hangs = Arc::new(std::sync::Mutex::new(hangs));
        let hang = || {
            let hangs = Arc::clone(&hangs);
            move || drop(hangs.lock().map(|hangs| hangs.recv()))
        };
        while server.lanes.submit(Lane::Peers, Access::Full, hang()).is_ok() {}
        let (name, who) = named(server, 0, 0).await.expect("at once");
        assert_eq!((name.as_str(), who.map(|who| who.access())), ("root@local", Some(Access::Full)));
        assert!(named(server, 1, 1).await.expect_err("no room").contains("lists of users"));
        drop(release);
    }
}
