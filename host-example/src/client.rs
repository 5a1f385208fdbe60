//! Who asks the host: everybody on one standard input is one client.

use sysadm_class::host::Request;
use sysadm_class::{Access, Level};
use sysadm_host::{Answer, Host};

use crate::ending::Ending;

/// The sender of the requests.
pub(crate) struct Client<'a> {
    /// Whom it asks.
    pub(crate) host: &'a Host,
    /// What a request without a namespace and a name is for.
    pub(crate) default: (String, String),
    /// What it may do.
    pub(crate) access: Access,
    /// Its name, for the log.
    pub(crate) caller: &'a str,
    /// What is logged.
    pub(crate) log: Level,
    /// Then nothing of it is taken any more.
    pub(crate) ending: &'a Ending,
}

impl Client<'_> {
    /// Have a request answered.
    pub(crate) fn ask(&self, namespace: &str, name: &str, args: &str) -> Answer {
        self.host.ask(&Request::new(namespace, name, args, self.access).of_caller(self.caller))
    }

    /// Tell the log of what was no request at all.
    pub(crate) fn is_wrong(&self, why: &str) {
        crate::services::warn(&format!("a bad request: {why:?}"), self.log);
    }
}
