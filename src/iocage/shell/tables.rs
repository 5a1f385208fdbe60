//! The tables that the shell iocage prints, and what is done with all that stands
//! beside their rows.
//!
//! A row that lacks a cell is a problem, not a jail with an empty one: where a tag is
//! empty, the program that aligns the columns moves what follows it to the left. What
//! is on standard error beside rows is about some of them, and is told with them;
//! beside none it is the reason why there are none.

use crate::error::{Code, Error, Quoted};
use crate::iocage::direct::Table;
use crate::iocage::names::is_uuid;
use crate::iocage::output::Output;
use crate::iocage::rows::{Layout, Rows};
use crate::iocage::text::{Ends, complaint, count_lines, is_notice, status_lines, tell_lines};
use crate::iocage::told::Told;
use crate::policy::PropertyName;

use super::program::{failure, untruncated, whole};

/// `iocage list`. 1.7.x has no TYPE and calls the address IP; later lines add
/// RELEASE. Jails that are not iocage's follow under a line of dashes.
const LIST: Layout<'static, 7> = Layout {
    columns: ["JID", "UUID", "BOOT", "STATE", "TAG", "TYPE", "IP4"],
    marker: "UUID",
    free: &["TAG"],
    beside: &["RELEASE"],
    aliases: &[("IP", "IP4", "none")],
    may_lack: &["IP4"],
    end: Some("--- non iocage jails"),
};

/// `iocage df`. Columns of fixed width: a single blank can separate AVA and TAG.
pub(super) const DF: Layout<'static, 7> = Layout {
    columns: ["UUID", "CRT", "RES", "QTA", "USE", "AVA", "TAG"],
    marker: "UUID",
    free: &["TAG"],
    beside: &[],
    aliases: &[],
    may_lack: &[],
    end: None,
};

/// What the log is told of a line among rows.
const NO_ROW: &str = "iocage prints a row that is none";

/// The jails of `list`, or the templates of `list -t`.
pub(super) fn list(table: impl Into<Table<Output, 7>>) -> Result<Rows<7>, Error> {
    // Of a jail without an address the last cell may be missing. Of one without a tag
    // it is, too, and then the type is not where it belongs.
    let is_whole = |row: [&str; 7]| !row[6].is_empty() || row[5].ends_with("jail") || row[5] == "template";
    jails(table.into(), &LIST, |row| is_uuid(row[1]) && is_whole(row))
}

/// The rows of `df`.
pub(super) fn usage(table: impl Into<Table<Output, 7>>) -> Result<Rows<7>, Error> {
    jails(table.into(), &DF, |row| is_uuid(row[0]))
}

/// The rows of `get -r PROP`. One jail that has not the property is told of; if none
/// has it, there is no such property.
pub(super) fn each(table: Table<Output, 3>, name: &PropertyName) -> Result<Rows<3>, Error> {
    let layout = Layout {
        columns: ["UUID", "TAG", name.as_str()],
        marker: name.as_str(),
        free: &["TAG", name.as_str()],
        beside: &[],
        aliases: &[],
        may_lack: &[name.as_str()],
        end: None,
    };
    let (rows, output) = read(table, &layout, |row| is_uuid(row[0]))?;
    if speaks_of_errors(&output) && rows.iter().all(|[.., value]| value.is_empty()) {
        return Err(failure(&output));
    }
    count_lines(NO_ROW, &rows.problems);
    Ok(with_remarks(rows, &output))
}

/// The rows of a table of jails, with everything that is not told to the log.
fn jails<const N: usize>(
    table: Table<Output, N>,
    layout: &Layout<'_, N>,
    accept: impl Fn([&str; N]) -> bool,
) -> Result<Rows<N>, Error> {
    let (rows, output) = read(table, layout, accept)?;
    tell_lines(NO_ROW, &rows.problems);
    if rows.is_empty()
        && rows.problems.is_empty()
        && status_lines(&output.stderr).any(|line| tells_failure(&line))
    {
        let message = format!("iocage listed nothing, and says: {}", complaint(&output));
        return Err(Error { message, ..failure(&output) });
    }
    Ok(with_remarks(rows, &output))
}

/// Rows, with what is on standard error beside them.
fn with_remarks<const N: usize>(mut rows: Rows<N>, output: &Output) -> Rows<N> {
    rows.problems.extend(status_lines(&output.stderr).filter(|line| !is_notice(line)));
    rows
}

/// The rows of a table, with what precedes it told to the log, and the rest of the
/// output.
fn read<const N: usize>(
    table: Table<Output, N>,
    layout: &Layout<'_, N>,
    accept: impl Fn([&str; N]) -> bool,
) -> Result<(Rows<N>, Output), Error> {
    let output = match table {
        Table::Printed(output) => output,
        Table::Rows { rows, stderr, printed } => {
            if let Some(printed) = printed {
                let read = Rows::parse(printed.stdout.into(), layout, accept);
                let is_as = read.is_some_and(|read| read.is_as(&rows));
                let is_as = is_as && (printed.exit, &*printed.stderr) == (0, &*stderr);
                assert!(is_as, "it is printed otherwise than told");
            }
            return Ok((*rows, Output { exit: Some(0), stderr: stderr.into(), ..Output::default() }));
        }
    };
    if !output.succeeded() {
        return Err(failure(&output));
    }
    let mut output = untruncated(output)?;
    let text = std::mem::take(&mut output.stdout);
    let Some(mut rows) = Rows::parse(text, layout, accept) else {
        if says_more_than_notices(&output.stderr) {
            return Err(failure(&output));
        }
        return Err(output.error(Code::UnexpectedOutput, "iocage printed no table"));
    };
    tell_lines("iocage says before its table", &std::mem::take(&mut rows.notices));
    tell_lines("iocage prints a column that is not known", &rows.unknown);
    Ok((rows, output))
}

/// A line that tells why there is nothing to tell; others are chatter.
fn tells_failure(line: &str) -> bool {
    let begins = ["cannot ", "ERROR", "internal error"].iter().any(|start| line.starts_with(start));
    begins || ["failed", "denied"].iter().any(|part| line.contains(part))
}

fn speaks_of_errors(output: &Output) -> bool {
    output.stderr.lines().any(|line| line.trim_start().starts_with("ERROR"))
}

/// Is there more than what iocage does by itself?
pub(super) fn says_more_than_notices(text: &str) -> bool {
    status_lines(text).any(|line| !is_notice(&line))
}

/// The names under `Downloaded releases:`, one a line.
pub(super) fn releases(output: Output) -> Result<Vec<String>, Error> {
    let output = whole(output)?;
    let mut lines = status_lines(&output.stdout).skip_while(|line| line != "Downloaded releases:");
    if lines.next().is_none() {
        let said: Ends = status_lines(&output.stdout).collect();
        let message = format!("iocage list -r listed no releases: {}", Quoted(&said.sentence()));
        return Err(output.error(Code::UnexpectedOutput, message));
    }
    let releases: Told = lines.collect();
    if releases.left_out() > 0 {
        return Err(output.error(Code::UnexpectedOutput, "iocage listed more releases than there can be"));
    }
    Ok(releases.to_vec())
}
