//! What this host offers a class: its standard error for a log.

use std::fmt::Arguments;
use std::io::{self, Write};

use sysadm_class::Level;
use sysadm_class::host::Services;

/// Say a line on standard error. Not `eprintln!`, which panics where nobody reads:
/// a host goes on serving when its log has gone or its disk is full.
pub(crate) fn tell(line: Arguments<'_>) {
    let _ = io::stderr().write_fmt(format_args!("{line}\n"));
}

/// Log lines on standard error, as `LEVEL target [request]: message`.
pub(crate) struct StderrLog {
    /// The most talkative level that is kept.
    pub(crate) level: Level,
}

impl Services for StderrLog {
    fn log_enabled(&self, level: Level, _: &str) -> bool {
        level <= self.level
    }

    fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        tell(format_args!("{} {target} [{request_id}]: {message}", level.word()));
    }
}
