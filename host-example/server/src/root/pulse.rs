//! Can a thread still begin? A module that never comes back from being loaded or unmapped keeps the system's loader, and on many
//! systems each new thread waits for that: whatever is asked for then waits, too, and nothing would say so or bring the server back.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a thread is begun to see it.
pub(super) const EVERY: Duration = Duration::from_secs(5);
/// How long one may take. A step of a swap has ten seconds, and what comes back from it late has kept nobody for long.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// The last thread that was asked for.
#[derive(Default)]
pub(super) struct Pulse(Option<(Instant, Arc<AtomicBool>)>);

impl Pulse {
    /// Has none begun for longer than that? Asks for the next one where the last one has. One that is refused is another matter.
    pub(super) fn is_lost(&mut self, patience: Duration) -> bool {
        match &self.0 {
            Some((since, begun)) if !begun.load(Ordering::Acquire) => since.elapsed() >= patience,
            _ => {
                let begun = Arc::new(AtomicBool::new(false));
                let its = Arc::clone(&begun);
                let asked = std::thread::Builder::new().spawn(move || its.store(true, Ordering::Release));
                self.0 = asked.is_ok().then(|| (Instant::now(), begun));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_does_not_begin_is_noticed_when_the_time_is_over() {
        let mut pulse = Pulse(Some((Instant::now(), Arc::default())));
        assert!(!pulse.is_lost(Duration::from_secs(600)), "it has time");
        assert!(pulse.is_lost(Duration::ZERO));
        // It has begun after all.
        pulse.0.as_ref().expect("asked for").1.store(true, Ordering::Release);
        assert!(!pulse.is_lost(Duration::ZERO), "the next one is asked for");
        let begun = Arc::clone(&pulse.0.as_ref().expect("asked for").1);
        while !begun.load(Ordering::Acquire) {
            std::thread::yield_now();
        }
        assert!(!pulse.is_lost(Duration::ZERO));
    }
}
