//! What the Python iocage complains of, and what each complaint means.

use super::notices::is_of_banner;
use crate::error::{Code, Error};
use crate::iocage::output::Output;
use crate::iocage::text::status_lines;

/// What a complaint means: a part of the text, the code, the argument at fault.
const COMPLAINTS: &[(&str, Code, Option<&str>)] = &[
    ("is still running, please stop", Code::JailRunning, Some("jail")),
    ("has dependent jails", Code::HasDependents, Some("jail")),
    ("is not running! Please supply", Code::JailNotRunning, Some("jail")),
    ("has a corrupt configuration", Code::CorruptJail, Some("jail")),
    ("is missing its configuration", Code::CorruptJail, Some("jail")),
    ("is not a valid property!", Code::UnknownProperty, None),
    ("is not a valid value for", Code::IllegalValue, Some("props")),
    ("Please provide a valid ip", Code::IllegalValue, Some("props")),
    ("ZFS pool '", Code::UnknownPool, Some("pool")),
    ("Template: ", Code::UnknownTemplate, Some("props")),
    ("Please supply a valid RELEASE", Code::UnknownRelease, Some("props")),
    ("You cannot clone a template", Code::Unsupported, Some("jail")),
    ("convert back to a jail", Code::Unsupported, Some("jail")),
    ("already exists!", Code::TagInUse, Some("props")),
    ("poolsmarked active", Code::NoPool, None),
    ("No zpools found", Code::NoPool, None),
    ("not activating a pool", Code::NoPool, None),
    ("jail '", Code::UnknownJail, Some("jail")),
];

/// The error for a run that failed.
pub(super) fn failure(output: &Output) -> Error {
    let said = complaint(output);
    let known = COMPLAINTS.iter().find(|(part, ..)| said.contains(part));
    let (code, key) = match known {
        Some((_, code, key)) => (*code, *key),
        None if output.succeeded() => (Code::NotDone, None),
        None => (Code::IocageFailed, None),
    };
    Error { key, ..output.error(code, said) }
}

/// What it says of a failure: standard error without the question's warning and
/// the banner; of a traceback the last line, of wrong usage the one that says what
/// is wrong.
fn complaint(output: &Output) -> String {
    let is_reason = |line: &String| !line.starts_with("This will destroy ") && !is_of_banner(line);
    let said: Vec<_> = status_lines(&output.stderr).filter(is_reason).collect();
    let one = if said.iter().any(|line| line.starts_with("Traceback (most recent call last)")) {
        said.last()
    } else {
        said.iter().find(|line| line.starts_with("Error: "))
    };
    match (one, output.exit) {
        (Some(line), _) => line.clone(),
        // A list is told under a line that ends in a colon.
        (None, _) if !said.is_empty() => said.join("; ").replace(":; ", ": "),
        (None, Some(0) | None) => "iocage did not do it, and did not say why".to_owned(),
        (None, Some(exit)) => format!("iocage failed with exit status {exit} and said nothing"),
    }
}
