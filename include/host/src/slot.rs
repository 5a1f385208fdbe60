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
///
/// ```
/// use std::sync::Arc;
/// use sysadm_class::host::{Module, Request, Silent};
/// use sysadm_class::kit::{Action, Answer, Args, Call, Class, Failure, Row};
/// use sysadm_class::{Access, Identity};
/// use sysadm_host::Slot;
///
/// struct Greeter;
/// impl Class for Greeter {
///     const IDENTITY: Identity = Identity::new("example", "greeter", "1.0.0", "Greets");
///     const ACTIONS: &[Row<Greeter>] = &[Action::new("greet", Greeter::greet).says("greets")];
///     fn create(_: &Args) -> Result<Greeter, Failure> {
///         Ok(Greeter)
///     }
/// }
/// impl Greeter {
///     fn greet(&self, _: &Call<'_>, _: &Args) -> Result<Answer, Failure> {
///         Ok(serde_json::json!("hello").into())
///     }
/// }
///
/// // A class that is part of this program; one that was loaded from a file does the same.
/// let module = Module::of::<Greeter>();
/// let slot = Slot::new(module.create(Arc::new(Silent), "").expect("it takes the defaults"));
/// let request = Request::new("example", "greeter", r#"{"action":"greet"}"#, Access::Limited);
/// assert_eq!(slot.dispatch(&request).expect("an answer").text(), r#"{"greet":"hello"}"#);
///
/// // Another one takes over, while others dispatch.
/// slot.replace(&module, Arc::new(Silent), "", None)?;
/// assert_eq!(slot.dispatch(&request).expect("an answer").text(), r#"{"greet":"hello"}"#);
/// # Ok::<(), sysadm_host::Refused>(())
/// ```
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
        let next = Held::new(next, Arc::default());
        // Exchanged under the lock of those that were replaced: nobody finds it in neither of the two.
        let mut traces = lock(&self.old);
        traces.retain(|trace| trace.flight.count() > 0);
        let old = self.place.exchange(Some(next)).1;
        // Held by us, too, until all know of it: what is not held any more is closed.
        let ours = old.as_ref().map(|old| old.hold(0));
        traces.extend(old.as_ref().map(Held::trace));
        drop((traces, old, ours));
    }

    /// End the requests of this number early, of whichever instance; 0 ends none.
    pub fn cancel(&self, request: u64) {
        for instance in self.found(request) {
            // By a defect of the class it is not; then the request ends as it would have.
            let _ = instance.cancel(request);
        }
    }

    /// The instances that may be at this request. The one that answers now is held first, and then those that were
    /// replaced are looked at: what is replaced in between is found there, too, and the other way round it would be
    /// found nowhere.
    fn found(&self, request: u64) -> Vec<Hold<Instance>> {
        let mut all: Vec<_> = self.place.hold(request).into_iter().collect();
        all.extend(lock(&self.old).iter().filter_map(|trace| trace.join(request)));
        all
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
        let begun = Instant::now();
        let flights: Vec<_> = lock(&self.old).iter().map(|trace| Arc::clone(&trace.flight)).collect();
        flights.iter().all(|flight| flight.wait_empty(limit.saturating_sub(begun.elapsed())))
    }
}

fn is_same(one: &Module, other: &Module) -> bool {
    one.namespace().eq_ignore_ascii_case(other.namespace()) && one.name().eq_ignore_ascii_case(other.name())
}

#[cfg(test)]
mod tests {
    use std::thread::{scope, sleep};

    use serde_json::json;
    use sysadm_class::host::Silent;
    use sysadm_class::kit::{Action, Args, Call, Class, Failure, Key, Param, Row};
    use sysadm_class::{Access, Identity};

    use super::*;

    const NAME: Key<String> = Key::new("name").says("what it calls itself");
    const LONG: Duration = Duration::from_secs(60);

    /// Says its name, at once or when it is told to stop.
    struct Named(String);

    impl Class for Named {
        const IDENTITY: Identity = Identity::new("test", "named", "1.0.0", "Says its name");
        const CONFIG: &[Param] = &[NAME.required()];
        const ACTIONS: &[Row<Named>] = &[
            Action::new("say", Named::say).says("says it"),
            Action::new("wait", Named::wait).says("says it at its end").long(),
        ];
        fn create(config: &Args) -> Result<Named, Failure> {
            Ok(Named(config.need(&NAME)?.clone()))
        }
    }

    impl Named {
        fn say(&self, _: &Call<'_>, _: &Args) -> Result<sysadm_class::kit::Answer, Failure> {
            Ok(json!(self.0).into())
        }
        fn wait(&self, call: &Call<'_>, _: &Args) -> Result<sysadm_class::kit::Answer, Failure> {
            while call.still_wanted().is_ok() {
                sleep(Duration::from_millis(1));
            }
            Ok(json!(self.0).into())
        }
    }

    fn slot(name: &str) -> Slot {
        let made = Module::of::<Named>().create(Arc::new(Silent), &config(name));
        Slot::new(made.expect("an instance"))
    }

    fn config(name: &str) -> String {
        json!({ "name": name }).to_string()
    }

    fn ask(slot: &Slot, action: &str, id: u64) -> String {
        let args = json!({ "action": action }).to_string();
        let request = Request::new("test", "named", &args, Access::Limited).with_id(id);
        let answer = slot.dispatch(&request).expect("the contract is kept");
        answer.text().into_owned()
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a host's test")]
    fn a_request_ends_with_the_instance_that_it_began_with() {
        let slot = slot("one");
        scope(|scope| {
            let long = scope.spawn(|| ask(&slot, "wait", 5));
            while slot.place.look(|_| ()).is_some() && lock(&slot.old).is_empty() {
                // It has begun when it is held.
                if slot.place.hold(9).is_some_and(|hold| hold.requests().len() > 1) {
                    slot.replace(&Module::of::<Named>(), Arc::new(Silent), &config("two"), None)
                        .expect("it takes over");
                }
            }
            assert_eq!((ask(&slot, "say", 6).as_str(), slot.draining()), (r#"{"say":"two"}"#, 1));
            assert!(!slot.drain(Duration::ZERO));
            slot.cancel(5);
            assert_eq!(long.join().expect("no panic"), r#"{"wait":"one"}"#);
            assert!(slot.drain(LONG) && slot.draining() == 0);
        });
    }

    /// Looked for without a pause, while another replaces it.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a host's test")]
    fn an_instance_is_found_by_its_request_at_every_moment_of_a_replacement() {
        let module = Module::of::<Named>();
        for _ in 0..300 {
            let slot = slot("one");
            let asked = slot.place.hold(5).expect("it is here");
            let next = module.create(Arc::new(Silent), &config("two")).expect("an instance");
            scope(|scope| {
                let publisher = scope.spawn(|| slot.publish(next));
                loop {
                    let is_over = publisher.is_finished();
                    let is_found = slot.found(5).iter().any(|found| std::ptr::eq(&**found, &*asked));
                    assert!(is_found, "a cancel would be lost");
                    let is_current = slot.place.hold(0).is_some_and(|now| std::ptr::eq(&*now, &*asked));
                    assert!(is_current || (slot.draining() == 1 && !slot.drain(Duration::ZERO)));
                    if is_over {
                        break;
                    }
                }
            });
            drop(asked);
            assert!(slot.drain(LONG) && slot.draining() == 0);
        }
    }

    #[test]
    fn what_is_refused_leaves_the_old_one_as_it_was() {
        let slot = slot("one");
        let refused = slot.replace(&Module::of::<Named>(), Arc::new(Silent), "{}", None);
        assert_eq!(refused.expect_err("it wants a name").obstacle, Obstacle::Create);
        struct Other;
        impl Class for Other {
            const IDENTITY: Identity = Identity::new("test", "other", "1.0.0", "Another");
            const ACTIONS: &[Row<Other>] = &[];
            fn create(_: &Args) -> Result<Other, Failure> {
                Ok(Other)
            }
        }
        let refused = slot.replace(&Module::of::<Other>(), Arc::new(Silent), "", None);
        let refused = refused.expect_err("another class");
        assert_eq!(refused.obstacle, Obstacle::Identity);
        assert!(refused.why.contains("test/other, expected test/named"), "{refused}");
        assert_eq!(ask(&slot, "say", 1), r#"{"say":"one"}"#);
    }
}
