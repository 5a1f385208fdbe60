//! A command in a jail of the Python iocage, by jexec or by iocage itself.
//!
//! The kernel calls its jails `ioc-NAME`, with `.` as `_` (`ioc_start.py`, in all tags
//! from 1.2 to 1.13). `iocage exec -U USER NAME WORD...` is there `/usr/sbin/setfib
//! FIB jexec -U USER ioc-NAME WORD...`, with the jail's `exec_fib` (0 unless it is set)
//! and an environment that is always the same (`ioc_exec.py`; the property `exec_clean`
//! changes that only for callers of its library). 1.2.1 to 1.6 add three variables
//! `*_PROXY` that are empty, which is left out here.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use super::complaints::failure;
use super::direct::ACTIVE;
use super::notices::is_of_banner;
use super::outcome::{listed, refuse_all, refuse_twin};
use super::output::unannounced;
use super::program::{Python, ask, run};
use super::running::started;
use crate::config::{Direct, Kind};
use crate::error::{Child, Code, Error};
use crate::iocage::machine::exec::{self, Place};
use crate::iocage::machine::running::Started;
use crate::iocage::machine::{datasets, if_told};
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::status::{self, Mark, Marked};
use crate::iocage::text::{Ends, status_lines};
use crate::iocage::{Done, Reads, State, ended};
use crate::policy::{CommandLine, UserName};
use crate::process::Stdin;

/// What a command finds; `LANG` is that of iocage's caller.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOME", "/"),
    ("LANG", "en_US.UTF-8"),
    ("LC_ALL", "en_US.UTF-8"),
    ("PATH", "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/root/bin"),
    ("PWD", "/"),
    ("TERM", "xterm-256color"),
];

/// The longest file of properties that is read.
const MAX_FILE: u64 = 1 << 20;

pub(super) fn exec(
    python: Python,
    session: &Session<'_>,
    jail: &JailId,
    user: &UserName,
    command: &CommandLine,
) -> Result<Done, Error> {
    refuse_all(jail)?;
    refuse_twin(jail)?;
    let done = match session.config.direct {
        Direct::Auto | Direct::Only => by_jexec(session, jail, user, command)?,
        Direct::Off => by_iocage(python, session, jail, user, command)?,
    };
    match done {
        Some(done) => Ok(done),
        None => Err(ended::not_running(jail.uuid(), is_template(session, jail)?)),
    }
}

fn is_template(session: &Session<'_>, jail: &JailId) -> Result<bool, Error> {
    let templates = listed(session, &["-tlh", "-tl"], false)?;
    Ok(templates.iter().any(|[_, name, ..]| name == jail.uuid()))
}

fn is_listed_corrupt(session: &Session<'_>, jail: &JailId) -> Result<bool, Error> {
    let jails = listed(session, &["-lh", "-l"], false)?;
    Ok(jails.iter().any(|[_, name, _, state, ..]| name == jail.uuid() && state == "CORRUPT"))
}

fn by_jexec(
    session: &Session<'_>,
    jail: &JailId,
    user: &UserName,
    command: &CommandLine,
) -> Result<Option<Done>, Error> {
    let find = || match started(session, jail.uuid())? {
        Some(started) if is_active(session, &started)? => Ok(Some(started)),
        _ => Ok(None),
    };
    let fib = |started: &Started| fib(session, jail, started);
    let place = Place { find: &find, env: ENVIRONMENT, fib: &fib };
    exec::run(session, &place, user, command)
}

/// Does the jail lie on the active pool? One of the same name on another may run, and
/// iocage itself does not tell them apart. zfs takes a path for the dataset that is there,
/// to which the pool's mark comes down.
fn is_active(session: &Session<'_>, started: &Started) -> Result<bool, Error> {
    let Some(path) = started.path.as_deref().and_then(Path::to_str) else { return Ok(true) };
    let told = if_told(datasets::property(session, ACTIVE, path))?;
    Ok(told.is_none_or(|mark| mark == "yes"))
}

/// The jail's `exec_fib`, from where iocage keeps it: beside the jail's root, or where
/// it is not set there, beside all jails. iocage itself, which takes a second, is asked
/// where these cannot be read.
fn fib(session: &Session<'_>, jail: &JailId, started: &Started) -> Result<u16, Error> {
    // ROOT/jails/NAME/root
    let mut above = started.path.iter().flat_map(|path| path.ancestors()).skip(1);
    let files = [
        above.next().map(|jail| jail.join("config.json")),
        above.nth(1).map(|all| all.join("defaults.json")),
    ];
    for file in files.iter().flatten() {
        match fib_in(file) {
            Some(Found::Nothing) => {}
            Some(Found::Fib(fib)) => return Ok(fib),
            None => return exec::fib_of(&ask(session, &["get", "exec_fib", jail.uuid()])?),
        }
    }
    Ok(0)
}

#[derive(Debug, PartialEq, Eq)]
enum Found {
    Nothing,
    Fib(u16),
}

/// What a file of properties says; nothing where it cannot be told. A file that is not
/// there sets nothing.
fn fib_in(file: &Path) -> Option<Found> {
    match fs::metadata(file) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Some(Found::Nothing),
        // What is no file might never end.
        Ok(found) if found.is_file() => {}
        _ => return None,
    }
    let mut text = String::new();
    fs::File::open(file).ok()?.take(MAX_FILE).read_to_string(&mut text).ok()?;
    let properties: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).ok()?;
    match properties.get("exec_fib") {
        None => Some(Found::Nothing),
        Some(serde_json::Value::String(fib)) => fib.parse().ok().map(Found::Fib),
        Some(fib) => u16::try_from(fib.as_u64()?).ok().map(Found::Fib),
    }
}

/// `exec -U USER JAIL -- CMD ARG...`: `--`, because iocage would take options for
/// itself. Its exit status says only whether that of the command was 0; see `status`.
fn by_iocage(
    python: Python,
    session: &Session<'_>,
    jail: &JailId,
    user: &UserName,
    command: &CommandLine,
) -> Result<Option<Done>, Error> {
    let mark = Mark::new();
    let start = ["exec", "-U", user.as_str(), jail.uuid(), "--"].map(str::to_owned);
    let args: Vec<_> = start.into_iter().chain(mark.wrap(command)).collect();
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    // The mark is between iocage and us.
    session.is_unheard.set(true);
    let outcome = run(session, Program::Iocage, Kind::Exec, Stdin::Null, true, &args);
    let mut output = outcome.map_err(|error| ended_early(session, &mark, error))?;
    // Nobody else is to have it while it is changed.
    session.last.take();
    let marked = match mark.take(output.stderr.edit()) {
        // A shell that has written it ends with 0: it is somebody else's.
        Marked::Once(_) if !output.succeeded() => Marked::Again,
        Marked::Once(status) => {
            output.exit = Some(status);
            if let Some(bytes) = &mut output.stderr_bytes {
                mark.cut(Rc::make_mut(bytes));
            }
            Marked::Once(status)
        }
        other => other,
    };
    if !matches!(marked, Marked::Once(_)) {
        let kept = without_wrapping(&output.stderr).len();
        if kept < output.stderr.len() {
            output.stderr.edit().truncate(kept);
        }
    }
    unannounced(&mut output);
    if session.keep {
        session.last.replace(Some(output.clone()));
    }
    match marked {
        Marked::Once(0) => ended::done(session, &output).map(Some),
        Marked::Once(status) => Err(marked_failure(&output, status)),
        Marked::Again => Err(ended::about(
            &output,
            "command",
            Code::OutcomeUnknown,
            "the command's exit status is not known: something in the jail has written another one beside it",
        )),
        Marked::Never => unmarked(python, session, jail, user, &output),
    }
}

fn marked_failure(output: &Output, status: i32) -> Error {
    if status == status::NOT_FOUND && output.stderr.trim_end().ends_with("not found") {
        return ended::about(output, "command", Code::CommandNotFound, Child::carried(output.stderr.trim()));
    }
    ended::failed(output, status)
}

/// An exec whose shell did not come to tell the command's status: iocage or jexec did not
/// get that far, or the shell was ended, or is not one. What is printed is anybody's.
fn unmarked(
    python: Python,
    session: &Session<'_>,
    jail: &JailId,
    user: &UserName,
    output: &Output,
) -> Result<Option<Done>, Error> {
    let of_jexec = Output { stderr: without_banner(&output.stderr).into(), ..output.clone() };
    if let Some(error) = ended::not_found(&of_jexec, user, status::SHELL) {
        return Err(match error.code {
            Code::CommandNotFound => {
                let message = "the jail has no /bin/sh to run the command with";
                Error { message: message.to_owned(), ..error }
            }
            _ => error,
        });
    }
    // Anybody can print these lines, so they are no more than a reason to ask.
    let name = jail.uuid();
    let is_said = |line: &str| {
        line == format!("jail '{name}' not found!")
            || line.strip_prefix(name).is_some_and(|rest| rest.starts_with(" is not running! Please supply "))
    };
    let is_corrupt = |line: &str| {
        line.strip_prefix(name).is_some_and(|rest| {
            rest.starts_with(" has a corrupt configuration,")
                || rest.starts_with(" is missing its configuration")
        })
    };
    if output.exit == Some(1) && output.stderr.lines().any(is_corrupt) && is_listed_corrupt(session, jail)? {
        return Err(failure(output));
    }
    if output.exit == Some(1) && output.stderr.lines().any(is_said) {
        match python.state(session, jail)? {
            State::Up => {}
            State::Down | State::Hollow => return Ok(None),
            State::Gone => return Err(ended::gone(name)),
        }
    }
    let (code, message) = match output.exit {
        Some(0) | None => (
            Code::NotDone,
            "iocage exec tells of no failure, but the jail's shell told no exit status of the command"
                .to_owned(),
        ),
        Some(exit) => {
            let said: Ends = status_lines(&of_jexec.stderr).collect();
            let said = if said.is_empty() { String::new() } else { format!(": {}", said.sentence()) };
            (Code::IocageFailed, format!("iocage exec ended with exit status {exit}{said}"))
        }
    };
    Err(output.error(code, message))
}

fn without_banner(text: &str) -> String {
    let mut kept = String::with_capacity(text.len() + 1);
    for line in text.lines().filter(|line| !is_of_banner(line)) {
        kept.push_str(line);
        kept.push('\n');
    }
    kept
}

/// What iocage says last of a failed exec repeats the words that it was given, ours
/// among them; the text without it.
fn without_wrapping(text: &str) -> &str {
    text.rfind("Command: /bin/sh -c ").map_or(text, |at| &text[..at])
}

/// An exec that was ended early. The command itself may have ended before that, and
/// iocage wait for what it left in the jail: then the mark is there.
fn ended_early(session: &Session<'_>, mark: &Mark, mut error: Error) -> Error {
    if let Some(kept) = &mut *session.last.borrow_mut() {
        mark.take(kept.stderr.edit());
        if let Some(bytes) = &mut kept.stderr_bytes {
            mark.cut(Rc::make_mut(bytes));
        }
    }
    if let Some(Marked::Once(status)) = error.child.as_mut().map(|child| mark.take(&mut child.stderr)) {
        error.message += &format!("; the command itself had ended with exit status {status}");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fib_is_what_the_file_says() {
        let folder = std::env::temp_dir().join(format!("sysadm-iocage-fib-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder of our own");
        let file = folder.join("config.json");
        assert_eq!(fib_in(&file), Some(Found::Nothing), "there is none");
        assert_eq!(fib_in(&folder), None, "that is no file");
        for (text, found) in [
            (r#"{"exec_fib": "1"}"#, Some(Found::Fib(1))),
            (r#"{"exec_fib": 2, "boot": 0}"#, Some(Found::Fib(2))),
            (r#"{"boot": 0}"#, Some(Found::Nothing)),
            (r#"{"exec_fib": "x"}"#, None),
            (r#"{"exec_fib": -1}"#, None),
            (r#"{"exec_fib": 70000}"#, None),
            ("{", None),
            ("[]", None),
        ] {
            fs::write(&file, text).expect("written");
            assert_eq!(fib_in(&file), found, "{text}");
        }
        let _ = fs::remove_dir_all(folder);
    }

    #[test]
    fn what_iocage_adds_of_ours_is_cut_away() {
        assert_eq!(without_wrapping("a\nCommand: /bin/sh -c m=$1; x failed!\n"), "a\n");
        assert_eq!(without_wrapping("Command: a failed!\n"), "Command: a failed!\n");
    }
}
