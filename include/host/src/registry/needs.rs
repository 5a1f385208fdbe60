//! What an action of a class needs, as the class describes it.

use serde_json::Value;
use sysadm_class::{Access, Status};

use super::Registry;
use crate::described::Told;
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
            Some(described) => {
                described.told(action).map_or(Needs::NoAction, |told| Needs::Access(told.access))
            }
        }
    }

    /// What a class says of one of its actions: for a server that has threads of their own for what is long or changes
    /// something. `None` where there is no such class or action, or the class does not describe itself.
    #[must_use]
    pub fn described(&self, namespace: &str, name: &str, action: &str) -> Option<Told> {
        let lease = self.seat(&key(namespace, name))?.lease(0)?;
        lease.described()?.told(action)
    }

    /// How the classes are: of each `NAMESPACE/NAME`, the status and what it tells, JSON, as
    /// [`Instance::health`](sysadm_class::host::Instance::health) has it. May start programs, and takes as long as these, or until the
    /// host ends.
    #[must_use]
    pub fn healths(&self) -> Vec<(String, Status, String)> {
        let classes = self.classes().into_iter();
        let told = classes.filter_map(|((namespace, name), ..)| {
            let lease = self.seat(&key(&namespace, &name))?.lease(0)?;
            let response = lease.instance.health(Some(self.policy.probe)).ok()?;
            Some((format!("{namespace}/{name}"), response.status(), response.text().into_owned()))
        });
        told.collect()
    }

    /// What the classes say of themselves, each an object by the extension `sysadm.describe/1` under its present
    /// configuration; those that say nothing are not among them. Asks the classes, which takes no program.
    #[must_use]
    pub fn descriptions(&self) -> Vec<Value> {
        let seats = self
            .classes()
            .into_iter()
            .filter_map(|((namespace, name), ..)| self.seat(&key(&namespace, &name)));
        let told = seats.filter_map(|seat| {
            let lease = seat.lease(0)?;
            let told = lease.instance.describe()?;
            serde_json::from_slice(told.args()).ok()
        });
        told.collect()
    }
}
