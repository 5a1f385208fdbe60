//! What came of a program that was run, as values: its streams as text, and the error
//! where it did not end by itself, or did not begin.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use crate::error::{Child, Code, Error};
use crate::iocage::bytes::count;
use crate::iocage::output::{Output, Text};
use crate::process::{Captured, End, Outcome, StartError, Stopped};

/// What a program has printed and how it has ended, and how many bytes were read of it;
/// `keep` and `is_listed` are those of [`text_of`].
pub(super) fn output_of(outcome: Outcome, keep: bool, is_listed: bool) -> (Output, usize) {
    let is_truncated = outcome.stdout.is_truncated() || outcome.stderr.is_truncated();
    let read = outcome.stdout.kept() + outcome.stderr.kept();
    let (stdout, stdout_bytes, is_stdout_cut) = text_of(outcome.stdout, keep, is_listed);
    let (stderr, stderr_bytes, is_stderr_cut) = text_of(outcome.stderr, keep, is_listed);
    let output = Output {
        stdout_bytes,
        stderr_bytes,
        exit: match outcome.end {
            End::Exited(status) => Some(status),
            _ => None,
        },
        truncated: is_truncated || is_stdout_cut || is_stderr_cut,
        odd: !is_listed && (is_stdout_cut || is_stderr_cut),
        stdout,
        stderr,
        duration: outcome.duration,
    };
    (output, read)
}

/// A stream as text, its bytes where they are wanted and are none, and whether it was cut.
type AsText = (Text, Option<Rc<Vec<u8>>>, bool);

/// What a stream is as text. Bytes that are none take three for one there; so a stream
/// of hardly anything else is cut.
///
/// Of a program of ours `is_listed` says that its lines are looked at one by one, and more
/// than once: then there are no more of them than that takes a moment for.
fn text_of(stream: Captured, keep: bool, is_listed: bool) -> AsText {
    let mut bytes = stream.into_bytes();
    let is_short = is_listed && cut_lines(&mut bytes);
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return (text.into(), None, is_short),
        Err(error) => error.into_bytes(),
    };
    let most = bytes.len() + bytes.len() / 2 + ODD;
    let mut text = String::with_capacity(most.min(bytes.len() * 3) + MARK);
    let mut read = 0;
    for chunk in bytes.utf8_chunks() {
        let odd = if chunk.invalid().is_empty() { "" } else { "\u{fffd}" };
        if text.len() + chunk.valid().len() + odd.len() > most {
            break;
        }
        text.push_str(chunk.valid());
        text.push_str(odd);
        read += chunk.valid().len() + chunk.invalid().len();
    }
    let left_out = bytes.len() - read;
    if left_out > 0 {
        text.push_str(&format!("\n[{left_out} bytes left out]\n"));
    }
    (text.into(), keep.then(|| Rc::new(bytes)), is_short || left_out > 0)
}

/// How many lines are kept, however short: more than any table of iocage's has, and what
/// is done with all of them takes a tenth of a second.
const LINES: usize = 128 << 10;
/// And one more for so many bytes.
const LONG: usize = 40;
/// How many bytes of the end are kept: somebody says there why he failed.
const LAST: usize = 16 << 10;

/// Leave out what is between the first lines and the last, where there are more than are
/// looked at, and say so.
fn cut_lines(bytes: &mut Vec<u8>) -> bool {
    if count(b'\n', bytes) <= LINES {
        return false;
    }
    let mut ends = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
    let mut lines = 0;
    let many = ends.find(|end| {
        lines += 1;
        lines > LINES + end / LONG
    });
    let Some(first) = many.filter(|first| first + LAST < bytes.len()) else { return false };
    let last = bytes.split_off(bytes.len() - LAST);
    // From where a line begins; the rest of one is none.
    let begun = last.iter().position(|byte| *byte == b'\n').map_or(last.len(), |at| at + 1);
    let mark = format!("[{} bytes left out]\n", bytes.len() + begun - first);
    bytes.truncate(first);
    bytes.extend_from_slice(mark.as_bytes());
    bytes.extend_from_slice(&last[begun..]);
    bytes.shrink_to_fit();
    true
}

/// How long the line is that says what is left out.
const MARK: usize = 64;
/// How much longer a text may be than its bytes, beside half of them.
const ODD: usize = 64 << 10;

/// The error for a child that did not end by itself.
pub(super) fn ended(program: &Path, end: End, deadline: Duration, output: &Output) -> Option<Error> {
    let name = program.display();
    let late = || format!("{name} did not end within {:.1} s and", deadline.as_secs_f64());
    let (code, message) = match end {
        End::Exited(_) | End::Unknown => return None,
        End::Signaled(signal) => (Code::Killed, format!("{name} was killed by signal {signal}")),
        End::TimedOut(Stopped::Survived(pid)) => {
            (Code::TimedOut, format!("{} cannot be ended: process {pid} still runs", late()))
        }
        End::TimedOut(_) => (Code::TimedOut, format!("{} was stopped", late())),
        End::Cancelled(Stopped::Survived(pid)) => (
            Code::Cancelled,
            format!("the request was cancelled, but {name} cannot be ended: process {pid} still runs"),
        ),
        End::Cancelled(_) => (Code::Cancelled, format!("the request was cancelled and {name} stopped")),
    };
    let signal = if let End::Signaled(signal) = end { Some(signal) } else { None };
    Some(Error::new(code, message).with_child(Child { signal, ..output.child() }))
}

pub(super) fn start_error(error: &StartError) -> Error {
    let code = match error {
        StartError::Cancelled => Code::Cancelled,
        StartError::TooLong { .. } => Code::TooLong,
        _ => Code::CannotStart,
    };
    Error::new(code, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_lines_the_ends_are_kept() {
        let text = |lines: &str, listed| text_of(Captured::whole(lines), false, listed);
        let many: String = (0..400_000).map(|n| format!("{n}\n")).collect();
        let (short, _, is_cut) = text(&many, true);
        assert!(is_cut && short.starts_with("0\n1\n") && short.ends_with("\n399999\n"));
        let left_out = many.len()
            - short.lines().filter(|line| !line.starts_with('[')).map(|line| line.len() + 1).sum::<usize>();
        assert_eq!(short.matches(&format!("\n[{left_out} bytes left out]\n")).count(), 1);
        // The end of a line that is longer than what is kept is not read as one.
        let one = many.clone() + &"\u{e4}".repeat(LAST);
        let (short, _, is_cut) = text(&one, true);
        assert!(is_cut && short.ends_with(" bytes left out]\n"));
        // What is somebody's own output, and what is a table, is whole.
        assert_eq!(text(&many, false), (many.as_str().into(), None, false));
        let table: String =
            (0..200_000).map(|n| format!("tank/iocage/jails/j{n}/root@snapshot-{n}\t-\n")).collect();
        assert_eq!(text(&table, true), (table.as_str().into(), None, false));
    }
}
