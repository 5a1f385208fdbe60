//! The Python generation of iocage, 1.2 to 1.13: what today's ports install.
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
//! `program` says how it is run and `version` which are served; `said` takes apart
//! what it says, `complaints` and `notices` tell what that means; `reads` and `changes`
//! say how each question and each change is spelt, of which `turn`, `make`, `destroy`,
//! `exec`, `cleaned`, `listing` and `each` have a file of their own; `storage` and
//! `leftovers` know what lies where, and what is left there; `outcome` what is refused
//! before, `output` and `tables` how it prints, and `words` what the document's words
//! are here.

mod changes;
mod cleaned;
mod complaints;
mod destroy;
mod direct;
mod each;
mod exec;
mod images;
mod imports;
mod leftovers;
mod listing;
mod make;
mod members;
mod mounts;
mod notices;
mod outcome;
mod output;
mod program;
mod properties;
mod reads;
mod releases;
mod running;
mod said;
mod settings;
mod snapshots;
mod storage;
mod tables;
mod templates;
mod turn;
mod updates;
mod version;
mod words;

pub(super) use complaints::reason;
pub(super) use direct::told;
pub(super) use program::ENVIRONMENT;
pub use program::Python;
pub use version::{Told, Version};
