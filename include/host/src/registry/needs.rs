//! What an action of a class needs, as the class describes it.

use sysadm_class::Access;

use super::Registry;
use crate::seat::key;

/// What is known of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// There is no such class.
    NoClass,
    /// The class has no such action.
    NoAction,
    /// The class does not describe itself.
    Untold,
    /// Its caller needs this.
    Access(Access),
}

impl Registry {
    /// What this action of this class needs. `request`: for whom that is asked.
    pub(crate) fn needs(&self, namespace: &str, name: &str, action: &str, request: u64) -> Needs {
        let seat = self.seat(&key(namespace, name));
        let Some(lease) = seat.and_then(|seat| seat.lease(request)) else { return Needs::NoClass };
        match lease.described() {
            None => Needs::Untold,
            Some(described) => described.needs(action).map_or(Needs::NoAction, Needs::Access),
        }
    }
}
