//! What serves no more and still answers, as a registry knows it: to be found by a request's number, and to hurry when the
//! host ends.

use std::time::Instant;

use crate::generation::Live;
use crate::place::Trace;

/// What was replaced.
#[derive(Default)]
pub(crate) struct Draining {
    /// To find requests there, too.
    pub(crate) traces: Vec<Trace<Live>>,
    /// Where the host ends: when what is in flight has no time any more, of what comes to drain later, too.
    pub(crate) due: Option<Instant>,
}
