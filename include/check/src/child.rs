//! One test as its process sees it: it does what a file says, and ends.

use std::path::Path;
use std::process::ExitCode;

use crate::job::Outcome;
use crate::{catalogue, ears, job, orphans};

/// Do what the file says, in this process.
pub(crate) fn perform(file: &Path) -> ExitCode {
    confine();
    let Some((job, name)) = job::read(file) else { return ExitCode::from(2) };
    let Some(test) = catalogue::find(&name) else { return ExitCode::from(2) };
    match job::tell(file, &heard((test.run)(&job))) {
        // From here the process ends as every host does, with what the module
        // may have left to be run at its end.
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

/// A test that has not failed does so for what the class has logged in its course, whatever
/// the test is for.
fn heard(outcome: Outcome) -> Outcome {
    let why = ears::unlawful();
    outcome.and_then(|pass| why.map_or(Ok(pass), |why| Err(why.to_owned())))
}

/// A crash leaves no core file; and no test outlives its parent.
pub(crate) fn confine() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: reads one structure of ours.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
    orphans::end_with_parent(libc::SIGKILL);
}
