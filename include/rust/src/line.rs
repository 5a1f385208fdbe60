//! A line for the host's log: one line whatever was to be said, and of bounded
//! length. What is logged quotes others (iocage, a command in a jail, a request),
//! and a log is read on terminals, by people and programs that take its lines for
//! what they seem: so control characters, which move a cursor or begin a line, and
//! those that turn the direction of writing are written as escapes.

use std::fmt::{self, Write};

/// The longest line, in bytes; the rest is counted. An administrator's sentence has
/// a few hundred, an argv in a debug line perhaps some thousand.
const MOST: usize = 8 << 10;

/// Write what is to be said as one line.
pub(crate) fn line(message: fmt::Arguments<'_>) -> String {
    let mut line = Line::default();
    // Only a `Display` that fails by itself can make this fail; what it has said by
    // then is said.
    let _ = line.write_fmt(message);
    if line.lost > 0 {
        let _ = write!(line.text, "... ({} bytes more)", line.lost);
    }
    line.text
}

#[derive(Default)]
struct Line {
    text: String,
    /// How many bytes are left out.
    lost: usize,
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for c in text.chars() {
            if self.lost > 0 || self.text.len() + ESCAPED > MOST {
                self.lost += c.len_utf8();
            } else if is_harmful(c) {
                self.text.extend(c.escape_default());
            } else {
                self.text.push(c);
            }
        }
        Ok(())
    }
}

/// The longest escape, `\u{10ffff}`.
const ESCAPED: usize = 10;

/// Does it do anything else than stand there?
fn is_harmful(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_cursor_or_begins_a_line_is_written_out() {
        let said = line(format_args!("{}: {}", "a\tb", "\u{1b}[2J\r\nroot@host # \u{9b}x\u{202e}txt"));
        assert_eq!(said, r"a\tb: \u{1b}[2J\r\nroot@host # \u{9b}x\u{202e}txt");
        assert_eq!(line(format_args!("äöü \"quoted\" \\ 数据")), "äöü \"quoted\" \\ 数据");
    }

    #[test]
    fn a_line_has_an_end() {
        let said = line(format_args!("{}{}", "\u{1b}".repeat(100_000), "ä".repeat(100_000)));
        assert!(said.len() <= MOST + 40, "{}", said.len());
        let kept = said.matches("\\u{1b}").count();
        assert!(
            said.ends_with(&format!("... ({} bytes more)", 100_000 - kept + 200_000)),
            "{}",
            &said[said.len() - 40..]
        );
        let short = "x".repeat(MOST - ESCAPED);
        assert_eq!(line(format_args!("{short}")), short);
    }
}
