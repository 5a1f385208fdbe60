//! The command line: what it can say (`usage`), how it is read (`parse`), and what follows
//! from it (`values`).

mod parse;
mod usage;
mod values;

pub(crate) use parse::{Parsed, parse};
pub(crate) use usage::Command;
pub(crate) use values::Options;
