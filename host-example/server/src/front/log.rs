//! The front's log: lines on its standard error, as the root part writes its own.
//!
//! What a client has sent may stand in one (its path, what TLS says of it), so that every character that could make a second line,
//! or colour a terminal, is escaped here, in the one place where all of it passes. What is secret comes nowhere near: no function
//! that has a login in its hand logs.

use std::io::Write;

use log::{Level, LevelFilter, Log, Metadata, Record};

struct Lines;

impl Log for Lines {
    /// Of the libraries only what is a warning: what they say besides is for who debugs them.
    fn enabled(&self, of: &Metadata<'_>) -> bool {
        of.level() <= Level::Warn || of.target().starts_with("sysadmd")
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let text = escaped(&record.args().to_string());
            let level = record.level().as_str().to_ascii_lowercase();
            // Not `eprintln!`, which panics where it cannot write.
            let _ = std::io::stderr().write_all(format!("{level} front [0]: {text}\n").as_bytes());
        }
    }

    fn flush(&self) {}
}

/// Log from now on, at this level.
pub(crate) fn open(level: &str) {
    // Fails when it has been done: a second start line changes the level alone.
    let _ = log::set_logger(&Lines);
    log::set_max_level(level.parse().unwrap_or(LevelFilter::Info));
}

/// A defect is a line, too, and ends the one connection whose task has it.
pub(crate) fn panics() {
    std::panic::set_hook(Box::new(|info| log::error!("a defect: {info}")));
}

/// Without what a terminal or a reader of lines would obey.
fn escaped(text: &str) -> String {
    let obeyed = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_stays_one() {
        assert_eq!(
            escaped("a\nerror front [0]: b\r\u{1b}[31m\u{2028}ü"),
            "a\\nerror front [0]: b\\r\\u{1b}[31m\\u{2028}ü"
        );
    }
}
