//! The programs of the configuration, and in which words one is run.

use std::time::Duration;

use crate::config::Kind;
use crate::iocage::output::Output;
use crate::process::{Begun, Stdin};

/// A program of the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// iocage.
    Iocage,
    /// zfs.
    Zfs,
    /// zpool.
    Zpool,
    /// jls.
    Jls,
    /// jexec.
    Jexec,
    /// ps.
    Ps,
    /// setfib.
    Setfib,
}

/// What a dialect has run.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// What is run.
    pub program: Program,
    /// Which time limit applies.
    pub kind: Kind,
    /// The complete environment.
    pub env: &'a [(&'a str, &'a str)],
    /// What is on its standard input.
    pub stdin: Stdin<'a>,
    /// Is it the action itself, or a question on the way? The former is what
    /// `detail` shows.
    pub own: bool,
}

/// What a tool of the system has told.
pub struct Seen {
    /// Which one.
    pub program: Program,
    /// What it was asked.
    pub args: Vec<String>,
    /// And told.
    pub output: Output,
}

/// A program that works while others are asked.
pub struct Ahead {
    /// Which one.
    pub program: Program,
    /// What it is asked.
    pub args: Vec<String>,
    /// What it may take from its start on.
    pub deadline: Duration,
    /// Itself.
    pub begun: Begun,
}

impl Ahead {
    /// Is it asked this?
    #[must_use]
    pub fn is_it(&self, program: Program, args: &[impl AsRef<str>]) -> bool {
        self.program == program && self.args.iter().eq(args.iter().map(AsRef::as_ref))
    }
}
