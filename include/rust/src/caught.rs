//! Where a panic ends: at the edge to functions of the other side, on both sides.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Run `f`; `None` if it panicked. In a module the hook has told the log by then.
pub(crate) fn caught<R>(f: impl FnOnce() -> R) -> Option<R> {
    match catch_unwind(AssertUnwindSafe(f)) {
        Ok(value) => Some(value),
        Err(payload) => {
            // Dropping it would run code of whoever panicked, which may panic
            // again; a defect may cost a few bytes.
            std::mem::forget(payload);
            None
        }
    }
}
