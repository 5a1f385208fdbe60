//! What this host says itself, on its standard error, where its classes' log goes, too; and
//! what it tells a class that asks.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::Arc;

use crate::ending::Ending;
use crate::screen::Screen;
use sysadm_class::Level;
use sysadm_class::host::Services;

/// Say a line on standard error. Not `eprintln!`, which panics where nobody reads:
/// a host goes on serving when its log has gone or its disk is full.
pub(crate) fn tell(line: Arguments<'_>) {
    let _ = io::stderr().write_fmt(format_args!("{line}\n"));
}

/// What the classes of this host are offered: its log, its screen, and to hear that it ends.
pub(crate) struct Ears {
    screen: Screen,
    ending: Arc<Ending>,
}

impl Ears {
    pub(crate) fn new(log: Level, ending: Arc<Ending>) -> Arc<Ears> {
        Arc::new(Ears { screen: Screen::new(log), ending })
    }

    /// How this host ends.
    pub(crate) fn ending(&self) -> &Arc<Ending> {
        &self.ending
    }

    /// A line of the log that is of no class.
    pub(crate) fn warn(&self, text: &str) {
        self.log(Level::Warn, "host", text, 0);
    }

    /// This request is answered, which is about to be said.
    pub(crate) fn done(&self, request: u64) {
        self.screen.done(request);
    }
}

impl Services for Ears {
    fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.screen.log_enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        self.screen.log(level, target, message, request_id);
    }

    fn is_cancelled(&self, _: u64) -> bool {
        self.ending.is_cancelling()
    }

    fn wants_progress(&self) -> bool {
        self.screen.wants_progress()
    }

    fn wants_events(&self) -> bool {
        self.screen.wants_events()
    }

    fn progress(&self, request_id: u64, json: &str) {
        self.screen.progress(request_id, json);
    }

    fn emit_event(&self, name: &str, json: &str) {
        self.screen.event(name, json);
    }
}
