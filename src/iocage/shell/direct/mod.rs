//! What the shell iocage tells, told from ZFS and `jls`: its scripts, read and done again.
//!
//! Two of its lines are known: the development line of 2016-02-10 and release 1.7.4, as
//! which 1.7.5 and 1.7.6 report themselves, too. `line` says which one it is, `started` what
//! each command looks at first, `walk` which datasets it takes for jails and to which one a
//! word leads; `list`, `usage`, `get` and `defaults` print, `columns` as column(1) does, and
//! `cells` knows what need not be printed to be read; `properties` are theirs.

mod cells;
mod columns;
mod defaults;
mod get;
mod line;
mod list;
mod properties;
mod running;
mod started;
mod tables;
mod told;
mod usage;
mod walk;

pub(super) use started::is_marked;
pub(super) use tables::{each, list, usage};
pub(super) use told::names;
pub(in crate::iocage) use told::told;
pub(super) use walk::is_walked;
