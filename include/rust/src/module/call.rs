//! One call into an instance, and the calls an instance has in flight.
//!
//! The class asks its [`Call`] whether to go on; the host ends a call by its
//! request id, by its own `is_cancelled`, or by closing the instance. All three
//! meet here, so that a class has one question to ask.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::hostref::HostRef;
use crate::{Access, Level};

/// What a class knows of the call it answers.
pub struct Call<'a> {
    pub(super) host: &'a HostRef,
    pub(super) level: &'a AtomicU32,
    pub(super) ended: Arc<AtomicBool>,
    pub(super) started: Instant,
    /// What the caller may do.
    pub access: Access,
    /// Who asks, as the host says it: for logs, and empty where it does not say. No
    /// right hangs on it, and it may hold any character.
    pub caller: &'a str,
    /// The host's number for it; 0 for none.
    pub request_id: u64,
    /// When the caller stops waiting, if it said so.
    pub deadline: Option<Instant>,
}

impl Call<'_> {
    /// Has everybody lost interest? Cheap enough to be asked every few
    /// milliseconds.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.ended.load(Ordering::Relaxed) || self.host.is_cancelled(self.request_id)
    }

    /// The most talkative level that reaches the host's log; `None` for nothing.
    /// It belongs to what a successor takes over.
    #[must_use]
    pub fn log_level(&self) -> Option<Level> {
        Level::from_code(self.level.load(Ordering::Relaxed))
    }

    /// What the host sets by `set_log_level`, taken over from a predecessor.
    pub fn set_log_level(&self, level: Option<Level>) {
        self.level.store(level.map_or(0, Level::code), Ordering::Relaxed);
    }

    /// Does the host listen to [`Call::progress`]? Who has to work for what it tells can ask before.
    #[must_use]
    pub fn wants_progress(&self) -> bool {
        self.host.wants_progress()
    }

    /// Does the host listen to [`Call::emit_event`]?
    #[must_use]
    pub fn wants_events(&self) -> bool {
        self.host.wants_events()
    }

    /// Tell the host how far the request is, by a JSON object: what is none is told as the
    /// `value` of one. A few times a second are enough.
    pub fn progress(&self, told: &Value) {
        self.host.progress(self.request_id, &object(told));
    }

    /// Tell the host, by the convention that the header has for all classes, that this action is running and
    /// how many hundredths of it are done, or of an item of it.
    pub fn percent(&self, action: &str, item: Option<&str>, percent: u64) {
        let since = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let mut told =
            json!({"action": action, "percent": percent.min(100), "since_ms": since, "state": "running"});
        if let Some(item) = item {
            told["item"] = item.into();
        }
        self.progress(&told);
    }

    /// Tell the host's clients of something that is no answer to a request: the name of the
    /// event, and a JSON object as for [`Call::progress`]. A host without events drops it.
    pub fn emit_event(&self, name: &str, told: &Value) {
        self.host.emit_event(name, &object(told));
    }

    /// An extension of the host's: the table that this id stands for, with the type that it gives it;
    /// `None` where the host has it not. Valid until the instance is closed.
    #[must_use]
    pub fn extension(&self, id: &str) -> Option<NonNull<c_void>> {
        self.host.extension(id)
    }
}

fn object(told: &Value) -> String {
    if told.is_object() { told.to_string() } else { json!({ "value": told }).to_string() }
}

/// The calls an instance has in flight.
#[derive(Default)]
pub(super) struct InFlight {
    calls: Mutex<Calls>,
    ended: Condvar,
}

#[derive(Default)]
struct Calls {
    /// The thread that closes the instance, once one does.
    closing: Option<Thread>,
    running: Vec<Running>,
}

struct Running {
    request_id: u64,
    ended: Arc<AtomicBool>,
    thread: Thread,
}

/// A thread, as long as it is inside. Not std's, which leaves a thread-local with a
/// destructor behind.
type Thread = usize;

fn this_thread() -> Thread {
    // SAFETY: it takes nothing and cannot fail. (A pointer on some systems, a number on
    // others; it is compared only.)
    unsafe { libc::pthread_self() as Thread }
}

impl InFlight {
    /// Nothing in here panics while the lock is held, so it is never poisoned; if
    /// it were, what it guards would be whole all the same.
    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Note a call; `None` once the instance is closing.
    pub(super) fn enter(&self, request_id: u64) -> Option<Entered<'_>> {
        let mut calls = self.lock();
        if calls.closing.is_some() {
            return None;
        }
        let flag = Arc::new(AtomicBool::new(false));
        calls.running.push(Running { request_id, ended: Arc::clone(&flag), thread: this_thread() });
        Some(Entered { all: self, flag })
    }

    /// End the calls with this id early.
    pub(super) fn cancel(&self, request_id: u64) {
        for call in &self.lock().running {
            if call.request_id == request_id {
                call.ended.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Let nobody in any more; `false`, and nothing is done, for a thread that is itself
    /// inside, in a function of the host's: it would wait for its own end, or free what
    /// it is about to use.
    pub(super) fn shut(&self) -> bool {
        let mut calls = self.lock();
        let own = this_thread();
        if calls.closing == Some(own) || calls.running.iter().any(|call| call.thread == own) {
            return false;
        }
        calls.closing = Some(own);
        true
    }

    /// Once it is shut, wait up to `drain`, end what is left and wait for that. Returns
    /// the ids of the calls that had to be ended.
    pub(super) fn drain(&self, drain: Duration) -> Vec<u64> {
        let calls = self.lock();
        let (mut calls, _) = self
            .ended
            .wait_timeout_while(calls, drain, |calls| !calls.running.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let left = calls.running.iter().map(|call| call.request_id).collect();
        for call in &calls.running {
            call.ended.store(true, Ordering::Relaxed);
        }
        while !calls.running.is_empty() {
            calls = self.ended.wait(calls).unwrap_or_else(PoisonError::into_inner);
        }
        left
    }
}

/// A call that is noted as long as this lives.
pub(super) struct Entered<'a> {
    all: &'a InFlight,
    pub(super) flag: Arc<AtomicBool>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut calls = self.all.lock();
        if let Some(at) = calls.running.iter().position(|call| Arc::ptr_eq(&call.ended, &self.flag)) {
            calls.running.swap_remove(at);
        }
        if calls.closing.is_some() {
            self.all.ended.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test is no module")]
    fn drain_ends_what_does_not_end_by_itself_and_names_it() {
        let all = InFlight::default();
        std::thread::scope(|scope| {
            let entered = all.enter(7).expect("open");
            scope.spawn(move || {
                while !entered.flag.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            });
            assert!(!all.shut(), "by the thread that went in");
            assert_eq!(all.lock().running.len(), 1);
            // The call goes on elsewhere, as only this test can have it.
            all.lock().running[0].thread = 0;
            assert!(all.shut());
            assert_eq!(all.drain(Duration::from_millis(20)), [7]);
            assert!(!all.shut(), "it is being closed by this thread");
        });
        assert!(all.enter(8).is_none(), "closed for good");
    }

    #[test]
    fn cancel_reaches_the_calls_of_that_id_only() {
        let all = InFlight::default();
        let (one, two) = (all.enter(1).expect("open"), all.enter(2).expect("open"));
        all.cancel(2);
        assert!(!one.flag.load(Ordering::Relaxed));
        assert!(two.flag.load(Ordering::Relaxed));
    }
}
