//! The log: lines on the standard error, one a line, `LEVEL target [request]: text`.
//!
//! Where they go from there is of whoever starts the server: daemon(8) gives them to syslog, systemd to its journal.
//! Whatever somebody else has written stands in a line with its control characters escaped, for it could be a line of its own else.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use sysadm_host::Level;

use crate::config::LogLevel;

/// The log, of which there may be several copies; the level is that of all of them.
#[derive(Clone)]
pub(crate) struct Log(Arc<AtomicU8>);

impl Log {
    pub(crate) fn new(level: LogLevel) -> Log {
        Log(Arc::new(AtomicU8::new(rank(level.into()))))
    }

    pub(crate) fn set(&self, level: LogLevel) {
        self.0.store(rank(level.into()), Ordering::Relaxed);
    }

    pub(crate) fn is_enabled(&self, level: Level) -> bool {
        rank(level) <= self.0.load(Ordering::Relaxed)
    }

    /// A line that is about no request.
    pub(crate) fn line(&self, level: Level, target: &str, text: &str) {
        self.line_of(level, target, text, 0);
    }

    /// A line. Where nobody reads it or the disk is full it is lost, and nothing else is.
    pub(crate) fn line_of(&self, level: Level, target: &str, text: &str, request: u64) {
        if self.is_enabled(level) {
            let line = format!("{} {} [{request}]: {}\n", level.word(), escaped(target), escaped(text));
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }
}

impl From<LogLevel> for Level {
    fn from(level: LogLevel) -> Level {
        match level {
            LogLevel::Error => Level::Error,
            LogLevel::Warn => Level::Warn,
            LogLevel::Info => Level::Info,
            LogLevel::Debug => Level::Debug,
        }
    }
}

fn rank(level: Level) -> u8 {
    match level {
        Level::Error => 0,
        Level::Warn => 1,
        Level::Info => 2,
        Level::Debug => 3,
        _ => 4,
    }
}

fn escaped(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            let _ = write!(line, "{}", c.escape_unicode());
        } else {
            line.push(c);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(escaped("a\nERROR x\r\u{1b}[2J\u{202e}é"), "a\\u{a}ERROR x\\u{d}\\u{1b}[2J\\u{202e}é");
    }
}
