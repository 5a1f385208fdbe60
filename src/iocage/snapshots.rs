//! Making snapshots of a jail, removing them and going back to one, and seeing that it is done.
//!
//! ZFS is looked at before anything is run, and after: what is in the way is refused, and what is
//! done is what is there then. iocage's own words decide nothing.
//!
//! Only to make one iocage is run. To remove one, the Python iocage runs `zfs destroy -r -Rf`, which
//! takes along whatever was cloned from it, other jails among that. To go back to one, both run
//! `zfs rollback -r`, which destroys what is newer then, also what nobody has named, and dataset by
//! dataset, and the shell iocage leaves the root of a basejail as it is. So zfs is run for these,
//! without what destroys more than it is told.

use crate::error::{Code, Error, Quoted};
use crate::iocage::dialect::{Dialect, State};
use crate::iocage::machine::datasets::change;
use crate::iocage::machine::snapshots::{Snapshot, Snapshots};
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::sets::set_of;
use crate::iocage::text::{one_line, some_of};
use crate::iocage::told::Told;
use crate::policy::SnapshotName;

/// The longest name that ZFS takes, of the dataset, the `@` and the snapshot together.
const MAX_WHOLE: usize = 255;

/// How many newer ones a request can name.
const NAMED: usize = 4096;

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

pub(super) fn of(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    jail: &JailId,
    own: bool,
) -> Result<Snapshots, Error> {
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
pub(super) fn again(session: &Session<'_>, before: &Snapshots) -> Result<Snapshots, Error> {
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

/// Remove one, of each dataset that has it.
///
/// # Errors
/// Why it is still there.
pub fn remove(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    jail: &JailId,
    name: &SnapshotName,
) -> Result<(), Error> {
    let before = of(dialect, session, jail, false)?;
    let name = name.as_str();
    if before.having(name).is_empty() {
        return Err(unknown(jail, name));
    }
    refuse_cloned(&before, before.called(name))?;
    let whole = format!("{}@{name}", before.own());
    // Of all datasets at once, or none; what has clones by now is refused.
    let output = change(session, &["destroy", "-r", &whole])?;
    let after = again(session, &before)?;
    match (after.having(name).is_empty(), output.succeeded()) {
        (true, true) => Ok(()),
        (is_gone, _) => {
            let error = refused(&output, "did not destroy it");
            let told = if is_gone { format!("there is no snapshot {name}") } else { found_of(&after, name) };
            Err(Error { message: format!("{}; {told}", error.message), ..error })
        }
    }
}

/// Go back to one, which all datasets of the jail have; what is newer has to be named and goes.
/// The whole names of what is gone.
///
/// # Errors
/// Why not, and how far it came.
pub fn roll_back(
    dialect: &dyn Dialect,
    session: &Session<'_>,
    jail: &JailId,
    name: &SnapshotName,
    named: &[String],
) -> Result<Vec<String>, Error> {
    if dialect.state(session, jail)? == State::Up {
        return Err(Error::running(jail.uuid(), ""));
    }
    let before = of(dialect, session, jail, false)?;
    let name = name.as_str();
    if !before.is_whole(name) {
        let error = unknown(jail, name);
        let message = match before.having(name).is_empty() {
            true => error.message,
            false => format!("not every dataset of the jail has it: {}", found_of(&before, name)),
        };
        return Err(Error { message, ..error });
    }
    refuse_unnamed(&before, name, named)?;
    refuse_cloned(&before, before.newer_than(name))?;
    let newer: Vec<_> = before.newer_than(name).map(|snapshot| before.whole_name(snapshot)).collect();
    if session.is_dry() {
        session.would_go.replace(newer.clone());
    }
    let mut done: Vec<String> = Vec::new();
    let went = |done: &[String], error: Error| {
        let before = if done.is_empty() { "nothing".to_owned() } else { done.join(", ") };
        Error { message: format!("{}; done before it: {before}", error.message), ..error }
    };
    // From below, and of each dataset all that is newer at once. What came since the look is not named
    // here, and without `-r` a rollback is refused while it is there.
    for (at, dataset) in before.datasets.iter().enumerate().rev() {
        let of_it = before.newer_than(name).filter(|snapshot| snapshot.of == at);
        let names: Vec<_> = of_it.map(|snapshot| &*snapshot.name).collect();
        let destroyed = (!names.is_empty()).then(|| format!("{dataset}@{}", names.join(",")));
        let back = format!("{dataset}@{name}");
        for (word, what) in [("destroy", destroyed), ("rollback", Some(back))] {
            let Some(what) = what else { continue };
            let output = match change(session, &[word, &what]) {
                // The rest is planned as well.
                Err(_) if session.is_dry() => continue,
                ran => ran.map_err(|error| went(&done, error))?,
            };
            if output.exit.is_none() && output.stderr.is_empty() {
                return Err(went(&done, output.unknown()));
            }
            if output.exit != Some(0) {
                return Err(went(&done, refused(&output, &format!("did not {word} {what}"))));
            }
            done.push(format!("{word} {what}"));
        }
    }
    let after = again(session, &before)?;
    let there = set_of(after.all.iter().map(|snapshot| after.whole_name(snapshot)));
    match newer.iter().find(|whole| there.contains(*whole)) {
        None if after.is_whole(name) => Ok(newer),
        None => Err(Error::new(Code::NotDone, found_of(&after, name))),
        Some(left) => {
            Err(Error::new(Code::NotDone, format!("zfs said that it destroyed {left}, which is still there")))
        }
    }
}

fn unknown(jail: &JailId, name: &str) -> Error {
    let message = format!("jail {} has no snapshot {}", jail.uuid(), Quoted(name));
    Error::about("snapshot", Code::UnknownSnapshot, message)
}

/// What has clones is not destroyed.
fn refuse_cloned<'s>(before: &Snapshots, gone: impl Iterator<Item = &'s Snapshot>) -> Result<(), Error> {
    let mut cloned = gone.filter(|snapshot| !snapshot.clones.is_empty());
    match cloned.next() {
        None => Ok(()),
        Some(snapshot) => {
            let message = format!("of {} there are clones: {}", before.whole_name(snapshot), snapshot.clones);
            Err(Error::about("snapshot", Code::HasDependents, message))
        }
    }
}

/// All that is newer has to be named, and nothing else.
fn refuse_unnamed(before: &Snapshots, name: &str, named: &[String]) -> Result<(), Error> {
    let mut newer: Vec<&str> = Vec::new();
    for snapshot in before.newer_than(name) {
        // More than that are not named.
        if newer.len() <= NAMED && !newer.contains(&&*snapshot.name) {
            newer.push(&snapshot.name);
        }
    }
    let is_named = |snapshot: &&str| named.iter().any(|name| name == snapshot);
    if newer.iter().all(is_named) && named.iter().all(|name| newer.contains(&name.as_str())) {
        return Ok(());
    }
    let message = match newer.is_empty() {
        true => format!("no snapshot is newer than {}; leave `destroys` out", Quoted(name)),
        false => format!("this destroys the newer snapshots, name these in `destroys`: {}", newer.join(", ")),
    };
    Err(Error::about("destroys", Code::NewerSnapshots, message))
}

/// The error for what zfs refused.
fn refused(output: &Output, what: &str) -> Error {
    let said = one_line(&output.stderr);
    let code = match (said.contains("has dependent clones"), output.succeeded()) {
        (true, _) => Code::HasDependents,
        (_, true) => Code::NotDone,
        _ => Code::IocageFailed,
    };
    let said = if said.is_empty() { "it did not say why".to_owned() } else { said };
    output.error(code, format!("zfs {what}: {said}"))
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
