//! The bridge from the crate `log` to the host's log.
//!
//! `log` knows one logger a library and no request, but a library may hold
//! several instances with different hosts. So each call notes on its thread
//! which host and request it works for, and the logger looks there. The note is
//! a bare pointer in a thread-local without a destructor: one with a destructor
//! would keep the library mapped for ever, or crash the host at thread exit.

use std::cell::Cell;
use std::sync::atomic::{AtomicU32, Ordering};

use log::{Log, Metadata, Record};

use super::hostref::HostRef;
use crate::Level;
use crate::line::line;

/// For whom this thread works.
pub(super) struct Scope<'a> {
    pub(super) host: &'a HostRef,
    /// The most talkative level that is let through; 0 for none.
    pub(super) level: &'a AtomicU32,
    pub(super) request_id: u64,
}

thread_local! {
    static CURRENT: Cell<*const Scope<'static>> = const { Cell::new(std::ptr::null()) };
}

/// Run `f` with messages going to `scope`'s host; the former scope returns when
/// it ends, also by a panic.
pub(super) fn within<R>(scope: &Scope<'_>, f: impl FnOnce() -> R) -> R {
    struct Restore(*const Scope<'static>);
    impl Drop for Restore {
        fn drop(&mut self) {
            CURRENT.set(self.0);
        }
    }
    let pointer: *const Scope<'_> = scope;
    let _restore = Restore(CURRENT.replace(pointer.cast()));
    f()
}

fn current<R>(f: impl FnOnce(&Scope<'_>) -> R) -> Option<R> {
    let pointer = CURRENT.get();
    // SAFETY: the pointer is null or was set by `within` on this thread, which
    // holds the scope borrowed until it puts the former pointer back.
    unsafe { pointer.as_ref() }.map(f)
}

struct Bridge;

fn level(level: log::Level) -> Level {
    match level {
        log::Level::Error => Level::Error,
        log::Level::Warn => Level::Warn,
        log::Level::Info => Level::Info,
        log::Level::Debug => Level::Debug,
        log::Level::Trace => Level::Trace,
    }
}

impl Log for Bridge {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let level = level(metadata.level());
        current(|scope| {
            level.code() <= scope.level.load(Ordering::Relaxed)
                && scope.host.log_enabled(level, metadata.target())
        })
        .unwrap_or(false)
    }

    fn log(&self, record: &Record<'_>) {
        // Asked before the message is made up: formatting is the costly part.
        if !self.enabled(record.metadata()) {
            return;
        }
        let message = line(*record.args());
        current(|scope| {
            scope.host.log(level(record.level()), record.target(), &message, scope.request_id);
        });
    }

    fn flush(&self) {}
}

/// Make the bridge this library's logger. Again and again does no harm.
pub(super) fn install() {
    static BRIDGE: Bridge = Bridge;
    // An error means that a logger is there: ours, from an earlier instance.
    if log::set_logger(&BRIDGE).is_ok() {
        log::set_max_level(log::LevelFilter::Trace);
    }
}
