//! Running one test after the other, each in a process of its own.
//!
//! One at a time: tests look at time and at memory, and would disturb each other.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::time::{Duration, Instant};

use sysadm_host::signal_name;

use crate::catalogue::{CATALOGUE, Stage, Test};
use crate::job::{self, JOB, Job, Pass};
use crate::options::{CHILD, Options};
use crate::orphans;
use crate::process::{self, Ended, Private};
use crate::report::{Line, Report, Verdict};
use crate::tests::leaks;

/// Check a module and tell; did all tests pass?
///
/// # Errors
/// What keeps us from testing at all.
pub(crate) fn run(options: &Options) -> Result<bool, String> {
    fs::metadata(&options.module).map_err(|e| format!("{}: {e}", options.module.display()))?;
    orphans::adopt();
    let folder = Private::new().map_err(|e| format!("cannot make a temporary folder: {e}"))?;
    let known = !options.requests.is_empty();
    let requests = if known { options.requests.clone() } else { vec!["{}".to_owned()] };
    let (module, config) = (options.module.clone(), options.config.clone());
    let job = Job { module, config, requests, known, within: options.timeout };
    let mut report = Report::new(options);
    let told = |e| format!("cannot tell the outcome: {e}");
    let mut unusable = None;
    for test in &CATALOGUE {
        if !options.only.is_empty() && !options.only.iter().any(|name| name == test.name) {
            continue;
        }
        if options.skip.iter().any(|name| name == test.name) {
            report.add(Line::new(test, Verdict::Skipped, "--skip".to_owned())).map_err(told)?;
            continue;
        }
        if let Some(name) = unusable {
            report
                .add(Line::new(test, Verdict::Skipped, format!("the test `{name}` failed")))
                .map_err(told)?;
            continue;
        }
        let begin = Instant::now();
        let (verdict, why) = perform(test, &job, options.timeout * test.patience, &folder.0)
            .map_err(|e| format!("cannot run the test `{}`: {e}", test.name))?;
        if verdict == Verdict::Failed && test.stage == Stage::Load {
            unusable.get_or_insert(test.name);
        }
        report
            .add(Line { seconds: begin.elapsed().as_secs_f64(), ..Line::new(test, verdict, why) })
            .map_err(told)?;
    }
    report.finish().map_err(told)
}

/// Run one test in a process.
fn perform(test: &Test, job: &Job, limit: Duration, base: &Path) -> std::io::Result<(Verdict, String)> {
    let folder = base.join(test.name);
    fs::create_dir(&folder)?;
    job::order(&folder, test.name, job)?;
    let said = [folder.join("stdout"), folder.join("stderr")];
    let streams = [File::create(&said[0])?.into(), File::create(&said[1])?.into()];
    let variables = (test.name == "cycles").then(leaks::variable);
    let ended = process::run(CHILD, &folder.join(JOB), streams, limit, variables)?;
    let said = said.map(|path| fs::read(path).unwrap_or_default());
    Ok(judge(test, &ended, job::outcome(&folder), &said, limit))
}

fn judge(
    test: &Test,
    ended: &Ended,
    outcome: Option<job::Outcome>,
    said: &[Vec<u8>; 2],
    limit: Duration,
) -> (Verdict, String) {
    let failed = |why: String| (Verdict::Failed, why);
    let Some(status) = ended.status else {
        return failed(format!("it did not end within {} s and was killed", limit.as_secs()));
    };
    if let Some(Err(why)) = outcome {
        return failed(why);
    }
    let when = if outcome.is_some() { "at its end" } else { "in the middle of the test" };
    if let Some(signal) = status.signal() {
        return failed(format!("the process was ended by {}, {when}{}", signal_name(signal), last(said)));
    }
    if outcome.is_none() || !status.success() {
        let code = status.code().unwrap_or(-1);
        return failed(format!("the process ended with exit status {code}, {when}{}", last(said)));
    }
    if test.name == "quiet" && said.iter().any(|text| !text.is_empty()) {
        return failed(format!("something was written to the standard output or error{}", last(said)));
    }
    if test.name == "processes" && ended.left > 0 {
        return failed(format!("processes that were left running or unreaped: {}", ended.left));
    }
    match outcome {
        Some(Ok(Pass::Skipped(why))) => (Verdict::Skipped, why),
        _ => (Verdict::Passed, String::new()),
    }
}

/// The last line that the process said, to be put behind a sentence.
fn last(said: &[Vec<u8>; 2]) -> String {
    const LONGEST: usize = 200;
    let lines = said.iter().rev().map(|text| String::from_utf8_lossy(text).into_owned());
    let line = lines.filter_map(|text| text.lines().rfind(|l| !l.is_empty()).map(str::to_owned)).next();
    line.map_or(String::new(), |line| format!(": {:?}", line.chars().take(LONGEST).collect::<String>()))
}
