//! The log: lines on the standard error, one a line, `LEVEL target [request]: text`.
//!
//! Where they go from there is of whoever starts the server: daemon(8) gives them to syslog, systemd to its journal.
//! Whatever somebody else has written stands in a line with its control characters escaped, for it could be a line of its own else.
//!
//! Nobody waits for whoever reads it: lines go into a bounded queue, and one thread writes them. What finds no room there, or cannot
//! be written, is lost and counted, and that is said when there is somebody who reads again.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use sysadm_host::Level;

use crate::config::LogLevel;

/// The most lines that wait to be written, and the most bytes of them.
const MOST_LINES: usize = 8192;
const MOST_BYTES: usize = 4 << 20;

/// The log, of which there may be several copies; the level is that of all of them. Its thread ends with the last.
#[derive(Clone)]
pub(crate) struct Log {
    lines: SyncSender<String>,
    shared: Arc<Shared>,
}

struct Shared {
    level: AtomicU8,
    /// What waits or is being written.
    bytes: AtomicUsize,
    /// Lines that are not there since that was said.
    lost: AtomicU64,
}

impl Log {
    /// To the standard error.
    ///
    /// # Errors
    /// There is no thread for it.
    pub(crate) fn new(level: LogLevel) -> io::Result<Log> {
        Log::to(io::stderr(), level)
    }

    fn to(out: impl Write + Send + 'static, level: LogLevel) -> io::Result<Log> {
        let (lines, written) = sync_channel(MOST_LINES);
        let shared = Arc::new(Shared {
            level: AtomicU8::new(rank(level.into())),
            bytes: AtomicUsize::new(0),
            lost: AtomicU64::new(0),
        });
        let its = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("sysadmd log".to_owned());
        thread.spawn(move || its.write(&written, out))?;
        Ok(Log { lines, shared })
    }

    pub(crate) fn set(&self, level: LogLevel) {
        self.shared.level.store(rank(level.into()), Ordering::Relaxed);
    }

    pub(crate) fn is_enabled(&self, level: Level) -> bool {
        rank(level) <= self.shared.level.load(Ordering::Relaxed)
    }

    /// A line that is about no request.
    pub(crate) fn line(&self, level: Level, target: &str, text: &str) {
        self.line_of(level, target, text, 0);
    }

    /// A line. Where nobody reads it or the disk is full it is lost, and nothing else is.
    pub(crate) fn line_of(&self, level: Level, target: &str, text: &str, request: u64) {
        if !self.is_enabled(level) {
            return;
        }
        let line = format!("{} {} [{request}]: {}\n", level.word(), escaped(target), escaped(text));
        let bytes = line.len();
        let has_room = self.shared.bytes.fetch_add(bytes, Ordering::SeqCst) + bytes <= MOST_BYTES;
        if !has_room || self.lines.try_send(line).is_err() {
            self.shared.bytes.fetch_sub(bytes, Ordering::SeqCst);
            self.shared.lost.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Wait until all is written, for so long at most.
    pub(crate) fn flush(&self, limit: Duration) {
        let until = Instant::now() + limit;
        while self.shared.bytes.load(Ordering::SeqCst) > 0 && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Shared {
    /// What its thread does.
    fn write(&self, lines: &Receiver<String>, mut out: impl Write) {
        for line in lines {
            let is_written = out.write_all(line.as_bytes()).is_ok();
            let lost = if is_written { self.lost.swap(0, Ordering::SeqCst) } else { 1 };
            let word = Level::Warn.word();
            let text = format!(
                "{word} log [0]: {lost} lines were lost, for nobody read the log, or it could not be written\n"
            );
            if lost > 0 && (!is_written || out.write_all(text.as_bytes()).is_err()) {
                self.lost.fetch_add(lost, Ordering::SeqCst);
            }
            self.bytes.fetch_sub(line.len(), Ordering::SeqCst);
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
    use std::sync::Mutex;

    use super::*;

    /// Somebody who reads when he is let, until then everybody waits who writes to him.
    #[derive(Clone, Default)]
    struct Reader(Arc<Mutex<Vec<u8>>>);

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().expect("no panic").extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_nobody_reads_holds_up_nobody_and_says_what_is_lost() {
        let reader = Reader::default();
        let log = Log::to(reader.clone(), LogLevel::Info).expect("a thread");
        let does_not_read = reader.0.lock().expect("no panic");
        let text = "x".repeat(1000);
        let all = 2 * MOST_BYTES / text.len();
        for _ in 0..all {
            log.line(Level::Info, "test", &text);
        }
        assert!(log.shared.bytes.load(Ordering::SeqCst) <= MOST_BYTES);
        log.flush(Duration::from_millis(20));
        drop(does_not_read);
        log.flush(Duration::from_secs(60));
        let read = String::from_utf8(reader.0.lock().expect("no panic").clone()).expect("UTF-8");
        let (said, kept): (Vec<_>, Vec<_>) = read.lines().partition(|line| line.contains("were lost"));
        assert_eq!(said.len(), 1, "{said:?}");
        let lost: usize = said[0].split(' ').nth(3).and_then(|word| word.parse().ok()).expect("a number");
        assert_eq!(lost + kept.len(), all);
    }

    #[test]
    fn a_text_is_one_line() {
        assert_eq!(escaped("a\nERROR x\r\u{1b}[2J\u{202e}é"), "a\\u{a}ERROR x\\u{d}\\u{1b}[2J\\u{202e}é");
    }
}
