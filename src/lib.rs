//! The class `sysadm/iocage`: FreeBSD jails, driven through iocage, as a module
//! that a sysadm-style host loads.
//!
//! A request goes down these rooms and its answer comes back up:
//!
//! * `abi`: the two doors, one table.
//! * [`class`]: an instance; from args to response args.
//! * [`action`]: the table of actions, and what each does.
//! * [`request`]: args JSON becomes typed arguments, as an action's keys say;
//!   [`policy`] holds them to their grammars.
//! * [`locks`]: who may change what at once; [`places`]: how many at once.
//! * [`iocage`]: what iocage is; one dialect a generation.
//! * [`process`]: one child, in bounded time and memory.
//!
//! [`state`] is what one version of this class leaves to the next.
//! [`config`], [`error`] and [`written`] are used by all of them. A lower room does not know
//! an upper one, and of two files only one uses the other: `tests/circles` holds
//! them to it.

mod abi;
pub mod action;
pub mod class;
pub mod config;
pub mod error;
pub mod iocage;
pub mod locks;
pub mod places;
pub mod policy;
pub mod process;
pub mod request;
pub mod state;
pub mod written;
