//! Each sentence of the design about running a program has a test here that is named for it.
//!
//! Children are scripts for `/bin/sh`. What changes or counts something of the whole process (signal
//! actions, limits, descriptors, children) runs alone in a process of its own: `stand::alone` starts this test
//! binary again for that one test.

#![allow(
    clippy::multiple_unsafe_ops_per_block,
    reason = "the set-up of a test is one step of several calls, and one sentence says why it is sound"
)]
#![allow(clippy::disallowed_methods, reason = "a test is no library, and its threads are its own")]

mod begun;
mod ending;
mod host;
mod living;
mod output;
mod refused;
#[cfg(target_os = "linux")]
mod sandbox;
mod stand;
mod start;
mod streams;
#[cfg(target_os = "linux")]
mod survivor;
mod threads;

pub(crate) use stand::skipped;
