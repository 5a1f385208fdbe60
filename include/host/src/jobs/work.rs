//! The threads of jobs. Each job has one of its own while it runs, made when it may begin and gone when
//! all was told of it; and one sees to what waits or runs for too long, as long as anything does.
//! (Not a pool: a job takes seconds to hours, a thread some microseconds, and who has none waiting
//! needs not be rid of them when the host ends.)

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, PoisonError};
use std::thread::Builder;
use std::time::{Duration, Instant};

use sysadm_class::Status;
use sysadm_class::host::Request;

use super::desk::{Desk, instead};
use super::frames::Times;
use super::job::{Answered, Job};
use super::table::{New, Number, Refusal, Taken};
use super::time::{Moment, millis};
use crate::bounded::within;
use crate::dispatcher::route;
use crate::numbers::FIRST_JOB;
use crate::registry::Registry;

/// A class is told again that a job is wanted no more, so often and after so long: it may have been about to
/// begin. How long it may take to hear of it: a class may be broken, and others are not to wait for that.
const TOLD: u8 = 3;
const AGAIN: u64 = 1000;
const HEARS: Duration = Duration::from_secs(1);

/// The jobs of a host.
#[derive(Clone)]
pub(crate) struct Jobs {
    pub(crate) desk: Arc<Desk>,
    registry: Arc<Registry>,
    limit: Duration,
    patience: Duration,
}

/// A thread that is counted. Dropped as its last act.
struct Counted(Arc<Desk>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.state().threads -= 1;
        self.0.changed.notify_all();
    }
}

impl Jobs {
    /// `limit`: how long a job may run; `patience`: how much later than its class's own end we lose it.
    pub(crate) fn new(desk: Arc<Desk>, registry: Arc<Registry>, limit: Duration, patience: Duration) -> Jobs {
        Jobs { desk, registry, limit, patience }
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Take a job on; the one that is known by its key, if there is one.
    pub(crate) fn submit(&self, new: New<Arc<Job>>) -> Result<Arc<Job>, Refusal> {
        let (taken, job) = self.desk.submit(new)?;
        if let Taken::New(number) = taken {
            self.keep();
            self.desk.announce(number, &job);
            self.pump();
        }
        Ok(job)
    }

    /// Begin what may be begun.
    fn pump(&self) {
        loop {
            let mut state = self.desk.state();
            let Some(number) = state.table.start(self.desk.clock.now()) else { return };
            let Some(job) = state.table.get(number).map(|entry| Arc::clone(&entry.payload)) else { return };
            drop(state);
            let counted = self.counted();
            // It may be the next that is overdue.
            self.desk.changed.notify_all();
            let (jobs, its) = (self.clone(), Arc::clone(&job));
            let work = move || {
                let _counted = counted;
                jobs.run(number, &its);
            };
            if let Err(e) = Builder::new().name(format!("job-{number}")).spawn(work) {
                self.desk.warn(&format!("{} is not run: no thread can be started: {e}", job.id));
                let why = format!("no thread can be started: {e}");
                self.end(number, &job, instead(&job.action, "no-thread", &why));
            }
        }
    }

    /// One job, from its beginning to its end.
    fn run(&self, number: Number, job: &Job) {
        self.desk.tell_begin(job);
        let args = job.take_args();
        let (namespace, name) = &job.class;
        let request = Request::new(namespace, name, &args, job.access)
            .with_id(FIRST_JOB + number)
            .of_caller(&job.caller)
            .within(Some(self.limit));
        let ask = || {
            let answer = route(&self.registry, &request);
            if answer.status == Status::NotFound && self.desk.is_closed() {
                return instead(&job.action, "cancelled", "the host ended before it began");
            }
            Answered { status: answer.status, args: answer.args().to_vec() }
        };
        let answer = match job.is_killed() {
            true => instead(&job.action, "cancelled", "it was killed before it began"),
            false => catch_unwind(AssertUnwindSafe(ask)).unwrap_or_else(|payload| {
                std::mem::forget(payload);
                Answered { status: Status::Internal, args: b"{}".to_vec() }
            }),
        };
        self.end(number, job, answer);
        self.pump();
    }

    fn end(&self, number: Number, job: &Job, answer: Answered) {
        let times = self.desk.end(number, job, answer);
        self.desk.tell_end(job, times);
        self.desk.leave(number);
    }

    /// It is wanted no more. Does not wait for its end.
    pub(crate) fn kill(&self, number: Number) {
        if self.desk.kill(number) {
            self.registry.cancel(FIRST_JOB + number);
        }
    }

    /// See that somebody looks after what is overdue.
    fn keep(&self) {
        let mut state = self.desk.state();
        if std::mem::replace(&mut state.has_keeper, true) {
            drop(state);
            self.desk.changed.notify_all();
            return;
        }
        drop(state);
        let counted = self.counted();
        let jobs = self.clone();
        let work = move || {
            let _counted = counted;
            jobs.look();
        };
        if let Err(e) = Builder::new().name("jobs".to_owned()).spawn(work) {
            self.desk.state().has_keeper = false;
            self.desk.warn(&format!("nobody ends jobs that take too long: no thread can be started: {e}"));
        }
    }

    fn look(&self) {
        let desk = &self.desk;
        let limit = millis(self.limit.saturating_add(self.patience));
        // How often a class was told of which, and when it is next.
        let mut told = BTreeMap::<Number, (u8, Moment)>::new();
        loop {
            let now = desk.clock.now();
            let why = "it waited for too long, and was not begun";
            self.tell(desk.end_waiting(|state| state.table.expire(now), "queue-timeout", why));
            let unwanted = desk.state().table.unwanted(limit, now);
            told.retain(|number, _| unwanted.contains(number));
            for number in unwanted {
                let (times, next) = told.entry(number).or_default();
                if *times < TOLD && *next <= now {
                    (*times, *next) = (*times + 1, now + AGAIN);
                    let jobs = self.clone();
                    let _ = within(HEARS, move || jobs.kill(number));
                }
            }
            let mut state = desk.state();
            if state.table.is_idle() {
                state.has_keeper = false;
                return;
            }
            // After the moment of which all was seen to: what has become due since is next.
            let due = state.table.due(limit, now);
            let again = told.values().filter(|(times, _)| *times < TOLD).map(|(_, next)| *next);
            let next = due.into_iter().chain(again).min().unwrap_or(u64::MAX);
            // Woken by what comes, begins and ends.
            let pause = Duration::from_millis(next.saturating_sub(desk.clock.now()).max(1));
            drop(desk.changed.wait_timeout(state, pause).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Take nothing new, and end what waits.
    pub(crate) fn close(&self) {
        let now = self.desk.clock.now();
        let close = |state: &mut super::desk::State| state.table.close(now);
        self.tell(self.desk.end_waiting(close, "cancelled", "the host ended before it began"));
    }

    /// Tell the end of jobs that never began, on a thread of its own: a listener may take its time.
    fn tell(&self, ended: Vec<(Arc<Job>, Times)>) {
        if ended.is_empty() {
            return;
        }
        let counted = self.counted();
        let work = move || {
            for (job, times) in ended {
                counted.0.tell_end(&job, times);
            }
        };
        if let Err(e) = Builder::new().name("jobs".to_owned()).spawn(work) {
            self.desk.warn(&format!("the end of jobs is not told: no thread can be started: {e}"));
        }
    }

    /// One more thread.
    fn counted(&self) -> Counted {
        self.desk.state().threads += 1;
        Counted(Arc::clone(&self.desk))
    }

    /// Wait until all has ended and no thread of ours is left; `false` if one still is after `limit`.
    pub(crate) fn settle(&self, limit: Duration) -> bool {
        let begun = Instant::now();
        let mut state = self.desk.state();
        while state.threads > 0 || !state.table.is_idle() {
            let left = limit.saturating_sub(begun.elapsed());
            if left.is_zero() {
                return false;
            }
            let woken = self.desk.changed.wait_timeout(state, left);
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}
