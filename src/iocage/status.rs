//! A command's own exit status, from an iocage that keeps it to itself.
//!
//! The Python iocage exits with 1 whatever the command's status was. So the
//! command is run by the jail's own shell, which then writes a mark and the
//! status on standard error and exits with 0; the mark is taken out again here.
//! The command's output is not touched and it gets its words as they are: they
//! are the shell's positional parameters, never part of its script. A file in
//! the jail instead of the mark would need a place to write to and somebody to
//! remove it.
//!
//! The shell is the jail's, and the mark is among the words of a process in it: its
//! root, or the command, can write one as well. Where there are two, nobody believes
//! either; who keeps the shell from writing its own can forge the one. So this is how
//! commands are run only where the configuration will have nothing go past iocage.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use crate::policy::CommandLine;

/// Runs its parameters but the first, which is the mark. The subshell and `exec`
/// keep the words from being taken for the shell's own commands.
const SCRIPT: &str = r#"m=$1; shift; (exec "$@"); printf '%s%d\n' "$m" "$?" >&2"#;

/// What runs the command.
pub const SHELL: &str = "/bin/sh";

/// The exit status of the shell for a program that is not there.
pub const NOT_FOUND: i32 = 127;

/// A mark that no other output holds.
#[derive(Debug)]
pub struct Mark(String);

impl Default for Mark {
    fn default() -> Mark {
        Mark::new()
    }
}

impl Mark {
    /// One of this run's own.
    #[must_use]
    pub fn new() -> Mark {
        static RUNS: AtomicU64 = AtomicU64::new(0);
        let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        Mark(format!("exit-status-{:x}-{run:x}-{now:x}:", std::process::id()))
    }

    /// The words that run `command` with the mark.
    pub fn wrap(&self, command: &CommandLine) -> impl Iterator<Item = String> {
        let shell = [SHELL, "-c", SCRIPT, "sh", &self.0].map(str::to_owned);
        shell.into_iter().chain(command.words().iter().cloned())
    }

    /// Take the mark out of what was written on standard error.
    pub fn take(&self, stderr: &mut String) -> Marked {
        let Some(start) = stderr.rfind(&self.0) else { return Marked::Never };
        if stderr.find(&self.0) != Some(start) {
            return Marked::Again;
        }
        let digits = start + self.0.len();
        let line = stderr[digits..].find('\n').map_or(stderr.len(), |at| digits + at);
        let Ok(status) = stderr[digits..line].parse::<u8>() else { return Marked::Never };
        // A command that it started may go on writing behind it.
        stderr.replace_range(start..stderr.len().min(line + 1), "");
        Marked::Once(status.into())
    }
}

/// How often a mark was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marked {
    /// The shell did not come to write it.
    Never,
    /// With this exit status.
    Once(i32),
    /// Somebody else has written it, too.
    Again,
}

impl Mark {
    /// Take a mark that was written once out of the bytes of standard error.
    pub(super) fn cut(&self, stderr: &mut Vec<u8>) {
        let mark = self.0.as_bytes();
        let Some(start) = stderr.windows(mark.len()).rposition(|part| part == mark) else { return };
        let digits = start + mark.len();
        let end =
            stderr[digits..].iter().position(|b| *b == b'\n').map_or(stderr.len(), |at| digits + at + 1);
        stderr.drain(start..end);
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::process::{Command, Runner, System};

    #[test]
    fn a_mark_is_taken_out_and_nothing_else() {
        let mark = Mark::new();
        for (before, after) in [("", ""), ("no newline", ""), ("a\nb\n", "late\n")] {
            let mut text = format!("{before}{}42\n{after}", mark.0);
            assert_eq!(mark.take(&mut text), Marked::Once(42));
            assert_eq!(text, format!("{before}{after}"));
            let mut bytes = format!("{before}{}42\n{after}", mark.0).into_bytes();
            bytes.insert(0, 0xff);
            mark.cut(&mut bytes);
            assert_eq!(bytes[1..], *text.as_bytes());
            mark.cut(&mut bytes);
            assert_eq!(bytes[1..], *text.as_bytes(), "there was one");
        }
        let mut other = format!("{}7\n", Mark::new().0);
        assert_eq!((mark.take(&mut other), other.is_empty()), (Marked::Never, false));
        for (text, marked) in
            [("{}0\n{}3\n", Marked::Again), ("{}-1\n", Marked::Never), ("{}300\n", Marked::Never)]
        {
            let mut text = text.replace("{}", &mark.0);
            let before = text.clone();
            assert_eq!((mark.take(&mut text), &text), (marked, &before));
        }
    }

    /// By a real shell: the status, the words and the streams are the command's.
    #[test]
    fn a_shell_keeps_the_status_and_adds_nothing() {
        for (words, status, stdout) in [
            (&["sh", "-c", "printf 'a  b'; printf oops >&2; exit 42"][..], 42, "a  b"),
            (&["printf", "%s|", "a b", "$x", "", "*"], 0, "a b|$x||*|"),
            (&["exit", "3"], 127, ""),
            (&["sh", "-c", "kill -9 $$"], 137, ""),
        ] {
            let mark = Mark::new();
            let command = CommandLine::parse("argv", words.iter().map(|&word| word.to_owned()).collect());
            let wrapped: Vec<_> = mark.wrap(&command.expect("a command")).collect();
            let shell = Command {
                env: &[("PATH", "/usr/bin:/bin")],
                ..Command::new(Path::new(&wrapped[0]), wrapped[1..].iter().cloned())
            };
            let run = System::new().run(&shell).expect("a shell");
            let mut stderr = run.stderr.text().into_owned();
            assert_eq!(
                (mark.take(&mut stderr), &*run.stdout.text()),
                (Marked::Once(status), stdout),
                "{words:?}"
            );
            assert!(!stderr.contains("exit-status-"), "{stderr}");
        }
    }
}
