//! What a class is offered in the place of the host's own services: the same, and an end for what it does without a
//! request's number.
//!
//! A request of a number can be cancelled by it. A look at the health has none, nor has a request whose host does not
//! number, and both can wait for a program that hangs; without this they would outlive the generation, and their programs
//! the host. Said of each generation by itself, since the one that was replaced is to end and its successor is not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sysadm_class::Level;
use sysadm_class::host::Services;

use crate::generation::{Generation, State};

/// The services of one generation.
struct Offered {
    services: Arc<dyn Services>,
    generation: Arc<Generation>,
    /// Does the host end?
    is_ending: Arc<AtomicBool>,
}

/// Those of this generation.
pub(crate) fn to(
    generation: &Arc<Generation>,
    services: &Arc<dyn Services>,
    is_ending: &Arc<AtomicBool>,
) -> Arc<dyn Services> {
    let (services, generation) = (Arc::clone(services), Arc::clone(generation));
    Arc::new(Offered { services, generation, is_ending: Arc::clone(is_ending) })
}

impl Offered {
    /// What came to be before it served is wanted no more where the host ends, nor is what did not come to serve and may be
    /// in a step still; what serves has the time that it is given.
    fn is_over(&self) -> bool {
        self.generation.is_given_up()
            || match self.generation.state() {
                State::Failed => true,
                State::Probing => self.is_ending.load(Ordering::Acquire),
                _ => false,
            }
    }
}

impl Services for Offered {
    fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.services.log_enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        self.services.log(level, target, message, request_id);
    }

    fn is_cancelled(&self, request_id: u64) -> bool {
        request_id == 0 && self.is_over() || self.services.is_cancelled(request_id)
    }

    fn wants_progress(&self) -> bool {
        self.services.wants_progress()
    }

    fn wants_events(&self) -> bool {
        self.services.wants_events()
    }

    fn progress(&self, request_id: u64, json: &str) {
        self.services.progress(request_id, json);
    }

    fn emit_event(&self, name: &str, json: &str) {
        match self.generation.class() {
            Some((namespace, class)) => self.services.emit_event_of((&namespace, &class), name, json),
            None => self.services.emit_event(name, json),
        }
    }
}
