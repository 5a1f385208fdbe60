//! What came of a program that was run, as values: its streams as text, and the error
//! where it did not end by itself, or did not begin.

use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use crate::error::{Child, Code, Error};
use crate::iocage::output::{Output, Text};
use crate::process::{Captured, End, StartError, Stopped};

/// A stream as text, its bytes where they are wanted and are none, and whether it was cut.
pub(super) type AsText = (Text, Option<Rc<Vec<u8>>>, bool);

/// What a stream is as text. Bytes that are none take three for one there; so a stream
/// of hardly anything else is cut.
pub(super) fn text_of(stream: Captured, keep: bool) -> AsText {
    let bytes = match String::from_utf8(stream.into_bytes()) {
        Ok(text) => return (text.into(), None, false),
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
    (text.into(), keep.then(|| Rc::new(bytes)), left_out > 0)
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
