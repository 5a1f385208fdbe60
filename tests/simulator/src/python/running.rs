//! What `start` and `stop` have in common: the order of several jails, what of a failure is overlooked, and how a jail
//! goes down without a word.

use std::collections::BTreeMap;

use super::names;
use super::pool::{active, active_mut};
use super::properties::{self, Rule, is_true};
use crate::output::Output;
use crate::session::Stop;
use crate::state::State;

/// A failure that is overlooked; one of the simulator never is.
pub(super) fn unless_broken(stop: Stop) -> Result<(), Stop> {
    match stop {
        Stop::Exit(_) => Ok(()),
        broken => Err(broken),
    }
}

/// All jails and templates by priority. One configuration that cannot be read ends it before anything is done.
pub(super) fn in_order(
    state: &State,
    boot_only: bool,
    is_start: bool,
    output: &mut Output,
) -> Result<Vec<String>, Stop> {
    let pool = active(state);
    let mut ranked = Vec::new();
    for jail in &pool.jails {
        properties::check(state, jail, output)?;
        let all = properties::of_jail(state, pool, jail);
        let priority = all["priority"].parse::<i64>().unwrap_or(99);
        if !boot_only || is_true(&all["boot"]) {
            ranked.push((if is_start { priority } else { -priority }, jail.uuid.clone()));
        }
    }
    // What has the same priority keeps its place.
    ranked.sort_by_key(|(priority, _)| *priority);
    Ok(ranked.into_iter().map(|(_, name)| name).collect())
}

/// Whether a rule of rctl(8) is set.
pub(super) fn has_limits(all: &BTreeMap<String, String>) -> bool {
    properties::TABLE.iter().any(|(name, _, rule)| *rule == Rule::Limit && all[*name] != "off")
}

/// Takes a jail down, if it is there and up; and with it all that iocage takes
/// for the same, as jail(8) knows them by one name.
pub(super) fn silently(state: &mut State, name: &str) {
    let pool = active_mut(state);
    if let Some(at) = names::exact(pool, name) {
        let process = names::of_process(&pool.jails[at]);
        for jail in pool.jails.iter_mut().filter(|jail| names::of_process(jail) == process) {
            jail.jid = None;
            jail.hostname.clear();
            jail.ruleset = None;
        }
    }
}
