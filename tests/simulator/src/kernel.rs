//! All running jails of a machine, whichever iocage it has, in the order of their ids.

use crate::prison::Prison;
use crate::state::{State, Version};
use crate::{python, shell};

pub(crate) fn prisons(state: &State) -> Vec<Prison> {
    let mut prisons = match state.version {
        Version::Shell => shell::prisons(state),
        Version::Python(_) => python::prisons(state),
    };
    prisons.extend(Prison::foreign(state));
    prisons.sort_by_key(|prison| prison.jid);
    prisons
}
