//! What is told of requests while they go on, on standard error: on a terminal one line that
//! is drawn again and again, below the lines of the log; else lines of the log, few enough
//! for one.
//!
//! The form is the convention of `sysadm_class.h`, of which anything may be missing and to which
//! anything may be added. What stands in it is what programs have printed, and is shown as
//! such: what would move the cursor is written out, and all of it is cut.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;
use sysadm_class::Level;
use sysadm_class::host::Services;
use sysadm_host::ToStderr;

/// A line is drawn no more often, whatever a class tells.
const DRAW_EVERY: Duration = Duration::from_millis(100);
/// In a log, a request is told of no more often, nor before it has taken so long; but for the end of a program that
/// was told of.
const TELL_EVERY: Duration = Duration::from_secs(1);
/// And what has not changed in kind no more often.
const TELL_AGAIN: Duration = Duration::from_secs(10);
/// The longest text of a class that is a part of a line, in characters.
const MOST: usize = 200;
/// The longest line of an event.
const MOST_OF_EVENT: usize = 2000;
/// At this level progress and events are lines of the log; those of progress that are too many are of the next.
const TOLD_AT: Level = Level::Info;

/// Begins a line anew on a terminal.
const ERASE: &str = "\r\x1b[K";

pub(crate) struct Screen {
    log: ToStderr,
    is_terminal: bool,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    /// The line that stands on the terminal; empty for none.
    line: String,
    drawn: Option<Instant>,
    /// What was told last of each request in flight, and when.
    requests: BTreeMap<u64, (Kind, Instant)>,
}

/// What makes something told worth a line of its own: the step, whether it waits, and whether the program has ended.
type Kind = (Option<u64>, bool, bool);

impl Screen {
    pub(crate) fn new(log: Level) -> Screen {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
        let is_terminal = io::stderr().is_terminal() && !is_dumb;
        Screen { log: ToStderr(log), is_terminal, shown: Mutex::default() }
    }

    pub(crate) fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.log.log_enabled(level, target)
    }

    /// A line of the log, above the one that is drawn.
    pub(crate) fn log(&self, level: Level, target: &str, message: &str, request: u64) {
        let shown = self.shown();
        if !self.log.log_enabled(level, target) {
            return;
        }
        if !shown.line.is_empty() {
            write(ERASE);
        }
        self.log.log(level, target, message, request);
        write(&shown.line);
    }

    /// Is there anybody to tell? Who logs warnings only hears of progress on a terminal alone.
    pub(crate) fn wants_progress(&self) -> bool {
        self.is_terminal || self.wants_events()
    }

    pub(crate) fn wants_events(&self) -> bool {
        self.log.log_enabled(TOLD_AT, "")
    }

    /// How a request goes on.
    pub(crate) fn progress(&self, request: u64, json: &str) {
        let Ok(told @ Value::Object(_)) = serde_json::from_str(json) else { return };
        let now = Instant::now();
        let mut shown = self.shown();
        let before = shown.requests.get(&request).copied();
        let kind = kind(&told);
        if self.is_terminal {
            let is_new = before.is_none_or(|(last, _)| last != kind);
            if is_new || shown.drawn.is_none_or(|drawn| now - drawn >= DRAW_EVERY) {
                shown.requests.insert(request, (kind, now));
                shown.drawn = Some(now);
                shown.line = fitting(&format!("[{request}] {}", sentence(&told)), columns());
                write(&format!("{ERASE}{}", shown.line));
            }
            return;
        }
        let is_due = match before {
            None => told["since_ms"].as_u64().is_none_or(|since| since >= TELL_EVERY.as_millis() as u64),
            Some((last, at)) if last == kind => now - at >= TELL_AGAIN,
            Some((last, at)) => kind.2 && last.0 == kind.0 || now - at >= TELL_EVERY,
        };
        if is_due {
            shown.requests.insert(request, (kind, now));
        }
        let level = if is_due { TOLD_AT } else { Level::Debug };
        self.log.log(level, "progress", &sentence(&told), request);
    }

    /// Something has happened.
    pub(crate) fn event(&self, name: &str, json: &str) {
        let level = level_of(name);
        if self.log.log_enabled(level, "event") {
            let text = format!("{} {}", visible(name, MOST), visible(json, MOST_OF_EVENT));
            self.log(level, "event", &text, 0);
        }
    }

    /// Nothing more will be told of this request: before its answer is written, the line goes.
    pub(crate) fn done(&self, request: u64) {
        let mut shown = self.shown();
        shown.requests.remove(&request);
        if !shown.line.is_empty() {
            shown.line.clear();
            shown.drawn = None;
            write(ERASE);
        }
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The frames of jobs are many, and have all that programs print, which may be for nobody else.
fn level_of(event: &str) -> Level {
    if event == "dispatcher" { Level::Debug } else { TOLD_AT }
}

/// Where nobody reads, nothing is lost.
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

fn kind(told: &Value) -> Kind {
    let is_over = told.get("exit").or(told.get("signal")).is_some();
    (told["step"].as_u64(), told["state"] == "waiting", is_over)
}

/// What is told, for people.
fn sentence(told: &Value) -> String {
    let text = |key: &str| told[key].as_str().filter(|text| !text.is_empty()).map(|text| visible(text, MOST));
    let about = [text("action"), text("jail")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let mut parts = Vec::new();
    if told["state"] == "waiting" {
        parts.push(format!("waiting{}", whom(&told["for"])));
    } else if let Some(program) = told["program"][0].as_str() {
        let name = visible(program.rsplit('/').next().unwrap_or_default(), MOST);
        let word = told["program"][1].as_str().map(|word| format!(" {}", visible(word, MOST)));
        parts.push(name + &word.unwrap_or_default());
    }
    let percent = told["percent"].as_u64().map(|percent| format!("{}%", percent.min(100)));
    let item = [text("item"), percent].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let last = told["output"]
        .as_str()
        .and_then(|output| output.lines().map(str::trim).rfind(|line| !line.is_empty()));
    if !item.is_empty() {
        parts.push(item);
    } else if let Some(last) = last {
        parts.push(visible(last, MOST));
    }
    if let Some(status) = told["exit"].as_i64() {
        parts.push(format!("exit status {status}"));
    }
    if let Some(signal) = told["signal"].as_i64() {
        parts.push(format!("ended by signal {signal}"));
    }
    if let Some(since) = told["since_ms"].as_u64() {
        parts.push(format!("{} s", since / 1000));
    }
    format!("{about}: {}", parts.join(", "))
}

/// For whom something waits, as far as that is told.
fn whom(told: &Value) -> String {
    let lock = told["lock"].as_str().map(|lock| format!(" for {}", visible(lock, MOST))).unwrap_or_default();
    let numbers =
        ["process", "request"].into_iter().filter_map(|key| Some(format!("{key} {}", told[key].as_u64()?)));
    let numbers: Vec<String> = numbers.collect();
    if numbers.is_empty() { lock } else { format!("{lock} ({})", numbers.join(", ")) }
}

/// So much of a text as it stands there: what does anything else is written out.
fn visible(text: &str, most: usize) -> String {
    let is_harmful = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut seen = String::new();
    for c in text.chars().take(most) {
        if is_harmful(c) {
            seen.extend(c.escape_default());
        } else {
            seen.push(c);
        }
    }
    if text.chars().nth(most).is_some() {
        seen.push_str("...");
    }
    seen
}

/// So much of a line as has room in so many columns, of which the last stays free. What is not ASCII may take two.
fn fitting(line: &str, columns: usize) -> String {
    let mut left = columns.saturating_sub(1);
    let fits = |c: &char| {
        let width = if c.is_ascii() { 1 } else { 2 };
        let is_room = left >= width;
        left = left.saturating_sub(width);
        is_room
    };
    line.chars().take_while(fits).collect()
}

/// The width of the terminal, which may change.
fn columns() -> usize {
    // SAFETY: plain data, of which all zeros is a value.
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    // SAFETY: the request writes such a structure.
    let known = unsafe { libc::ioctl(libc::STDERR_FILENO, libc::TIOCGWINSZ, &raw mut size) } == 0;
    if known && size.ws_col > 0 { size.ws_col.into() } else { 80 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sentence_is_made_of_what_there_is() {
        for (told, said) in [
            (
                json!({"state": "running", "action": "createjail", "jail": "web", "since_ms": 12_345, "step": 2,
                    "program": ["/usr/local/bin/iocage", "create", "-r"], "item": "base.txz", "percent": 45, "x": {}}),
                "createjail web: iocage create, base.txz 45%, 12 s",
            ),
            (
                json!({"state": "waiting", "action": "stopjail", "jail": "db", "since_ms": 999,
                    "for": {"lock": "jail db", "process": 12, "request": 7, "who": "x"}}),
                "stopjail db: waiting for jail db (process 12, request 7), 0 s",
            ),
            (
                json!({"state": "waiting", "action": "a", "since_ms": 0, "for": {"process": 7, "new": []}}),
                "a: waiting (process 7), 0 s",
            ),
            (
                json!({"state": "running", "action": "a", "since_ms": 1000, "program": ["iocage"],
                    "output": "one\n two \n \n", "exit": 1}),
                "a: iocage, two, exit status 1, 1 s",
            ),
            (
                json!({"state": "running", "action": "a", "percent": 1000, "signal": 9}),
                "a: 100%, ended by signal 9",
            ),
            (json!({"state": 1, "action": [], "jail": {}, "program": 7, "percent": -1, "output": 5}), ": "),
        ] {
            assert_eq!(sentence(&told), said);
        }
    }

    #[test]
    fn what_programs_print_does_nothing_to_a_terminal() {
        let told = json!({"action": "a\u{1b}[2J", "item": "x\r\u{9b}\u{202e}y", "percent": 1});
        assert_eq!(sentence(&told), r"a\u{1b}[2J: x\r\u{9b}\u{202e}y 1%");
        assert_eq!(visible(&"x".repeat(300), 200).len(), 203);
        assert_eq!(fitting("äbcd", 5), "äbc"[..4].to_owned());
        assert_eq!(fitting("abc", 0), "");
    }
}
