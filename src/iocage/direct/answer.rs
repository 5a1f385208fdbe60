//! Which way a question goes: to the system's tools first, and where these leave a doubt to
//! iocage, within one time limit for both.

use std::time::Instant;

use super::machine::Machine;
use super::untold::{Printed, Untold};
use crate::config::{Direct, Kind};
use crate::error::{Code, Error};
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::kept;

/// What a generation's iocage would print for these words.
type Told = fn(&Machine<'_>, &[&str]) -> Result<Printed, Untold>;

const VERSION: &str = "the version of iocage is not known";

/// Answer a question as iocage would, if it is known how; `None`: iocage is to be asked.
/// `own`: is it the action itself, or a question on the way?
///
/// # Errors
/// If a tool fails, nobody waits any more, or iocage would be asked and is not to be.
pub fn answer(session: &Session<'_>, told: Told, args: &[&str], own: bool) -> Result<Option<Output>, Error> {
    if session.config.direct == Direct::Off {
        return Ok(None);
    }
    let started = Instant::now();
    session.read_until.set(Some(started + session.config.timeouts.of(Kind::Read)));
    let version = session.version.borrow();
    let machine = Machine::new(session, version.as_deref().unwrap_or_default());
    let found = if version.is_some() { told(&machine, args) } else { Untold::cause(VERSION) };
    match found {
        Ok(Printed { exit, stdout, stderr }) => {
            session.read_until.set(None);
            let output = Output {
                exit: Some(exit),
                stdout: stdout.into(),
                stderr: stderr.into(),
                duration: started.elapsed(),
                ..Output::default()
            };
            session.told(&output, machine.read.get(), own);
            log::debug!("answered without iocage {args:?} after {} ms", output.duration.as_millis());
            Ok(Some(output))
        }
        Err(Untold::NotKnown(cause, about)) => {
            let why = if about.is_empty() { cause.to_owned() } else { format!("{cause}: {}", kept(&about)) };
            session.by_iocage.replace(Some(why.clone()));
            let is_first = session.causes.note(cause, &kept(&about));
            if session.config.direct == Direct::Only {
                session.read_until.set(None);
                let message = format!("it is not known without iocage, and `direct` is `only`: {why}");
                return Err(Error::new(Code::NotDirect, message));
            }
            if is_first {
                log::warn!("iocage is asked {args:?}, which takes longer, for {why}; said once");
            }
            Ok(None)
        }
        Err(Untold::Failed(error)) => {
            session.read_until.set(None);
            if own {
                session.was_ended.set(matches!(error.code, Code::TimedOut | Code::Cancelled | Code::Killed));
            }
            Err(*error)
        }
    }
}
