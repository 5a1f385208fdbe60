//! The requests that are being answered, and what each asks for: to know what becomes of one
//! whose client has gone.

use std::sync::Mutex;

use sysadm_class::host::Request;

use crate::jobs::asked;
use crate::place::lock;
use crate::policy::WhenGone;

/// What a request asks for: namespace, name and action.
type Asks = (String, String, String);

/// The requests that are being answered, by their numbers.
pub(crate) struct Flying {
    when_gone: WhenGone,
    all: Mutex<Vec<(u64, Asks)>>,
}

/// One that is noted as long as this lives.
pub(crate) struct Entered<'a>(&'a Flying, u64);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        let mut all = lock(&self.0.all);
        if let Some(at) = all.iter().position(|(request, _)| *request == self.1) {
            all.swap_remove(at);
        }
    }
}

impl Flying {
    pub(crate) fn new(when_gone: WhenGone) -> Flying {
        Flying { when_gone, all: Mutex::default() }
    }

    /// Note a request.
    pub(crate) fn enter(&self, request: &Request<'_>) -> Entered<'_> {
        // Read here, and once: when its client has gone, nobody has its args any more.
        let action = match self.when_gone {
            WhenGone::EndReads => asked::action(request.args).unwrap_or_default().into_owned(),
            WhenGone::EndAll | WhenGone::GoOn => String::new(),
        };
        let asks = (request.namespace.to_owned(), request.name.to_owned(), action);
        lock(&self.all).push((request.id, asks));
        Entered(self, request.id)
    }

    /// The client of this one has gone: is it over? `is_read` tells of what is asked for whether
    /// it changes nothing.
    pub(crate) fn is_over(&self, request: u64, is_read: impl FnOnce(&str, &str, &str) -> bool) -> bool {
        let found = lock(&self.all).iter().find(|(other, _)| *other == request).map(|(_, asks)| asks.clone());
        let Some((namespace, name, action)) = found else { return false };
        match self.when_gone {
            WhenGone::EndReads => is_read(&namespace, &name, &action),
            WhenGone::EndAll => true,
            WhenGone::GoOn => false,
        }
    }
}
