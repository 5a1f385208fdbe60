//! What this host says itself, on its standard error, where its classes' log goes, too; and
//! what it tells a class that asks.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::Arc;

use sysadm_class::Level;
use sysadm_class::host::Services;
use sysadm_host::ToStderr;

use crate::ending::Ending;

/// Say a line on standard error. Not `eprintln!`, which panics where nobody reads:
/// a host goes on serving when its log has gone or its disk is full.
pub(crate) fn tell(line: Arguments<'_>) {
    let _ = io::stderr().write_fmt(format_args!("{line}\n"));
}

/// A line of the log that is of no class.
pub(crate) fn warn(text: &str, kept: Level) {
    ToStderr(kept).log(Level::Warn, "host", text, 0);
}

/// What the classes of this host are offered: its log, and to hear that it ends.
pub(crate) struct Ears {
    log: ToStderr,
    ending: Arc<Ending>,
}

impl Ears {
    pub(crate) fn new(log: Level, ending: &Arc<Ending>) -> Ears {
        Ears { log: ToStderr(log), ending: Arc::clone(ending) }
    }
}

impl Services for Ears {
    fn log_enabled(&self, level: Level, target: &str) -> bool {
        self.log.log_enabled(level, target)
    }

    fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        self.log.log(level, target, message, request_id);
    }

    fn is_cancelled(&self, _: u64) -> bool {
        self.ending.is_cancelling()
    }
}
