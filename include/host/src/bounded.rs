//! Foreign code in bounded time.
//!
//! A function of a module that does not return cannot be stopped from outside:
//! to end its thread would leave its locks held and its memory torn. So it runs
//! on a thread of its own, which is abandoned when the time is over, together
//! with everything it was given. If it returns after all, what it made is
//! dropped there and then.

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread::Builder;
use std::time::Duration;

/// Why there is no result.
#[derive(Debug)]
pub(crate) enum Unfinished {
    /// It did not return in time; its thread was abandoned.
    Overdue(Duration),
    /// It panicked.
    Panicked,
    /// The system gave no thread.
    NoThread(std::io::Error),
}

impl fmt::Display for Unfinished {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unfinished::Overdue(limit) => write!(f, "did not return within {} s", limit.as_secs_f32()),
            Unfinished::Panicked => f.write_str("panicked"),
            Unfinished::NoThread(e) => {
                write!(f, "could not be called, because no thread can be started: {e}")
            }
        }
    }
}

/// Run `f`, for no longer than `limit`.
///
/// # Errors
/// If there is no result by then.
pub(crate) fn within<T: Send + 'static>(
    limit: Duration,
    f: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Unfinished> {
    // Without a buffer a result is either taken over or still the thread's: one
    // that comes too late is dropped there, where it can hold up nobody.
    let (sender, receiver) = sync_channel(0);
    let run = move || drop(sender.send(f()));
    Builder::new().name("swap".to_owned()).spawn(run).map_err(Unfinished::NoThread)?;
    receiver.recv_timeout(limit).map_err(|e| match e {
        RecvTimeoutError::Timeout => Unfinished::Overdue(limit),
        RecvTimeoutError::Disconnected => Unfinished::Panicked,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Instant;

    use super::*;

    const SOON: Duration = Duration::from_millis(30);

    #[test]
    fn a_result_in_time_comes_back() {
        assert_eq!(within(Duration::from_secs(60), || 7).expect("in time"), 7);
    }

    #[test]
    fn what_comes_too_late_is_dropped_by_its_own_thread() {
        struct Late(std::sync::mpsc::Sender<std::thread::ThreadId>);
        impl Drop for Late {
            #[expect(clippy::disallowed_methods, reason = "a host's test")]
            fn drop(&mut self) {
                let _ = self.0.send(std::thread::current().id());
            }
        }
        let (sender, dropped) = channel();
        let (go, wait) = channel::<()>();
        let started = Instant::now();
        let late = within(SOON, move || {
            let _ = wait.recv();
            Late(sender)
        });
        assert!(matches!(late, Err(Unfinished::Overdue(_))) && started.elapsed() >= SOON);
        assert!(started.elapsed() < SOON * 500, "the limit is kept");
        go.send(()).expect("it waits");
        let thread = dropped.recv_timeout(Duration::from_secs(60)).expect("dropped");
        #[expect(clippy::disallowed_methods, reason = "a host's test")]
        let own = std::thread::current().id();
        assert_ne!(thread, own);
    }

    #[test]
    fn a_panic_is_told_at_once() {
        let outcome = within::<()>(Duration::from_secs(600), || std::panic::resume_unwind(Box::new(())));
        assert!(matches!(outcome, Err(Unfinished::Panicked)));
    }
}
