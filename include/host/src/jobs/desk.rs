//! The desk: the table of jobs under its lock, and what the classes say to the host, which comes by
//! here, for of a job it goes another way than of a request.
//!
//! It knows no registry and starts no thread: instances hold it, which the registry holds.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::json;
use sysadm_class::host::Services;
use sysadm_class::{Access, Level, Status};

use super::frames::{self, Times};
use super::job::{Answered, Job};
use super::limits::JobLimits;
use super::table::{Ended, Entry, Killed, New, Number, Phase, Refusal, Table, Taken};
use super::time::Clock;
use crate::numbers::{FIRST_JOB, is_job};
use crate::place::lock;
use crate::services::heard;

/// The event by which sysadm's servers tell of jobs.
const EVENT: &str = "dispatcher";

/// Between two looks at whether who waits is still wanted.
const LOOK: Duration = Duration::from_millis(100);

/// What is decided under the lock.
pub(crate) struct State {
    pub(crate) table: Table<Arc<Job>>,
    /// How many threads work.
    pub(crate) threads: usize,
    /// Is there one that sees to what is overdue?
    pub(crate) has_keeper: bool,
    /// The requests that wait for the end of jobs, and is each wanted no more?
    waits: Vec<(u64, bool)>,
}

pub(crate) struct Desk {
    state: Mutex<State>,
    /// Something has ended, or a thread has.
    pub(crate) changed: Condvar,
    services: Arc<dyn Services>,
    pub(crate) clock: Clock,
    pub(crate) limits: JobLimits,
}

/// An answer of the host's own in the place of a class's: under the action's name, as a class
/// says that it could not.
pub(crate) fn instead(action: &str, code: &str, error: &str) -> Answered {
    let args = json!({ action: { "code": code, "error": error } }).to_string().into_bytes();
    Answered { status: Status::Ok, args }
}

impl Desk {
    pub(crate) fn new(limits: JobLimits, services: Arc<dyn Services>) -> Desk {
        let table = Table::new(&limits);
        let state = State { table, threads: 0, has_keeper: false, waits: Vec::new() };
        let (changed, clock) = (Condvar::new(), Clock::new());
        Desk { state: Mutex::new(state), changed, services, clock, limits }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Does the host end?
    pub(crate) fn is_closed(&self) -> bool {
        self.state().table.is_closed()
    }

    pub(crate) fn warn(&self, text: &str) {
        heard(|| self.services.log(Level::Warn, "jobs", text, 0));
    }

    /// A frame, if anybody wants to hear of it.
    fn frame(&self, make: impl FnOnce() -> String) -> Option<String> {
        self.wants_events().then(make)
    }

    /// Tell everybody.
    fn emit(&self, frame: Option<String>) {
        if let Some(frame) = frame {
            heard(|| self.services.emit_event(EVENT, &frame));
        }
    }

    pub(crate) fn submit(&self, new: New<Arc<Job>>) -> Result<(Taken, Arc<Job>), Refusal> {
        let mut state = self.state();
        let job = Arc::clone(&new.payload);
        let taken = state.table.submit(new, self.clock.now())?;
        let Taken::Same(number) = taken else { return Ok((taken, job)) };
        let same = state.table.get(number).map(|entry| Arc::clone(&entry.payload));
        Ok((taken, same.unwrap_or(job)))
    }

    /// Is there a job of this id that this caller may see?
    pub(crate) fn may_see(&self, id: &str, caller: &str, access: Access) -> bool {
        let state = self.state();
        let job = state.table.iter().map(|(_, entry)| &entry.payload).find(|job| job.id == id);
        job.is_some_and(|job| job.is_for(caller, access))
    }

    /// Tell that it waits. From then on it may begin.
    pub(crate) fn announce(&self, number: Number, job: &Job) {
        self.emit(self.frame(|| frames::pending(job)));
        let mut state = self.state();
        if state.table.announce(number) {
            let times = self.times(state.table.get(number));
            drop(state);
            self.tell_end(job, times);
        }
    }

    /// Tell that it has begun.
    pub(crate) fn tell_begin(&self, job: &Job) {
        self.emit(self.frame(|| frames::begun(job)));
    }

    fn times(&self, entry: Option<&Entry<Arc<Job>>>) -> Times {
        let told = |moment: Option<u64>| moment.map(|moment| self.clock.told(moment));
        let times = entry.map(|entry| (told(entry.started), told(entry.finished)));
        times.map_or_else(Times::default, |(started, finished)| Times { started, finished })
    }

    /// The times of one that has just ended: whoever waits for it asks for them when the table may have forgotten it.
    fn ended(&self, entry: Option<&Entry<Arc<Job>>>) -> Times {
        if let Some(entry) = entry {
            entry.payload.note([Some(entry.queued), entry.started, entry.finished]);
        }
        self.times(entry)
    }

    /// One that ran has answered. That is to be told by `tell_end`, and then it leaves.
    pub(crate) fn end(&self, number: Number, job: &Job, answer: Answered) -> Times {
        let answer = match answer.args.len() > self.limits.answer.min(self.limits.bytes) {
            true => instead(&job.action, "answer-too-long", "its answer is longer than this host keeps"),
            false => answer,
        };
        let mut state = self.state();
        let bytes = job.end(answer);
        state.table.end(number, bytes, self.clock.now());
        let times = self.ended(state.table.get(number));
        drop(state);
        self.changed.notify_all();
        times
    }

    /// Tell that it is finished.
    pub(crate) fn tell_end(&self, job: &Job, times: Times) {
        if let Some(answer) = job.answer() {
            let frame = self.frame(|| job.told(|told| frames::finished(job, told, times, answer)));
            job.is_told();
            self.emit(frame);
        }
    }

    /// All was told of it.
    pub(crate) fn leave(&self, number: Number) {
        self.state().table.leave(number, self.clock.now());
        self.changed.notify_all();
    }

    /// End what waited, with an answer that says why. Those that were announced are to be told by
    /// `tell_end`.
    pub(crate) fn end_waiting(
        &self,
        take: impl FnOnce(&mut State) -> Vec<Ended>,
        code: &str,
        why: &str,
    ) -> Vec<(Arc<Job>, Times)> {
        let mut state = self.state();
        let ended = take(&mut state);
        let mut jobs = Vec::new();
        for Ended(number, is_announced) in ended {
            if let Some(entry) = state.table.get(number) {
                let job = Arc::clone(&entry.payload);
                job.end(instead(&job.action, code, why));
                let times = self.ended(Some(entry));
                jobs.extend(is_announced.then_some((job, times)));
            }
        }
        drop(state);
        self.changed.notify_all();
        jobs
    }

    /// It is wanted no more. `true` if it runs: then the class is to be told.
    pub(crate) fn kill(&self, number: Number) -> bool {
        let mut is_running = false;
        let now = self.clock.now();
        let kill = |state: &mut State| match state.table.kill(number, now) {
            Killed::Not => Vec::new(),
            Killed::Waiting(ended) => vec![ended],
            Killed::Running => {
                is_running = true;
                if let Some(entry) = state.table.get(number) {
                    entry.payload.kill();
                }
                Vec::new()
            }
        };
        for (job, times) in self.end_waiting(kill, "cancelled", "it was killed before it began") {
            self.tell_end(&job, times);
        }
        is_running
    }

    /// Wait until all of these have their answers, for no longer than `limit`, and no longer than
    /// the request is wanted.
    pub(crate) fn wait(&self, request: u64, jobs: &[Arc<Job>], limit: Duration) {
        let until = Instant::now() + limit;
        let mut state = self.state();
        state.waits.push((request, false));
        loop {
            let is_gone = state.waits.iter().any(|(other, gone)| *other == request && *gone);
            let left = until.saturating_duration_since(Instant::now());
            if is_gone || left.is_zero() || jobs.iter().all(|job| job.answer().is_some()) {
                break;
            }
            let woken = self.changed.wait_timeout(state, left.min(LOOK));
            state = woken.unwrap_or_else(PoisonError::into_inner).0;
            if request != 0 {
                drop(state);
                let is_gone = heard(|| self.services.is_cancelled(request));
                state = self.state();
                if is_gone {
                    break;
                }
            }
        }
        if let Some(at) = state.waits.iter().position(|(other, _)| *other == request) {
            state.waits.swap_remove(at);
        }
    }

    /// The request of this number is wanted no more, or none of them is: what it waits for goes on.
    pub(crate) fn cancel_wait(&self, request: Option<u64>) {
        for (other, gone) in &mut self.state().waits {
            *gone |= request.is_none_or(|request| *other == request);
        }
        self.changed.notify_all();
    }

    /// The job that a request's number stands for, as long as it runs.
    fn running(&self, request: u64) -> Option<(Arc<Job>, Times)> {
        let state = self.state();
        let entry = state.table.get(request.checked_sub(FIRST_JOB)?)?;
        let is_running = entry.phase == Phase::Running;
        is_running.then(|| (Arc::clone(&entry.payload), self.times(Some(entry))))
    }
}

/// What the classes are given in the place of the host's own services.
impl Services for Desk {
    fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.services.log_enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        self.services.log(level, target, message, request_id);
    }

    fn is_cancelled(&self, request_id: u64) -> bool {
        // A host that wants nothing any more wants no jobs either.
        self.services.is_cancelled(request_id)
            || is_job(request_id) && self.running(request_id).is_some_and(|(job, _)| job.is_killed())
    }

    fn wants_events(&self) -> bool {
        heard(|| self.services.wants_events())
    }

    /// Jobs want it whether the host's own services do or not: they keep what is told of them.
    fn wants_progress(&self) -> bool {
        true
    }

    fn progress(&self, request_id: u64, json: &str) {
        let Some((job, times)) = is_job(request_id).then(|| self.running(request_id)).flatten() else {
            if self.services.wants_progress() {
                self.services.progress(request_id, json);
            }
            return;
        };
        let now = self.clock.now();
        let frame = job.tells(json, now, |told| self.frame(|| frames::running(&job, told, times)));
        self.emit(frame.flatten());
    }

    fn emit_event(&self, name: &str, json: &str) {
        if self.services.wants_events() {
            self.services.emit_event(name, json);
        }
    }

    fn emit_event_of(&self, class: (&str, &str), name: &str, json: &str) {
        if self.services.wants_events() {
            self.services.emit_event_of(class, name, json);
        }
    }
}
