//! What a host offers its classes where it has nothing of its own: lines on the standard
//! error, or functions that are called.

use std::fmt;
use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

use sysadm_class::Level;
use sysadm_class::host::Services;

/// The log on the standard error, as `LEVEL target [request]: message`, up to this level;
/// events and progress go nowhere. Where nobody reads it or the disk is full, lines are
/// lost and nothing else is.
///
/// Threads: lines of several threads do not mix.
#[derive(Clone, Copy, Debug)]
pub struct ToStderr(pub Level);

impl Services for ToStderr {
    fn log_enabled(&self, level: Level, _: &str) -> bool {
        level <= self.0
    }

    fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        if level <= self.0 {
            // Not `eprintln!`, which panics where it cannot write.
            let line = format!("{} {target} [{request_id}]: {message}\n", level.word());
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }

    fn wants_progress(&self) -> bool {
        false
    }

    fn wants_events(&self) -> bool {
        false
    }
}

type OnLog = Box<dyn Fn(Level, &str, &str, u64) + Send + Sync>;
type OnEvent = Box<dyn Fn(&str, &str) + Send + Sync>;
type OnClassEvent = Box<dyn Fn((&str, &str), &str, &str) + Send + Sync>;
type OnProgress = Box<dyn Fn(u64, &str) + Send + Sync>;
type OnCancelled = Box<dyn Fn(u64) -> bool + Send + Sync>;

/// [`Services`] of functions; one that is not given does nothing.
///
/// Threads: the functions are called on the threads of requests and on those that replace
/// classes, several at once. They must not call a class in turn, should not block, and
/// close no instance; one that panics counts as not called.
#[derive(Default)]
pub struct Listener {
    log: Option<OnLog>,
    event: Option<OnEvent>,
    class_event: Option<OnClassEvent>,
    progress: Option<OnProgress>,
    cancelled: Option<OnCancelled>,
}

impl Listener {
    /// One that listens to nothing.
    #[must_use]
    pub fn new() -> Listener {
        Listener::default()
    }

    /// Log lines: level, target, message, and the number of the request or 0.
    #[must_use]
    pub fn on_log(mut self, f: impl Fn(Level, &str, &str, u64) + Send + Sync + 'static) -> Listener {
        self.log = Some(Box::new(f));
        self
    }

    /// Events: the name and a JSON object. Where [`Listener::on_class_event`] is given, those of the host alone.
    #[must_use]
    pub fn on_event(mut self, f: impl Fn(&str, &str) + Send + Sync + 'static) -> Listener {
        self.event = Some(Box::new(f));
        self
    }

    /// Events of classes: the namespace and the name of the class, what it calls the event, and a JSON object, as the class has
    /// written it. By convention a class calls its events as itself; only this tells whose one is that is called otherwise, or
    /// as a class of another namespace is.
    #[must_use]
    pub fn on_class_event(
        mut self,
        f: impl Fn((&str, &str), &str, &str) + Send + Sync + 'static,
    ) -> Listener {
        self.class_event = Some(Box::new(f));
        self
    }

    /// How far requests are: the number and a JSON object.
    #[must_use]
    pub fn on_progress(mut self, f: impl Fn(u64, &str) + Send + Sync + 'static) -> Listener {
        self.progress = Some(Box::new(f));
        self
    }

    /// Is the request of this number wanted no more? Asked often.
    #[must_use]
    pub fn on_cancelled(mut self, f: impl Fn(u64) -> bool + Send + Sync + 'static) -> Listener {
        self.cancelled = Some(Box::new(f));
        self
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}

/// Call a function of the host's; what panics counts as not called. Its payload is kept: to drop it
/// runs code of whoever panicked.
pub(crate) fn heard<T: Default>(f: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        std::mem::forget(payload);
        T::default()
    })
}

impl Services for Listener {
    fn log_enabled(&self, _: Level, _: &str) -> bool {
        self.log.is_some()
    }

    fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        if let Some(log) = &self.log {
            heard(|| log(level, target, message, request_id));
        }
    }

    fn wants_progress(&self) -> bool {
        self.progress.is_some()
    }

    fn wants_events(&self) -> bool {
        self.event.is_some() || self.class_event.is_some()
    }

    fn is_cancelled(&self, request_id: u64) -> bool {
        self.cancelled.as_ref().is_some_and(|cancelled| heard(|| cancelled(request_id)))
    }

    fn progress(&self, request_id: u64, json: &str) {
        if let Some(progress) = &self.progress {
            heard(|| progress(request_id, json));
        }
    }

    fn emit_event(&self, name: &str, json: &str) {
        if let Some(event) = &self.event {
            heard(|| event(name, json));
        }
    }

    fn emit_event_of(&self, class: (&str, &str), name: &str, json: &str) {
        match &self.class_event {
            Some(event) => heard(|| event(class, name, json)),
            None => self.emit_event(name, json),
        }
    }
}
