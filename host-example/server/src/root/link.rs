//! One connection, as those see it who work for it.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sysadm_host::Status;
use tokio::sync::Semaphore;

use super::caller::Caller;
use super::outbox::{Held, Outbox};
use super::purse::{Payer, Purse, Share};
use super::throttle::Origin;
use crate::wire::frame::{self, Code, Form};

/// From where a connection comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// This machine's socket, and which user.
    Here(u32),
    /// The network, as the front says.
    There(IpAddr, Form),
}

impl From {
    /// Is it root, or whoever else runs this server, at the socket of this machine? He may read and write what it is configured with.
    pub(crate) fn is_ours(self) -> bool {
        matches!(self, From::Here(uid) if uid == 0 || uid == nix::unistd::geteuid().as_raw())
    }

    /// Whose failures it is that a login fails.
    pub(crate) fn origin(self) -> Origin {
        match self {
            From::Here(uid) => Origin::User(uid),
            From::There(address, _) => Origin::of(address),
        }
    }
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            From::Here(_) => f.write_str("this machine"),
            From::There(address, _) => write!(f, "{address}"),
        }
    }
}

/// A connection.
pub(crate) struct Link {
    pub(crate) number: u64,
    pub(crate) from: From,
    pub(crate) outbox: Arc<Outbox>,
    purse: Purse,
    /// As many requests as there may be at once.
    pub(crate) places: Arc<Semaphore>,
    /// The one place for a login of this connection: who sends requests behind it without waiting has them done as him who it is
    /// about, and sysadm's own client of Node does.
    pub(crate) login: Arc<Semaphore>,
    who: Mutex<Option<Caller>>,
    /// Whose purse it is, where logins come with the requests.
    payer: Mutex<Option<String>>,
    /// Requests in work.
    flight: Mutex<BTreeSet<u64>>,
    is_gone: AtomicBool,
    /// Somebody has, or has logged out.
    has_logged_in: AtomicBool,
}

impl Link {
    pub(crate) fn new(number: u64, from: From, who: Option<Caller>, at_once: usize, purse: &Purse) -> Link {
        Link {
            number,
            from,
            outbox: Arc::default(),
            purse: Arc::clone(purse),
            places: Arc::new(Semaphore::new(at_once)),
            login: Arc::new(Semaphore::new(1)),
            who: Mutex::new(who),
            payer: Mutex::default(),
            flight: Mutex::default(),
            is_gone: AtomicBool::new(false),
            has_logged_in: AtomicBool::new(false),
        }
    }

    /// Who it is, or was when somebody last looked.
    pub(crate) fn who(&self) -> Option<Caller> {
        lock(&self.who).clone()
    }

    /// Has somebody logged in here, or out, so that who it is is no matter of what the kernel says any more?
    pub(crate) fn has_logged_in(&self) -> bool {
        self.has_logged_in.load(Ordering::Relaxed)
    }

    /// He is nobody from now on, whoever the kernel says that he is.
    pub(crate) fn log_out(&self) {
        self.has_logged_in.store(true, Ordering::Relaxed);
        self.set_who(None);
    }

    pub(crate) fn set_who(&self, who: Option<Caller>) {
        self.has_logged_in.fetch_or(who.is_some(), Ordering::Relaxed);
        *lock(&self.who) = who;
    }

    /// A request is about to be worked on; `false` if nobody is there any more who would read its answer.
    pub(crate) fn begin(&self, request: u64) -> bool {
        lock(&self.flight).insert(request);
        let is_wanted = !self.is_gone.load(Ordering::SeqCst);
        if !is_wanted {
            self.end(request);
        }
        is_wanted
    }

    /// Nobody is there any more. Tells the requests in work.
    pub(crate) fn leave(&self) -> Vec<u64> {
        self.is_gone.store(true, Ordering::SeqCst);
        self.outbox.close();
        lock(&self.flight).iter().copied().collect()
    }

    /// Is nobody there any more?
    pub(crate) fn is_gone(&self) -> bool {
        self.is_gone.load(Ordering::SeqCst)
    }

    pub(crate) fn end(&self, request: u64) {
        lock(&self.flight).remove(&request);
    }

    /// May a line of his that has begun, or was answered, have so many bytes?
    pub(crate) fn has_room(&self, share: &mut Share, bytes: usize) -> bool {
        share.cover(&self.purse, || self.payer(), bytes)
    }

    /// Of whose purse is it what is kept for him?
    fn payer(&self) -> Payer {
        match (self.from, self.who()) {
            (From::Here(uid), _) => Payer::User(uid),
            (From::There(..), Some(caller)) => Payer::Account(caller.name),
            (From::There(..), None) => lock(&self.payer).clone().map_or(Payer::Strangers, Payer::Account),
        }
    }

    /// What comes of this request is this account's from now on, as it is itself; `false` if there is no room for it.
    pub(crate) fn charge(&self, account: &str, place: Option<&mut Held>) -> bool {
        *lock(&self.payer) = Some(account.to_owned());
        let Some(held) = place else { return true };
        let mut share = Share::default();
        let has_room = self.has_room(&mut share, held.bytes.bytes());
        if has_room {
            held.bytes = Arc::new(share);
        }
        has_room
    }

    /// Answer a request.
    pub(crate) fn answer(&self, id: &str, line: Vec<u8>, place: Option<Held>) {
        let mut share = Share::default();
        if self.has_room(&mut share, line.len()) {
            return self.outbox.answer(line, share, place);
        }
        let why = "it is done, but its answer is not kept: too many bytes of answers wait to be read";
        let line = frame::error(id, Status::Unavailable.into(), Some(why), None);
        self.outbox.answer(line, Share::default(), place);
    }

    /// Refuse a request.
    pub(crate) fn refuse(&self, id: &str, refusal: Refusal, place: Option<Held>) {
        let Refusal { code, why, retry_after } = refusal;
        self.answer(id, frame::error(id, code, Some(&why), retry_after), place);
    }
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) code: Code,
    pub(crate) why: String,
    pub(crate) retry_after: Option<u64>,
}

impl Refusal {
    pub(crate) fn new(code: impl Into<Code>, why: impl Into<String>) -> Refusal {
        Refusal { code: code.into(), why: why.into(), retry_after: None }
    }

    pub(crate) fn later(code: impl Into<Code>, why: impl Into<String>, seconds: u64) -> Refusal {
        Refusal { retry_after: Some(seconds.max(1)), ..Refusal::new(code, why) }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_with_a_login_is_paid_by_the_account() {
        let purse = Purse::default();
        let strangers = || {
            let (address, purse) = ([192, 0, 2, 1].into(), &purse);
            Link::new(1, From::There(address, Form::Rest), None, 1, purse)
        };
        let held = |link: &Link, bytes| {
            let mut share = Share::default();
            assert!(link.has_room(&mut share, bytes), "there is room for a line");
            let place = Arc::new(Arc::clone(&link.places).try_acquire_owned().expect("a place"));
            Held { _place: place, bytes: Arc::new(share), _open: Arc::default() }
        };
        // Each is more than half of what one may have, and what strangers have together.
        let links = [strangers(), strangers(), strangers()];
        let mut kept = Vec::new();
        for (link, name) in links.iter().zip(["alice", "bob", "carol"]) {
            let mut held = held(link, 31 << 20);
            assert!(link.charge(name, Some(&mut held)), "{name} has a purse of his own");
            kept.push(held);
        }
        let (one, two) = (strangers(), strangers());
        let (mut first, mut second) = (held(&one, 20 << 20), held(&two, 2 << 20));
        assert!(one.charge("dora", Some(&mut first)));
        assert!(two.charge("alice", Some(&mut second)), "the last may go beyond");
        assert!(!strangers().charge("alice", Some(&mut held(&strangers(), 20 << 20))), "she has no more");
    }

    #[test]
    fn failures_are_of_the_user_or_of_the_address() {
        assert_ne!(From::Here(0).origin(), From::Here(65534).origin());
        assert_ne!(From::Here(0).origin(), From::There([127, 0, 0, 1].into(), Form::Rest).origin());
    }

    #[tokio::test]
    async fn an_answer_for_which_there_is_no_room_is_told_to_be_away() {
        let (purse, large) = (Purse::default(), vec![b'x'; 20 << 20]);
        let link = |uid| Link::new(1, From::Here(uid), None, 4, &purse);
        let (one, same, other) = (link(1), link(1), link(2));
        for link in [&one, &same, &same, &other] {
            link.answer("\"id\"", large.clone(), None);
        }
        let first = one.outbox.next().await.expect("an answer");
        assert_eq!(first.bytes.len(), large.len());
        assert_eq!(same.outbox.next().await.expect("an answer").bytes.len(), large.len());
        let told = same.outbox.next().await.expect("an answer");
        let told: serde_json::Value = serde_json::from_slice(&told.bytes).expect("JSON");
        assert_eq!((&told["id"], &told["args"]["code"]), (&"id".into(), &"503".into()));
        assert_eq!(other.outbox.next().await.expect("an answer").bytes.len(), large.len());
        one.outbox.done(first);
        one.answer("\"id\"", large.clone(), None);
        assert_eq!(one.outbox.next().await.expect("an answer").bytes.len(), large.len());
    }
}
