//! A process of a simulated jail: who it is and where its streams lead.

use std::io;

use super::Guest;
use crate::output::Output;

/// Where a stream leads after redirections.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Target {
    Out,
    Err,
    Null,
}

pub(super) struct Process<'a> {
    pub(super) guest: &'a Guest,
    pub(super) user: &'a str,
    /// What it was started as.
    pub(super) name: String,
    pub(super) stdout: Target,
    pub(super) stderr: Target,
    output: &'a mut Output,
}

impl<'a> Process<'a> {
    pub(super) fn new(guest: &'a Guest, user: &'a str, output: &'a mut Output) -> Process<'a> {
        Process { guest, user, name: "sh".to_owned(), stdout: Target::Out, stderr: Target::Err, output }
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
}
