//! Does a jail run? By the name that iocage gives it in the kernel, `ioc-NAME` with each
//! `.` as `_` (`ioc_start.py`, in all tags from 1.0 to 1.13).
//!
//! Two jails can have one such name. Which of them runs, its root tells, which is
//! `.../jails/NAME/root`; iocage itself takes one for the other.

use crate::error::Error;
use crate::iocage::machine::running::{Started, find};
use crate::iocage::names::are_twins;
use crate::iocage::session::Session;

/// What the kernel calls it.
pub(super) fn known_as(name: &str) -> String {
    format!("ioc-{}", name.replace('.', "_"))
}

/// The jail, if it runs.
///
/// # Errors
/// If the kernel cannot be asked.
pub(super) fn started(session: &Session<'_>, name: &str) -> Result<Option<Started>, Error> {
    Ok(find(session, &known_as(name))?.filter(|started| !is_of_twin(started, name)))
}

/// Is this another jail, which the kernel knows by the same name?
fn is_of_twin(started: &Started, name: &str) -> bool {
    let of = started.path.as_deref().and_then(|root| root.parent()?.file_name()?.to_str());
    of.is_some_and(|of| are_twins(of, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_two_that_the_kernel_calls_alike() {
        assert_eq!(known_as("a.b-c.d"), "ioc-a_b-c_d");
        let at = |path: &str| Started { jid: 1, path: Some(path.into()) };
        assert!(is_of_twin(&at("/tank/iocage/jails/a_b/root"), "a.b"));
        assert!(!is_of_twin(&at("/tank/iocage/jails/a.b/root"), "a.b"));
        // Where the root is elsewhere, or was not told, the name alone counts.
        assert!(!is_of_twin(&at("/elsewhere"), "a.b"));
        assert!(!is_of_twin(&Started { jid: 1, path: None }, "a.b"));
    }
}
