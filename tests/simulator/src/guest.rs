//! The inside of a simulated jail: a handful of files, users and programs, none of them the machine's own.
//!
//! Whatever a caller asks a jail to run is run here or not at all. What a jail has is listed in `programs::PROGRAMS` and
//! `files::FILES`; a state file can lay more files over those.

use std::collections::BTreeMap;
use std::io;

use crate::output::Output;

mod files;
mod process;
mod programs;
mod script;

use process::Process;

/// A jail as its processes see it.
pub(crate) struct Guest {
    pub(crate) hostname: String,
    /// What `uname -r` answers: the host's kernel.
    pub(crate) release: String,
    /// Contents by path, over and above the files that every simulated jail has.
    pub(crate) files: BTreeMap<String, String>,
    /// The variables that a process finds.
    pub(crate) environment: BTreeMap<String, String>,
}

/// Why a command did not run to its end.
#[derive(Debug)]
pub(crate) enum Missing {
    /// There is no such program.
    Command(String),
    /// One of the streams broke.
    Stream(io::Error),
}

impl From<io::Error> for Missing {
    fn from(error: io::Error) -> Missing {
        Missing::Stream(error)
    }
}

impl Guest {
    /// Whether the jail's passwd knows `user`.
    pub(crate) fn has_user(&self, user: &str) -> bool {
        self.passwd(user).is_some()
    }

    /// Whether a jail can run a program of that name.
    pub(crate) fn has_program(name: &str) -> bool {
        programs::find(name).is_some()
    }

    /// Runs `command`, or a shell that reads stdin where there is none; answers the exit status.
    pub(crate) fn run(&self, user: &str, command: &[String], output: &mut Output) -> Result<u8, Missing> {
        let mut process = Process::new(self, user, output);
        match command.split_first() {
            None => programs::shell(&mut process, &[]).map_err(Missing::from),
            Some((name, arguments)) => match programs::find(name) {
                Some(program) => {
                    process.name.clone_from(name);
                    program(&mut process, arguments).map_err(Missing::from)
                }
                None => Err(Missing::Command(name.clone())),
            },
        }
    }
}
