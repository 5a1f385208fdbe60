//! An instance that is replaced under calls, without a registry and without files: what
//! C++ has as `HotSlot`.
//!
//! For a host that makes its instances itself: of a class that is part of the program, of
//! modules that it has loaded in a way of its own. Nothing is copied, tried elsewhere or
//! bounded here; who wants that has a [`Host`](crate::Host), whose classes are replaced
//! by the same mechanism (`place`).

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sysadm_class::Status;
use sysadm_class::host::{Instance, Misuse, Module, Request, Services};

use crate::answer::Answer;
use crate::place::{Held, Hold, Place, Trace, lock};
use crate::refused::{Obstacle, Refused};
use crate::said::{refusal, told};

/// The instance that answers, which another may replace at any time.
///
/// A request ends with the instance that it began with. One that was replaced is closed
/// when its last request is answered, on the thread of that request; where none is in
/// flight, on the thread that has replaced it.
///
/// Threads: everything may be called from any thread, and from many at once.
pub struct Slot {
    place: Place<Instance>,
    /// Those that were replaced, for as long as they answer.
    old: Mutex<Vec<Trace<Instance>>>,
    /// One replacement at a time.
    turn: Mutex<()>,
}

impl Slot {
    /// A slot in which this instance answers.
    #[must_use]
    pub fn new(first: Instance) -> Slot {
        let slot = Slot { place: Place::default(), old: Mutex::default(), turn: Mutex::default() };
        slot.publish(first);
        slot
    }

    /// Have a request answered by the instance that is here now, on this thread.
    ///
    /// # Errors
    /// Only by a defect of the class, as of [`Instance::dispatch`].
    pub fn dispatch(&self, request: &Request<'_>) -> Result<Answer, Misuse> {
        match self.place.hold(request.id) {
            Some(instance) => instance.dispatch(request).map(Answer::of_class),
            // Never: a slot is made with one, and publishing puts in another.
            None => Ok(Answer::of_host(Status::Unavailable)),
        }
    }

    /// Make an instance of `module`, give it what the one that answers exports, ask for its
    /// health within `health`, and let it answer. An old one that cannot export, being
    /// broken, does not keep its successor out.
    ///
    /// Blocks for as long as these functions of the two classes take: they run on this
    /// thread. Requests are answered meanwhile. Another replacement waits for this one.
    ///
    /// # Errors
    /// Why nothing was changed: another class, or what the new one refused.
    pub fn replace(
        &self,
        module: &Module,
        services: Arc<dyn Services>,
        config: &str,
        health: Option<Duration>,
    ) -> Result<(), Refused> {
        let _turn = lock(&self.turn);
        let refused = |obstacle, why: String| {
            Refused::new(obstacle, format!("{} does not take over: {why}", module.path().display()))
        };
        let mut next = None;
        if let Some(old) = self.place.hold(0) {
            let expected = old.module();
            if !is_same(&expected, module) {
                let why = format!(
                    "it is the class {}/{}, expected {}/{}",
                    module.namespace(),
                    module.name(),
                    expected.namespace(),
                    expected.name()
                );
                return Err(refused(Obstacle::Identity, why));
            }
            let mut made =
                module.create(services, config).map_err(|e| refused(Obstacle::Create, refusal(&e)))?;
            if let Ok(state) = told(old.export_state()) {
                told(made.import_state(&state))
                    .map_err(|why| refused(Obstacle::Hand, format!("the state of its predecessor: {why}")))?;
            }
            told(made.health(health))
                .map_err(|why| refused(Obstacle::Health, format!("it says that it cannot work: {why}")))?;
            next = Some(made);
        }
        if let Some(next) = next {
            self.publish(next);
        }
        Ok(())
    }

    /// Let this instance answer from now on, without further questions.
    pub fn publish(&self, next: Instance) {
        let (_, old) = self.place.exchange(Some(Held::new(next, Arc::default())));
        let Some(old) = old else { return };
        // Held by us, too, until all know of it: what is not held any more is closed.
        let ours = old.hold(0);
        let mut traces = lock(&self.old);
        traces.retain(|trace| trace.flight.count() > 0);
        traces.push(old.trace());
        drop((traces, old, ours));
    }

    /// End the requests of this number early, of whichever instance; 0 ends none.
    pub fn cancel(&self, request: u64) {
        let old: Vec<Hold<Instance>> =
            lock(&self.old).iter().filter_map(|trace| trace.join(request)).collect();
        for instance in self.place.hold(request).into_iter().chain(old) {
            // By a defect of the class it is not; then the request ends as it would have.
            let _ = instance.cancel(request);
        }
    }

    /// How many instances were replaced and still answer requests.
    #[must_use]
    pub fn draining(&self) -> usize {
        let mut old = lock(&self.old);
        old.retain(|trace| trace.flight.count() > 0);
        old.len()
    }

    /// Wait until there is none of them, and all are closed; `false` if that takes longer.
    #[must_use]
    pub fn drain(&self, limit: Duration) -> bool {
        let deadline = Instant::now() + limit;
        let flights: Vec<_> = lock(&self.old).iter().map(|trace| Arc::clone(&trace.flight)).collect();
        flights.iter().all(|flight| flight.wait_empty(deadline.saturating_duration_since(Instant::now())))
    }
}

fn is_same(one: &Module, other: &Module) -> bool {
    one.namespace().eq_ignore_ascii_case(other.namespace()) && one.name().eq_ignore_ascii_case(other.name())
}
