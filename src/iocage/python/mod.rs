//! The Python generation of iocage, 0.9.8 to 1.13: what today's ports install.
//!
//! Jails have one name, which here fills the place of the UUID and of the tag.
//! It addresses a jail also by a unique beginning of its name, takes a name that
//! holds `ALL` for every jail, and one with `.` for the same with `_`; so names
//! are resolved by equality before, and where an exact name is no safe one the
//! action is refused. Two of the document's commands it has not (`deactivate`,
//! `cap`): here is what does the same.
//!
//! Its exit status is mostly honest; where it is known to lie, the state is read
//! again. It writes errors on standard error, and lines of its own before the
//! data on standard output.
//!
//! `program` says how it is run; `complaints` and `notices` what its words mean;
//! `reads` and `changes` how each question and each change is spelt; `outcome` what
//! came of it, `output` and `tables` how it is printed, and `words` what the
//! document's words are here; `exec` says how a command comes into a jail.

mod changes;
mod cleaned;
mod complaints;
mod exec;
mod notices;
mod outcome;
mod output;
mod program;
mod properties;
mod reads;
mod tables;
mod words;

pub(super) use program::ENVIRONMENT;
pub use program::Python;
