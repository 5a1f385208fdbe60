//! Why a module cannot be used, as values and as sentences.
//!
//! A refused load must be understood from its text alone, after the library is
//! unmapped again: every text here is owned, and each says what was expected
//! and what was found.

use std::fmt;
use std::path::{Path, PathBuf};

use super::response::Response;
use crate::ffi;
use crate::trust::Distrust;

/// Why a library could not be loaded as a class module: which file, and what is
/// wrong with it.
#[derive(Debug)]
pub struct LoadError {
    pub(super) path: PathBuf,
    pub(super) fault: Fault,
}

/// What is wrong with a file that is to be loaded.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// There is no such file, or it cannot be read.
    Unreadable(std::io::Error),
    /// The file is something else, or damaged; what, says the text.
    NotALibrary(String),
    /// This process is root's, and the file is not root's alone.
    Unsafe(Distrust),
    /// The system's loader refused it; its own words.
    Refused(String),
    /// It does not export the entry of the door it was loaded through.
    NoEntry(String),
    /// The entry function returned null.
    NullTable,
    /// The table says it is too short to hold what 1.0 has.
    ShortTable {
        /// The first field that is not there, or not whole.
        missing: &'static str,
        /// The bytes it should have at least.
        expected: usize,
        /// The bytes it says it has.
        found: usize,
    },
    /// Another major of the contract.
    OtherMajor {
        /// Ours.
        expected: u32,
        /// The module's.
        found: u32,
    },
    /// A function that 1.0 requires is null.
    NullFunction(&'static str),
    /// A text of the identity is not UTF-8, or, but for the description, empty.
    BadIdentity(&'static str),
    /// `abi_stable` found a type whose layout is not the host's.
    Layout(String),
    /// This host was built without the door that it was to be loaded through.
    NoDoor,
}

impl Fault {
    /// What the loader said: an error and what caused it; its own words are often the cause.
    pub(super) fn refused(error: &dyn std::error::Error) -> Fault {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(e) = cause {
            let more = e.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            cause = e.source();
        }
        Fault::Refused(text)
    }
}

impl LoadError {
    /// The file that was to be loaded.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The same fault of the file that the one tried was a copy of: whoever reads
    /// the sentence knows the original.
    #[must_use]
    pub fn of_original(self, path: &Path) -> LoadError {
        LoadError { path: path.to_path_buf(), fault: self.fault }
    }

    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.fault {
            Fault::Unreadable(e) if e.kind() == std::io::ErrorKind::NotFound => {
                write!(f, "no such file: {path}")
            }
            Fault::Unreadable(e) => write!(f, "cannot read {path}: {e}"),
            Fault::NotALibrary(what) => write!(f, "{path} is not a shared library for this host: {what}"),
            Fault::Unsafe(why) => write!(f, "{path} is not loaded as root: {why}"),
            Fault::Refused(why) => write!(f, "{path} cannot be loaded: {why}"),
            Fault::NoEntry(symbol) => {
                write!(f, "{path} is no class module: it has no entry symbol `{symbol}`")
            }
            Fault::NullTable => {
                write!(f, "{path} is no class module: its entry function returned null, not a table")
            }
            Fault::ShortTable { missing, expected, found } => write!(
                f,
                "{path} cannot be used: its class table is too short: `struct_size` is {found}, expected \
                 at least {expected}; `{missing}` is the first field that is missing"
            ),
            Fault::OtherMajor { expected, found } => write!(
                f,
                "{path} cannot be used: it has an ABI of another major: `abi_major` is {found}, \
                 expected {expected}"
            ),
            Fault::NullFunction(name) => write!(
                f,
                "{path} cannot be used: its class table has null for the function `{name}`, which ABI 1.0 \
                 requires"
            ),
            Fault::BadIdentity(name) => {
                write!(f, "{path} cannot be used: its class table's `{name}` is empty or not UTF-8")
            }
            Fault::Layout(why) => {
                write!(f, "{path} cannot be used: it was built against other types than this host: {why}")
            }
            Fault::NoDoor => write!(
                f,
                "{path} cannot be loaded through `abi_stable`: this host was built without it; use the C door, \
                 or build it with the feature `abi_stable`"
            ),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.fault {
            Fault::Unreadable(e) => Some(e),
            _ => None,
        }
    }
}

/// Why an instance could not be made.
#[derive(Debug)]
#[non_exhaustive]
pub enum CreateError {
    /// The class refused; the response says why.
    Refused(Response),
    /// The class broke the contract: the code it answered.
    Broken(ffi::ResultCode),
    /// The class said it made one, but gave none.
    NoInstance,
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CreateError::Refused(response) => {
                write!(f, "the class refused to start: {}", response.text())
            }
            CreateError::Broken(code) => write!(f, "the class broke the contract: create answered {code}"),
            CreateError::NoInstance => {
                f.write_str("the class broke the contract: create succeeded without an instance")
            }
        }
    }
}

impl std::error::Error for CreateError {}
