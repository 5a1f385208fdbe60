//! What came of a start or a stop.
//!
//! Some of what iocage prints meanwhile comes out of the jail, whose own `zfs` it
//! runs, and out of scripts. So its lines are believed only whole and with the jail's
//! own name; what they say of the state is asked of the kernel; and once it has begun
//! they are nothing but the text they are.

use std::borrow::Cow;

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::lines::Lines;
use crate::iocage::machine::if_told;
use crate::iocage::machine::running::find;
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::{Ends, complaint, is_notice, kept, status_lines, without_notices};
use crate::iocage::{Done, State};

use super::program::{denies, failure, known_as, own, warnings};
use super::reads::listed_state;

/// How each of them speaks of itself, and of having nothing to do.
struct Words {
    begins: &'static str,
    already: &'static str,
}

const START: Words = Words { begins: "Starting", already: "is already up" };
const STOP: Words = Words { begins: "Stopping", already: "is already down" };

/// `iocage start UUID`, `iocage stop UUID`.
pub(super) fn turn(session: &Session<'_>, jail: &JailId, wanted: State) -> Result<Done, Error> {
    let command = if wanted == State::Up { "start" } else { "stop" };
    let output = own(session, Kind::Start, &[command, jail.uuid()])?;
    let now = match if_told(find(session, &known_as(jail.uuid())))? {
        Some(Some(_)) => State::Up,
        Some(None) => State::Down,
        None => listed_state(session, jail)?,
    };
    judge(&output, jail, wanted, now)
}

/// What a start or stop has printed, and where the jail is. That there was nothing to
/// do, the document counts as an answer; its form is made here, as 1.7.x has another.
fn judge(output: &Output, jail: &JailId, wanted: State, now: State) -> Result<Done, Error> {
    let words = if wanted == State::Up { START } else { STOP };
    let (uuid, tag) = (jail.uuid(), jail.tag());
    let said = || status_lines(&output.stdout);
    let begun = || said().filter_map(|line| begun_with(&line, words.begins));
    let is_own = |name: &String| name.split(' ').next() == Some(uuid);
    let has_begun = begun().any(|name| is_own(&name));
    // One that was ended in the middle of its line may have said the first part.
    let is_other = |name: &String| !has_begun && !uuid.starts_with(name.as_str());
    if let Some(other) = begun().find(is_other) {
        let message =
            format!("iocage was to turn the jail {uuid}, and turned another one: {}", Quoted(&other));
        return Err(output.error(Code::NotDone, message));
    }
    // In the words of each version.
    let (other, already) = (format!("* {uuid}: {}", words.already), format!(") {}", words.already));
    let own = format!("INFO: {uuid} (");
    let says_so = |line: Cow<'_, str>| line == other || (line.starts_with(&own) && line.ends_with(&already));
    let is_idle = !has_begun && status_lines(&output.stderr).chain(said()).any(says_so);
    if is_idle && now == wanted {
        let line = format!("INFO: {uuid} ({tag}) {}", words.already);
        return Ok(Done { lines: Lines::of_status(&line), ..Done::default() });
    }
    if is_idle {
        let message = format!("iocage says that the jail {uuid} {}, but it is {}", words.already, now.word());
        return Err(output.error(Code::NotDone, message));
    }
    if !has_begun {
        return Err(not_begun(output, &format!("* {} {uuid} ({tag})", words.begins), now));
    }
    if !output.succeeded() || now != wanted {
        return Err(broken_off(output, uuid, now));
    }
    let mut warnings = warnings(output);
    let failed: Ends = said().filter(|line| has_failed(line)).collect();
    if !failed.is_empty() {
        warnings.append(failed.into_told());
        warnings.push(format!("the jail {uuid} is {} all the same", now.word()));
    }
    // Having begun, iocage does not say that there is nothing to do: a script says so.
    let is_other = |line: &str| line.starts_with("INFO:");
    let others = said().filter(|line| is_other(line));
    warnings.extend(others.map(|line| format!("printed meanwhile: {}", kept(&line))));
    let steps = said().filter(|line| !is_other(line)).collect();
    Ok(Done { lines: Lines::of_told(&steps), warnings, ..Done::default() })
}

/// A step that did not go well: in the words of most, and of one.
pub(super) fn has_failed(line: &str) -> bool {
    line.ends_with("FAILED") || line.contains("ERROR")
}

/// The jail that a line says to begin with: `* Starting UUID (tag)`.
fn begun_with(line: &str, begins: &str) -> Option<String> {
    let name = line.strip_prefix("* ")?.strip_prefix(begins)?.strip_prefix(' ')?;
    Some(name.to_owned())
}

/// It did not come to touch the jail. Why, it says on either stream.
fn not_begun(output: &Output, begun: &str, now: State) -> Error {
    let error = failure(output);
    let lines: Ends = status_lines(without_notices(&output.stdout)).filter(|line| !is_notice(line)).collect();
    let says_why = status_lines(&output.stderr).any(|line| !is_notice(&line));
    let message = match (says_why || !output.succeeded(), lines.is_empty()) {
        (true, _) => error.message,
        (false, false) => lines.sentence(),
        (false, true) => format!("iocage did not print `{begun}`, and did not say why"),
    };
    let code = match error.code {
        Code::IocageFailed if output.succeeded() && !says_why => Code::NotDone,
        code => code,
    };
    Error { code, message: format!("{message}; the jail is {}", now.word()), ..error }
}

/// It began, and did not come to its end, or not to the one that was wanted.
fn broken_off(output: &Output, uuid: &str, now: State) -> Error {
    let failed: Ends = status_lines(&output.stdout).filter(|line| has_failed(line)).collect();
    let why = match denies(output) {
        true => complaint(output),
        false if failed.is_empty() => "iocage says nothing of a failure".to_owned(),
        false => failed.sentence(),
    };
    let rest = if output.succeeded() { "" } else { "; what follows that step was not done" };
    let message = format!("{why}; the jail {uuid} is now {}{rest}", now.word());
    output.error(Code::IocageFailed, message).saying_where()
}
