//! The program `sysadmctl`, run: against a stand-in for the server, which answers lines on a socket as it is told to (`stand`),
//! against the server itself on a simulated machine, and against a module in its own process.
//!
//! `described.json` was recorded from the module of this checkout, by `sysadmctl --module ... raw rpc/describe '{}'`, without the schemas.

mod accounts;
mod asks;
mod follows;
mod module;
mod server;
mod stand;
