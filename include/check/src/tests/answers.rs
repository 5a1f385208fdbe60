//! Requests that are good, those that are for somebody else, and what becomes of
//! the answers.

use std::sync::Barrier;
use std::time::{Duration, Instant};

use sysadm_class::ffi::{self, Response};

use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Answer, Ask, Instance, Subject, function};

/// Requests that were given are answered with 200; `{}` may be refused.
fn check(job: &Job, args: &str, answer: &Answer) -> Result<(), String> {
    let what = format!("the request {args}");
    if job.known { answer.expect(&what, &[200]) } else { answer.well_formed(&what) }
}

pub(crate) fn requests(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    let address = subject.address();
    let lower = address.map(<[u8]>::to_ascii_lowercase);
    let upper = address.map(<[u8]>::to_ascii_uppercase);
    for args in &job.requests {
        for address in [address, [&lower[0], &lower[1]], [&upper[0], &upper[1]]] {
            let ask = Ask { address, ..instance.ask(args.as_bytes(), ffi::ACCESS_FULL) };
            let answer = instance.dispatch(&ask);
            check(job, args, &answer)?;
            ensure!(
                answer.raw.status != 404,
                "a request for {:?} was answered with 404, though case does not matter",
                String::from_utf8_lossy(&address.join(&b'/'))
            );
        }
    }
    instance.close()?;
    Ok(Pass::Passed)
}

/// With full access, as a class may look at that first; `{}` names no action,
/// so nothing can happen.
pub(crate) fn other_class(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    let [space, name] = subject.address();
    let longer = [name, b"x"].concat();
    let shorter = &name[..name.len() - 1];
    let not_utf8: &[u8] = b"\xff\xfe";
    for address in [
        [b"nobody", name],
        [space, b"nobody"],
        [name, space],
        [space, &longer],
        [space, shorter],
        [b"", name],
        [space, b""],
        [b"", b""],
        [not_utf8, not_utf8],
    ] {
        if address == [space, name] {
            continue;
        }
        let shown = String::from_utf8_lossy(&address.join(&b'/')).into_owned();
        let answer = instance.dispatch(&Ask { address, ..instance.ask(b"{}", ffi::ACCESS_FULL) });
        answer.expect(&format!("dispatch for {shown:?}"), &[404])?;
    }
    instance.close()?;
    Ok(Pass::Passed)
}

pub(crate) fn unknown_access(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    for args in &job.requests {
        let send = |access| instance.dispatch(&instance.ask(args.as_bytes(), access));
        let limited = send(ffi::ACCESS_LIMITED);
        limited.well_formed("dispatch with limited access")?;
        for access in [2, 7, u32::MAX] {
            let what = format!("the request {args} with the access {access}");
            send(access).expect(&what, &[limited.raw.status])?;
        }
    }
    instance.close()?;
    Ok(Pass::Passed)
}

pub(crate) fn release(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    let release = function!(subject.class, release);
    let mut empty = Response::empty();
    // SAFETY: a response that no call has filled; again and again.
    unsafe {
        release(&raw mut empty);
        release(&raw mut empty);
    }
    ensure!(empty.owner.is_null() && empty.args.len == 0, "release filled an empty response in");
    let given = job.requests.iter().map(|args| instance.send(args));
    let broken = ["", "{"].map(|args| instance.send_garbage(args.as_bytes()));
    for mut answer in given.chain(broken) {
        answer.well_formed("dispatch")?;
        for time in ["release", "a second release"] {
            // SAFETY: filled in by the class, then cleared by it.
            unsafe { release(&raw mut answer.raw) };
            let raw = &answer.raw;
            ensure!(raw.owner.is_null() && raw.args.len == 0, "{time} did not clear the response");
            ensure!(
                raw.struct_size as usize == size_of::<Response>(),
                "{time} changed the response's `struct_size` to {}",
                raw.struct_size
            );
        }
    }
    instance.close()?;
    Ok(Pass::Passed)
}

/// An answer that another thread may release.
struct Sent(Answer);
// SAFETY: release may be called on any thread; the bytes do not change.
unsafe impl Send for Sent {}

impl Sent {
    /// A method, so that a closure takes the whole and not the field.
    fn answer(&self) -> &Answer {
        &self.0
    }
}

#[expect(clippy::disallowed_methods, reason = "the threads are a host's")]
pub(crate) fn last(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    let mut answers: Vec<Answer> = job.requests.iter().map(|args| instance.send(args)).collect();
    answers.extend(["{", "{}"].map(|args| instance.send_garbage(args.as_bytes())));
    answers.push(instance.health(0));
    answers.push(instance.export());
    let before: Vec<Vec<u8>> = answers.iter().map(|answer| answer.bytes().to_vec()).collect();
    for _ in 0..100 {
        instance.send_garbage(b"[1,2,3]").well_formed("dispatch")?;
    }
    instance.close()?;
    let other = subject.create()?;
    other.send_garbage(b"[\"something else\"]").well_formed("dispatch")?;
    other.close()?;
    for (answer, before) in answers.into_iter().zip(before) {
        answer.well_formed("an answer that is kept")?;
        ensure!(answer.bytes() == before, "an answer changed before it was released");
        let sent = Sent(answer);
        let same = std::thread::spawn(move || sent.answer().bytes() == before).join();
        ensure!(same.is_ok_and(|same| same), "an answer changed on another thread");
    }
    Ok(Pass::Passed)
}

const THREADS: u64 = 8;
const AT_LEAST: Duration = Duration::from_millis(300);

#[expect(clippy::disallowed_methods, reason = "the threads are a host's")]
pub(crate) fn concurrent(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let instance = subject.create()?;
    let begin = Barrier::new(THREADS as usize);
    std::thread::scope(|scope| {
        let work = |thread| {
            let (instance, begin) = (&instance, &begin);
            scope.spawn(move || {
                begin.wait();
                ask_for_a_while(job, instance, thread)
            })
        };
        let workers: Vec<_> = (0..THREADS).map(work).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|_| Err("a thread of the test panicked".to_owned()))
        })
    })?;
    instance.close()?;
    Ok(Pass::Passed)
}

fn ask_for_a_while(job: &Job, instance: &Instance<'_>, thread: u64) -> Result<(), String> {
    let begin = Instant::now();
    let mut id = 1 + thread;
    while id <= 2 * THREADS || begin.elapsed() < AT_LEAST {
        for args in &job.requests {
            let ask = Ask { id, ..instance.ask(args.as_bytes(), ffi::ACCESS_FULL) };
            check(job, args, &instance.dispatch(&ask)).map_err(|why| format!("among others, {why}"))?;
        }
        instance.send_garbage(format!("[{id}]").as_bytes()).well_formed("dispatch among others")?;
        instance.export().well_formed("export_state among others")?;
        let codes = [instance.cancel(0), instance.log_level(ffi_level(id))];
        ensure!(codes == [ffi::OK; 2], "cancel and set_log_level among others answered {codes:?}");
        id += THREADS;
    }
    Ok(())
}

/// A level that changes.
fn ffi_level(id: u64) -> u32 {
    (id % 6) as u32
}
