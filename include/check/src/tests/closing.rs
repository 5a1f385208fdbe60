//! The end of an instance.

use std::sync::Mutex;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use sysadm_class::ffi::{E_INSIDE, E_NULL, E_SIZE, Response, ResultCode};

use crate::ears::Ears;
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Answer, Instance, Subject, function};

/// How long we wait for what should be in flight.
const A_WHILE: Duration = Duration::from_secs(2);

/// An answer on its way between threads.
pub(super) struct Sent(pub(super) Answer);
// SAFETY: release may be called on any thread; the bytes do not change.
unsafe impl Send for Sent {}

/// A request is held up inside the class, by a function of the host's that does
/// not return; then close is called. It must not return before the request did.
///
/// A class that asks its host for nothing cannot be held up like that, and as no
/// call may begin once close was called, a race would prove nothing.
#[expect(clippy::disallowed_methods, reason = "the threads are a host's")]
pub(crate) fn waits(job: &Job) -> Outcome {
    // All for ever: if close does not wait, a thread is left inside the class, and
    // must stay there, as the instance under it is gone.
    let job: &'static Job = Box::leak(Box::new(job.clone()));
    let subject: &'static Subject<'_> = Box::leak(Box::new(Subject::load(job)?));
    let ears = Ears::new();
    let instance: &'static Instance<'_> = Box::leak(Box::new(subject.create_with(ears.table())?));
    ears.hold.store(true, Ordering::SeqCst);
    let request = std::thread::spawn(|| Sent(instance.send(&job.requests[0])));
    let begin = Instant::now();
    let is_held = || ears.held.load(Ordering::SeqCst);
    while !is_held() && !request.is_finished() && begin.elapsed() < A_WHILE {
        std::thread::sleep(Duration::from_millis(1));
    }
    if !is_held() {
        return Ok(Pass::Skipped("the request asks nothing of the host, so it cannot be held up".to_owned()));
    }
    let closing = std::thread::spawn(|| {
        // SAFETY: the instance is open, and no call begins any more.
        Sent(subject.answer(|r| unsafe { function!(subject.class, close)(instance.pointer, 0, r) }))
    });
    std::thread::sleep(Duration::from_millis(200));
    ensure!(!closing.is_finished(), "close returned while a request was in flight");
    ears.hold.store(false, Ordering::SeqCst);
    let Sent(answer) = request.join().map_err(|_| "dispatch panicked".to_owned())?;
    answer.well_formed("the request that was in flight")?;
    let Sent(answer) = closing.join().map_err(|_| "close panicked".to_owned())?;
    answer.expect("close with a request in flight", &[200, 503])?;
    Ok(Pass::Passed)
}

/// Close is called by a function of the host's, on the thread of the request that has
/// called it: it can only wait for itself, and so has to refuse.
pub(crate) fn inside(job: &Job) -> Outcome {
    if Subject::load(job)?.class.abi_minor == 0 {
        return Ok(Pass::Skipped("its ABI is 1.0, which does not say what happens then".to_owned()));
    }
    static CODES: Mutex<Vec<ResultCode>> = Mutex::new(Vec::new());
    let job: &'static Job = Box::leak(Box::new(job.clone()));
    let subject: &'static Subject<'_> = Box::leak(Box::new(Subject::load(job)?));
    let ears = Ears::new();
    let instance = subject.create_with(ears.table())?;
    let pointer = instance.pointer.expose_provenance();
    let _ = ears.inside.set(Box::new(move || {
        let instance = std::ptr::with_exposed_provenance_mut(pointer);
        // SAFETY: the instance is open, as we are inside a call on it.
        let answer = subject.answer(|r| unsafe { function!(subject.class, close)(instance, 0, r) });
        CODES.lock().expect("nobody panics in here").push(answer.code);
    }));
    let answer = instance.send(&job.requests[0]);
    let codes = std::mem::take(&mut *CODES.lock().expect("nobody panics in here"));
    if codes.is_empty() {
        return Ok(Pass::Skipped("the request asks nothing of the host, so nobody is inside it".to_owned()));
    }
    if let Some(code) = codes.iter().find(|code| **code != E_INSIDE) {
        return Err(format!("close by who is inside a call answered the code {code}, expected {E_INSIDE}"));
    }
    answer.well_formed("the request by which close was called")?;
    instance.send("{}").expect("dispatch after a close from inside", &[200, 400, 403])?;
    instance.close()?;
    Ok(Pass::Passed)
}

/// What close answers with SYSADM_E_NULL or SYSADM_E_SIZE has freed nothing.
pub(crate) fn refused(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let close = function!(subject.class, close);
    let instance = subject.create()?;
    let mut short = Response { struct_size: 4, ..Response::empty() };
    for (response, expected) in [(std::ptr::null_mut(), E_NULL), (&raw mut short, E_SIZE)] {
        // SAFETY: the instance is open, and stays so by the contract.
        let code = unsafe { close(instance.pointer, 0, response) };
        ensure!(code == expected, "close answered the code {code}, expected {expected}");
        instance.send("{}").expect("dispatch after a close that was none", &[200, 400, 403])?;
        instance.health(0).expect("health after a close that was none", &[200, 503])?;
        instance.export().expect("export_state after a close that was none", &[200])?;
    }
    instance.close()?;
    Ok(Pass::Passed)
}
