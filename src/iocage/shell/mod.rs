//! The shell generation of iocage: the development line of February 2016, which
//! the document was written against, and release 1.7.x as far as it tells the
//! truth.
//!
//! `program` says how it is run, and what its complaints mean; `reads` and
//! `changes` how each question and each change is spelt, and what the answers
//! look like; `properties` which properties there are; `exec` how a command comes into a jail.

mod changes;
mod exec;
mod program;
mod properties;
mod reads;

pub use program::Shell;
