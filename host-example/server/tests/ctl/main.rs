//! The program `sysadmctl`, run: against a stand-in for the server, which answers lines on a socket as it is told to (`stand`),
//! against the server itself on a simulated machine, and against a module in its own process.
//!
//! `described.json` was recorded from the module of this checkout, by `sysadmctl --module ... raw rpc/describe '{}'`, without the schemas.

mod accounts;
mod asks;
mod follows;
mod module;
mod server;
#[path = "../../../../tests/it/support/skipped.rs"]
mod skipped;
mod stand;

#[test]
fn the_manual_page_is_one() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/man/sysadmctl.8");
    match std::process::Command::new("mandoc").args(["-T", "lint", "-W", "warning", page]).output() {
        Ok(output) => assert_eq!(String::from_utf8_lossy(&output.stdout), ""),
        Err(why) => skipped::tell(&format!("mandoc: {why}")),
    }
}
