//! One test as its process sees it: a file says what to do, another takes the
//! outcome. Standard output and error are left to the module, so that what it
//! writes there is seen.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde_json::{Value, json};

use crate::catalogue;

/// What a test is to know.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) module: PathBuf,
    pub(crate) config: String,
    pub(crate) requests: Vec<String>,
    /// Were the requests given? Then each is to be answered with 200.
    pub(crate) known: bool,
}

/// How a test ended that did not fail.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    /// Well.
    Passed,
    /// There was nothing to test, and why.
    Skipped(String),
}

/// How a test ended; the error is the sentence that says what the class did.
pub(crate) type Outcome = Result<Pass, String>;

/// Fail the test with a sentence unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($sentence:tt)+) => {
        if !$condition {
            return Err(format!($($sentence)+));
        }
    };
}
pub(crate) use ensure;

/// The names of the files in a test's folder.
pub(crate) const JOB: &str = "job.json";
const OUTCOME: &str = "outcome.json";

/// Write the file for a test's process.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn order(folder: &Path, test: &str, job: &Job) -> std::io::Result<()> {
    let text = json!({
        "test": test, "module": job.module, "config": job.config,
        "requests": job.requests, "known": job.known,
    });
    fs::write(folder.join(JOB), text.to_string())
}

/// What a test's process said; `None` if it did not live to say it.
pub(crate) fn outcome(folder: &Path) -> Option<Outcome> {
    let text: Value = serde_json::from_slice(&fs::read(folder.join(OUTCOME)).ok()?).ok()?;
    let why = || text["why"].as_str().unwrap_or_default().to_owned();
    match text["result"].as_str()? {
        "passed" => Some(Ok(Pass::Passed)),
        "skipped" => Some(Ok(Pass::Skipped(why()))),
        _ => Some(Err(why())),
    }
}

/// Do what the file says, in this process.
pub(crate) fn perform(file: &Path) -> ExitCode {
    confine();
    let read = || -> Option<(Job, String)> {
        let text: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        let word = |key: &str| text[key].as_str().map(str::to_owned);
        let requests = text["requests"].as_array()?.iter().filter_map(Value::as_str);
        let job = Job {
            module: word("module")?.into(),
            config: word("config")?,
            requests: requests.map(str::to_owned).collect(),
            known: text["known"] == true,
        };
        Some((job, word("test")?))
    };
    let Some((job, name)) = read() else { return ExitCode::from(2) };
    let Some(test) = catalogue::find(&name) else { return ExitCode::from(2) };
    let text = match (test.run)(&job) {
        Ok(Pass::Passed) => json!({"result": "passed"}),
        Ok(Pass::Skipped(why)) => json!({"result": "skipped", "why": why}),
        Err(why) => json!({"result": "failed", "why": why}),
    };
    match fs::write(file.with_file_name(OUTCOME), text.to_string()) {
        // From here the process ends as every host does, with what the module
        // may have left to be run at its end.
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

/// A crash leaves no core file; and no test outlives its parent.
fn confine() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: reads one structure of ours.
    unsafe { libc::setrlimit(libc::RLIMIT_CORE, &raw const none) };
    #[cfg(target_os = "linux")]
    // SAFETY: takes numbers only.
    unsafe {
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL)
    };
}
