//! The host that a class under test talks to: it keeps all it is told, and can
//! hold a call up inside the class, which is the one way to have a request in
//! flight for certain whatever the class does.

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread::ThreadId;
use std::time::Duration;

use sysadm_class::ffi::{Host, Str};

/// One message that the class wanted logged.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) level: u32,
    pub(crate) text: Vec<u8>,
    pub(crate) id: u64,
}

/// Progress or an event.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// Which.
    pub(crate) what: &'static str,
    pub(crate) text: Vec<u8>,
    /// The event's name; of progress nothing.
    pub(crate) name: Vec<u8>,
    /// The request it is said to be of; 0 for an event.
    pub(crate) id: u64,
    /// On which thread.
    pub(crate) thread: ThreadId,
}

/// The first message of this process that is no line.
static UNLAWFUL: OnceLock<String> = OnceLock::new();

/// What is wrong with the first message that was no line, whichever ears heard it: a test looks
/// at what it is for, and this is looked at behind each of them.
pub(crate) fn unlawful() -> Option<&'static str> {
    UNLAWFUL.get().map(String::as_str)
}

/// What is wrong with a message, if it is no line of UTF-8. A tab begins no line and moves
/// nothing that was there, so it may stand in one.
fn fault(target: &[u8], text: &[u8]) -> Option<String> {
    [("message", text), ("message's target", target)].into_iter().find_map(|(what, bytes)| {
        let shown = || String::from_utf8_lossy(&bytes[..bytes.len().min(200)]).into_owned();
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Some(format!("a {what} is not UTF-8: {:?}", shown()));
        };
        let found =
            text.chars().find(|c| *c != '\t' && (c.is_control() || "\u{2028}\u{2029}".contains(*c)))?;
        let what = match found {
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                format!("{what} has a line's end")
            }
            _ => format!("{what} has a control character"),
        };
        Some(format!("a {what}: {:?}", shown()))
    })
}

/// What the class told its host.
#[derive(Default)]
pub(crate) struct Ears {
    messages: Mutex<Vec<Message>>,
    told: Mutex<Vec<Told>>,
    /// Has the host lost interest in every request?
    pub(crate) bored: AtomicBool,
    /// While this is set, callbacks do not return.
    pub(crate) hold: AtomicBool,
    /// Is a callback being held?
    pub(crate) held: AtomicBool,
    /// Has it asked or told its host anything?
    pub(crate) asked: AtomicBool,
    /// What is done on the thread of each callback, by whoever is inside the class.
    pub(crate) inside: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

impl Ears {
    /// Ears that live as long as the process: a class that is at fault may talk
    /// to its host after close, and must not hit freed memory of ours then.
    pub(crate) fn new() -> &'static Ears {
        Box::leak(Box::default())
    }

    /// The table that leads here; it, too, for ever.
    pub(crate) fn table(&'static self) -> &'static Host {
        Box::leak(Box::new(Host {
            user: std::ptr::from_ref(self).cast_mut().cast(),
            log_enabled: Some(log_enabled),
            log: Some(log),
            is_cancelled: Some(is_cancelled),
            progress: Some(progress),
            emit_event: Some(emit_event),
            get_extension: Some(get_extension),
            ..Host::NONE
        }))
    }

    /// What was logged since the last time.
    pub(crate) fn messages(&self) -> Vec<Message> {
        std::mem::take(&mut *self.messages.lock().expect("nobody panics in here"))
    }

    /// What was told of progress and events since the last time.
    pub(crate) fn told(&self) -> Vec<Told> {
        std::mem::take(&mut *self.told.lock().expect("nobody panics in here"))
    }

    /// Keep nothing of what was heard.
    pub(crate) fn forget(&self) {
        drop(self.messages());
        drop(self.told());
    }

    #[expect(clippy::disallowed_methods, reason = "this is no module")]
    fn tell(&self, what: &'static str, name: Vec<u8>, text: Vec<u8>, id: u64) {
        let told = Told { what, name, text, id, thread: std::thread::current().id() };
        self.told.lock().expect("nobody panics in here").push(told);
        self.pause();
    }

    fn pause(&self) {
        self.asked.store(true, Ordering::SeqCst);
        if let Some(inside) = self.inside.get() {
            inside();
        }
        while self.hold.load(Ordering::SeqCst) {
            self.held.store(true, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The ears behind `user`.
///
/// # Safety
/// `user` is that of a table made by [`Ears::table`].
unsafe fn ears(user: *mut c_void) -> &'static Ears {
    // SAFETY: by the caller's promise it points to ears that were leaked.
    unsafe { &*user.cast_const().cast::<Ears>() }
}

unsafe extern "C" fn log_enabled(user: *mut c_void, _: u32, _: Str) -> i32 {
    // SAFETY: the class passes the table's own user.
    unsafe { ears(user) }.pause();
    1
}

unsafe extern "C" fn log(user: *mut c_void, level: u32, target: Str, text: Str, id: u64) {
    // SAFETY: the class passes the table's own user and texts that are valid for the call.
    let (ears, target, text) = unsafe { (ears(user), target.bytes().to_vec(), text.bytes().to_vec()) };
    if let Some(why) = fault(&target, &text) {
        // One is enough.
        let _ = UNLAWFUL.set(why);
    }
    ears.messages.lock().expect("nobody panics in here").push(Message { level, text, id });
    ears.pause();
}

unsafe extern "C" fn is_cancelled(user: *mut c_void, _: u64) -> i32 {
    // SAFETY: the class passes the table's own user.
    let ears = unsafe { ears(user) };
    ears.pause();
    i32::from(ears.bored.load(Ordering::SeqCst))
}

unsafe extern "C" fn progress(user: *mut c_void, id: u64, text: Str) {
    // SAFETY: the class passes the table's own user and a text that is valid for the call.
    unsafe { ears(user).tell("progress", Vec::new(), text.bytes().to_vec(), id) };
}

unsafe extern "C" fn emit_event(user: *mut c_void, name: Str, text: Str) {
    // SAFETY: as above, and so is the name.
    unsafe { ears(user).tell("an event", name.bytes().to_vec(), text.bytes().to_vec(), 0) };
}

unsafe extern "C" fn get_extension(_: *mut c_void, _: Str) -> *const c_void {
    std::ptr::null()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn what_is_no_line_is_seen_in_the_text_and_in_the_target() {
        for (text, part) in [
            (&b"a\nb"[..], "has a line's end"),
            (b"a\x0b", "has a line's end"),
            (b"a\x0cb", "has a line's end"),
            ("a\u{85}b".as_bytes(), "has a line's end"),
            ("a\u{2029}b".as_bytes(), "has a line's end"),
            (b"\x1b[2J", "has a control character"),
            (b"a\0", "has a control character"),
            (b"\x7f", "has a control character"),
            (b"\xff", "is not UTF-8"),
        ] {
            for (target, text, what) in [(&b"t"[..], text, "a message "), (text, b"t", "a message's target ")]
            {
                let why = fault(target, text).expect(part);
                assert!(why.starts_with(what) && why.contains(part), "{why}");
            }
        }
        for line in ["", "a\tb", "\u{e4} \\n \u{202e}"] {
            assert_eq!(fault(line.as_bytes(), line.as_bytes()), None);
        }
    }
}
