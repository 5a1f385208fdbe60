//! The two Unix sockets: the one of this machine's people, of whom the kernel tells who they are, and the front's.

use std::sync::Arc;
use std::time::Duration;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::unistd::{Gid, Uid};
use sysadm_host::{Access, Level};
use tokio::io::BufReader;
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::caller::{Caller, Proof};
use super::counted::Counted;
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
/// How often it is asked whether somebody is still in his groups.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// How long the system's lists of users may take.
const LISTS: Duration = Duration::from_secs(10);

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
                let (halves, link) = ((BufReader::new(reader), writer), Arc::new(link));
                let ending = over.cancelled();
                tokio::select! {
                    () = serve(Arc::clone(&server), halves, Arc::clone(&link), Duration::ZERO, ending) => {}
                    () = look_again(&server, &link, uid, gid) => {}
                }
                drop(place);
            });
        }
    }

    /// The front, for its clients. `uid`: the user that it is.
    pub(crate) async fn front(self, listener: UnixListener, uid: u32) {
        // Each of its clients has one, or one for each request, which are one after the other; and some are just ending.
        let (most, clients) = most_of_front(&self.server.config());
        if most < clients {
            let text = format!("of so few descriptors the network gets {most}; `ulimit -Hn` is to be more");
            self.server.log.line(Level::Warn, "socket", &text);
        }
        let places = Arc::new(Counted::default());
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
            // Of the configuration as it is now.
            let Some(place) = places.take((), most_of_front(&self.server.config()).0) else {
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
    let wanted = libc::rlim_t::try_from(wanted).unwrap_or(libc::rlim_t::MAX);
    if let Ok((soft, hard)) = getrlimit(Resource::RLIMIT_NOFILE)
        && soft < wanted
    {
        // Where there are fewer, fewer come through from the network.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, wanted.min(hard), hard);
    }
}

/// How many connections the front may have, and how many clients.
fn most_of_front(config: &Config) -> (usize, usize) {
    let clients = config.tls.as_ref().map_or(1, |tls| tls.limits.connections);
    (clients.saturating_mul(2).min(spare(config.limits.connections)), clients)
}

/// The descriptors that are left for the front's connections, when this machine's people have theirs, and those who run iocage.
fn spare(people: usize) -> usize {
    let (soft, _) = getrlimit(Resource::RLIMIT_NOFILE).unwrap_or((1024, 1024));
    let soft = usize::try_from(soft).unwrap_or(usize::MAX);
    soft.saturating_sub(people).saturating_sub(OWN_DESCRIPTORS).max(16)
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

/// Ask the system's lists again now and then, for as long as he is connected: what he may is what they say, and not what they said.
async fn look_again(server: &Arc<Server>, link: &Link, uid: u32, gid: u32) {
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        // Where they do not answer he is who he was.
        if let Ok((name, now)) = named(server, uid, gid).await
            && is_other(link, now)
        {
            let text = format!("{name:?} is in other groups by now: his connection ends");
            server.log.line(Level::Info, "socket", &text);
            server.hub.leave(link.number);
            // What waits to be written is written before.
            link.outbox.end();
        }
    }
}

/// May who was named by the kernel something else now? He is nobody from then on in this connection. Who has logged in since goes by that.
fn is_other(link: &Link, now: Option<Caller>) -> bool {
    let is_other = link.who().is_some_and(|who| {
        matches!(who.proof, Proof::Kernel)
            && Some(who.rights.access) != now.as_ref().map(|now| now.rights.access)
    });
    if is_other {
        link.set_who(None);
    }
    is_other
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

/// The user of this name that the front becomes, and its group. Asks the system's lists.
///
/// # Errors
/// There is none, or it is root.
pub(crate) fn user(name: &str) -> Result<(Uid, Gid), String> {
    let wrong = |why: String| Err(format!("`tls.user`: {why}"));
    match nix::unistd::User::from_name(name) {
        Err(why) => wrong(why.to_string()),
        Ok(None) => wrong(format!("there is no user {name:?}")),
        Ok(Some(user)) if user.uid.is_root() => {
            wrong(format!("{name:?} is root, and what reads from the network is to be nobody"))
        }
        Ok(Some(user)) => Ok((user.uid, user.gid)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::server::stand::Stand;
    use super::*;

    #[test]
    fn what_is_wanted_of_descriptors_is_taken() {
        let (before, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
        let mut config = Config::default();
        config.limits.connections = usize::try_from(before).expect("a number");
        take_descriptors(&config);
        let (now, _) = getrlimit(Resource::RLIMIT_NOFILE).expect("a limit");
        assert_eq!(now, hard.min(before + OWN_DESCRIPTORS as libc::rlim_t));
        // What the front may have goes by the configuration as it is, and by what there is.
        config.limits.connections = 1;
        config.tls = Some(crate::config::Tls::default());
        for (clients, most) in [(20, 40), (30, 60), (usize::MAX, spare(1))] {
            config.tls.as_mut().expect("just set").limits.connections = clients;
            assert_eq!(most_of_front(&config), (most, clients));
        }
        let _ = setrlimit(Resource::RLIMIT_NOFILE, before, hard);
    }

    #[test]
    fn who_has_left_a_group_is_nobody() {
        let purse = super::super::purse::Purse::default();
        let of = |access| Caller {
            name: "alice@local".to_owned(),
            rights: Rights::all(access),
            proof: Proof::Kernel,
            is_lowered: false,
        };
        for (now, ends) in [(Some(Access::Full), false), (Some(Access::Limited), true), (None, true)] {
            let link = Link::new(1, From::Here(1), Some(of(Access::Full)), 1, &purse);
            assert_eq!((is_other(&link, now.map(of)), link.who().is_none()), (ends, ends), "{now:?}");
        }
        assert!(!is_other(&Link::new(1, From::Here(1), None, 1, &purse), None));
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
