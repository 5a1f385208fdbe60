//! Waiting for a place: the rules behind a mutex, and a bell for each who waits.
//!
//! The mutex is held for a few steps and never while the host is asked whether a request
//! is still wanted. A bell of its own for each, because one for all would wake a thousand
//! for every one that can go on.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sysadm_class::{Access, Status};

use super::rules::{Rules, Standing, Ticket};
use crate::config::{AtOnce, Turn};
use crate::error::{Code, Error};

/// How often who waits looks whether it is still wanted.
const LOOK: Duration = Duration::from_millis(50);
/// The longest args that are compared: what somebody asks for again and again is short.
const LONGEST: usize = 4096;

/// What a request asks, and with which rights: who asks the same may be told the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    access: Access,
    args: Box<[u8]>,
}

impl Question {
    /// The question of these args, to the byte; none if they are too long to be compared.
    #[must_use]
    pub fn new(access: Access, args: &[u8]) -> Option<Question> {
        (args.len() <= LONGEST).then(|| Question { access, args: args.into() })
    }
}

/// An answer, for several.
pub type Told = Arc<(Status, Vec<u8>)>;

/// How long a request waits.
#[derive(Clone, Copy)]
pub struct Patience<'a> {
    /// Until then.
    pub until: Instant,
    /// Has everybody lost interest?
    pub cancelled: &'a dyn Fn() -> bool,
    /// Told at each look how many have a place and how many wait, if anybody is.
    pub told: Option<&'a dyn Fn(usize, usize)>,
}

/// The places of one instance.
#[derive(Debug)]
pub struct Places {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    rules: Rules<Question, Told>,
    bells: Vec<(Ticket, Arc<Condvar>)>,
}

/// It is the request's turn, or need not be.
#[derive(Debug)]
pub enum Entered {
    /// It has a place.
    Has(Place),
    /// Somebody else has asked the same.
    Told(Told),
}

/// A place, given back when it is dropped.
#[derive(Debug)]
pub struct Place {
    places: Arc<Places>,
    ticket: Ticket,
}

impl Places {
    /// So many.
    #[must_use]
    pub fn new(bounds: AtOnce) -> Places {
        Places { state: Mutex::new(State { rules: Rules::new(bounds), bells: Vec::new() }) }
    }

    /// Wait for a place of this kind, or for the answer to the same question.
    ///
    /// # Errors
    /// [`Code::Busy`] with how many are in the way, or [`Code::Cancelled`].
    pub fn enter(
        self: &Arc<Places>,
        turn: Turn,
        question: Option<Question>,
        patience: Patience<'_>,
    ) -> Result<Entered, Error> {
        let mut state = self.lock();
        let ticket = state.rules.arrive(turn, question);
        // From here on it leaves when this is dropped, on whichever way out.
        let place = Place { places: Arc::clone(self), ticket };
        if state.rules.standing(ticket) == Some(&Standing::Has) {
            return Ok(Entered::Has(place));
        }
        let bell = Arc::new(Condvar::new());
        state.bells.push((ticket, Arc::clone(&bell)));
        loop {
            match state.rules.standing(ticket) {
                Some(Standing::Has) => return Ok(Entered::Has(place)),
                Some(Standing::Told(told)) => {
                    let told = Arc::clone(told);
                    // It leaves, which takes the mutex.
                    drop(state);
                    return Ok(Entered::Told(told));
                }
                _ => {}
            }
            let (running, waiting) = state.rules.count(turn);
            drop(state);
            if (patience.cancelled)() {
                let message = "the request was cancelled while it waited for its turn; nothing was done";
                return Err(Error::new(Code::Cancelled, message));
            }
            let left = patience.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(busy(turn, running, waiting));
            }
            if let Some(told) = patience.told {
                told(running, waiting);
            }
            state = self.lock();
            // Who rang in between has changed the standing, which is looked at first.
            if matches!(state.rules.standing(ticket), Some(Standing::Waits | Standing::With(_))) {
                state = bell.wait_timeout(state, LOOK.min(left)).unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }

    /// Nothing in here panics while it is held; if something did, the rules are whole between
    /// any two steps.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn leave(&self, ticket: Ticket, answer: Option<Told>) {
        let mut state = self.lock();
        state.bells.retain(|(of, _)| *of != ticket);
        let mut told = state.rules.leave(ticket, answer);
        told.sort_unstable();
        let is_told = |of: &Ticket| told.binary_search(of).is_ok();
        state.bells.iter().filter(|(of, _)| is_told(of)).for_each(|(_, bell)| bell.notify_one());
    }
}

impl Place {
    /// Give it back, with the answer for those who have asked the same, if there are any. `None`
    /// is an answer that is nobody else's: the next of them asks itself.
    pub fn end(self, answer: impl FnOnce() -> Option<Told>) {
        // Nobody comes to those who wait for it any more, so it can be asked before.
        let is_awaited = self.places.lock().rules.is_awaited(self.ticket);
        if is_awaited {
            self.places.leave(self.ticket, answer());
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Nothing, if it has ended.
        self.places.leave(self.ticket, None);
    }
}

fn busy(turn: Turn, running: usize, waiting: usize) -> Error {
    let kind = turn.plural();
    // One of those who wait is this one.
    let others = waiting.saturating_sub(1);
    let message = format!(
        "{running} other {kind} are at work and {others} wait, and its turn did not come in time (`at_once`); \
         nothing was done"
    );
    Error::new(Code::Busy, message)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test is no module")]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    fn places(read: usize) -> Arc<Places> {
        Arc::new(Places::new(AtOnce::default().with(Turn::Read, read)))
    }

    fn patience(cancelled: &dyn Fn() -> bool) -> Patience<'_> {
        Patience { until: Instant::now() + Duration::from_secs(60), cancelled, told: None }
    }

    fn question(word: &str) -> Option<Question> {
        Question::new(Access::Limited, word.as_bytes())
    }

    fn has(entered: Result<Entered, Error>) -> Place {
        match entered.expect("in time") {
            Entered::Has(place) => place,
            Entered::Told(told) => panic!("{told:?}"),
        }
    }

    fn wait_for(places: &Places, running_and_waiting: (usize, usize)) {
        let until = Instant::now() + Duration::from_secs(60);
        while places.lock().rules.count(Turn::Read) != running_and_waiting {
            assert!(Instant::now() < until, "{running_and_waiting:?}");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn many_threads_pass_by_a_few_places() {
        const THREADS: usize = 200;
        let (places, inside, most, asked) =
            (places(3), AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for at in 0..THREADS {
                let (places, inside, most, asked) = (&places, &inside, &most, &asked);
                scope.spawn(move || {
                    let word = if at % 3 == 0 { None } else { question(&(at % 7).to_string()) };
                    match places.enter(Turn::Read, word, patience(&|| false)).expect("in time") {
                        Entered::Told(told) => assert_eq!(told.1, (at % 7).to_string().into_bytes()),
                        Entered::Has(place) => {
                            most.fetch_max(inside.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                            asked.fetch_add(1, Ordering::SeqCst);
                            thread::sleep(Duration::from_millis(1));
                            inside.fetch_sub(1, Ordering::SeqCst);
                            // One in eleven ends without an answer for others.
                            let answer = (Status::Ok, (at % 7).to_string().into_bytes());
                            place.end(|| (at % 11 != 0).then(|| Arc::new(answer)));
                        }
                    }
                });
            }
        });
        assert_eq!(most.into_inner(), 3);
        assert!((67..THREADS).contains(&asked.into_inner()), "those without a question, and some for others");
        let state = places.lock();
        assert!(state.rules.count(Turn::Read) == (0, 0) && state.bells.is_empty(), "nothing is kept");
    }

    /// Whoever asked for others, and panics, leaves them to one of their own.
    #[test]
    fn a_panic_gives_the_place_back_and_answers_nobody() {
        let places = places(1);
        let first = has(places.enter(Turn::Read, None, patience(&|| false)));
        let fails = AtomicUsize::new(1);
        let told = thread::scope(|scope| {
            let asks = || {
                catch_unwind(AssertUnwindSafe(|| {
                    match places.enter(Turn::Read, question("x"), patience(&|| false)).expect("in time") {
                        Entered::Told(told) => told,
                        Entered::Has(place) => {
                            assert_ne!(fails.fetch_sub(1, Ordering::SeqCst), 1, "as planned");
                            let answer = Arc::new((Status::Ok, b"y".to_vec()));
                            place.end(|| Some(Arc::clone(&answer)));
                            answer
                        }
                    }
                }))
                .is_ok_and(|told| told.1 == b"y")
            };
            let threads: Vec<_> = (0..5).map(|_| scope.spawn(asks)).collect();
            wait_for(&places, (1, 5));
            drop(first);
            threads.into_iter().map(|thread| thread.join().expect("caught")).filter(|told| *told).count()
        });
        assert_eq!(told, 4, "all but the one that panicked");
        assert!(places.lock().bells.is_empty());
    }

    #[test]
    fn who_waits_stops_with_its_time_or_when_nobody_wants_it() {
        let places = places(1);
        let first = has(places.enter(Turn::Read, None, patience(&|| false)));
        let asked = AtomicUsize::new(0);
        let interest = || asked.fetch_add(1, Ordering::Relaxed) > 2;
        let refused = places.enter(Turn::Read, None, patience(&interest)).expect_err("no interest");
        assert_eq!((refused.code, asked.into_inner()), (Code::Cancelled, 4));
        assert!(places.lock().bells.is_empty(), "it has taken its bell along");
        // A host that panics there is answered elsewhere; what it waited for is not held.
        let panics = || -> bool { panic!("as planned") };
        assert!(
            catch_unwind(AssertUnwindSafe(|| places.enter(Turn::Read, None, patience(&panics)))).is_err()
        );
        let before = Instant::now();
        let soon = Patience { until: before + Duration::from_millis(120), cancelled: &|| false, told: None };
        let refused = places.enter(Turn::Read, question("x"), soon).expect_err("too late");
        assert_eq!(refused.code, Code::Busy);
        assert!(refused.message.starts_with("1 other lookups are at work and 0 wait"), "{}", refused.message);
        assert!((120..30_000).contains(&before.elapsed().as_millis()));
        drop(first);
        drop(has(places.enter(Turn::Read, None, patience(&|| false))));
        assert!(places.lock().bells.is_empty());
    }

    /// An answer may be long, and a copy of it is made for others alone.
    #[test]
    fn what_nobody_waits_for_is_not_copied() {
        let places = places(1);
        let first = has(places.enter(Turn::Read, question("x"), patience(&|| false)));
        first.end(|| panic!("nobody waits"));
        assert_eq!(places.lock().rules.count(Turn::Read), (0, 0));
    }

    #[test]
    fn who_has_other_rights_or_asks_at_length_asks_alone() {
        let [limited, full] = [Access::Limited, Access::Full].map(|access| Question::new(access, b"{}"));
        assert_ne!(limited, full);
        assert_eq!(Question::new(Access::Full, &[b' '; LONGEST + 1]), None);
    }
}
