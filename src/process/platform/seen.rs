//! A process as the system shows it, in the form that both systems fill.

use libc::pid_t;

/// What is known of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Seen {
    pub(in super::super) pid: pid_t,
    /// When it was started, in the system's own unit and from the system's start on, so that setting the clock
    /// changes nothing; none where the system does not tell.
    pub(in super::super) start: Option<u64>,
    /// It has ended and was not reaped yet: it does nothing any more.
    pub(in super::super) is_dead: bool,
    /// It runs in a jail. Linux has none.
    pub(in super::super) is_jailed: bool,
}
