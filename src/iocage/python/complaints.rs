//! What the Python iocage complains of, and what each complaint means.
//!
//! A complaint is a whole line, as its source prints it, about the jail that was
//! asked for: it also tells of other jails that are broken, and what a jail's own
//! scripts have printed stands among its lines. So a part of a line means nothing.

use super::said::Said;
use crate::error::{Code, Error};
use crate::iocage::output::Output;
use crate::iocage::text::{Ends, sentence_of, status_lines};

use super::notices::is_notice;

/// A line in which `{jail}` stands for the jail's name and `{}` for anything, the
/// code, the argument at fault.
type Complaint = (&'static str, Code, Option<&'static str>);

const COMPLAINTS: &[Complaint] = &[
    (
        "Jail {jail} is still running, please stop the jail first or destroy it with -f",
        Code::JailRunning,
        Some("jail"),
    ),
    (
        "{jail} has dependent jails (who may also have dependents), use --recursive to destroy:",
        Code::HasDependents,
        Some("jail"),
    ),
    (
        "{jail} is not running! Please supply --force (-f) or start the jail",
        Code::JailNotRunning,
        Some("jail"),
    ),
    (
        "{jail} has a corrupt configuration, please fix this jail or destroy and recreate it.",
        Code::CorruptJail,
        Some("jail"),
    ),
    ("{jail} has a corrupt configuration, please destroy the jail.", Code::CorruptJail, Some("jail")),
    // So since June 2025.
    (
        "{jail} is missing its configuration, please destroy this jail and recreate it.",
        Code::CorruptJail,
        Some("jail"),
    ),
    (
        "{jail} is missing it's configuration, please destroy this jail and recreate it.",
        Code::CorruptJail,
        Some("jail"),
    ),
    ("{} is not a valid property!", Code::UnknownProperty, None),
    ("{} is not a valid property for default!", Code::UnknownProperty, None),
    ("{} is not a valid value for {}.", Code::IllegalValue, Some("props")),
    // An empty one.
    ("is not a valid value for {}.", Code::IllegalValue, Some("props")),
    ("Please provide a valid ip: {}", Code::IllegalValue, Some("props")),
    ("Snapshot already exists", Code::SnapshotExists, Some("snapshot")),
    ("ZFS pool '{}' not found!", Code::UnknownPool, Some("pool")),
    ("ZFS pool \"{}\" not found!", Code::UnknownPool, Some("pool")),
    ("Template: {} not found!", Code::UnknownTemplate, Some("props")),
    ("RELEASE: {} not found!", Code::UnknownRelease, Some("props")),
    ("Please supply a valid RELEASE!", Code::UnknownRelease, Some("props")),
    ("You cannot clone a template, use create -t instead.", Code::Unsupported, Some("jail")),
    ("Please convert back to a jail before trying to start {jail}", Code::Unsupported, Some("jail")),
    ("Please convert back to a jail before trying{}", Code::Unsupported, Some("jail")),
    ("Jail: {} already exists!", Code::TagInUse, Some("props")),
    ("You have {} poolsmarked active for iocage usage.", Code::PoolActive, None),
    ("No zpools found! Please create one before using iocage.", Code::NoPool, None),
    ("IOCAGE_SKIP is TRUE or an RC operation, not activating a pool.", Code::NoPool, None),
    ("Please specify a pool to activate with iocage activate POOL", Code::NoPool, None),
    ("jail '{jail}' not found!", Code::UnknownJail, Some("jail")),
    ("jail '{jail}' not found ('/' not allowed in jail name)!", Code::UnknownJail, Some("jail")),
];

/// The lines that are this complaint about `jail`, if one was asked for.
fn spelt(pattern: &str, jail: Option<&str>) -> Vec<String> {
    let Some(jail) = jail else { return vec![pattern.replace("{jail}", "{}")] };
    // It tells the name under which the kernel knows the jail, too.
    let mut names = vec![jail.to_owned(), jail.replace('.', "_")];
    names.dedup();
    names.iter().map(|name| pattern.replace("{jail}", name)).collect()
}

/// Does the line fit the pattern, with something for each `{}`?
fn fits(pattern: &str, line: &str) -> bool {
    match pattern.split_once("{}") {
        None => pattern == line,
        Some((start, rest)) => line.strip_prefix(start).is_some_and(|line| {
            line.char_indices().skip(1).map(|(at, _)| at).chain([line.len()]).any(|at| {
                // Nothing may stand for `{}` only where the line ends before it.
                at > 0 && fits(rest, &line[at..])
            })
        }),
    }
}

/// The error for a run that failed, where no jail was asked for.
pub(super) fn failure(output: &Output) -> Error {
    failed(output, None)
}

/// The error for a run that failed at this jail.
pub(super) fn failure_of(output: &Output, jail: &str) -> Error {
    failed(output, Some(jail))
}

fn failed(output: &Output, jail: Option<&str>) -> Error {
    let said = Said::of(&output.stderr);
    let (mut lines, exception) = (said.lines(), said.message());
    // Its name is no part of the complaint that an exception carries.
    lines.extend(exception.first().and_then(|line| Some(line.split_once(": ")?.1.to_owned())));
    // What it complains of is short and stands at either end; the rest may be anything.
    lines.retain(|line| line.len() < 1000);
    let last = lines.len().saturating_sub(LOOKED_AT).max(LOOKED_AT.min(lines.len()));
    let ends: Vec<_> = lines.iter().take(LOOKED_AT).chain(&lines[last..]).collect();
    let is_told = |(pattern, ..): &&Complaint| {
        spelt(pattern, jail).iter().any(|spelt| ends.iter().any(|line| fits(spelt, line)))
    };
    let (code, key) = match COMPLAINTS.iter().find(is_told) {
        Some((_, code, key)) => (*code, *key),
        None => (plain(output), None),
    };
    Error { key, ..output.error(code, reason(output)) }
}

/// The code of a failure of which nothing more is known.
fn plain(output: &Output) -> Code {
    if output.succeeded() { Code::NotDone } else { Code::IocageFailed }
}

/// The error for a run that failed when something of the jail's own had already run:
/// its words may be anybody's, and decide nothing.
pub(super) fn failure_within(output: &Output) -> Error {
    output.error(plain(output), reason(output))
}

/// Among how many lines, first and last, a complaint is looked for.
const LOOKED_AT: usize = 200;

/// How many lines of a reason are told.
const REASON: usize = 8;

/// What it says of a failure: the exception that ended it; of wrong usage the line
/// that says what is wrong; else its own lines without the question's warning, and if
/// there is none, the last ones of standard output.
pub(in crate::iocage) fn reason(output: &Output) -> String {
    let said = Said::of(&output.stderr);
    let exception = said.message();
    let mut own = said.lines();
    own.retain(|line| !line.starts_with("This will destroy "));
    if let Some(usage) = own.iter().find(|line| line.starts_with("Error: ")) {
        return usage.clone();
    }
    let told = if !exception.is_empty() {
        exception
    } else if !own.is_empty() {
        own
    } else {
        let is_told = |line: &str| !is_notice(line) && !line.ends_with("[y/N]:");
        let printed: Ends = status_lines(&output.stdout).filter(|line| is_told(line)).collect();
        printed.lines[printed.lines.len().saturating_sub(REASON)..].to_vec()
    };
    if told.is_empty() {
        // Python's words are the only ones there are.
        let beside = sentence_of(&said.beside);
        return match output.exit {
            _ if !beside.is_empty() => beside,
            Some(0) | None => "iocage did not do it, and did not say why".to_owned(),
            Some(exit) => format!("iocage failed with exit status {exit} and said nothing"),
        };
    }
    // A list is told under a line that ends in a colon.
    sentence_of(&told[..told.len().min(REASON * 4)]).replace(":; ", ": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(stderr: &str) -> Output {
        Output { exit: Some(1), stderr: stderr.into(), ..Output::default() }
    }

    #[test]
    fn a_complaint_is_a_whole_line_about_the_jail_itself() {
        let corrupt = |name: &str| {
            format!("{name} has a corrupt configuration, please fix this jail or destroy and recreate it.\n")
        };
        let code = |text: &str| failure_of(&output(text), "we.b").code;
        assert_eq!(code(&corrupt("we.b")), Code::CorruptJail);
        assert_eq!(code(&corrupt("we_b")), Code::CorruptJail);
        assert_eq!(code(&corrupt("other")), Code::IocageFailed);
        assert_eq!(code(&format!("oops: {}", corrupt("we.b"))), Code::IocageFailed);
        assert_eq!(
            code("we.b is missing it's configuration, please destroy this jail and recreate it."),
            Code::CorruptJail
        );
        assert_eq!(failure(&output(&corrupt("any"))).code, Code::CorruptJail);
        assert_eq!(code("x is not a valid property!"), Code::UnknownProperty);
        assert_eq!(code("is not a valid property!"), Code::IocageFailed);
        assert_eq!(code("banana is not a valid value for ip4.\nValue must be new\n"), Code::IllegalValue);
        assert_eq!(failure_within(&output(&corrupt("we.b"))).code, Code::IocageFailed);
    }

    #[test]
    fn reasons_are_on_standard_output_too() {
        let printed = Output {
            stdout: "Are you sure? [y/N]: \nCreating tank/iocage/jails\nINFO: it is a template jail, ignoring start request\n".into(),
            ..output("")
        };
        assert_eq!(reason(&printed), "INFO: it is a template jail, ignoring start request");
        assert_eq!(reason(&output("")), "iocage failed with exit status 1 and said nothing");
        assert_eq!(
            reason(&output("Usage: iocage x\n\nError: No such command 'x'.\n")),
            "Error: No such command 'x'."
        );
    }
}
