//! A command in a jail without iocage: jls tells the number of the one jail that has
//! exactly this name, and jexec takes that number.
//!
//! Numbers are why this cannot meet another jail. iocage looks names up when it runs,
//! so that between our lookup and its own a jail can be destroyed and another be found
//! in its place; the kernel gives a number to one jail at a time and goes on counting
//! (to 999,999, before it begins again), so a jail that has ended since takes its
//! number with it, and jexec finds nothing. What remains is somebody who, between two
//! of our programs, ends this jail and by hand starts another with `jid=` the same.
//!
//! jexec becomes the command: its exit status and signal are the command's, and so are
//! both streams from the first byte. Its own failures are told with status 1 and a line
//! that the command can print, too. What can be known of them is asked of the machine:
//! whether this jail, with this number, still runs. For the rest see `ended`.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::dialect::Done;
use crate::iocage::ended;
use crate::iocage::output::Output;
use crate::iocage::program::{Program, Run};
use crate::iocage::session::Session;
use crate::policy::{CommandLine, UserName};
use crate::process::Stdin;

use super::running::Started;

/// Where a command is to be run.
pub struct Place<'a> {
    /// Finds the jail among those that run.
    pub find: &'a dyn Fn() -> Result<Option<Started>, Error>,
    /// What the generation of iocage gives the command for an environment.
    pub env: &'a [(&'a str, &'a str)],
    /// Finds which of the host's routing tables (`exec_fib`) a command in it has.
    pub fib: &'a dyn Fn(&Started) -> Result<u16, Error>,
}

/// Run a command; nothing if there is no such jail that runs.
///
/// # Errors
/// If it failed, or could not be run.
pub fn run(
    session: &Session<'_>,
    place: &Place<'_>,
    user: &UserName,
    command: &CommandLine,
) -> Result<Option<Done>, Error> {
    let Some(jail) = (place.find)().map_err(or_off)? else { return Ok(None) };
    let fib = (place.fib)(&jail)?;
    // Behind the number jexec takes no more options: the command's words are its own.
    let words = ["-U".to_owned(), user.as_str().to_owned(), jail.jid.to_string()];
    let words = words.into_iter().chain(command.words().iter().cloned());
    let (program, args) = match fib {
        0 => (Program::Jexec, words.collect()),
        fib => {
            session.trust(Program::Jexec).map_err(or_off)?;
            let jexec = session.config.jexec.to_string_lossy().into_owned();
            (Program::Setfib, [fib.to_string(), jexec].into_iter().chain(words).collect())
        }
    };
    let run = Run { program, kind: Kind::Exec, env: place.env, stdin: Stdin::Null, own: true };
    let output = session.run(run, args).map_err(|error| ended_otherwise(session, error))?;
    match output.exit {
        Some(0) => return ended::done(session, &output).map(Some),
        None => return Err(ended::unknown(&output)),
        Some(_) => {}
    }
    if let Some(error) = ended::not_found(&output, user, ended::program(command)) {
        return Err(error);
    }
    match ended::complaint_of_jexec(&output) {
        Some(_) => {
            let now = (place.find)();
            gone_meanwhile(&output, now.map(|now| now.is_some_and(|now| now.jid == jail.jid)))
        }
        None => Err(ended::failed(&output, output.exit.unwrap_or_default())),
    }
}

/// What came of a command that may not have been one: jexec alone may have spoken. If
/// the jail has ended, it has not found it.
fn gone_meanwhile(output: &Output, runs: Result<bool, Error>) -> Result<Option<Done>, Error> {
    match runs {
        Ok(false) => Ok(None),
        Ok(true) => Err(ended::doubtful(output, "jexec", "")),
        Err(why) => Err(ended::doubtful(output, "jexec", &format!("; {}", why.message))),
    }
}

/// A command that did not end by itself, or did not begin.
fn ended_otherwise(session: &Session<'_>, error: Error) -> Error {
    let signal = error.child.as_ref().and_then(|child| child.signal);
    match (error.code, signal) {
        // That was the command: nobody ended it for us.
        (Code::Killed, Some(signal)) => {
            session.was_ended.set(false);
            let message = format!("the command was ended by signal {signal}");
            Error { code: Code::CommandFailed, message, key: Some("command"), ..error }
        }
        _ => or_off(error),
    }
}

/// The error for a tool that is not as it should be: what can be done about it.
fn or_off(error: Error) -> Error {
    match error.code {
        Code::CannotStart | Code::UnsafeProgram | Code::IocageFailed | Code::UnexpectedOutput => {
            let message = format!(
                "{}; with `\"direct\": \"off\"` in the configuration, commands in jails go through iocage",
                error.message
            );
            Error { message, ..error }
        }
        _ => error,
    }
}

/// The routing table that iocage tells of a jail, a number alone.
///
/// # Errors
/// If it told none.
pub fn fib_of(output: &Output) -> Result<u16, Error> {
    let told = output.succeeded().then(|| output.stdout.trim().lines().next_back()).flatten();
    told.and_then(|line| line.trim().parse().ok()).ok_or_else(|| {
        let message = "iocage does not tell the jail's `exec_fib`; the command was not run";
        output.error(Code::UnexpectedOutput, message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_jexec_may_have_said_is_held_against_the_machine() {
        let output =
            Output { exit: Some(1), stderr: "jexec: jail 5 not found\n".into(), ..Output::default() };
        assert_eq!(gone_meanwhile(&output, Ok(false)), Ok(None));
        let error = gone_meanwhile(&output, Ok(true)).expect_err("failed");
        assert_eq!((error.code, error.key), (Code::CommandFailed, Some("command")));
        let asked = Err(Error::new(Code::TimedOut, "no answer"));
        let error = gone_meanwhile(&output, asked).expect_err("failed");
        assert!(error.message.ends_with("not found; no answer"), "{}", error.message);
    }
}
