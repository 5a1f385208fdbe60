//! What a jail's console has printed: jaillog.
//!
//! The bytes are the jail's own. They are told as those of a command in it: as text, in which
//! what is no UTF-8 is U+FFFD, and then also in base64.

use serde_json::{Map, json};
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::base64;
use super::context::Context;
use crate::error::Error;
use crate::iocage::machine::consoles::{self, Console};
use crate::request::keys::{JAIL, LINES, Lines};
use crate::written;

/// How much longer than its text a file is told.
const AROUND: usize = 1024;

pub(super) fn tell(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (session, dialect) = (context.session, context.dialect);
    let names = dialect.names(session)?;
    let jail = names.resolve(args.need(&JAIL)?)?;
    let logs = dialect.consoles(jail.uuid());
    let lines = args.get(&LINES).map_or(Lines::USUAL, |lines| lines.0);
    let pool = dialect.pool(session)?;
    let (found, mut problems) = consoles::read(session, &pool, &logs, lines)?;
    for other in names.0.iter().filter(|other| other.uuid != jail.uuid()) {
        for log in dialect.consoles(&other.uuid).iter().filter(|log| logs.contains(log)) {
            problems.push(format!("{log} is written by the jail {}, too", other.uuid));
        }
    }
    // Each its part of the room.
    let room = (context.room() / logs.len().max(1)).saturating_sub(AROUND);
    let files: Map<_, _> = found.into_iter().map(|console| told(console, room)).collect();
    Ok(Answer::new(&json!({"files": files, "jail": args.need(&JAIL)?.as_str()})).with_problems(problems))
}

/// A file by its name, with as much of its end as there is room for.
fn told(console: Console, room: usize) -> (String, serde_json::Value) {
    let mut bytes = &console.bytes[..];
    let mut is_cut = console.is_cut;
    let (text, encoded) = loop {
        let text = String::from_utf8_lossy(bytes);
        let is_text = matches!(text, std::borrow::Cow::Borrowed(_));
        let encoded = if is_text { 0 } else { base64::length(bytes.len()) };
        if bytes.is_empty() || written::length(&text) + encoded <= room {
            break (text.into_owned(), (!is_text).then_some(bytes));
        }
        // By lines, if there are several.
        let half = bytes.len().div_ceil(2);
        let line = bytes[half..].iter().position(|byte| *byte == b'\n').map_or(half, |at| half + at + 1);
        bytes = &bytes[if line < bytes.len() { line } else { half }..];
        is_cut = true;
    };
    let mut file =
        json!({"modified": console.modified, "size": console.size, "text": text, "truncated": is_cut});
    if let Some(bytes) = encoded {
        let mut text = Vec::with_capacity(base64::length(bytes.len()));
        // Memory takes whatever is written, and base64 is text.
        let _ = base64::encode(&mut text, bytes);
        file["text_base64"] = String::from_utf8_lossy(&text).into();
    }
    (console.name, file)
}
