//! Making snapshots of a jail, and seeing that they are made.
//!
//! ZFS is looked at before iocage is run, and after: what is in the way is refused, and what is
//! done is what is there then. iocage's own words decide nothing.

use crate::error::{Code, Error, Quoted};
use crate::iocage::dialect::Dialect;
use crate::iocage::machine::snapshots::Snapshots;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::text::some_of;
use crate::iocage::told::Told;
use crate::policy::SnapshotName;

/// The longest name that ZFS takes, of the dataset, the `@` and the snapshot together.
const MAX_WHOLE: usize = 255;

/// What was done to a snapshot.
#[derive(Debug)]
pub struct Changed {
    /// It.
    pub name: String,
    /// What to look at although it was done.
    pub warnings: Told,
}

/// The snapshots of a jail.
///
/// # Errors
/// If they are not told.
pub fn list(dialect: &dyn Dialect, session: &Session<'_>, jail: &JailId) -> Result<Snapshots, Error> {
    of(dialect, session, jail, true)
}

fn of(dialect: &dyn Dialect, session: &Session<'_>, jail: &JailId, own: bool) -> Result<Snapshots, Error> {
    let places = dialect.places(session, jail)?;
    for dataset in &places {
        // The pool in it is of iocage's telling.
        if dataset.contains(char::is_control) || dataset.starts_with('-') {
            let message = format!("iocage told of a pool that is none: {}", Quoted(dataset));
            return Err(Error::new(Code::UnexpectedOutput, message));
        }
        if let Some(found) = Snapshots::ask(session, dataset, own)? {
            return Ok(found);
        }
    }
    let message =
        format!("zfs tells of no dataset of the jail {}: {}", Quoted(jail.uuid()), places.join(", "));
    Err(Error::about("jail", Code::UnknownJail, message))
}

/// How it is now.
fn again(session: &Session<'_>, before: &Snapshots) -> Result<Snapshots, Error> {
    let dataset = before.own();
    // What could not be asked is told so by the session.
    let unseen = |error: Error| match session.was_ended.get() {
        true => error,
        false => {
            let message = format!("it was run, but what came of it is not known: {}", error.message);
            Error { message, ..error }
        }
    };
    let gone = || Error::new(Code::NotDone, format!("the dataset {dataset} is gone"));
    Snapshots::ask(session, dataset, false).map_err(unseen)?.ok_or_else(gone)
}

/// Make one of all of the jail's datasets.
///
/// # Errors
/// Why there is none, or only one of some of them.
pub fn take(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    jail: &JailId,
    name: Option<&SnapshotName>,
) -> Result<Changed, Error> {
    let before = of(dialect, session, jail, false)?;
    if let Some(name) = name {
        refuse_taken(&before, name.as_str())?;
        refuse_long(&before, name.as_str())?;
    }
    let said = dialect.snapshot(session, jail, name).map_err(|error| left(session, &before, name, error))?;
    let after = again(session, &before)?;
    // Who asked for no name gets one that was not there, and that begins as iocage says.
    let is_new = |name: &str| before.called(name).next().is_none();
    let is_meant = |told: &str| match name {
        Some(name) => told == name.as_str(),
        None => is_new(told) && told.starts_with(&said.name),
    };
    let mut found: Vec<&str> = Vec::new();
    for snapshot in after.all.iter().filter(|snapshot| is_meant(&snapshot.name)) {
        if !found.contains(&&*snapshot.name) {
            found.push(&snapshot.name);
        }
    }
    match found[..] {
        [name] if after.is_whole(name) && !said.has_failed => {
            Ok(Changed { name: name.to_owned(), warnings: said.warnings })
        }
        [name] => {
            let message = format!("{}; {}", said.why_not.message, found_of(&after, name));
            Err(Error { message, ..said.why_not })
        }
        [] => Err(said.why_not),
        // Others make some, too, and which is whose nothing tells.
        _ => {
            let message =
                format!("several snapshots are new, by iocage or by somebody else: {}", some_of(found));
            Err(Error::new(Code::UnexpectedOutput, message))
        }
    }
}

fn refuse_taken(before: &Snapshots, name: &str) -> Result<(), Error> {
    let having = before.having(name);
    if having.is_empty() {
        return Ok(());
    }
    let message = format!("there is a snapshot {} already, of {}", Quoted(name), some_of(having));
    Err(Error::about("snapshot", Code::SnapshotExists, message))
}

/// ZFS counts the dataset's name, too: of the deepest there is the least room.
fn refuse_long(before: &Snapshots, name: &str) -> Result<(), Error> {
    let longest = before.datasets.iter().max_by_key(|dataset| dataset.len());
    match longest.filter(|dataset| dataset.len() + "@".len() + name.len() > MAX_WHOLE) {
        None => Ok(()),
        Some(dataset) => {
            let message =
                format!("`snapshot` is too long: ZFS takes {MAX_WHOLE} bytes, with {dataset}@ before it");
            Err(Error::about("snapshot", Code::TooLong, message))
        }
    }
}

/// The error of a run that was ended early, with what it has left.
fn left(session: &Session<'_>, before: &Snapshots, name: Option<&SnapshotName>, error: Error) -> Error {
    let Some(name) = name.filter(|_| session.was_ended.get()) else { return error };
    let told = match again(session, before) {
        Ok(now) => found_of(&now, name.as_str()),
        Err(why) => format!("whether there is a snapshot {} is not known: {}", name.as_str(), why.message),
    };
    let message = format!("{}; {told}", error.message);
    Error { message, ..error }
}

/// Of what there is a snapshot of this name, for a sentence.
fn found_of(now: &Snapshots, name: &str) -> String {
    match &now.having(name)[..] {
        [] => format!("there is no snapshot {name}"),
        all if all.len() == now.datasets.len() => format!("there is a snapshot {name}"),
        some => format!("there is a snapshot {name} of {} alone", some_of(some.iter().copied())),
    }
}
