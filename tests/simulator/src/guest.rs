//! The inside of a simulated jail: a handful of files, users and programs, none of them the machine's own.
//!
//! Whatever a caller asks a jail to run is run here or not at all. What a jail has is listed in `programs::PROGRAMS` and
//! `files::FILES`; a state file can lay more files over those.

use std::collections::BTreeSet;
use std::io;

use crate::output::Output;

mod files;
mod process;
mod programs;
mod script;

pub(crate) use files::{Guest, User, user_of_host};
use process::Process;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Ended {
    Exit(u8),
    /// By a signal.
    Killed(u8),
}

impl Ended {
    /// As a shell tells it.
    pub(crate) fn status(self) -> u8 {
        match self {
            Ended::Exit(status) => status,
            Ended::Killed(signal) => 128 + signal,
        }
    }
}

/// Why a command did not run to its end.
#[derive(Debug)]
pub(crate) enum Missing {
    /// The command, and why it cannot be run.
    Command(String, &'static str),
    /// One of the streams broke.
    Stream(io::Error),
}

impl From<io::Error> for Missing {
    fn from(error: io::Error) -> Missing {
        Missing::Stream(error)
    }
}

impl Guest {
    /// Whether a jail that lacks these programs can run the one of that name.
    pub(crate) fn has_program(name: &str, lacks: &BTreeSet<String>) -> bool {
        programs::find(name).is_some_and(|(path, _)| !lacks.contains(*path))
    }

    /// Runs `command`, or a shell that reads stdin where there is none.
    pub(crate) fn run(&self, user: &str, command: &[String], output: &mut Output) -> Result<Ended, Missing> {
        let mut process = Process::new(self, user, programs::find, output);
        let (name, arguments) = match command.split_first() {
            Some((name, arguments)) => (name.as_str(), arguments),
            None => ("/bin/sh", command),
        };
        let Some(run) = process.find(name) else {
            // What is there and no program is refused in another way.
            let is_there = name.contains('/') && (self.file(name).is_some() || self.is_folder(name));
            let reason = if is_there { "Permission denied" } else { "No such file or directory" };
            return Err(Missing::Command(name.to_owned(), reason));
        };
        if !command.is_empty() {
            name.clone_into(&mut process.name);
        }
        let status = run(&mut process, arguments)?;
        Ok(process.killed_by.map_or(Ended::Exit(status), Ended::Killed))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn status(script: &str) -> u8 {
        let guest = Guest {
            hostname: "h".to_owned(),
            release: "r".to_owned(),
            folder: "/".to_owned(),
            files: BTreeMap::new(),
            lacks: BTreeSet::new(),
            environment: BTreeMap::new(),
            interfaces: BTreeMap::new(),
        };
        let mut output = Output::default();
        let words = ["/bin/sh", "-c", script, "sh", "exit 9", "", "c"].map(str::to_owned);
        guest.run("root", &words, &mut output).expect("nothing is written").status()
    }

    #[test]
    fn commands_are_joined_as_by_sh() {
        for (script, expected) in [
            ("", 0),
            ("true;", 0),
            ("exit 3", 3),
            ("false || exit 4", 4),
            ("true && exit 5; exit 6", 5),
            ("false && exit 5\nexit 6", 6),
            ("false; exit $?", 1),
            ("kill -9 $$", 137),
            ("nosuch", 127),
            ("true | false", 2),
            ("echo `id`", 2),
            ("; true", 2),
            ("echo 'a", 2),
            ("true # a comment", 0),
            ("exit 256", 0),
            ("sh -c 'exit 7'; s=$?; exit $s", 7),
            ("a=5 b=\"$a\"; exit ${b}", 5),
            ("sh -c 'exit $#' sh \"$@\"", 3),
            ("sh -c 'exit $#' sh $@", 3),
            ("sh -c 'exit $#' sh $nosuch \"$nosuch\" ''", 2),
            ("sh -c \"$1\"", 9),
            ("test \"$3\" = c && exit 4", 4),
            ("[ $# -eq 3 ] || exit 4; exit 5", 5),
            ("if false; then exit 3; else exit 4; fi", 4),
            ("if true; then if false; then exit 1; fi; s=6; fi; exit $s", 6),
            ("if false; then exit 3; fi; exit 8", 8),
            ("if true; then s=3; else s=4; fi; exit $s", 3),
            ("a='6 7'; exit ${a}", 6),
            ("'if' true", 127),
            ("sh -c 'exit $#' sh ''$nosuch \"$nosuch\"x a\\ b", 3),
            ("fi", 2),
            ("exit ${a:-3}", 2),
        ] {
            assert_eq!(status(script), expected, "{script:?}");
        }
    }
}
