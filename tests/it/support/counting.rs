//! A runner that starts nothing, for requests that are to run nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use sysadm_iocage::process::{Command, Outcome, Runner, StartError};

/// Counts what it was to start.
pub struct Counting(pub Arc<AtomicU32>);

impl Runner for Counting {
    fn run(&self, _: &Command<'_>) -> Result<Outcome, StartError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Err(StartError::Cancelled)
    }
}
