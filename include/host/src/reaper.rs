//! The end of a generation that was replaced: drain, close, let go.
//!
//! It happens on a thread of its own, so that neither a swap nor a request
//! waits for the longest request of the old generation. What does not end is
//! cancelled after a while, as `drain` has it; what does not end then keeps its
//! generation mapped, for as long as it runs. Of a host that is left as it is nothing
//! is cancelled, closed or let go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::Builder;
use std::time::{Duration, Instant};

use sysadm_class::Level;
use sysadm_class::host::{Door, Services};

use crate::bounded::within;
use crate::candidate::close;
use crate::drain::{Drain, Step};
use crate::generation::{Generation, Live, State};
use crate::place::Held;
use crate::policy::Policy;

const HOUR: Duration = Duration::from_secs(3600);

/// Retire a generation that drains: nobody can take a new hold of it any more. Its requests and its jobs have the
/// policy's time, or until they are to [hurry](crate::place::Flight::hurry), unless it `is_left` as it is.
pub(crate) fn retire(old: Held<Live>, policy: Policy, services: Arc<dyn Services>, is_left: Arc<AtomicBool>) {
    let generation = Arc::clone(&old.value.generation);
    let name = format!("reaper-{}", generation.number());
    let log = Arc::clone(&services);
    let reap = move || reap(&generation, old, &policy, &*services, &is_left);
    if let Err(e) = Builder::new().name(name).spawn(reap) {
        // The closure is gone and its share of the library with it: requests in
        // flight hold theirs, and the last of them closes the instance.
        log.log(Level::Error, "swap", &format!("a replaced generation is not waited for: {e}"), 0);
    }
}

fn reap(
    generation: &Generation,
    Held { value: live, flight }: Held<Live>,
    policy: &Policy,
    services: &dyn Services,
    is_left: &AtomicBool,
) {
    let number = generation.number();
    let warn = |text: &str| services.log(Level::Warn, "swap", text, 0);
    let mut drain = Drain::new(policy.drain, policy.job_limit, policy.cancel);
    let begun = Instant::now();
    loop {
        let (in_flight, due) = flight.look();
        if is_left.load(Ordering::Acquire) {
            std::mem::forget(live);
            generation.enter(State::Retained, Some("its host was left as it was".to_owned()));
            return;
        }
        if let Some(due) = due {
            drain.hurry(due.saturating_duration_since(begun));
        }
        match drain.step(begun.elapsed(), &in_flight) {
            Step::Done => break,
            // Not for ever: what overflows the clock is no time to wait.
            Step::Wait(pause) => flight.wait_landing((&in_flight, due), pause.min(HOUR)),
            Step::Cancel(requests) => {
                // What has no number is not cancelled by it.
                if requests.contains(&0) {
                    generation.give_up();
                }
                let asked = Arc::clone(&live);
                // What the class makes of it shows in whether the requests end.
                let _ = within(policy.cancel, move || {
                    for request in requests {
                        let _ = asked.instance.cancel(request);
                    }
                });
            }
            Step::Stuck(kind) => {
                let why = format!(
                    "{} in flight: {}; they did not end within {} s, nor within {} s after they were cancelled",
                    kind.word(),
                    generation.in_flight(),
                    drain.limit(kind).as_secs_f32(),
                    policy.cancel.as_secs_f32()
                );
                warn(&format!("generation {number} stays mapped: {why}"));
                generation.enter(State::Retained, Some(why));
            }
        }
    }
    if generation.state() == State::Retained {
        generation.enter(State::Draining, None);
    }
    // Each request gave its share back before it was counted out.
    let Some(Live { instance, kept, .. }) = Arc::into_inner(live) else {
        generation.enter(State::Retained, Some("somebody still holds it".to_owned()));
        return;
    };
    // It has nothing to wait for, but it is foreign code as any other.
    let limit = policy.cancel;
    let kept = match within(limit, move || (close(instance, limit), kept)) {
        Ok((None, kept)) => kept,
        Ok((Some(why), kept)) => {
            warn(&format!("generation {number} was closed: {why}"));
            kept
        }
        Err(e) => {
            let why = format!("its close {e}");
            warn(&format!("generation {number} stays mapped: {why}"));
            generation.leave_unclosed();
            generation.enter(State::Retained, Some(why));
            return;
        }
    };
    let (door, unload_safe) = (kept.module().door(), kept.module().is_unload_safe());
    drop(kept);
    if generation.is_mapped() {
        generation.enter(State::Retained, Some(kept_because(door, unload_safe, policy)));
    } else {
        generation.enter(State::Retired, None);
    }
}

fn kept_because(door: Door, unload_safe: bool, policy: &Policy) -> String {
    let why = if door != Door::C {
        "it came through the door of Rust, whose modules cannot be unmapped"
    } else if !unload_safe {
        "its class does not declare that it may be unmapped"
    } else if !policy.unload {
        "this host unmaps nothing"
    } else {
        "its class declares that it may be unmapped, but the system's loader keeps it"
    };
    why.to_owned()
}
