//! `cap`: resource limits, applied to a jail whether it runs or not.
//!
//! It never fails: a refused limit and a jail that does not exist both exit with 0. For the latter a `set` without
//! arguments is run, which prints every variable of the shell.

use super::failure::error;
use super::names::{self, Found};
use super::properties::{self, Group};
use super::{dump, pool};
use crate::output::Output;
use crate::session::{Outcome, Session};
use crate::state::{Jail, Pool, State};

pub(super) fn cap(session: &mut Session, words: &[String]) -> Outcome {
    let state = session.view()?;
    let pool = pool::active(&state);
    let output = &mut session.output;
    let name = words.first().map_or("", String::as_str);
    match names::find(pool, name) {
        Found::Jail(jail) => apply(&state, pool, &pool.jails[jail], output),
        // The defaults have no limits of their own to apply.
        Found::Defaults => {}
        found => {
            error(
                output,
                &match found {
                    Found::Refused(message) => message,
                    _ if name.trim().is_empty() => "missing jail UUID or TAG!".to_owned(),
                    _ => format!("{name} not found!"),
                },
            );
            output.out(&dump::variables(&state, pool));
            error(output, "missing UUID or property!");
            output.err("[: ==: unexpected operator\n");
        }
    }
    Ok(0)
}

/// Applies the limits of a jail that has them switched on, and says how it went, on stdout either way.
pub(super) fn apply(state: &State, pool: &Pool, jail: &Jail, output: &mut Output) {
    if properties::of_jail(state, pool, jail, "rlimits") != "on" {
        return;
    }
    output.out("  + Applying resource limits");
    for property in properties::of_group(Group::Rctl) {
        let limit = properties::value(state, pool, properties::Dataset::Jail(jail), property);
        if limit == "off" {
            continue;
        }
        match limit.split_once(':') {
            None => output.out(&format!(
                "  ERROR: incorrect resource limit: {limit} action:  for property: {}\n  HINT : check man page for syntax.\n",
                property.name
            )),
            Some((limit, action)) if !state.host.racct => {
                output.out(&format!("    FAILED to apply {}={action}:{limit}\n", property.name));
                output.err("rctl: RACCT/RCTL present, but disabled; enable using kern.racct.enable=1 tunable\n");
                return;
            }
            Some(_) => {}
        }
    }
    output.out(" OK\n");
}
