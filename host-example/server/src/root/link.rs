//! One connection, as those see it who work for it.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use super::caller::Caller;
use super::outbox::{Held, Outbox};
use crate::wire::frame::{self, Code, Form};

/// From where a connection comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum From {
    /// This machine's socket.
    Here,
    /// The network, as the front says.
    There(IpAddr, Form),
}

impl From {
    pub(crate) fn address(self) -> Option<IpAddr> {
        match self {
            From::Here => None,
            From::There(address, _) => Some(address),
        }
    }
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            From::Here => f.write_str("this machine"),
            From::There(address, _) => write!(f, "{address}"),
        }
    }
}

/// A connection.
pub(crate) struct Link {
    pub(crate) number: u64,
    pub(crate) from: From,
    pub(crate) outbox: Arc<Outbox>,
    /// As many requests as there may be at once.
    pub(crate) places: Arc<Semaphore>,
    /// The one place for a login of this connection: who sends requests behind it without waiting has them done as him who it is
    /// about, and sysadm's own client of Node does.
    pub(crate) login: Arc<Semaphore>,
    who: Mutex<Option<Caller>>,
    /// Requests in work.
    flight: Mutex<BTreeSet<u64>>,
    is_gone: AtomicBool,
}

impl Link {
    pub(crate) fn new(number: u64, from: From, who: Option<Caller>, at_once: usize) -> Link {
        Link {
            number,
            from,
            outbox: Arc::default(),
            places: Arc::new(Semaphore::new(at_once)),
            login: Arc::new(Semaphore::new(1)),
            who: Mutex::new(who),
            flight: Mutex::default(),
            is_gone: AtomicBool::new(false),
        }
    }

    /// Who it is, or was when somebody last looked.
    pub(crate) fn who(&self) -> Option<Caller> {
        lock(&self.who).clone()
    }

    pub(crate) fn set_who(&self, who: Option<Caller>) {
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

    /// Refuse a request.
    pub(crate) fn refuse(&self, id: &str, refusal: Refusal, place: Option<Held>) {
        let Refusal { code, why, retry_after } = refusal;
        self.outbox.answer(frame::error(id, code, Some(&why), retry_after), place);
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
