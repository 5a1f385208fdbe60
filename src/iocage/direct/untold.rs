//! What comes of a question that is put to the system's tools: the text that iocage would
//! print, or why there is none.

use crate::error::{Code, Error};
use crate::iocage::rows::Rows;

/// What iocage would print, and end with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The exit status.
    pub exit: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Printed {
    /// Of one that succeeds and has nothing to complain of.
    #[must_use]
    pub fn out(stdout: String) -> Printed {
        Printed { stdout, ..Printed::default() }
    }
}

/// A table that iocage would print.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Table<P, const N: usize> {
    /// As it is printed, to be read as that.
    Printed(P),
    /// As it would be read: its rows, and standard error.
    Rows {
        /// Those that the reader of what is printed would find, and nothing else.
        rows: Box<Rows<N>>,
        /// Standard error.
        stderr: String,
        /// What would be printed, where both ways are held against each other: in a build for tests.
        printed: Option<Printed>,
    },
}

impl<P, const N: usize> From<P> for Table<P, N> {
    fn from(printed: P) -> Table<P, N> {
        Table::Printed(printed)
    }
}

/// Why it is not told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Untold {
    /// iocage has to be asked: the cause, one of a few sentences, and what it is about.
    NotKnown(&'static str, String),
    /// The same, and iocage would change something before it answers.
    Changes(&'static str, String),
    /// Nobody has to be asked: a tool failed, or time is over.
    Failed(Box<Error>),
}

impl Untold {
    /// Nothing more is to be said of it than the cause.
    pub fn cause<T>(cause: &'static str) -> Result<T, Untold> {
        Err(Untold::NotKnown(cause, String::new()))
    }

    /// The cause, and what it is about.
    pub fn about<T>(cause: &'static str, what: impl Into<String>) -> Result<T, Untold> {
        Err(Untold::NotKnown(cause, what.into()))
    }
}

impl Untold {
    /// No pool is active: where iocage would make one so, nothing is asked of it.
    pub fn no_pool<T>() -> Result<T, Untold> {
        let message = "no pool is active; activate one with `activatepool` and `pool`";
        Err(Error::new(Code::NoPool, message).into())
    }
}

impl From<Error> for Untold {
    fn from(error: Error) -> Untold {
        Untold::Failed(Box::new(error))
    }
}
