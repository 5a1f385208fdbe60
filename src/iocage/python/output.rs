//! Reading what the Python iocage prints: the data without what it prints by itself
//! before it, rows, properties, one value.

use std::collections::BTreeSet;

use super::complaints::{failure, failure_of};
use super::notices::{is_activation, is_notice, is_odd_but_known, is_of_banner, without_banner};
use super::properties::KNOWN;
use super::said::Said;
use crate::error::{Code, Error, Quoted};
use crate::iocage::keyed;
use crate::iocage::output::{Output, Text};
use crate::iocage::rows::{Fields, Rows};
use crate::iocage::sets::map_of;
use crate::iocage::text::{self, OneValue, Properties, status_lines, tell_lines};
use crate::iocage::told::Told;
use crate::policy::PropertyName;

/// What a successful iocage says on standard error, each line once and without
/// those that begin with one of `known`, and what Python says beside it. The form of a
/// log that some versions write is in it, too.
pub(super) fn warnings(output: &Output, known: &[&str]) -> Told {
    let mut warnings = Told::default();
    let mut seen = BTreeSet::new();
    for line in Said::of(&output.stderr).told() {
        if !known.iter().any(|start| line.starts_with(start)) && seen.insert(line.clone()) {
            warnings.push(line);
        }
    }
    tell_lines("iocage has done it and says", &warnings);
    warnings
}

/// The output of a read about a jail that worked and is all there.
pub(super) fn whole_of(output: Output, jail: &str) -> Result<Output, Error> {
    if !output.succeeded() {
        return Err(failure_of(&output, jail));
    }
    whole(output)
}

/// The output of a read that worked and is all there.
pub(super) fn whole(output: Output) -> Result<Output, Error> {
    if !output.succeeded() {
        return Err(failure(&output));
    }
    let mut output = output;
    // Line ends of another system, if all of them are.
    let ends = output.stdout.matches("\r\n").count();
    if ends > 0 && ends == output.stdout.matches('\n').count() {
        output.stdout = output.stdout.replace("\r\n", "\n").into();
    }
    output.untruncated("iocage")
}

/// Output without what iocage prints by itself before the data.
pub(super) fn body(text: &str) -> &str {
    text::behind_notices(without_banner(text), is_notice, without_banner)
}

/// Take the banner from both streams of a command in a jail. Other notices were
/// printed when the jail was looked up, and what looks like one is the command's.
pub(super) fn unannounced(output: &mut Output) {
    let banner = output.stdout.len() - without_banner(&output.stdout).len();
    cut_before(&mut output.stdout, banner);
    // A command prints as many of these lines as it likes: they go at once, not one by one.
    let mut rest = &*output.stderr;
    while let Some((_, behind)) = rest.split_once('\n').filter(|(line, _)| is_of_banner(line)) {
        rest = behind;
    }
    let banner = output.stderr.len() - rest.len();
    cut_before(&mut output.stderr, banner);
}

fn cut_before(text: &mut Text, at: usize) {
    if at > 0 {
        text.edit().drain(..at);
    }
}

/// The rows of `get -r` in a box, in which a value of several lines stands in as
/// many rows, all but the first without a name.
pub(super) fn joined(rows: Rows<3>) -> Rows<3> {
    let mut found: Vec<(String, String)> = Vec::new();
    for [name, _, value] in rows.iter() {
        match found.last_mut() {
            Some((_, text)) if name.is_empty() => {
                text.push('\n');
                text.push_str(value);
            }
            _ => found.push((name.to_owned(), value.to_owned())),
        }
    }
    let mut whole = Rows::of_cells(found.iter().map(|(name, value)| [&**name, &**name, &**value]));
    (whole.problems, whole.notices, whole.is_box) = (rows.problems, rows.notices, true);
    whole
}

/// The rows of a table.
pub(super) fn table<const N: usize>(
    output: Output,
    layout: &Fields<N>,
    accept: impl Fn([&str; N]) -> bool,
) -> Result<Rows<N>, Error> {
    // What is asked about all jails has no argument that could be at fault.
    let mut output = whole(output).map_err(|error| Error { key: None, ..error })?;
    let printed = std::mem::take(&mut output.stdout);
    if body(&printed).trim().is_empty()
        && let Some(line) = Said::of(&output.stderr).lines().iter().find(|line| !is_odd_but_known(line))
    {
        // It says why it has none to show; that there are none it does not say.
        let message = format!("iocage printed no table, and says: {}", Quoted(line));
        return Err(output.error(Code::UnexpectedOutput, message));
    }
    let rows = Rows::of_fields(printed, layout, accept);
    tell_lines("iocage prints a row that is none", &rows.problems);
    let rows = noticed(rows, &output);
    // Nothing at all is an empty table; something else is none.
    match rows.notices.iter().find(|line| !is_notice(line)) {
        Some(line) if rows.iter().next().is_none() => {
            let message = format!("iocage printed no table: {}", Quoted(line));
            Err(output.error(Code::UnexpectedOutput, message))
        }
        _ => Ok(rows),
    }
}

/// Rows with what was printed beside them told: notices to the log, and as
/// problems those that are not known (one may be a row that is not understood),
/// what is among the rows, and what is on standard error.
pub(super) fn noticed<const N: usize>(mut rows: Rows<N>, output: &Output) -> Rows<N> {
    tell_lines("iocage says before its table", &rows.notices);
    let strange = rows.notices.iter().filter(|line| !is_notice(line)).collect();
    rows.problems = std::mem::take(&mut rows.problems).behind(strange);
    rows.problems.append(warnings(output, &[]));
    rows
}

/// Could this be the name of a property? All are in lower case but
/// `CONFIG_VERSION` and `CONFIG_TYPE`.
pub(super) fn is_property(name: &str) -> bool {
    let is_plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    name.starts_with("CONFIG_") || (!name.is_empty() && name.bytes().all(is_plain))
}

pub(super) fn listing(output: &Output, found: Vec<(String, String)>) -> Result<Properties, Error> {
    let problems = warnings(output, &[]);
    let values = map_of(found);
    if values.is_empty() {
        return Err(output.error(Code::UnexpectedOutput, "iocage listed no property"));
    }
    Ok(Properties { values, problems })
}

/// The properties whose values may have several lines.
const OF_LINES: [&str; 2] = ["comment", "notes"];

/// The one value that was asked for: the last line, or what is printed behind the
/// notices that are known, where it may have several. Lines before it are told.
pub(super) fn value(output: Output, jail: &str, name: &PropertyName) -> Result<OneValue, Error> {
    let is_told = |line: &String| line == "last_started is not a valid property!";
    if !output.succeeded() && Said::of(&output.stderr).lines().iter().any(is_told) {
        // It knows the property, but not for a jail that was never started.
        return Ok("none".to_owned().into());
    }
    let output = whole_of(output, jail)?;
    let Some(text) = body(&output.stdout).strip_suffix('\n') else {
        return Err(output.error(Code::UnexpectedOutput, "iocage get printed no value"));
    };
    let before = &output.stdout[..output.stdout.len() - text.len() - 1];
    let mut problems: Told = status_lines(before).filter(|line| !is_activation(line)).collect();
    let (others, value) = match text.rsplit_once('\n') {
        Some((others, value)) if !OF_LINES.contains(&name.as_str()) => (others, value),
        _ => ("", text),
    };
    problems.extend(status_lines(others));
    problems.append(warnings(&output, &[]));
    Ok(OneValue { value: value.to_owned(), problems })
}

/// The properties that `get all` has printed, of those that are known.
pub(super) fn entries(output: &Output) -> Result<Vec<(String, String)>, Error> {
    let found = keyed::entries(body(&output.stdout), ':', |name| KNOWN.contains(&name));
    let (found, _) = found.ok_or_else(|| too_many(output))?;
    Ok(found.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

/// The error for more than any iocage lists.
pub(super) fn too_many(output: &Output) -> Error {
    output.error(Code::UnexpectedOutput, "iocage listed more lines than there can be properties or jails")
}

/// The pool that `get -p` names.
pub(super) fn pool(output: Output) -> Result<String, Error> {
    let output = whole(output)?;
    // It may hold blanks, but is one line.
    match body(&output.stdout).trim() {
        name if !name.is_empty() && !name.contains(char::is_control) => Ok(name.to_owned()),
        _ => Err(output.error(Code::UnexpectedOutput, "iocage get -p named no pool")),
    }
}
