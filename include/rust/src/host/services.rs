//! What a Rust host offers a class: a trait, and the table made of it.

use std::ffi::c_void;
use std::ptr::NonNull;
use std::sync::Arc;

use crate::Level;
use crate::caught::caught;
use crate::ffi::{self, Host, Str};
use crate::line::line;

/// The host's side of the contract. Called on the threads that are inside the
/// instance's functions, from several at once; must not call the instance in
/// turn, and closes or drops no instance of any class: two that close each other
/// so wait for each other for ever. A panic in here is caught and counts as no answer.
pub trait Services: Send + Sync {
    /// Would a message of this level and target be kept?
    fn log_enabled(&self, level: Level, target: &str) -> bool {
        let _ = (level, target);
        true
    }

    /// Take a message. `target` is a module path; `request_id` the request in
    /// whose course it arose, or 0.
    fn log(&self, level: Level, target: &str, message: &str, request_id: u64);

    /// Has the host lost interest in this request? Asked now and then
    /// while a request waits, so it should be cheap and must not block.
    fn is_cancelled(&self, request_id: u64) -> bool {
        let _ = request_id;
        false
    }

    /// Is [`Services::progress`] to be called at all? Asked once for each instance: what nobody
    /// listens to costs a class nothing.
    fn wants_progress(&self) -> bool {
        true
    }

    /// Is [`Services::emit_event`] to be called at all? Asked as above.
    fn wants_events(&self) -> bool {
        true
    }

    /// A long request tells how far it is, a JSON object.
    fn progress(&self, request_id: u64, json: &str) {
        let _ = (request_id, json);
    }

    /// Something happened that is no answer to a request: the event's name and
    /// a JSON object.
    fn emit_event(&self, name: &str, json: &str) {
        let _ = (name, json);
    }

    /// The same, by a host that knows which class it was, as `sysadm-host` does: its namespace and its name. A class can call
    /// its event anything; whose it is this tells.
    fn emit_event_of(&self, class: (&str, &str), name: &str, json: &str) {
        let _ = class;
        self.emit_event(name, json);
    }
}

/// A host that listens to nothing.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Services for Silent {
    fn log_enabled(&self, _: Level, _: &str) -> bool {
        false
    }
    fn log(&self, _: Level, _: &str, _: &str, _: u64) {}
    fn wants_progress(&self) -> bool {
        false
    }
    fn wants_events(&self) -> bool {
        false
    }
}

/// The table, owned, at an address of its own. Not by a `Box`: moving one tells
/// the compiler that nobody else points to its content, and the class does. And is it
/// to be kept for ever?
pub(super) struct HostTable(NonNull<Hosted>, bool);

/// The table and the services, to which its `user` leads: it points to all of this.
struct Hosted {
    table: Host,
    services: Arc<dyn Services>,
}

// SAFETY: the services are Send and Sync, and the table is not changed once made.
unsafe impl Send for HostTable {}
// SAFETY: as above.
unsafe impl Sync for HostTable {}

impl Drop for HostTable {
    fn drop(&mut self) {
        if self.1 {
            return;
        }
        // SAFETY: from a box, by `new`, and dropped once. No class uses it any
        // more: an instance is closed before its table is dropped.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl HostTable {
    pub(super) fn new(services: Arc<dyn Services>) -> HostTable {
        // What panics there is called, as by default.
        let wants = |asked: fn(&dyn Services) -> bool| caught(|| asked(&*services)).unwrap_or(true);
        let table = Host {
            struct_size: size_of::<Host>() as u32,
            abi_major: ffi::ABI_MAJOR,
            abi_minor: ffi::ABI_MINOR,
            flags: 0,
            user: std::ptr::null_mut(),
            log_enabled: Some(log_enabled),
            log: Some(log),
            is_cancelled: Some(is_cancelled),
            progress: wants(|services| services.wants_progress()).then_some(progress),
            emit_event: wants(|services| services.wants_events()).then_some(emit_event),
            get_extension: None,
        };
        let hosted = NonNull::from(Box::leak(Box::new(Hosted { table, services })));
        // SAFETY: just made, and nobody else knows it.
        unsafe { (*hosted.as_ptr()).table.user = hosted.as_ptr().cast() };
        HostTable(hosted, false)
    }

    /// Never free it: a class may still use it.
    pub(super) fn keep(&mut self) {
        self.1 = true;
    }

    /// What a class is given; as long as `self` is not dropped.
    pub(super) fn pointer(&self) -> *const Host {
        // SAFETY: alive as long as `self`; no reference is made.
        unsafe { &raw const (*self.0.as_ptr()).table }
    }
}

/// Call the services behind `user`; what panics answers `T::default()`.
///
/// # Safety
/// `user` is that of a `HostTable` that is alive.
unsafe fn with<T: Default>(user: *mut c_void, f: impl FnOnce(&dyn Services) -> T) -> T {
    // SAFETY: `user` points to what `HostTable` owns, which nobody changes.
    let services = unsafe { &(*user.cast_const().cast::<Hosted>()).services };
    caught(|| f(&**services)).unwrap_or_default()
}

/// Text of a class, which promises UTF-8; a broken promise is mended, not
/// trusted.
///
/// # Safety
/// As [`Str::bytes`].
unsafe fn text<'a>(text: Str) -> std::borrow::Cow<'a, str> {
    // SAFETY: the caller's promise.
    String::from_utf8_lossy(unsafe { text.bytes() })
}

unsafe extern "C" fn log_enabled(user: *mut c_void, level: u32, target: Str) -> i32 {
    // SAFETY: called by the class with the table's own user and its texts.
    let (target, level) = (unsafe { text(target) }, Level::from_code(level));
    // SAFETY: as above.
    unsafe { with(user, |s| level.is_some_and(|level| s.log_enabled(level, &target)).into()) }
}

unsafe extern "C" fn log(user: *mut c_void, level: u32, target: Str, message: Str, request_id: u64) {
    // SAFETY: called by the class with the table's own user and its texts.
    let (target, message) = unsafe { (text(target), text(message)) };
    let Some(level) = Level::from_code(level) else { return };
    // One line, whatever the class thinks that one is; its target stands in it, too.
    let (target, message) = (line(format_args!("{target}")), line(format_args!("{message}")));
    // SAFETY: as above.
    unsafe { with(user, |s| s.log(level, &target, &message, request_id)) }
}

unsafe extern "C" fn is_cancelled(user: *mut c_void, request_id: u64) -> i32 {
    // SAFETY: called by the class with the table's own user.
    unsafe { with(user, |s| s.is_cancelled(request_id).into()) }
}

unsafe extern "C" fn progress(user: *mut c_void, request_id: u64, json: Str) {
    // SAFETY: called by the class with the table's own user and its texts.
    let json = unsafe { text(json) };
    // SAFETY: as above.
    unsafe { with(user, |s| s.progress(request_id, &json)) }
}

unsafe extern "C" fn emit_event(user: *mut c_void, name: Str, json: Str) {
    // SAFETY: called by the class with the table's own user and its texts.
    let (name, json) = unsafe { (text(name), text(json)) };
    // SAFETY: as above.
    unsafe { with(user, |s| s.emit_event(&name, &json)) }
}
