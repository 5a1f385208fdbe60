//! A host to test a class by, in its own process and without a library: it makes calls, and
//! keeps what it is told. A class is handed the same table as by any other, so that what a test sees
//! is what a host would.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::call::Call;
use super::class::RawClass;
use super::hostref::HostRef;
use super::logging::{self, Scope};
use super::reply::Reply;
use crate::ffi::{Host, Str};
use crate::{Access, Level, Status};

/// The number of each request.
const REQUEST: u64 = 1;

/// A host for tests. It can be shared by threads, as hosts are.
pub struct Trial {
    // Before what it points to.
    host: HostRef,
    /// Shared, as the table points to it: a box that is moved tells the compiler that nobody does.
    kept: Arc<Kept>,
    level: AtomicU32,
    timeout: Option<Duration>,
}

#[derive(Default)]
struct Kept {
    log: Mutex<Vec<(Level, String)>>,
    progress: Mutex<Vec<Value>>,
    events: Mutex<Vec<(String, Value)>>,
    cancelled: AtomicBool,
    /// After how many progresses it loses interest; 0 for never.
    patience: AtomicUsize,
}

impl Default for Trial {
    fn default() -> Trial {
        Trial::new()
    }
}

impl Trial {
    /// A host that waits for ever.
    #[must_use]
    pub fn new() -> Trial {
        let kept = Arc::<Kept>::default();
        let host = HostRef::of(Host {
            user: Arc::as_ptr(&kept).cast_mut().cast(),
            log: Some(log),
            is_cancelled: Some(is_cancelled),
            progress: Some(progress),
            emit_event: Some(emit_event),
            ..Host::NONE
        });
        Trial { host, kept, level: AtomicU32::new(Level::Trace.code()), timeout: None }
    }

    /// One whose callers wait for so long.
    #[must_use]
    pub fn within(self, timeout: Duration) -> Trial {
        Trial { timeout: Some(timeout), ..self }
    }

    /// Lose interest in all requests, now.
    pub fn cancel(&self) {
        self.kept.cancelled.store(true, Ordering::Relaxed);
    }

    /// Lose interest when progress was told so many times.
    pub fn cancel_after(&self, progresses: usize) {
        self.kept.patience.store(progresses, Ordering::Relaxed);
    }

    /// A call by somebody with this access, for a test of a single function.
    #[must_use]
    pub fn call(&self, access: Access) -> Call<'_> {
        Call {
            host: &self.host,
            level: &self.level,
            ended: Arc::default(),
            started: Instant::now(),
            access,
            caller: "",
            request_id: REQUEST,
            deadline: self.timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
        }
    }

    /// Make an instance.
    ///
    /// # Errors
    /// The status and the args of its refusal.
    pub fn create<C: RawClass>(&self, config: &str) -> Result<C, (Status, Value)> {
        self.inside(|| C::create(config.as_bytes())).map_err(|reply| told(&reply))
    }

    /// Ask an instance, as a host does: the status, and the response args.
    pub fn ask<C: RawClass>(&self, class: &C, access: Access, args: &str) -> (Status, Value) {
        told(&self.inside(|| class.dispatch(&self.call(access), args.as_bytes())))
    }

    /// The lines of its log.
    #[must_use]
    pub fn log(&self) -> Vec<(Level, String)> {
        lock(&self.kept.log).clone()
    }

    /// What it was told of progress.
    #[must_use]
    pub fn progress(&self) -> Vec<Value> {
        lock(&self.kept.progress).clone()
    }

    /// The events that it was told of, each with its name.
    #[must_use]
    pub fn events(&self) -> Vec<(String, Value)> {
        lock(&self.kept.events).clone()
    }

    fn inside<R>(&self, f: impl FnOnce() -> R) -> R {
        logging::install();
        logging::within(&Scope { host: &self.host, level: &self.level, request_id: REQUEST }, f)
    }
}

/// Null for what is no JSON, as an empty answer is none.
fn told(reply: &Reply) -> (Status, Value) {
    (reply.status, serde_json::from_slice(&reply.args).unwrap_or_default())
}

fn lock<T>(kept: &Mutex<T>) -> MutexGuard<'_, T> {
    kept.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What `user` stands for, and texts of a class in this process.
///
/// # Safety
/// `user` is that of a [`Trial`] that is alive, the texts are valid for the call.
unsafe fn heard<'a, const N: usize>(user: *mut c_void, texts: [Str; N]) -> (&'a Kept, [String; N]) {
    // SAFETY: by the caller's promise it is what `Trial::new` put there, which is
    // only ever shared.
    let kept = unsafe { &*user.cast_const().cast::<Kept>() };
    // SAFETY: by the caller's promise.
    (kept, texts.map(|text| String::from_utf8_lossy(unsafe { text.bytes() }).into_owned()))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

unsafe extern "C" fn log(user: *mut c_void, level: u32, _: Str, message: Str, _: u64) {
    // SAFETY: called by the class within a call that borrows the trial, with its texts.
    let (kept, [message]) = unsafe { heard(user, [message]) };
    lock(&kept.log).extend(Level::from_code(level).map(|level| (level, message)));
}

unsafe extern "C" fn is_cancelled(user: *mut c_void, _: u64) -> i32 {
    // SAFETY: as above.
    let (kept, []) = unsafe { heard(user, []) };
    kept.cancelled.load(Ordering::Relaxed).into()
}

unsafe extern "C" fn progress(user: *mut c_void, _: u64, told: Str) {
    // SAFETY: as above.
    let (kept, [told]) = unsafe { heard(user, [told]) };
    let mut progress = lock(&kept.progress);
    progress.push(json(&told));
    if progress.len() == kept.patience.load(Ordering::Relaxed) {
        kept.cancelled.store(true, Ordering::Relaxed);
    }
}

unsafe extern "C" fn emit_event(user: *mut c_void, name: Str, told: Str) {
    // SAFETY: as above.
    let (kept, [name, told]) = unsafe { heard(user, [name, told]) };
    lock(&kept.events).push((name, json(&told)));
}
