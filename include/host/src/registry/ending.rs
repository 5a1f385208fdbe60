//! The end of classes: one that is taken away, requests that are not wanted any more, the
//! whole host. Requests that were begun are answered or cancelled, never left.

use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use super::{Registry, judged, unknown};
use crate::generation::{Generation, Lease, Live, State};
use crate::place::{Held, lock};
use crate::reaper;
use crate::refused::Refused;
use crate::seat::{Seat, key};

/// Between two looks at what is waited for.
const PAUSE: Duration = Duration::from_millis(1);
/// How much longer than all else a change may take that is in a step, which cannot be broken off.
const LAST_STEP: Duration = Duration::from_secs(1);

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
        let old = self.exchange(seat, None).1;
        self.seats.write().unwrap_or_else(PoisonError::into_inner).remove(&key(&seat.namespace, &seat.name));
        let old = old.ok_or_else(|| unknown(&seat.namespace, &seat.name))?;
        let generation = Arc::clone(&old.value.generation);
        self.retire(old);
        Ok(generation)
    }

    /// Take all classes away and wait until nothing drains and no change is under way; `false` if that is not so
    /// after `limit`, or if a request or the close of a class has not ended although it was to. The orderly end of a host: a process that ends
    /// while a library is being unmapped may crash in its last moment. Requests have the
    /// policy's time before they are cancelled, or what `limit` leaves of it, and jobs have no more; so has what
    /// was replaced before and still drains. A swap under way takes no further step. The one that it is in, which cannot be
    /// broken off, holds up nothing but the return from here, and that for a second at most when the time of requests is
    /// over, or was [cut short](Registry::hurry), and none is left. From then on nothing is loaded or swapped any more.
    pub fn shut_down(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        self.is_ending.store(true, Ordering::Release);
        // Whoever lets a class serve just now has done so after this, and all others find that the host ends.
        drop(lock(&self.busy));
        let drain = self.policy.drain.min(limit - self.policy.cancel.min(limit / 2));
        for (class, ..) in self.classes() {
            if let Ok(seat) = self.find(Some((&class.0, &class.1))) {
                // Another thread may be ending it as well.
                let _ = self.take_away(&seat);
            }
        }
        // What overflows the clock is no time to hurry for.
        if let Some(due) = begun.checked_add(drain) {
            self.hurry_by(due);
        }
        let mut alone = None;
        while lock(&self.busy).is_some() {
            // Since when nothing but the change is waited for, for which nobody has time any more.
            let is_alone =
                lock(&self.draining).due.is_some_and(|due| due <= Instant::now()) && !self.drains();
            alone = is_alone.then(|| alone.unwrap_or_else(Instant::now));
            if begun.elapsed() >= limit || alone.is_some_and(|since| since.elapsed() >= LAST_STEP) {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
        self.settle(limit.saturating_sub(begun.elapsed()))
            && !self.generations().iter().any(|generation| generation.is_held())
    }

    /// Leave all as it is until the process ends; the copies alone are removed. A change under way takes no further step.
    pub(crate) fn leave(self: Arc<Registry>) {
        // In this order: whoever closes something as the host ends looks whether it is left.
        self.is_left.store(true, Ordering::Release);
        self.is_ending.store(true, Ordering::Release);
        self.stage.clear();
        std::mem::forget(self);
    }

    /// Does something still answer what it began with?
    fn drains(&self) -> bool {
        // In no moment in which one serves no more and does not drain yet.
        let _between = lock(&self.draining);
        self.generations().iter().any(|generation| generation.state() == State::Draining)
    }

    /// For an end that takes too long: what is in flight, jobs too, is cancelled now, and nothing new is loaded. Does not
    /// wait for that; [`Registry::shut_down`] does, which another thread may be in.
    pub fn hurry(&self) {
        self.is_ending.store(true, Ordering::Release);
        self.hurry_by(Instant::now());
    }

    /// What drains, or comes to, has no time after that, or after an earlier moment that was said before.
    fn hurry_by(&self, due: Instant) {
        let mut draining = lock(&self.draining);
        let due = draining.due.map_or(due, |before| before.min(due));
        draining.due = Some(due);
        draining.traces.iter().for_each(|trace| trace.flight.hurry(due));
    }

    /// Wait until nothing drains; `false` if something still does after `limit`.
    pub fn settle(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        while self.drains() {
            if begun.elapsed() >= limit {
                return false;
            }
            std::thread::sleep(PAUSE);
        }
        true
    }

    /// End the requests of this number early, of whichever generation.
    pub(crate) fn cancel(&self, request: u64) {
        for lease in self.found(request) {
            // By a defect of the class it is not; then the request ends as it would have.
            let _ = lease.instance.cancel(request);
        }
    }

    /// The generations that may be at this request. Those that serve now are held first, and then those that were
    /// replaced are looked at: what is replaced in between is found there, too, and the other way round it would be
    /// found nowhere.
    pub(crate) fn found(&self, request: u64) -> Vec<Lease> {
        let seats: Vec<_> =
            self.seats.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect();
        let mut all: Vec<_> = seats.iter().filter_map(|seat| seat.lease(request)).collect();
        all.extend(lock(&self.draining).traces.iter().filter_map(|trace| trace.join(request)));
        all
    }

    /// The last step of a change. `enter` is done with it, in one with the look at whether the host ends: whoever ends it
    /// takes away what serves by then, and nothing comes after.
    pub(super) fn let_serve(
        &self,
        seat: &Seat,
        live: Live,
        enter: impl FnOnce(),
    ) -> Result<(Duration, Option<Held<Live>>), Refused> {
        let generation = Arc::clone(&live.generation);
        let busy = lock(&self.busy);
        if self.is_ending.load(Ordering::Acquire) {
            drop(busy);
            return judged(&generation, Err(self.candidate(&generation).unwanted(live)));
        }
        let published = self.exchange(seat, Some(live));
        generation.enter(State::Current, None);
        enter();
        Ok(published)
    }

    /// Exchange what serves. What served before drains in the same moment, to who looks for its requests and to who
    /// waits for its end; it is to be [retired](Registry::retire).
    pub(super) fn exchange(&self, seat: &Seat, next: Option<Live>) -> (Duration, Option<Held<Live>>) {
        let mut draining = lock(&self.draining);
        draining.traces.retain(|trace| trace.flight.count() > 0);
        let (held_up, old) = seat.publish(next);
        if let Some(old) = &old {
            old.value.generation.enter(State::Draining, None);
            draining.traces.push(old.trace());
            if let Some(due) = draining.due {
                old.flight.hurry(due);
            }
        }
        drop(draining);
        (held_up, old)
    }

    pub(super) fn retire(&self, old: Held<Live>) {
        let is_left = Arc::clone(&self.is_left);
        reaper::retire(old, self.policy.clone(), Arc::clone(&self.services), is_left);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shut_down(self.policy.drain.saturating_add(self.policy.cancel));
    }
}
