//! What the log is told of requests: one line for each change, and one for what was refused to somebody.
//!
//! No values and no commands stand in it, for they may hold secrets; of what a request names there is what its
//! action has a key for, quoted, so that nobody writes a line of his own.

use std::time::Instant;

use sysadm_class::kit::{Asked, Failure, Reply, Request};
use sysadm_class::{Access, Status};

use super::caller::Caller;
use crate::action::{Action, Answer, Does};
use crate::error::{Code, Error, Quoted};

/// What a request names, whatever it is: a jail or a pool.
pub(super) fn named(request: &Request<'_, Does>) -> Option<String> {
    ["jail", "pool"].into_iter().find_map(|key| request.text(key)).map(str::to_owned)
}

/// The answer to who asks for what there is not, or may not; of the latter a line in the log, of
/// the former the host has one.
pub(super) fn refused(failure: &Failure, caller: &Caller<'_>) -> (Status, Vec<u8>) {
    if failure.status == Status::Forbidden {
        log::warn!("refused: {}{}", failure.message, Asked(caller.name));
    }
    let reply = Reply::from(failure);
    (reply.status, reply.args)
}

/// One line for each change, whether it was made or not; the host adds the
/// request's number. No values of properties and no commands: they may hold
/// secrets. Of what the request names only what the action has a key for: the rest
/// has nothing to do with what was done. `exit` is that of iocage; a failed command's
/// own is in the error.
pub(super) fn audit(
    action: &Action,
    named: Option<String>,
    caller: &Caller<'_>,
    started: Instant,
    exit: Option<i32>,
    outcome: Result<&Answer, &Error>,
) {
    if action.access() < Access::Full {
        // A read is no change, but one that is denied is worth a line.
        if let Err(error) = outcome
            && error.code == Code::Denied
        {
            log::warn!("refused: {}{}", error.message, Asked(caller.name));
        }
        return;
    }
    let made = outcome.map_or(String::new(), |answer| answer.made.join(", "));
    let on = match (named, made.is_empty()) {
        (Some(name), true) => Quoted(&name).to_string(),
        (Some(name), false) => format!("{} as {}", Quoted(&name), Quoted(&made)),
        (None, true) => Quoted("-").to_string(),
        (None, false) => Quoted(&made).to_string(),
    };
    let word = outcome.map_or_else(|error| error.code.word(), |_| "done");
    let exit = outcome.err().and_then(|error| error.child.as_ref()?.exit).or(exit);
    log::info!(
        "{} {on} {word}, exit {}, {} access{}, after {} ms",
        action.name(),
        exit.map_or("-".to_owned(), |exit| exit.to_string()),
        caller.access.word(),
        Asked(caller.name),
        started.elapsed().as_millis()
    );
}
