//! A process of a simulated jail: who it is and where its streams lead.

use std::io;

use super::files::Guest;
use crate::output::Output;

/// Where a stream leads after redirections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    Out,
    Err,
    Null,
}

pub(super) type Run = fn(&mut Process<'_>, &[String]) -> io::Result<u8>;

/// A program by the path where FreeBSD has it.
pub(super) type Program = (&'static str, Run);

pub(super) struct Process<'a> {
    pub(super) guest: &'a Guest,
    pub(super) user: &'a str,
    /// What it was started as.
    pub(super) name: String,
    pub(super) stdout: Target,
    pub(super) stderr: Target,
    /// The signal that has ended it.
    pub(super) killed_by: Option<u8>,
    /// The programs that there are, by name or path; the shell is one of them, and starts others.
    programs: fn(&str) -> Option<&'static Program>,
    output: &'a mut Output,
}

impl<'a> Process<'a> {
    pub(super) fn new(
        guest: &'a Guest,
        user: &'a str,
        programs: fn(&str) -> Option<&'static Program>,
        output: &'a mut Output,
    ) -> Process<'a> {
        let (stdout, stderr) = (Target::Out, Target::Err);
        Process { guest, user, name: "sh".to_owned(), stdout, stderr, killed_by: None, programs, output }
    }

    /// The program of that name or path, if this jail has it.
    pub(super) fn find(&self, name: &str) -> Option<Run> {
        let (path, run) = (self.programs)(name)?;
        (!self.guest.lacks.contains(*path)).then_some(*run)
    }

    pub(super) fn out(&mut self, bytes: &[u8]) {
        self.send(self.stdout, bytes);
    }

    pub(super) fn err(&mut self, text: &str) {
        self.send(self.stderr, text.as_bytes());
    }

    fn send(&mut self, target: Target, bytes: &[u8]) {
        match target {
            Target::Out => self.output.out_bytes(bytes),
            Target::Err => self.output.err_bytes(bytes),
            Target::Null => {}
        }
    }

    /// Writes what was said so far, before the process waits for something.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// All of stdin.
    pub(super) fn stdin(&mut self) -> io::Result<Vec<u8>> {
        self.output.read_all()
    }
}
