//! The end of classes: one that is taken away, requests that are not wanted any more, the
//! whole host. Requests that were begun are answered or cancelled, never left.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Registry, unknown};
use crate::generation::{Generation, Live, State};
use crate::place::{Held, lock};
use crate::reaper;
use crate::refused::Refused;
use crate::seat::{Seat, key};

/// Between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(1);

impl Registry {
    /// Take a class away. Requests and jobs that it has begun are answered.
    ///
    /// # Errors
    /// If it is not here.
    pub fn unload(&self, class: Option<(&str, &str)>) -> Result<Arc<Generation>, Refused> {
        let seat = self.find(class)?;
        let _turn = self.turn(&format!("unload of {}/{}", seat.namespace, seat.name))?;
        self.take_away(&seat)
    }

    fn take_away(&self, seat: &Seat) -> Result<Arc<Generation>, Refused> {
        let old = seat.publish(None).1;
        self.seats.write().unwrap_or_else(PoisonError::into_inner).remove(&key(&seat.namespace, &seat.name));
        let old = old.ok_or_else(|| unknown(&seat.namespace, &seat.name))?;
        let generation = Arc::clone(&old.value.generation);
        self.retire(old);
        Ok(generation)
    }

    /// Take all classes away and wait until nothing drains; `false` if something
    /// still does after `limit`. The orderly end of a host: a process that ends
    /// while a library is being unmapped may crash in its last moment. Requests have the
    /// policy's time before they are cancelled, or what `limit` leaves of it, and jobs have no more; so has what
    /// was replaced before and still drains. A swap under way is not gone through with where that would take time. From
    /// then on nothing is loaded or swapped any more.
    pub fn shut_down(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        // From here on no change begins; one that is under way may bring a class in yet.
        self.is_ending.store(true, Ordering::Release);
        while lock(&self.busy).is_some() {
            if begun.elapsed() >= limit {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
        let left = limit.saturating_sub(begun.elapsed());
        let drain = self.policy.drain.min(left - self.policy.cancel.min(left / 2));
        for (class, ..) in self.classes() {
            if let Ok(seat) = self.find(Some((&class.0, &class.1))) {
                // Another thread may be ending it as well.
                let _ = self.take_away(&seat);
            }
        }
        // Now, for whoever hurries has either said so by now or finds what was just taken away.
        let drain = if self.is_hurried.load(Ordering::Acquire) { Duration::ZERO } else { drain };
        // What overflows the clock is no time to hurry for.
        if let Some(due) = Instant::now().checked_add(drain) {
            lock(&self.draining).iter().for_each(|trace| trace.flight.hurry(due));
        }
        self.settle(limit.saturating_sub(begun.elapsed()))
    }

    /// For an end that takes too long: what is in flight, jobs too, is cancelled now, and nothing new is loaded. Does not
    /// wait for that; [`Registry::shut_down`] does, which another thread may be in.
    pub fn hurry(&self) {
        self.is_ending.store(true, Ordering::Release);
        self.is_hurried.store(true, Ordering::Release);
        let now = Instant::now();
        lock(&self.draining).iter().for_each(|trace| trace.flight.hurry(now));
    }

    /// Wait until nothing drains; `false` if something still does after `limit`.
    pub fn settle(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        while self.generations().iter().any(|generation| generation.state() == State::Draining) {
            if begun.elapsed() >= limit {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
        true
    }

    /// End the requests of this number early, of whichever generation.
    pub(crate) fn cancel(&self, request: u64) {
        let seats: Vec<_> =
            self.seats.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let current = seats.iter().filter_map(|seat| seat.lease(request));
        let old: Vec<_> = lock(&self.draining).iter().filter_map(|trace| trace.join(request)).collect();
        for lease in current.chain(old) {
            // By a defect of the class it is not; then the request ends as it would have.
            let _ = lease.instance.cancel(request);
        }
    }

    pub(super) fn retire(&self, old: Held<Live>) {
        let mut draining = lock(&self.draining);
        draining.retain(|trace| trace.flight.count() > 0);
        draining.push(old.trace());
        drop(draining);
        reaper::retire(old, self.policy.clone(), Arc::clone(&self.services));
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shut_down(self.policy.drain.saturating_add(self.policy.cancel));
    }
}
