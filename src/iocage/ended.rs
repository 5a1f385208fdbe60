//! What the end of a command in a jail means, whoever has run it.
//!
//! The command has the same streams as the program that brings it into the jail, and
//! that program becomes the command: no line on them is certain to be one's or the
//! other's. So their words choose only among the codes of one failed command, and
//! only where nothing else was printed and they name exactly what the request asked
//! for; whoever forges them calls its own failure by another name. Whether a jail
//! runs is never taken from here: that is asked of the machine.

use crate::error::{Child, Code, Error};
use crate::iocage::dialect::Done;
use crate::iocage::lines::Lines;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::one_line;
use crate::policy::{CommandLine, UserName};

/// A command that ended with 0, and what it printed.
///
/// # Errors
/// If nobody waits for that any more: it may be much.
pub(super) fn done(session: &Session<'_>, output: &Output) -> Result<Done, Error> {
    let warnings = what_is_missing(output).into_iter().collect();
    let child = Some(Box::new(with_stdout(output)));
    match Lines::read(output.stdout.clone(), &|| session.still_wanted()) {
        Ok(lines) => Ok(Done { lines, warnings, child, ..Done::default() }),
        Err(error) => Err(session.unwanted(error, child)),
    }
}

/// Why not all that a command printed is there.
fn what_is_missing(output: &Output) -> Option<&'static str> {
    if output.odd {
        return Some(
            "the command printed so many bytes that are no UTF-8 that the rest is left out; with `detail` they are there in base64",
        );
    }
    let cut = "the command printed more than `max_output` allows; the middle is left out";
    output.truncated.then_some(cut)
}

/// A command that ended otherwise.
pub(super) fn failed(output: &Output, status: i32) -> Error {
    about(output, "command", Code::CommandFailed, format!("the command failed with exit status {status}"))
}

/// An error about one argument, with all that was printed.
pub(super) fn about(output: &Output, key: &'static str, code: Code, message: impl Into<String>) -> Error {
    Error::about(key, code, message).with_child(with_stdout(output))
}

/// The end of a command of which the host took the exit status away.
pub(super) fn unknown(output: &Output) -> Error {
    output.unknown().with_child(with_stdout(output))
}

fn with_stdout(output: &Output) -> Child {
    Child { stdout: Some(Child::carried(&output.stdout)), ..output.child() }
}

/// What jexec says of its own failure: all that was printed is one line with its
/// name, and the exit status is the only one that it has.
pub(super) fn complaint_of_jexec(output: &Output) -> Option<&str> {
    let line = output.stderr.strip_suffix('\n').unwrap_or(&output.stderr);
    let is_alone = output.exit == Some(1) && output.stdout.is_empty() && !line.contains('\n');
    line.strip_prefix("jexec: ").filter(|_| is_alone)
}

/// The user or the program that jexec did not find, if it says so: with this user,
/// or the program that it was given.
pub(super) fn not_found(output: &Output, user: &UserName, program: &str) -> Option<Error> {
    let said = complaint_of_jexec(output)?;
    let (code, key) = if said.strip_suffix(": no such user") == Some(user.as_str()) {
        (Code::UnknownUser, "user")
    } else {
        // With the brackets up to FreeBSD 10.
        let after = said.strip_prefix("execvp: ").or_else(|| said.strip_prefix("execvp(): "))?;
        let reason = after.strip_prefix(program)?.strip_prefix(": ")?;
        if reason.is_empty() {
            return None;
        }
        (Code::CommandNotFound, "command")
    };
    Some(about(output, key, code, Child::carried(output.stderr.trim())))
}

/// The jail does not run. A template never does, whatever is done.
pub(super) fn not_running(name: &str, is_template: bool) -> Error {
    let message = if is_template {
        format!("jail {name} is a template, in which nothing runs; make a jail of it first")
    } else {
        "the jail does not run".to_owned()
    };
    Error::about("jail", Code::JailNotRunning, message)
}

/// A jail that is not there any more, as it was when it was looked up.
pub(super) fn gone(name: &str) -> Error {
    Error::about("jail", Code::UnknownJail, format!("jail {name} is gone since it was looked up"))
}

/// A failure whose one line may be that of who runs the command, or the command's own.
pub(super) fn doubtful(output: &Output, who: &str, why: &str) -> Error {
    let message = format!(
        "{who}, or the command, failed with exit status {}: {}{why}",
        output.exit.unwrap_or_default(),
        one_line(&output.stderr)
    );
    about(output, "command", Code::CommandFailed, message)
}

/// What is run, as jexec is told it.
pub(super) fn program(command: &CommandLine) -> &str {
    command.words().first().map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(exit: i32, stdout: &str, stderr: &str) -> Output {
        Output { exit: Some(exit), stdout: stdout.into(), stderr: stderr.into(), ..Output::default() }
    }

    #[test]
    fn jexecs_line_is_alone_and_names_what_was_asked_for() {
        let user = UserName::parse("www").expect("a name");
        let told = |exit, stdout, stderr| {
            not_found(&printed(exit, stdout, stderr), &user, "ls").map(|error| (error.code, error.key))
        };
        let missing = Some((Code::CommandNotFound, Some("command")));
        assert_eq!(told(1, "", "jexec: execvp: ls: No such file or directory\n"), missing);
        assert_eq!(told(1, "", "jexec: execvp(): ls: No such file or directory\n"), missing);
        assert_eq!(told(1, "", "jexec: www: no such user\n"), Some((Code::UnknownUser, Some("user"))));
        for (exit, stdout, stderr) in [
            (2, "", "jexec: www: no such user\n"),
            (1, "x", "jexec: www: no such user\n"),
            (1, "", "a\njexec: www: no such user\n"),
            (1, "", "jexec: www: no such user\nb\n"),
            (1, "", "jexec: root: no such user\n"),
            (1, "", "jexec: www: no such user: x\n"),
            (1, "", "jexec: execvp: lsx: No such file or directory\n"),
            (1, "", "jexec: execvp: ls: \n"),
            (1, "", "ls: no such user\n"),
        ] {
            assert_eq!(told(exit, stdout, stderr), None, "{stderr}");
        }
    }

    #[test]
    fn it_is_told_why_output_is_not_whole() {
        let output = Output { truncated: true, ..printed(0, "", "") };
        assert!(what_is_missing(&output).is_some_and(|why| why.contains("`max_output`")));
        let why = what_is_missing(&Output { odd: true, ..output });
        assert!(why.is_some_and(|why| why.contains("UTF-8") && !why.contains("`max_output`")));
        assert_eq!(what_is_missing(&printed(0, "", "")), None);
    }

    #[test]
    fn a_template_is_called_one() {
        assert_eq!(not_running("tpl", false).message, "the jail does not run");
        let error = not_running("tpl", true);
        assert_eq!((error.code, error.key), (Code::JailNotRunning, Some("jail")));
        assert!(error.message.starts_with("jail tpl is a template"), "{}", error.message);
    }
}
