//! Keeping panics in.
//!
//! A panic that reaches the C side is the end of the host, so every export runs
//! inside [`caught`](crate::caught::caught). The library's panic hook is replaced: std's own prints to
//! the host's stderr, asks for the current thread (which leaves a thread-local
//! destructor behind) and may capture a backtrace (which keeps the library
//! mapped for ever). Ours writes one line to the host's log.

use std::panic::PanicHookInfo;
use std::sync::Once;

#[cfg(not(panic = "unwind"))]
compile_error!("a class module must be built with panic = \"unwind\": an abort would take the host with it");

static ONCE: Once = Once::new();

/// Replace this library's panic hook, once.
pub(super) fn install() {
    ONCE.call_once(|| std::panic::set_hook(Box::new(hook)));
}

/// There is no library: the hook is the program's, and stays. Too late where a class of the
/// program has been made by its table before.
#[cfg(feature = "host")]
pub(super) fn keep() {
    ONCE.call_once(|| {});
}

fn hook(info: &PanicHookInfo<'_>) {
    let what = info.payload_as_str().unwrap_or("(a panic without text)");
    match info.location() {
        Some(at) => log::error!("panic at {}:{}: {what}", at.file(), at.line()),
        None => log::error!("panic: {what}"),
    }
}
