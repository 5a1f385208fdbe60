//! The tests, by what they look at. Each takes the job and says how it ended;
//! what it leaves behind ends with its process.

pub(crate) mod answers;
pub(crate) mod args;
pub(crate) mod closing;
pub(crate) mod create;
pub(crate) mod described;
pub(crate) mod description;
pub(crate) mod handshake;
pub(crate) mod leaks;
pub(crate) mod long;
pub(crate) mod misuse;
pub(crate) mod numbers;
pub(crate) mod progress;
pub(crate) mod services;
pub(crate) mod traces;
pub(crate) mod unloading;
pub(crate) mod values;
