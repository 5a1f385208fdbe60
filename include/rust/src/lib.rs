//! The contract between a sysadm-style host and its class modules, in Rust.
//!
//! The same contract as `sysadm_class.h`, and nothing in it speaks of any one
//! class. A class module is a shared library with two doors over one table of
//! functions: the C symbol `sysadm_class_entry`, and an `abi_stable` root
//! module whose layouts are compared at load. The latter is the default feature
//! `abi_stable`; who uses the C door alone turns it off, and links nothing of that crate.
//!
//! * [`codes`]: the codes of errors that every class answers.
//! * [`ffi`]: the types as they lie in memory.
//! * [`later`]: what later minors appended to these.
//! * [`types`]: the codes of the contract as Rust enums.
//! * [`root`] (feature `abi_stable`): the second door.
//! * [`once`] (feature `json`, which `module` has with it): JSON in which no key is twice.
//! * [`trust`]: is a file one that only root can change?
//! * [`host`] (feature `host`): load a module, make instances, dispatch.
//! * [`kit`] (feature `module`): write a class as a table of actions.
//! * [`module`] (feature `module`): what such a class is to the contract;
//!   [`export_class!`](crate::export_class) exports it through both doors.

// The derive and root-module macros of `abi_stable` 0.11 raise these; they are
// allowed in this crate alone.
#![allow(non_local_definitions, improper_ctypes_definitions, non_camel_case_types)]

#[cfg(any(feature = "host", feature = "module"))]
mod caught;
pub mod codes;
pub mod ffi;
#[cfg(feature = "host")]
pub mod host;
#[cfg(feature = "module")]
pub mod kit;
pub mod later;
#[cfg(any(feature = "host", feature = "module"))]
mod line;
#[cfg(feature = "module")]
pub mod module;
#[cfg(feature = "json")]
pub mod once;
#[cfg(feature = "json")]
mod quoted;
#[cfg(feature = "abi_stable")]
pub mod root;
pub mod trust;
pub mod types;

pub use types::{Access, Identity, Level, Status};

#[cfg(feature = "abi_stable")]
#[doc(hidden)]
pub use abi_stable;
