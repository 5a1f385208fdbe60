//! What all connections of the front share: what holds now of the start lines, who sits where, the counters, and that it ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_rustls::rustls::ServerConfig;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::counters::Counters;
use super::seats::Seats;
use super::tls;
use crate::wire::start::{Limits, Start};

/// What holds until the next start line.
pub(crate) struct Settings {
    /// Where the root part listens.
    pub(crate) socket: PathBuf,
    /// How long somebody may take to log in.
    pub(crate) login: Duration,
    /// What is bounded.
    pub(crate) limits: Limits,
    /// Pages of which origins may call.
    pub(crate) origins: Vec<String>,
    /// The certificate.
    pub(crate) tls: Arc<ServerConfig>,
}

impl Settings {
    /// Of a line; the front's root folder was changed to `chroot` when it began.
    ///
    /// # Errors
    /// A sentence: what is wrong with the certificate or its key.
    pub(crate) fn of(start: Start, chroot: Option<&Path>) -> Result<Settings, String> {
        let socket = PathBuf::from(start.socket);
        let inside =
            chroot.and_then(|root| socket.strip_prefix(root).ok()).map(|rest| Path::new("/").join(rest));
        Ok(Settings {
            tls: tls::config(&start.certificate, &start.key)?,
            socket: inside.unwrap_or(socket),
            login: Duration::from_secs(start.login_s),
            limits: start.limits,
            origins: start.origins,
        })
    }
}

/// See the file's head.
pub(crate) struct State {
    settings: watch::Sender<Arc<Settings>>,
    /// Who is connected.
    pub(crate) seats: Arc<Seats>,
    /// What was counted.
    pub(crate) counters: Counters,
    /// The front ends when this is cancelled.
    pub(crate) drain: CancellationToken,
    /// The connections, and what has become of them.
    pub(crate) tasks: TaskTracker,
}

impl State {
    /// At the start.
    pub(crate) fn new(settings: Settings) -> State {
        State {
            settings: watch::Sender::new(Arc::new(settings)),
            seats: Arc::default(),
            counters: Counters::default(),
            drain: CancellationToken::new(),
            tasks: TaskTracker::new(),
        }
    }

    /// What holds now.
    pub(crate) fn settings(&self) -> Arc<Settings> {
        Arc::clone(&self.settings.borrow())
    }

    /// What holds from now on, for what begins from now on.
    pub(crate) fn change(&self, settings: Settings) {
        self.settings.send_replace(Arc::new(settings));
    }
}
