//! One connection: lines are read and given on, answers and events are written, until one of both has enough.
//!
//! Who sends nothing more, but still reads, gets the answers that he waits for: `printf ... | nc -U` is such a client. One who
//! has gone gets none: what he asked for is ended where it only reads (`Host::client_gone`).

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use sysadm_host::Status;
use tokio::io::{AsyncWriteExt, BufReader, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::ask;
use super::lines::{Begun, Line};
use super::link::{From, Link, Refusal};
use super::outbox::Held;
use super::purse::Share;
use super::server::Server;
use crate::wire::frame::Form;

/// The most bytes of a line of this machine's people.
const MOST_HERE: u64 = 16 << 20;
/// Of somebody whom nobody knows, or who may nothing: enough to log in.
const MOST_OF_STRANGER: u64 = 64 << 10;
/// What stands around the args of a request.
const AROUND: u64 = 64 << 10;
/// How long somebody may take to read something of what is written to him.
const WRITE: Duration = Duration::from_secs(30);
/// How often it is looked whether he is still there who sends nothing more.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Requests of one connection at once.
pub(super) const AT_ONCE: usize = 64;

/// The two halves of a connection.
pub(super) type Halves = (BufReader<OwnedReadHalf>, OwnedWriteHalf);

/// Serve a connection to its end, or to that of the server. So long its client has waited before.
pub(super) async fn serve(
    server: Arc<Server>,
    (reader, writer): Halves,
    link: Arc<Link>,
    waited: Duration,
    ending: impl Future<Output = ()>,
) {
    let written = write(&link, writer);
    let begun = Instant::now().checked_sub(waited).unwrap_or_else(Instant::now);
    let read = read(&server, &link, reader, begun);
    tokio::select! {
        () = written => {}
        () = read => {}
        () = ending => {}
    }
    let requests = link.leave();
    // After that nobody subscribes for it: see `own::subscribe`.
    server.hub.leave(link.number);
    for request in requests {
        server.host.client_gone(request);
    }
}

/// Write what there is. Ends when he does not read.
async fn write(link: &Link, mut writer: OwnedWriteHalf) {
    loop {
        let Some(line) = link.outbox.next().await else { return };
        let mut rest = &*line.bytes;
        while !rest.is_empty() {
            match timeout(WRITE, writer.write(rest)).await {
                Ok(Ok(count)) if count > 0 => rest = &rest[count..],
                _ => return,
            }
        }
        link.outbox.done(line);
    }
}

/// Read lines and give them on. Ends when there is nothing more to do for him.
async fn read(server: &Arc<Server>, link: &Arc<Link>, mut reader: BufReader<OwnedReadHalf>, begun: Instant) {
    let mut since = Since { unknown: begun, was_known: false };
    let mut line = Begun::default();
    loop {
        // What comes behind a login is done when it is known who that is.
        let Ok(_) = link.login.acquire().await.map(drop) else { return };
        // No more is read than may be worked on; who sends on is held up by his own socket.
        let Ok(place) = Arc::clone(&link.places).acquire_owned().await else { return };
        let heard = Instant::now();
        let mut share = Share::default();
        let read = loop {
            tokio::select! {
                read = line.read(&mut reader, most(server, link), |bytes| link.has_room(&mut share, bytes)) => {
                    break read;
                }
                () = sleep_until(since.until(server, link, heard)) => {}
            }
            // What he waits for is not idleness, and a login may have come to its end meanwhile.
            if is_busy(link, 1) {
                sleep(LOOK_EVERY).await;
            } else if since.until(server, link, heard) <= Instant::now() {
                return;
            }
        };
        // From now on it is a request, for the end of the server, too.
        let held = |place| Held { _place: Arc::new(place), bytes: Arc::new(share), _open: server.open() };
        match read {
            Ok(Line::Whole) if line.bytes().iter().all(u8::is_ascii_whitespace) => {}
            Ok(Line::Whole) => ask::take(server, link, line.bytes(), held(place)),
            Ok(Line::TooLong) => {
                let why = format!("the request has more than {} bytes", most(server, link));
                ask::unread(server, link, Refusal::new(Status::BadRequest, why), held(place));
            }
            Ok(Line::NoRoom) => {
                ask::unread(server, link, Refusal::later(Status::Unavailable, ask::NO_ROOM, 1), held(place));
            }
            Ok(Line::End) => {
                drop(place);
                return wait_for_answers(link, &reader).await;
            }
            Err(_) => return,
        }
        line.clear();
    }
}

/// The most bytes of a line, whatever the front lets through.
fn most(server: &Server, link: &Link) -> u64 {
    match link.from {
        From::Here(_) | From::There(_, Form::Websocket) if link.who().is_none() => MOST_OF_STRANGER,
        From::Here(_) => MOST_HERE,
        From::There(..) => {
            let frame = server.config().tls.as_ref().map_or(0, |tls| tls.limits.frame_bytes);
            frame as u64 + AROUND
        }
    }
}

/// Since when it is not known who he is.
struct Since {
    unknown: Instant,
    was_known: bool,
}

impl Since {
    /// Until when the next line is waited for: who has yet to log in has less time, and who listens to events over HTTP
    /// sends nothing more.
    fn until(&mut self, server: &Server, link: &Link, heard: Instant) -> Instant {
        let limits = &server.config().limits;
        let is_known = link.who().is_some();
        if self.was_known && !is_known {
            self.unknown = Instant::now();
        }
        self.was_known = is_known;
        match link.from {
            From::There(_, Form::Events) => Instant::now() + Duration::from_secs(limits.idle_s),
            // Whom the kernel names and nothing is allowed is no less a stranger: he would keep the place of another.
            From::Here(_) | From::There(_, Form::Websocket) if !is_known => {
                self.unknown + Duration::from_secs(limits.login_s)
            }
            // The front has the whole request before it connects.
            From::There(_, Form::Rest) => heard + Duration::from_secs(limits.login_s),
            _ => heard + Duration::from_secs(limits.idle_s),
        }
    }
}

/// Are there requests in work or unread answers, beside so many places that are held otherwise?
fn is_busy(link: &Link, held: usize) -> bool {
    link.places.available_permits() + held < AT_ONCE
}

/// He sends nothing more: wait until all is answered, or he does not read any more either.
async fn wait_for_answers(link: &Link, reader: &BufReader<OwnedReadHalf>) {
    while is_busy(link, 0) {
        let stream: &UnixStream = reader.get_ref().as_ref();
        let is_gone = stream
            .ready(Interest::WRITABLE | Interest::READABLE)
            .await
            .is_ok_and(|ready| ready.is_write_closed());
        if is_gone {
            return;
        }
        sleep(LOOK_EVERY).await;
    }
}

#[cfg(test)]
mod tests {
    use sysadm_host::Access;

    use super::super::caller::{Caller, Proof};
    use super::super::server::stand::Stand;
    use super::*;
    use crate::accounts::Rights;

    #[test]
    fn who_may_nothing_has_as_long_as_it_takes_to_log_in() {
        let Stand(server, _) = &Stand::new("stranger");
        let limits = server.config().limits.clone();
        let (login, idle) = (Duration::from_secs(limits.login_s), Duration::from_secs(limits.idle_s));
        assert!(login < idle);
        let begun = Instant::now();
        let mut since = Since { unknown: begun, was_known: false };
        let heard = begun + Duration::from_secs(10);
        let address = [192, 0, 2, 1].into();
        for from in [From::Here(65534), From::There(address, Form::Websocket)] {
            let link = Link::new(1, from, None, AT_ONCE, &server.purse);
            assert_eq!(
                since.until(server, &link, heard),
                begun + login,
                "{from:?}: what he sends does not help"
            );
        }
        let root = Caller {
            name: "root@local".to_owned(),
            rights: Rights::all(Access::Full),
            proof: Proof::Kernel,
            is_lowered: false,
        };
        let link = Link::new(1, From::Here(0), Some(root), AT_ONCE, &server.purse);
        assert_eq!(since.until(server, &link, heard), heard + idle);
        // From when he is nobody any more.
        link.set_who(None);
        let until = since.until(server, &link, heard);
        assert!(until >= begun + login && until < heard + idle, "{until:?}");
    }
}
