//! Running the shell iocage, and what its complaints mean: what every question
//! and every change begins with.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::output::Output;
use crate::iocage::session::{Program, Run, Session};
use crate::iocage::text::complaint;
use crate::process::Stdin;

/// The dialect. It keeps nothing; what is known, iocage is asked.
#[derive(Clone, Copy, Debug)]
pub struct Shell;

/// It sources files from the current directory and trusts the caller's PATH,
/// prints the caller's variables in one failure, and reads its own output back,
/// which another locale would change.
pub(super) const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOME", "/root"),
    ("NO_COLOR", "1"),
    ("PATH", "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"),
    ("TERM", "dumb"),
];

/// What a complaint of iocage, or of a program it calls, means: a part of the
/// text, the code, and the argument at fault.
const COMPLAINTS: &[(&str, Code, Option<&str>)] = &[
    ("jail is running!", Code::JailRunning, Some("jail")),
    ("Jail is up and running", Code::JailRunning, Some("jail")),
    ("jail has dependent clone", Code::HasDependents, Some("jail")),
    ("has dependent clones", Code::HasDependents, Some("jail")),
    ("unsupported property:", Code::UnknownProperty, None),
    ("not found locally", Code::UnknownRelease, Some("props")),
    ("no RELEASEs found locally", Code::UnknownRelease, Some("props")),
    ("No RELEASEs found locally", Code::UnknownRelease, Some("props")),
    ("no such pool", Code::UnknownPool, Some("pool")),
    ("can't find any pools available", Code::NoPool, None),
    ("more then one pool", Code::NoPool, None),
    ("No pool selected", Code::NoPool, None),
    ("is required for iocage to work", Code::NoPool, None),
];

/// Run a question on the way to something else.
pub(super) fn ask(session: &Session<'_>, args: &[&str]) -> Result<Output, Error> {
    run(session, Kind::Read, Stdin::Null, false, args.iter().map(|&word| word.to_owned()).collect())
}

/// Run what the action itself is.
pub(super) fn own(session: &Session<'_>, kind: Kind, args: &[&str]) -> Result<Output, Error> {
    run(session, kind, Stdin::Null, true, args.iter().map(|&word| word.to_owned()).collect())
}

pub(super) fn run(
    session: &Session<'_>,
    kind: Kind,
    stdin: Stdin<'_>,
    own: bool,
    args: Vec<String>,
) -> Result<Output, Error> {
    session.run(Run { program: Program::Iocage, kind, env: ENVIRONMENT, stdin, own }, args)
}

/// The error for a run that failed.
pub(super) fn failure(output: &Output) -> Error {
    let said = complaint(output);
    let known = COMPLAINTS.iter().find(|(part, ..)| said.contains(part));
    let (code, key) = known.map_or((Code::IocageFailed, None), |(_, code, key)| (*code, *key));
    Error { key, ..output.error(code, said) }
}

/// Errors in what exits with 0: several commands of this generation print
/// `ERROR` and go on as if nothing had happened.
pub(super) fn denies(output: &Output) -> bool {
    !output.succeeded() || output.stderr.lines().any(|line| line.trim_start().starts_with("ERROR"))
}
