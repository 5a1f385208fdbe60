//! Starting and stopping, and where the jail is afterwards.
//!
//! What a jail's own scripts print reaches iocage's output, whole lines of it, where
//! they fail: from the line on that says that a jail is started or stopped, every
//! other may be theirs. So nothing behind it decides anything, what is said before it
//! is believed only as far as the state bears it out, and where a doubt is left it is
//! the state that tells.

use super::complaints::{failure_of, failure_within};
use super::outcome::{refuse_all, refuse_twin};
use super::output::{body, warnings};
use super::program::{Python, own};
use super::said::Said;
use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::lines::Lines;
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::{kept, status_lines};
use crate::iocage::{Done, Reads, State};

/// One of the two.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    /// The command.
    verb: &'static str,
    /// What follows the name where there is nothing to be done.
    idle: &'static str,
    /// What stands before the name in the first line of the work.
    pub(super) begins: &'static str,
    /// A line that is printed when what the jail has of its own is done.
    through: &'static str,
    /// What is not done where that line is missing.
    rest: &'static str,
    /// Where the jail is to be.
    wanted: State,
}

pub(super) const START: Turn = Turn {
    verb: "start",
    idle: "is already running!",
    begins: "* Starting ",
    through: "+ Starting services OK",
    rest: "its services were not started, or not all of them",
    wanted: State::Up,
};

pub(super) const STOP: Turn = Turn {
    verb: "stop",
    idle: "is not running!",
    begins: "* Stopping ",
    through: "+ Removing jail process OK",
    rest: "what iocage does after that was not done",
    wanted: State::Down,
};

/// How many steps that failed are told: more than there are.
const STEPS: usize = 64;

/// What a step says that failed.
pub(super) fn is_bad(line: &str) -> bool {
    ["FAILED", "Failed", "failed", "ERROR"].iter().any(|word| line.contains(word))
}

impl Python {
    /// Do it. What was to be done may be so already, which the document counts as an
    /// answer. A step that failed is a warning if the jail is then where it was wanted
    /// and nothing was left out, and otherwise the error.
    pub(super) fn turn(&self, session: &Session<'_>, jail: &JailId, turn: Turn) -> Result<Done, Error> {
        refuse_all(jail)?;
        refuse_twin(jail)?;
        let name = jail.uuid();
        let output = own(session, Kind::Start, &[turn.verb, name])?;
        // It tells the name under which the kernel knows the jail.
        let is_name = |it: &str| it == name || it == name.replace('.', "_");
        let begun = |line: &str| line.strip_prefix(turn.begins).is_some_and(is_name);
        let is_begun = status_lines(body(&output.stdout)).any(|line| begun(&line));
        if !is_begun {
            return self.not_begun(session, jail, turn, &output);
        }
        let bad = status_lines(&output.stdout).filter(|line| is_bad(line)).take(STEPS);
        let bad: Vec<_> = bad.map(|line| kept(&line)).collect();
        let is_through = status_lines(&output.stdout).any(|line| line == turn.through);
        let mut warnings = warnings(&output, &[]);
        let is_doubtful =
            output.exit != Some(0) || !bad.is_empty() || warnings.iter().any(|line| is_bad(line));
        // Some reasons not to go on are told beside the step and exit 0, in words of their own.
        let state = match self.state(session, jail) {
            Err(why) if !is_doubtful => return Err(why),
            state => state,
        };
        let is_elsewhere = matches!(state, Ok(state) if state != turn.wanted);
        if is_doubtful || is_elsewhere {
            // A start that broke off has left a jail that runs and does nothing.
            let has_failed = output.exit.map_or(!warnings.is_empty(), |exit| exit != 0);
            let is_half = turn.wanted == State::Up && has_failed && !is_through;
            match state {
                Ok(state) if state == turn.wanted && !is_half => {
                    let is_broken = output.exit.is_some_and(|exit| exit != 0) && !is_through;
                    let left = is_broken.then(|| format!("the jail is {}, but {}", state.word(), turn.rest));
                    warnings.extend(bad);
                    warnings.extend(left);
                }
                Ok(state) => {
                    let rest = if is_half { format!(", but {}", turn.rest) } else { String::new() };
                    let rest = if state == turn.wanted { rest.as_str() } else { "" };
                    let where_it_is = format!("the jail is {} now{rest}", state.word());
                    return Err(with(failure_within(&output), &bad, &where_it_is));
                }
                Err(why) => {
                    let where_it_is =
                        format!("whether the jail is {} is not known: {}", turn.wanted.word(), why.message);
                    return Err(with(failure_within(&output), &bad, &where_it_is));
                }
            }
            if let Some(exit) = output.exit.filter(|exit| *exit != 0 && warnings.is_empty()) {
                warnings.push(format!(
                    "iocage exited with status {exit} and did not say why; the jail is {}",
                    turn.wanted.word()
                ));
            }
        }
        Ok(Done { lines: Lines::of_status(body(&output.stdout)), warnings, ..Done::default() })
    }

    /// Nothing was begun: there was nothing to do, or a reason not to.
    fn not_begun(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        turn: Turn,
        output: &Output,
    ) -> Result<Done, Error> {
        let name = jail.uuid();
        let said = Said::of(&output.stderr);
        let is_idle = |line: &String| {
            let it = line.strip_suffix(turn.idle).map(str::trim_end);
            it.is_some_and(|it| it == name || it == name.replace('.', "_"))
        };
        let is_idle = said.lines().iter().any(is_idle);
        let where_it_is = match self.state(session, jail) {
            Ok(state) if state == turn.wanted && is_idle => {
                let line = format!("INFO: {name} ({name}) is already {}", state.word());
                let warnings = warnings(output, &[]);
                let others = warnings.iter().filter(|line| !line.ends_with(turn.idle));
                return Ok(Done {
                    lines: Lines::of_status(&line),
                    warnings: others.collect(),
                    ..Done::default()
                });
            }
            Ok(state) => format!("the jail is {}", state.word()),
            Err(why) => format!("whether the jail is {} is not known: {}", turn.wanted.word(), why.message),
        };
        let error = failure_of(output, name);
        let code = if is_idle && error.code == Code::IocageFailed { Code::NotDone } else { error.code };
        Err(with(Error { code, ..error }, &[], &where_it_is))
    }
}

/// The error with the steps that failed, where its reason has no word of them, and
/// with where the jail is.
fn with(error: Error, bad: &[String], where_it_is: &str) -> Error {
    let untold: Vec<_> = bad.iter().filter(|line| !error.message.contains(line.as_str())).cloned().collect();
    let parts = std::iter::once(error.message.clone()).chain(untold).chain([where_it_is.to_owned()]);
    Error { message: parts.collect::<Vec<_>>().join("; "), ..error }
}
