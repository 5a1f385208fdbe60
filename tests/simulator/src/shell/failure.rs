//! How the shell iocage fails: a line on stderr, and mostly exit status 1.

use crate::output::Output;
use crate::session::Stop;

/// iocage's own way to fail: a line on stderr and exit status 1.
pub(super) fn die(output: &mut Output, message: &str) -> Stop {
    error(output, message);
    Stop::Exit(1)
}

pub(super) fn error(output: &mut Output, message: &str) {
    output.err(&format!("  ERROR: {message}\n"));
}
