//! `sysadmd`, a server for class modules, and `sysadmctl`, the same for hands and scripts.
//!
//! Two processes. `root` loads the modules, over `sysadm-host`, knows the accounts, decides who may what, and listens on
//! Unix sockets alone; the peers of one of them are named by the kernel. `front` is an unprivileged process that it starts, which reads
//! what comes from the network, TLS, HTTP and WebSocket, and can do nothing but speak to the other as a stranger
//! does who has to log in. Both, and `ctl`, speak the lines of `wire`.
//!
//! Rooms, from the ground up: `wire` (lines, frames, and what the root part tells its front), `accounts` (who there is, what he
//! may do, passwords and tokens, and the file of them), `config` (the server's one file), `process` (what the
//! system is told of this process), `seldom` (what is said now and then), `root`, `front`, `ctl`. The two
//! programs are `main.rs` and `bin/sysadmctl.rs`, which only choose.

pub mod accounts;
mod beside;
pub mod config;
pub mod ctl;
pub mod front;
mod process;
pub mod root;
mod seldom;
#[cfg(test)]
#[path = "../../../tests/it/support/skipped.rs"]
mod skipped;
pub mod wire;
