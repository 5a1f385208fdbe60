//! What a test is given and how it ends, and the two files by which that goes from
//! process to process: one says what to do, the other takes the outcome. Standard
//! output and error are left to the module, so that what it writes there is seen.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

/// What a test is to know.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) module: PathBuf,
    pub(crate) config: String,
    pub(crate) requests: Vec<String>,
    /// Were the requests given? Then each is to be answered with 200.
    pub(crate) known: bool,
    /// The usual time of a test.
    pub(crate) within: Duration,
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
        "requests": job.requests, "known": job.known, "within": job.within.as_secs(),
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

/// What the file says is to be done: with what, and by which test.
pub(crate) fn read(file: &Path) -> Option<(Job, String)> {
    let text: Value = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
    let word = |key: &str| text[key].as_str().map(str::to_owned);
    let requests = text["requests"].as_array()?.iter().filter_map(Value::as_str);
    let job = Job {
        module: word("module")?.into(),
        config: word("config")?,
        requests: requests.map(str::to_owned).collect(),
        known: text["known"] == true,
        within: Duration::from_secs(text["within"].as_u64()?),
    };
    Some((job, word("test")?))
}

/// Write beside the file how it ended.
///
/// # Errors
/// If it cannot be written.
pub(crate) fn tell(file: &Path, outcome: &Outcome) -> std::io::Result<()> {
    let text = match outcome {
        Ok(Pass::Passed) => json!({"result": "passed"}),
        Ok(Pass::Skipped(why)) => json!({"result": "skipped", "why": why}),
        Err(why) => json!({"result": "failed", "why": why}),
    };
    fs::write(file.with_file_name(OUTCOME), text.to_string())
}
