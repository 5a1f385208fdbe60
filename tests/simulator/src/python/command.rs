//! A command as click knows it.

use super::call::Call;
use super::words::Flag;
use crate::session::Outcome;

pub(super) struct Command {
    pub(super) name: &'static str,
    /// What follows the name in the line `Usage:`.
    pub(super) usage: &'static str,
    pub(super) about: &'static str,
    pub(super) flags: &'static [Flag],
    /// Arguments that must be there.
    pub(super) required: &'static [&'static str],
    /// How many arguments there may be.
    pub(super) most: Option<usize>,
    /// Unknown options are arguments.
    pub(super) is_lenient: bool,
    pub(super) run: fn(&mut Call<'_>) -> Outcome,
}
