//! Is a request that takes long ended early: by cancel, by its time limit, by close?
//!
//! Tried with the given requests whose action is described as long, each started once for each of these
//! and ended after a moment. The contract gives a class some seconds for that, in which a program may do
//! what it was started for all the same; so a fault is only what goes on for longer than the usual time of
//! a test. Of what was done before, or meanwhile, it cannot be told whether anything would have ended it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;
use sysadm_class::ffi::{ACCESS_FULL, OK};

use super::closing::Sent;
use super::services::description;
use crate::ears::Ears;
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Answer, Ask, Instance, Subject, function};

/// What still runs after this takes long; also the time limit that is given, and how long close waits.
const A_MOMENT: Duration = Duration::from_millis(200);

/// How often a request is cancelled that has not ended: for all we know the first time was before it began.
const AGAIN: Duration = Duration::from_millis(100);

/// After so many times of a test no further request is begun: each may take two of them, of the six that there are.
const ENOUGH: u32 = 3;

/// Clocks are rounded.
const NEARLY: Duration = Duration::from_millis(10);

/// In how many ms the last answer came.
static TOOK: AtomicU64 = AtomicU64::new(0);

pub(crate) fn cancelled(job: &Job) -> Outcome {
    each(job, Duration::ZERO, |flight| {
        if !flight.is_long() {
            return flight.done("before it was cancelled");
        }
        flight.cancel()?;
        flight.ended("it was cancelled")
    })
}

pub(crate) fn timed_out(job: &Job) -> Outcome {
    each(job, A_MOMENT, |flight| {
        wait(&flight.request, A_MOMENT + flight.job.within);
        if flight.request.is_finished() && flight.took() + NEARLY < A_MOMENT {
            return flight.done("before its time was up");
        }
        flight.ended("its `timeout_ms` was over")
    })
}

#[expect(clippy::disallowed_methods, reason = "the thread is a host's")]
pub(crate) fn drained(job: &Job) -> Outcome {
    each(job, Duration::ZERO, |flight| {
        if !flight.is_long() {
            return flight.done("before the instance was closed");
        }
        if !flight.ears.asked.load(Ordering::SeqCst) {
            flight.cancel()?;
            flight.ended("it was cancelled")?;
            let why = "the request asks nothing of the host, so it is not known to be running".to_owned();
            return Ok(Pass::Skipped(why));
        }
        let instance = flight.instance;
        let closing = std::thread::spawn(move || {
            let (subject, ms) = (instance.subject, A_MOMENT.as_millis() as u64);
            // SAFETY: the instance is open, and no call begins any more.
            Sent(subject.answer(|r| unsafe { function!(subject.class, close)(instance.pointer, ms, r) }))
        });
        wait(&closing, A_MOMENT + flight.job.within);
        ensure!(
            closing.is_finished(),
            "close, which may wait for {} ms, did not end the request {} within {} s",
            A_MOMENT.as_millis(),
            flight.args,
            flight.job.within.as_secs()
        );
        let Sent(closed) = closing.join().map_err(|_| "close panicked".to_owned())?;
        closed.expect("close with a long request in flight", &[200, 503])?;
        let (args, within) = (flight.args, flight.job.within);
        wait(&flight.request, within);
        ensure!(
            flight.request.is_finished(),
            "the request {args} has not returned {} s after close",
            within.as_secs()
        );
        flight.answer()?;
        if closed.raw.status == 200 {
            let why = format!(
                "{args} was done while close waited, so it cannot be told whether it would have been ended"
            );
            return Ok(Pass::Skipped(why));
        }
        Ok(Pass::Passed)
    })
}

/// A request on its way.
struct Flight {
    job: &'static Job,
    ears: &'static Ears,
    instance: &'static Instance<'static>,
    args: &'static str,
    request: JoinHandle<Sent>,
}

impl Flight {
    #[expect(clippy::disallowed_methods, reason = "the threads are a host's")]
    fn begin(
        subject: &'static Subject<'static>,
        args: &'static str,
        time: Duration,
    ) -> Result<Flight, String> {
        let ears = Ears::new();
        let instance: &'static Instance<'_> = Box::leak(Box::new(subject.create_with(ears.table())?));
        ears.asked.store(false, Ordering::SeqCst);
        TOOK.store(0, Ordering::SeqCst);
        let request = std::thread::spawn(move || {
            let ask = instance.ask(args.as_bytes(), ACCESS_FULL);
            let begin = Instant::now();
            let sent = Sent(instance.dispatch(&Ask { timeout_ms: time.as_millis() as u64, ..ask }));
            TOOK.store(begin.elapsed().as_millis() as u64, Ordering::SeqCst);
            sent
        });
        Ok(Flight { job: subject.job, ears, instance, args, request })
    }

    /// Is it still on its way after a moment?
    fn is_long(&self) -> bool {
        wait(&self.request, A_MOMENT);
        !self.request.is_finished()
    }

    /// Cancel it until it has ended, or for as long as it may take.
    fn cancel(&self) -> Result<(), String> {
        let begin = Instant::now();
        while !self.request.is_finished() && begin.elapsed() < self.job.within {
            let code = self.instance.cancel(1);
            ensure!(code == OK, "cancel of a request in flight answered the code {code}");
            wait(&self.request, AGAIN);
        }
        Ok(())
    }

    /// How long it took, where it has ended.
    fn took(&self) -> Duration {
        Duration::from_millis(TOOK.load(Ordering::SeqCst))
    }

    /// Its answer, which is waited for.
    fn answer(self) -> Result<Answer, String> {
        let Sent(answer) = self.request.join().map_err(|_| "dispatch panicked".to_owned())?;
        answer.expect(&format!("the request {}", self.args), &[200, 503])?;
        Ok(answer)
    }

    /// Nothing can be told of it, as it was done too early.
    fn done(self, when: &str) -> Outcome {
        let (args, instance) = (self.args, self.instance);
        self.answer()?;
        close(instance)?;
        Ok(Pass::Skipped(format!("{args} was done {when}, so it cannot be told whether that ends it")))
    }

    /// Has it ended, as it should have? And does the answer say so?
    fn ended(self, after: &str) -> Outcome {
        let (args, instance, within) = (self.args, self.instance, self.job.within.as_secs());
        ensure!(self.request.is_finished(), "{after}, but the request {args} did not end within {within} s");
        let answer = self.answer()?;
        close(instance)?;
        if answer.raw.status == 503 || is_error(&answer, args) {
            return Ok(Pass::Passed);
        }
        Ok(Pass::Skipped(format!(
            "{args} was done when {after}, so it cannot be told whether it would have been ended"
        )))
    }
}

/// Is it an object under the action's name that has a code or an error?
fn is_error(answer: &Answer, args: &str) -> bool {
    let said: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
    action(args).is_some_and(|action| ["code", "error"].iter().any(|key| said[&action][key].is_string()))
}

fn action(args: &str) -> Option<String> {
    let args: Value = serde_json::from_str(args).ok()?;
    args["action"].as_str().map(str::to_owned)
}

/// Close an instance of which nothing is in flight.
fn close(instance: &'static Instance<'static>) -> Result<(), String> {
    Instance { subject: instance.subject, pointer: instance.pointer }.close()
}

/// Wait until the thread has ended, for so long.
fn wait<T>(thread: &JoinHandle<T>, time: Duration) {
    let begin = Instant::now();
    while !thread.is_finished() && begin.elapsed() < time {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Do this with each given request that is described as long, which gets that much time (zero: any).
fn each(job: &Job, time: Duration, end: impl Fn(Flight) -> Outcome) -> Outcome {
    // All for ever: what does not end stays inside the class until the process ends.
    let job: &'static Job = Box::leak(Box::new(job.clone()));
    let subject: &'static Subject<'_> = Box::leak(Box::new(Subject::load(job)?));
    let said = description(subject)?.unwrap_or_default();
    let is_long = |args: &&String| {
        let wanted = action(args);
        let mut all = said["actions"].as_array().into_iter().flatten();
        wanted.is_some()
            && all.any(|told| told["long"] == true && told["action"].as_str() == wanted.as_deref())
    };
    let mut passed = Pass::Skipped("no given request is of an action that is described as long".to_owned());
    let begin = Instant::now();
    for args in job.requests.iter().filter(is_long) {
        if begin.elapsed() > ENOUGH * job.within {
            break;
        }
        let this = end(Flight::begin(subject, args, time)?)?;
        if passed != Pass::Passed {
            passed = this;
        }
    }
    Ok(passed)
}
