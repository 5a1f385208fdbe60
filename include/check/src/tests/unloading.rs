//! The flag UNLOAD_SAFE, held to its word. What is left in memory `leaks` looks at.

use std::sync::mpsc;

use sysadm_host::is_mapped;

use super::traces::tour;
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::Subject;

/// Threads tour the class; one has ended when the library goes, one ends after
/// that: a destructor that the class left on it would run in code that is gone,
/// or would have kept the library.
#[expect(clippy::disallowed_methods, reason = "the threads are a host's")]
pub(crate) fn unload(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    if !subject.is_unload_safe() {
        return Ok(Pass::Skipped("the class does not say that it may be unloaded".to_owned()));
    }
    let (toured, wait_for_tour) = mpsc::channel();
    let (unmapped, wait_for_unmap) = mpsc::channel::<()>();
    let job = job.clone();
    let path = job.module.clone();
    let later = std::thread::spawn(move || {
        let subject = Subject::load(&job)?;
        let result = tour(&subject);
        subject.unload()?;
        // A receiver that is gone has failed already.
        let _ = toured.send(result);
        let _ = wait_for_unmap.recv();
        Ok::<(), String>(())
    });
    let first = std::thread::scope(|scope| scope.spawn(|| tour(&subject)).join());
    first.map_err(|_| "the tour panicked".to_owned())??;
    wait_for_tour.recv().map_err(|_| "the tour panicked".to_owned())??;
    tour(&subject)?;
    subject.unload()?;
    let mapped = is_mapped(&path);
    drop(unmapped);
    // Here the thread ends, and its destructors run.
    later.join().map_err(|_| "the tour panicked".to_owned())??;
    ensure!(!mapped, "the class says that it may be unloaded, but it stays mapped");
    Ok(Pass::Passed)
}
