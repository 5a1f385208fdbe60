//! Which way a question goes: to the system's tools first, and where these leave a doubt to
//! iocage, within one time limit for both.

use std::time::{Duration, Instant};

use super::machine::Machine;
use super::untold::{Printed, Table, Untold};
use crate::config::{Direct, Kind};
use crate::error::{Code, Error};
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::kept;

/// What a generation's iocage would print for these words.
type Told = fn(&Machine<'_>, &[&str]) -> Result<Printed, Untold>;

const VERSION: &str = "the version of iocage is not known (where `dialect` is `shell` it is not asked)";

/// Answer a question as iocage would, if it is known how; `None`: iocage is to be asked.
/// `own`: is it the action itself, or a question on the way?
///
/// # Errors
/// If a tool fails, nobody waits any more, or iocage would be asked and is not to be.
pub fn answer(session: &Session<'_>, told: Told, args: &[&str], own: bool) -> Result<Option<Output>, Error> {
    let Some(found) = asked(session, args, own, &|machine| told(machine, args))? else { return Ok(None) };
    let output = found.what.output(found.duration);
    session.told(&output, found.read, own);
    Ok(Some(output))
}

/// The same for a table that is the action itself. Who wants to see what is printed has it printed.
///
/// # Errors
/// As for [`answer`].
pub fn table<const N: usize>(
    session: &Session<'_>,
    told: &dyn Fn(&Machine<'_>) -> Result<Table<Printed, N>, Untold>,
    args: &[&str],
) -> Result<Option<Table<Output, N>>, Error> {
    let Some(found) = asked(session, args, true, told)? else { return Ok(None) };
    Ok(Some(match found.what {
        Table::Printed(printed) => {
            let output = printed.output(found.duration);
            session.told(&output, found.read, true);
            Table::Printed(output)
        }
        Table::Rows { rows, stderr, printed } => {
            session.told_rows(&rows, &stderr, found.read);
            Table::Rows { rows, stderr, printed }
        }
    }))
}

/// What was found out, how long it took and how many bytes were read for it.
struct Found<T> {
    what: T,
    duration: Duration,
    read: usize,
}

fn asked<T>(
    session: &Session<'_>,
    args: &[&str],
    own: bool,
    told: &dyn Fn(&Machine<'_>) -> Result<T, Untold>,
) -> Result<Option<Found<T>>, Error> {
    let started = Instant::now();
    let mut read = 0;
    let found = find(session, &|| format!("{args:?}"), |machine| {
        let found = told(machine);
        read = machine.read.get();
        found
    });
    if own && let Err(error) = &found {
        let is_over = matches!(error.code, Code::TimedOut | Code::Cancelled | Code::Killed);
        session.was_ended.set(is_over);
    }
    let Some(what) = found? else { return Ok(None) };
    let duration = started.elapsed();
    log::debug!("answered without iocage {args:?} after {} ms", duration.as_millis());
    Ok(Some(Found { what, duration, read }))
}

impl Printed {
    fn output(self, duration: Duration) -> Output {
        let Printed { exit, stdout, stderr } = self;
        let (stdout, stderr) = (stdout.into(), stderr.into());
        Output { exit: Some(exit), stdout, stderr, duration, ..Output::default() }
    }
}

/// Find something out without iocage; `None`: iocage is to be asked. `what` says for the log
/// what is to be found.
///
/// # Errors
/// As for [`answer`].
pub fn find<T>(
    session: &Session<'_>,
    what: &dyn Fn() -> String,
    told: impl FnOnce(&Machine<'_>) -> Result<T, Untold>,
) -> Result<Option<T>, Error> {
    if session.config.direct == Direct::Off {
        return Ok(None);
    }
    if session.read_until.get().is_some() {
        // A doubt was met on the way to this, and iocage has not been asked yet.
        return Ok(None);
    }
    session.read_until.set(Some(Instant::now() + session.config.timeouts.of(Kind::Read)));
    let version = session.version.borrow();
    let machine = Machine::new(session, version.as_deref().unwrap_or_default());
    let found = if version.is_some() { told(&machine) } else { Untold::cause(VERSION) };
    session.end_ahead();
    let found = match found {
        Ok(found) => Ok(Some(found)),
        Err(Untold::NotKnown(cause, about)) => by_iocage(session, what, cause, &kept(&about)).map(|()| None),
        Err(Untold::Changes(cause, about)) => {
            let about = kept(&about);
            // Who may only look has iocage change nothing.
            let guarded = session.guard.get().map(|guard| guard(session, Some(&why_of(cause, &about))));
            guarded.unwrap_or(Ok(())).and_then(|()| by_iocage(session, what, cause, &about)).map(|()| None)
        }
        Err(Untold::Failed(error)) => Err(*error),
    };
    if !matches!(found, Ok(None)) {
        // Otherwise it goes on until iocage has answered.
        session.read_until.set(None);
    }
    found
}

/// iocage is to be asked, if it may be.
fn by_iocage(
    session: &Session<'_>,
    what: &dyn Fn() -> String,
    cause: &'static str,
    about: &str,
) -> Result<(), Error> {
    let why = why_of(cause, about);
    let is_first = session.causes.note(cause, about);
    session.by_iocage.replace(Some(why.clone()));
    // What came of a change has to be known, whoever tells it.
    if session.config.direct == Direct::Only && !session.changed.get() {
        if is_first {
            log::warn!("iocage would be asked {}, and is not; {why}; this is said once", what());
        }
        let message = format!(
            "it is not known without iocage, and `direct` is `only` (with `auto` iocage is asked): {why}"
        );
        return Err(Error::new(Code::NotDirect, message));
    }
    if is_first {
        log::warn!("iocage is asked {}, which takes longer; {why}; this is said once", what());
    }
    Ok(())
}

fn why_of(cause: &str, about: &str) -> String {
    if about.is_empty() { cause.to_owned() } else { format!("{cause}: {about}") }
}
