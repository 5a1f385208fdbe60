//! What of a configuration wants another start: sockets and folders that are had already, threads that are counted, modules that serve.

use super::{Config, Limits};

impl Limits {
    /// What wants another start, for threads are counted when it begins.
    const fn of_work(&self) -> [usize; 5] {
        [self.reads, self.changes, self.long, self.waits, self.waiting]
    }
}

impl Config {
    /// What of another configuration wants another start, and whether it has changed, was added or taken away; nothing if all of
    /// it takes effect while the server runs.
    #[must_use]
    pub fn needs_restart(&self, other: &Config) -> Vec<&'static str> {
        let (mine, others) = (&self.limits, &other.limits);
        let (tls, has_changed) = match (&self.tls, &other.tls) {
            (None, new) => ("`tls` was added", new.is_some()),
            (Some(_), None) => ("`tls` was taken away", true),
            (Some(old), Some(new)) if old.user == new.user => {
                ("`tls.listen` has changed", old.listen != new.listen)
            }
            (Some(old), Some(new)) if old.listen == new.listen => ("`tls.user` has changed", true),
            _ => ("`tls.listen` and `tls.user` have changed", true),
        };
        // The one that the socket has, whichever key says so; what the members of `full_group` may holds at once.
        let (key, group) = other.group_of_socket();
        let of_socket = match key {
            "full_group" => "the socket's group, which is `full_group` without a `socket.group`, has changed",
            _ => "`socket.group` has changed",
        };
        [
            ("`socket.path` has changed", self.socket.path != other.socket.path),
            (of_socket, self.group_of_socket().1 != group),
            ("`run` has changed", self.run != other.run),
            ("`accounts` has changed", self.accounts != other.accounts),
            ("`modules` has changed", self.modules != other.modules),
            (tls, has_changed),
            ("`limits` of work have changed", mine.of_work() != others.of_work()),
            ("`limits.drain_s` has changed", mine.drain_s != other.limits.drain_s),
            ("`limits.connections` has changed", mine.connections != others.connections),
        ]
        .into_iter()
        .filter_map(|(key, differs)| differs.then_some(key))
        .collect()
    }
}
