//! What the Python iocage tells, told from ZFS, `jls` and its files: to the byte what it
//! would print, or why that is not known.
//!
//! iocage finds its pool and what it needs there (`active`), reads its defaults
//! (`defaults`) and the configuration of each jail that it shows (`jails`, `config`), and
//! prints. Each question has a file; `told` says which is which. What it would change on
//! the way (a pool made active, a dataset made, a configuration of another version
//! rewritten) it does only when it is asked itself: here that is a doubt. So is every
//! traceback, for its text is Python's.

mod active;
mod config;
mod datum;
mod defaults;
mod df;
mod end;
mod get;
mod jails;
mod lease;
mod list;
mod order;
mod page;
mod releases;
mod told;
mod version;

pub(super) use active::ACTIVE;
pub(super) use told::names;
pub(in crate::iocage) use told::told;
