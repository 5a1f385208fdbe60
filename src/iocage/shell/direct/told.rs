//! Which question is which.

use crate::iocage::direct::{Machine, Printed, Untold};

/// What the shell iocage would print for these words.
pub(in crate::iocage::shell) fn told(_: &Machine<'_>, _: &[&str]) -> Result<Printed, Untold> {
    Untold::cause("of the shell iocage nothing is known yet")
}
