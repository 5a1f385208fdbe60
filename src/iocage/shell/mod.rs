//! The shell generation of iocage: the development line of February 2016, which
//! the document was written against, and release 1.7.x as far as it tells the
//! truth.
//!
//! `program` says how it is run, and what its complaints mean; `reads` and
//! `changes` how each question and each change is spelt; `tables` what lists look
//! like, `turned`, `made` and `limits` what came of a start or stop, of a create or
//! clone, of a cap; `exec` how a command comes into a jail; `pools` which pool is
//! active; `remains` what half a jail is; `properties` which properties there are;
//! `direct` tells what iocage would, without it.

mod changes;
mod direct;
mod exec;
mod images;
mod limits;
mod made;
mod more;
mod mounts;
mod pools;
mod program;
mod properties;
mod reads;
mod releases;
mod remains;
mod settings;
mod snapshots;
mod tables;
mod templates;
mod turned;
mod updates;

pub(super) use direct::told;
pub use program::Shell;
