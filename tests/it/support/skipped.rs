//! What a test says that has not tried what it is for. Tests of other crates take this file by its path, so it uses no other.

use std::io::Write;

/// Say it so that it is seen: what the macros for printing write, the test harness keeps
/// for tests that fail; what is written to the stream itself, it does not.
pub(crate) fn tell(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {sentence}");
}

/// What a test cannot do without; `None`, and said, where it is not there. In the gate it has to be.
#[allow(dead_code, reason = "some who take the file need nothing")]
pub(crate) fn needed<T>(there: Option<T>, what: &str) -> Option<T> {
    assert!(there.is_some() || std::env::var_os("CI").is_none(), "there is no {what}");
    if there.is_none() {
        tell(&format!("there is no {what}"));
    }
    there
}
