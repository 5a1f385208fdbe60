//! What this host says itself, on its standard error, where its classes' log goes, too.

use std::fmt::Arguments;
use std::io::{self, Write};

use sysadm_class::Level;
use sysadm_class::host::Services as _;
use sysadm_host::ToStderr;

/// Say a line on standard error. Not `eprintln!`, which panics where nobody reads:
/// a host goes on serving when its log has gone or its disk is full.
pub(crate) fn tell(line: Arguments<'_>) {
    let _ = io::stderr().write_fmt(format_args!("{line}\n"));
}

/// A line of the log that is of no class.
pub(crate) fn warn(text: &str, kept: Level) {
    ToStderr(kept).log(Level::Warn, "host", text, 0);
}
