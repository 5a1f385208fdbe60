//! What the front counts, in the text form of Prometheus. It names nobody: a label with a stranger's words would be
//! memory that he fills.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};

/// Of HTTP's statuses, those that are counted by themselves; all others are `other`.
const STATUSES: [u16; 17] =
    [101, 200, 202, 204, 400, 401, 403, 404, 405, 408, 409, 413, 429, 431, 500, 503, 504];

/// One number, which only grows.
#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    /// One more.
    pub(crate) fn up(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    /// Connections that were accepted.
    pub(crate) connections: Count,
    /// Those that had no place.
    pub(crate) refused: Count,
    /// Handshakes of TLS that failed or took too long.
    pub(crate) handshakes_failed: Count,
    /// WebSockets that were opened.
    pub(crate) websockets: Count,
    /// Frames that came on them.
    pub(crate) frames: Count,
    statuses: [Count; STATUSES.len()],
    other: Count,
}

impl Counters {
    /// An answer over HTTP had this status.
    pub(crate) fn answered(&self, status: u16) {
        match STATUSES.iter().position(|known| *known == status) {
            Some(at) => self.statuses[at].up(),
            None => self.other.up(),
        }
    }

    /// As Prometheus reads them; so many are connected now.
    pub(crate) fn text(&self, connected: usize) -> String {
        let mut out = String::new();
        let rows = [
            ("connections_total", "counter", "Connections accepted", self.connections.now()),
            ("connections", "gauge", "Connections now", connected as u64),
            (
                "connections_refused_total",
                "counter",
                "Connections closed at once, for there was no place",
                self.refused.now(),
            ),
            (
                "handshakes_failed_total",
                "counter",
                "TLS handshakes that failed",
                self.handshakes_failed.now(),
            ),
            ("websockets_total", "counter", "WebSockets opened", self.websockets.now()),
            ("websocket_frames_total", "counter", "Frames received on WebSockets", self.frames.now()),
        ];
        for (name, kind, help, value) in rows {
            // Writing to a String does not fail.
            let _ = write!(
                out,
                "# HELP sysadmd_front_{name} {help}.\n# TYPE sysadmd_front_{name} {kind}\nsysadmd_front_{name} {value}\n"
            );
        }
        let name = "sysadmd_front_http_responses_total";
        let _ = write!(out, "# HELP {name} Responses over HTTP by status.\n# TYPE {name} counter\n");
        let known = STATUSES.iter().map(u16::to_string).zip(self.statuses.iter());
        for (status, count) in
            known.chain([("other".to_owned(), &self.other)]).filter(|(_, count)| count.now() > 0)
        {
            let _ = writeln!(out, "{name}{{status=\"{status}\"}} {}", count.now());
        }
        out
    }
}
