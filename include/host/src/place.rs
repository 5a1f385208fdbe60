//! The one mechanism by which code is replaced under calls: a place whose occupant is
//! exchanged while others hold it.
//!
//! A hold is counted under the lock under which the next occupant is put in, so whoever
//! has put it in knows that the count of the old one can only fall. The old one goes when
//! the last hold does: nobody waits in the exchange, and no call meets a closed one. (A
//! mutex around a pointer, held for the copy of it, and not something without a lock:
//! it is held for less than a microsecond, and the count has to be part of it.)

use std::ops::Deref;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// A lock whose holders do not panic.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The holds on one occupant, by the numbers of the requests they are for.
#[derive(Debug, Default)]
pub(crate) struct Flight {
    aloft: Mutex<Aloft>,
    landed: Condvar,
}

#[derive(Debug, Default)]
struct Aloft {
    requests: Vec<u64>,
    /// From when on they are wanted no more, whatever else they were given.
    due: Option<Instant>,
}

impl Flight {
    pub(crate) fn count(&self) -> usize {
        lock(&self.aloft).requests.len()
    }

    /// The numbers, of which there are as many as hold it, and when they are wanted no more, if somebody has said so.
    pub(crate) fn look(&self) -> (Vec<u64>, Option<Instant>) {
        let aloft = lock(&self.aloft);
        (aloft.requests.clone(), aloft.due)
    }

    /// They are wanted no more from then on, or from an earlier moment that was said before.
    pub(crate) fn hurry(&self, due: Instant) {
        let mut aloft = lock(&self.aloft);
        aloft.due = Some(aloft.due.map_or(due, |before| before.min(due)));
        drop(aloft);
        self.landed.notify_all();
    }

    /// Wait until something is other than what was looked at, in that one has gone or all are to
    /// hurry, or `limit` is over.
    pub(crate) fn wait_landing(&self, (seen, due): (&[u64], Option<Instant>), limit: Duration) {
        let is_same = |aloft: &mut Aloft| aloft.requests.len() >= seen.len() && aloft.due == due;
        // Whoever is told of it looks again himself.
        drop(self.landed.wait_timeout_while(lock(&self.aloft), limit, is_same));
    }

    /// Wait until nobody holds it; `false` if somebody still does after `limit`.
    pub(crate) fn wait_empty(&self, limit: Duration) -> bool {
        let (aloft, _) = self
            .landed
            .wait_timeout_while(lock(&self.aloft), limit, |aloft| !aloft.requests.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        aloft.requests.is_empty()
    }
}

/// An occupant with its count.
pub(crate) struct Held<T> {
    pub(crate) value: Arc<T>,
    pub(crate) flight: Arc<Flight>,
}

impl<T> Held<T> {
    pub(crate) fn new(value: T, flight: Arc<Flight>) -> Held<T> {
        Held { value: Arc::new(value), flight }
    }

    pub(crate) fn hold(&self, request: u64) -> Hold<T> {
        Hold::new(Arc::clone(&self.value), &self.flight, request)
    }

    /// What finds it again for as long as somebody holds it.
    pub(crate) fn trace(&self) -> Trace<T> {
        Trace { value: Arc::downgrade(&self.value), flight: Arc::clone(&self.flight) }
    }
}

/// An occupant that goes when its last hold does.
pub(crate) struct Trace<T> {
    value: Weak<T>,
    pub(crate) flight: Arc<Flight>,
}

impl<T> Trace<T> {
    /// A hold beside the one of this request, if it is still there: whoever waits for the
    /// last hold to go finds the occupant held by nobody then.
    pub(crate) fn join(&self, request: u64) -> Option<Hold<T>> {
        let mut aloft = lock(&self.flight.aloft);
        if !aloft.requests.contains(&request) {
            return None;
        }
        let value = self.value.upgrade()?;
        aloft.requests.push(request);
        drop(aloft);
        Some(Hold { value, _landing: Landing { flight: Arc::clone(&self.flight), request } })
    }
}

/// A hold on an occupant. Dropped in this order: it may be the last, and then the
/// occupant has gone when that is counted.
pub(crate) struct Hold<T> {
    value: Arc<T>,
    _landing: Landing,
}

struct Landing {
    flight: Arc<Flight>,
    request: u64,
}

impl Drop for Landing {
    fn drop(&mut self) {
        let mut aloft = lock(&self.flight.aloft);
        if let Some(at) = aloft.requests.iter().position(|request| *request == self.request) {
            aloft.requests.swap_remove(at);
        }
        drop(aloft);
        self.flight.landed.notify_all();
    }
}

impl<T> Hold<T> {
    fn new(value: Arc<T>, flight: &Arc<Flight>, request: u64) -> Hold<T> {
        lock(&flight.aloft).requests.push(request);
        Hold { value, _landing: Landing { flight: Arc::clone(flight), request } }
    }

    /// The requests that hold the same one.
    #[cfg(test)]
    pub(crate) fn requests(&self) -> Vec<u64> {
        self._landing.flight.look().0
    }
}

impl<T> Deref for Hold<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

/// The place.
pub(crate) struct Place<T>(Mutex<Option<Held<T>>>);

impl<T> Default for Place<T> {
    fn default() -> Place<T> {
        Place(Mutex::new(None))
    }
}

impl<T> Place<T> {
    /// A hold on whoever is here; nothing if nobody is.
    pub(crate) fn hold(&self, request: u64) -> Option<Hold<T>> {
        lock(&self.0).as_ref().map(|held| held.hold(request))
    }

    /// Exchange the occupant: all that requests can be held up by. Tells how long the lock
    /// was asked for and held, and who was here before.
    pub(crate) fn exchange(&self, next: Option<Held<T>>) -> (Duration, Option<Held<T>>) {
        let started = Instant::now();
        let old = std::mem::replace(&mut *lock(&self.0), next);
        (started.elapsed(), old)
    }

    /// Something of whoever is here.
    pub(crate) fn look<R>(&self, f: impl FnOnce(&T) -> R) -> Option<R> {
        lock(&self.0).as_ref().map(|held| f(&held.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_one_goes_with_its_last_hold_and_is_counted_until_then() {
        struct Gone(Arc<Mutex<Vec<u64>>>, Arc<Flight>);
        impl Drop for Gone {
            fn drop(&mut self) {
                lock(&self.0).extend(self.1.look().0);
            }
        }
        let (gone, flight) = (Arc::default(), Arc::<Flight>::default());
        let place = Place::default();
        assert!(place.hold(1).is_none());
        let first = Held::new(Gone(Arc::clone(&gone), Arc::clone(&flight)), Arc::clone(&flight));
        assert!(place.exchange(Some(first)).1.is_none());
        let (one, two) = (place.hold(1).expect("here"), place.hold(2).expect("here"));
        let trace = place.exchange(None).1.expect("was here").trace();
        assert!(place.hold(3).is_none() && !flight.wait_empty(Duration::ZERO));
        assert!(trace.join(1).is_some() && trace.join(4).is_none());
        drop(one);
        assert_eq!((lock(&gone).len(), flight.look().0), (0, vec![2]));
        drop(two);
        assert_eq!(*lock(&gone), [2], "it had gone before that was counted");
        assert!(flight.wait_empty(Duration::ZERO) && trace.join(2).is_none());
    }
}
