//! How the Python iocage fails: a message on stderr and exit status 1, or an exception that nobody has caught.

use crate::output::Output;
use crate::session::Stop;

pub(super) fn fail(output: &mut Output, message: &str) -> Stop {
    output.err(&format!("{message}\n"));
    Stop::Exit(1)
}

/// An exception that nobody has caught.
pub(super) fn traceback(output: &mut Output, last: &str) -> Stop {
    fail(output, &format!("Traceback (most recent call last):\n{last}"))
}
