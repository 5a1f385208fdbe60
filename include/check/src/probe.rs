//! The other use of this program: a host has a module tried by it before it loads it.
//!
//! What is to be done comes by the standard input, `sysadm_host::Probe` as JSON, and
//! what came of it goes out as one line: `taken`, or a code of the host's and a
//! sentence, after another with the class, where that came to be known; exit status 0 or 1, and 2 if nothing could be tried. The steps are the
//! host's own, taken by a process of their own as the tests are. Its outcome and the
//! step in which it is go by files, and all that it writes elsewhere is thrown away.

use std::fs;
use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use serde_json::{Value, json};
use sysadm_host::{OF_CLASS, Obstacle, Probe, TAKEN, signal_name};

use crate::child::confine;
use crate::options::PROBED;
use crate::orphans;
use crate::process::{self, Ended, Private};

/// The names of the files.
const JOB: &str = "job.json";
const OUTCOME: &str = "outcome.json";
const STEP: &str = "step";

/// How long a line may be, in bytes.
const LONGEST: usize = 4000;

/// Try the module that the standard input tells of, and say what came of it.
pub(crate) fn run() -> ExitCode {
    process::be_independent();
    let mut text = Vec::new();
    let read = std::io::stdin().lock().read_to_end(&mut text);
    let Some(probe) = read.ok().and_then(|_| Probe::from_json(&text)) else {
        eprintln!("plugin-check: the standard input does not say what is to be tried");
        return ExitCode::from(2);
    };
    let line = match tried(&probe, &text) {
        Err(e) => {
            eprintln!("plugin-check: cannot try {}: {e}", probe.shown.display());
            return ExitCode::from(2);
        }
        Ok(None) => TAKEN.to_owned(),
        Ok(Some(Refusal { code, why, class })) => {
            if let Some(class) = class {
                println!("{OF_CLASS}{}", one_line(&class));
            }
            format!("{code} {}", one_line(&why))
        }
    };
    println!("{line}");
    if line == TAKEN { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Why it is not to be taken, and of which class it is, as NAMESPACE/NAME, if that is known.
struct Refusal {
    code: String,
    why: String,
    class: Option<String>,
}

/// What it is refused with, if it is not to be taken.
fn tried(probe: &Probe, text: &[u8]) -> std::io::Result<Option<Refusal>> {
    orphans::adopt();
    process::hear_the_end();
    let folder = Private::new()?;
    let file = folder.0.join(JOB);
    fs::write(&file, text)?;
    let Ended { status, .. } =
        process::run(PROBED, &file, [Stdio::null(), Stdio::null()], probe.limit, None)?;
    let step = fs::read_to_string(folder.0.join(STEP)).unwrap_or_default();
    let failed = |why: String| {
        let why =
            format!("{} cannot be used: the process in which it was tried {why}", probe.shown.display());
        Ok(Some(Refusal { code: Obstacle::Probe.word().to_owned(), why, class: None }))
    };
    let Some(status) = status else {
        let limit = probe.limit.as_secs_f32();
        return failed(format!("did not end within {limit} s and was killed when {step}"));
    };
    if let Some(signal) = status.signal() {
        return failed(format!("was ended by {} when {step}", signal_name(signal)));
    }
    let outcome = fs::read(folder.0.join(OUTCOME)).unwrap_or_default();
    let outcome: Value = serde_json::from_slice(&outcome).unwrap_or_default();
    let word = |key: &str| outcome[key].as_str().map(str::to_owned);
    match (word("code"), word("why"), status.success()) {
        (Some(code), Some(why), _) => Ok(Some(Refusal { code, why, class: word("class") })),
        (None, None, true) if outcome["taken"] == true => Ok(None),
        _ => failed(format!("ended with exit status {} when {step}", status.code().unwrap_or(-1))),
    }
}

/// Take the steps that the file says, in this process.
pub(crate) fn perform(file: &Path) -> ExitCode {
    confine();
    let Some(probe) = fs::read(file).ok().and_then(|text| Probe::from_json(&text)) else {
        return ExitCode::from(2);
    };
    let beside = |name: &str| file.with_file_name(name);
    // Where no more can be written, the step before is told.
    let outcome = probe.perform(&mut |step| drop(fs::write(beside(STEP), step)));
    let text = match outcome {
        Ok(()) => json!({"taken": true}),
        Err(refused) => {
            let class = refused.class.map(|(namespace, name)| format!("{namespace}/{name}"));
            json!({"class": class, "code": refused.obstacle.word(), "why": refused.why})
        }
    };
    match fs::write(beside(OUTCOME), text.to_string()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(2),
    }
}

fn one_line(text: &str) -> String {
    let mut line = text.replace(|c: char| c.is_control(), " ");
    line.truncate(line.floor_char_boundary(LONGEST));
    line
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_sentence_is_one_line_and_not_too_long() {
        assert_eq!(one_line("a\nb\u{1b}c"), "a b c");
        assert_eq!(one_line(&"\u{e4}".repeat(4000)).len(), LONGEST);
    }
}
