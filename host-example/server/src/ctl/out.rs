//! What is written where: answers to the standard output, and nothing else there; all that is said beside them to the standard error.
//! Neither panics where nobody reads.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use super::failure::Failure;
use super::text::{cut, visible};

/// A line is drawn no more often.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// Far more than has room; the terminal cuts the rest.
const MOST: usize = 400;
const BAR: usize = 20;

/// Write an answer. It ends with a line feed, or is nothing.
pub(crate) fn answer(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|why| Failure::of_output(&why))
}

/// The same of a list for people, below a head of so many lines: that there is nothing in it is said beside it.
pub(crate) fn listed(text: &str, head: usize) -> Result<(), Failure> {
    answer(text)?;
    if text.lines().count() <= head {
        note("none");
    }
    Ok(())
}

/// Say a line beside it, in which nothing does anything, whoever has written it.
pub(crate) fn note(text: &str) {
    let _ = io::stderr().write_all(format!("sysadmctl: {}\n", visible(text)).as_bytes());
}

/// How something goes on: one line on a terminal, which is drawn again and again, and nothing anywhere else.
pub(crate) struct Progress {
    is_terminal: bool,
    drawn: Option<Instant>,
    line: String,
}

impl Progress {
    pub(crate) fn new() -> Progress {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        Progress { is_terminal: io::stderr().is_terminal() && !is_dumb, drawn: None, line: String::new() }
    }

    /// Is there anybody to see it?
    pub(crate) fn is_seen(&self) -> bool {
        self.is_terminal
    }

    /// Draw it anew.
    pub(crate) fn show(&mut self, what: &str, item: Option<&str>, percent: Option<u64>, last: Option<&str>) {
        let line = told(what, item, percent, last);
        let is_due = self.drawn.is_none_or(|drawn| drawn.elapsed() >= DRAW_EVERY);
        if self.is_terminal && is_due && line != self.line {
            // The terminal is told not to wrap it: how wide it is, and what takes how many columns, it knows best.
            let _ = io::stderr().write_all(format!("\r\x1b[K\x1b[?7l{line}\x1b[?7h").as_bytes());
            (self.drawn, self.line) = (Some(Instant::now()), line);
        }
    }

    /// Take it away, before anything else is written.
    pub(crate) fn clear(&mut self) {
        if self.drawn.take().is_some() {
            let _ = io::stderr().write_all(b"\r\x1b[K");
            self.line.clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn told(what: &str, item: Option<&str>, percent: Option<u64>, last: Option<&str>) -> String {
    let mut parts = vec![format!("{}:", visible(what))];
    parts.extend(item.map(visible));
    if let Some(percent) = percent.map(|percent| percent.min(100)) {
        let full = BAR * percent as usize / 100;
        parts.push(format!("{percent}% [{}{}]", "#".repeat(full), "-".repeat(BAR - full)));
    }
    let last = last.and_then(|last| last.lines().map(str::trim).rfind(|line| !line.is_empty()));
    parts.extend(last.map(visible));
    cut(&parts.join(" "), MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_made_of_what_there_is() {
        for (item, percent, last, line) in [
            (None, None, None, "createjail:"),
            (Some("base.txz"), Some(45), None, "createjail: base.txz 45% [#########-----------]"),
            (None, Some(700), Some(""), "createjail: 100% [####################]"),
            (None, None, Some("one\n two\u{1b}[2J \n \n"), r"createjail: two\u{1b}[2J"),
        ] {
            assert_eq!(told("createjail", item, percent, last), line);
        }
        assert!(told(&"x".repeat(1000), None, None, None).len() < 410);
    }
}
