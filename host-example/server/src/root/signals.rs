//! The signals that are for the server. That it is to read its files again it hears from its first moment, or it would end by that
//! while it starts; that it is to end only when it serves, for until then the system ends it, whatever its start waits for.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What there is to hear once it serves.
pub(super) struct Signals {
    pub(super) end: End,
    pub(super) reload: Reload,
}

/// That it is to end.
pub(super) struct End([Signal; 2]);

/// That it is to read its files again.
pub(super) struct Reload(Signal);

impl Reload {
    /// Hear it from now on. A file that is too large for this process, which its log may be, is an error and nothing else from now on, too.
    pub(super) fn new() -> io::Result<Reload> {
        // Not ignored, which would be inherited; who is not heard any more changes nothing of it.
        drop(signal(SignalKind::from_raw(libc::SIGXFSZ))?);
        Ok(Reload(signal(SignalKind::hangup())?))
    }

    /// Wait for one.
    pub(super) async fn comes(&mut self) {
        self.0.recv().await;
    }
}

impl End {
    /// Hear it from now on.
    pub(super) fn new() -> io::Result<End> {
        Ok(End([signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?]))
    }

    /// Wait for one.
    pub(super) async fn comes(&mut self) {
        let End([one, other]) = self;
        tokio::select! {
            _ = one.recv() => {}
            _ = other.recv() => {}
        }
    }
}
