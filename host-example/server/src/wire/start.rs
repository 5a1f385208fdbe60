//! What the root part tells its front: one line on the front's standard input when it begins, and another whenever
//! something of it has changed. When that input ends, the front takes nothing new, closes what is idle, gives what is in flight its time, and
//! ends. It writes `ready`, a line, to its standard output when it accepts, and its log to the standard error. It opens no
//! file: what it needs of files stands here.

use serde::{Deserialize, Serialize};

/// Such a line.
#[derive(Clone, Deserialize, Serialize, PartialEq, Eq)]
pub struct Start {
    /// Where the root part listens for the front; below `chroot` where there is one.
    pub socket: String,
    /// The descriptors of the listening TCP sockets, which the front inherits. Only in the first line.
    #[serde(default)]
    pub listeners: Vec<i32>,
    /// The user and group that it becomes, if it was started by root. Only in the first line.
    #[serde(default)]
    pub become_ids: Option<(u32, u32)>,
    /// The folder that is its root from then on, if it was started by root. Only in the first line.
    #[serde(default)]
    pub chroot: Option<String>,
    /// The certificates, PEM.
    pub certificate: String,
    /// Their private key, PEM.
    pub key: String,
    /// Of which pages a browser may call, beside the one that came from here: `https://host:port`.
    #[serde(default)]
    pub origins: Vec<String>,
    /// How long somebody may take to log in, in seconds.
    pub login_s: u64,
    /// What is bounded.
    #[serde(default)]
    pub limits: Limits,
    /// The log level, a word: error, warn, info, debug.
    #[serde(default = "info")]
    pub log: String,
}

fn info() -> String {
    "info".to_owned()
}

/// What a front bounds.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// And of one address, loopback among them; a network of IPv6 (/64) is one.
    pub per_address: usize,
    /// Seconds for TLS, for the head of a request, and without a request on a connection that waits for the next.
    pub header_s: u64,
    /// Seconds for a body, and for a client to take what is written to it.
    pub transfer_s: u64,
    /// Seconds in which nothing is received on a WebSocket and none of its requests is in flight.
    pub idle_s: u64,
    /// The most bytes of a frame or a body.
    pub frame_bytes: usize,
    /// Requests of one connection in flight.
    pub in_flight: usize,
    /// Seconds that are waited for the answer to a request over HTTP.
    pub answer_s: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 1024,
            per_address: 64,
            header_s: 10,
            transfer_s: 10,
            idle_s: 1800,
            frame_bytes: 1 << 20,
            in_flight: 32,
            answer_s: 3600,
        }
    }
}
