//! Bringing a jail to the latest patches, and telling what came of it.
//!
//! iocage makes a snapshot, and may start the jail, before FreeBSD's `freebsd-update` does the work.
//! So release, snapshots and state are looked at before and after; an update that failed or was
//! ended has left some of that, which its error tells.

use std::collections::BTreeMap;

use crate::error::{Code, Error};
use crate::iocage::dialect::{Dialect, State};
use crate::iocage::machine::snapshots::Snapshots;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::snapshots::{again, of};
use crate::iocage::text::some_of;
use crate::iocage::told::Told;
use crate::policy::Props;

/// What was done.
#[derive(Debug)]
pub struct Updated {
    /// The release before, as iocage tells it.
    pub old: String,
    /// And after.
    pub new: String,
    /// The snapshot that iocage made before.
    pub snapshot: Option<String>,
    /// Where the jail is now.
    pub state: State,
    /// What to look at although it was done.
    pub warnings: Told,
}

/// Bring it to the latest patches.
///
/// # Errors
/// Why not, and what it has left.
pub fn update(dialect: &dyn Dialect, session: &Session<'_>, jail: &JailId) -> Result<Updated, Error> {
    let values = dialect.settings(session, Some(jail), &Props::NONE)?.values;
    let old = release(&values)?;
    let is_up = dialect.state(session, jail)? == State::Up;
    dialect.updatable(session, jail, &values, is_up)?;
    let before = of(dialect, session, jail, false)?;
    let mut warnings = match dialect.update(session, jail) {
        Ok(warnings) => warnings,
        Err(error) if session.changed.get() => return Err(left(dialect, session, jail, &before, error)),
        Err(error) => return Err(error),
    };
    let now = again(session, &before)?;
    let new = release(&dialect.settings(session, Some(jail), &Props::NONE)?.values)?;
    let state = dialect.state(session, jail)?;
    if (state == State::Up) != is_up {
        warnings.push(format!("the jail is {} now, which it was not before", state.word()));
    }
    let made = made(dialect, &before, &now);
    match made.len() {
        0 => warnings.push("iocage has made no snapshot before it"),
        1 => {}
        // Whose the others are, nothing tells.
        _ => warnings.push(format!("several snapshots are new: {}", some_of(made.iter().copied()))),
    }
    let snapshot = made.last().map(|name| (*name).to_owned());
    Ok(Updated { old, new, snapshot, state, warnings })
}

fn release(values: &BTreeMap<String, String>) -> Result<String, Error> {
    let untold = || Error::new(Code::UnexpectedOutput, "iocage does not tell of which release the jail is");
    values.get("release").cloned().ok_or_else(untold)
}

/// The snapshots that are new and called as iocage calls those.
fn made<'s>(dialect: &dyn Dialect, before: &Snapshots, now: &'s Snapshots) -> Vec<&'s str> {
    let mut made: Vec<&str> = Vec::new();
    for snapshot in &now.all {
        let name = &*snapshot.name;
        let is_new = name.starts_with(dialect.update_snapshot()) && before.called(name).next().is_none();
        if is_new && !made.contains(&name) {
            made.push(name);
        }
    }
    made
}

/// The error of an update that was begun, with what it has left.
fn left(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    jail: &JailId,
    before: &Snapshots,
    error: Error,
) -> Error {
    let mut message = error.message.clone();
    // The snapshot comes before the devfs: without one, what ended by itself mounted nothing.
    let mut may_be_mounted = is_ended(&error);
    match again(session, before) {
        Ok(now) => match &made(dialect, before, &now)[..] {
            [] => message += "; it has left no snapshot",
            made => {
                may_be_mounted = true;
                let made = some_of(made.iter().copied());
                message += &format!("; as it was before is the snapshot {made}");
            }
        },
        Err(why) => {
            may_be_mounted = true;
            message += &format!("; whether it has made a snapshot is not known: {}", why.message);
        }
    }
    match dialect.state(session, jail) {
        Ok(state) => message += &format!("; the jail {} is now {}", jail.uuid(), state.word()),
        Err(why) => message += &format!("; where the jail is now is not known: {}", why.message),
    }
    if may_be_mounted {
        message += ", and a second devfs may be mounted on its /dev";
    }
    Error { message, ..error }.saying_where()
}

/// Was the run ended in the middle of its work, so that nothing tidied up after it?
pub(super) fn is_ended(error: &Error) -> bool {
    matches!(error.code, Code::TimedOut | Code::Cancelled | Code::Killed)
}
