//! Who asks the host: everybody on one standard input is one client.

use std::sync::atomic::{AtomicU64, Ordering};

use sysadm_class::Access;
use sysadm_class::host::Request;
use sysadm_host::{Answer, Host};

use crate::services::Ears;

/// The sender of the requests.
pub(crate) struct Client<'a> {
    host: &'a Host,
    /// What a request without a namespace and a name is for.
    pub(crate) default: (String, String),
    access: Access,
    caller: &'a str,
    ears: &'a Ears,
    /// Of the requests, which are numbered here: who shows how one goes on has to know which one it is.
    numbers: AtomicU64,
}

impl<'a> Client<'a> {
    /// A client that may do so much and has this name, for the log.
    pub(crate) fn new(
        host: &'a Host,
        default: (String, String),
        access: Access,
        caller: &'a str,
        ears: &'a Ears,
    ) -> Client<'a> {
        Client { host, default, access, caller, ears, numbers: AtomicU64::new(1) }
    }

    /// Have a request answered.
    pub(crate) fn ask(&self, namespace: &str, name: &str, args: &str) -> Answer {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let request = Request::new(namespace, name, args, self.access).with_id(number);
        let answer = self.host.ask(&request.of_caller(self.caller));
        self.ears.done(number);
        answer
    }

    /// Is nothing of it taken any more?
    pub(crate) fn is_over(&self) -> bool {
        self.ears.ending().has_begun()
    }

    /// Tell the log of what was no request at all.
    pub(crate) fn is_wrong(&self, why: &str) {
        self.ears.warn(&format!("a bad request: {why:?}"));
    }
}
