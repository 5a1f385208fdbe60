//! What this host offers a class: its standard error for a log.

use sysadm_class::Level;
use sysadm_class::host::Services;

/// Log lines on standard error, as `LEVEL target [request]: message`.
pub(crate) struct StderrLog {
    /// The most talkative level that is kept.
    pub(crate) level: Level,
}

impl Services for StderrLog {
    fn log_enabled(&self, level: Level, _: &str) -> bool {
        level <= self.level
    }

    fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        eprintln!("{} {target} [{request_id}]: {message}", level.word());
    }
}
