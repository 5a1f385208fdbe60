//! `stop`: jails by name, those with boot=on, or all of them. That a jail is down already is said, but is no failure.

use std::collections::BTreeMap;

use super::call::Call;
use super::failure::fail;
use super::names;
use super::pool::active;
use super::properties::{self, is_true};
use super::running::{has_limits, in_order, silently, unless_broken};
use crate::guest::Guest;
use crate::output::Output;
use crate::session::{Outcome, Stop};
use crate::state::{Jail, State};

pub(super) fn stop(call: &mut Call<'_>) -> Outcome {
    let words = call.words.arguments.clone();
    let (is_rc, is_forced) = (call.words.has("rc"), call.words.has("force"));
    let is_lenient = call.words.has("ignore");
    if words.is_empty() && !is_rc {
        return Err(call.fail("Usage: iocage stop [OPTIONS] JAILS...\n\nError: Missing argument \"jails\"."));
    }
    call.change(|state, output| {
        if is_rc {
            for name in in_order(state, true, false, output)? {
                silently(state, &name);
            }
            return Ok(0);
        }
        for word in &words {
            if names::means_all(word) {
                for name in in_order(state, false, false, output)? {
                    one(state, &name, false, output)?;
                }
            } else {
                let pool = active(state);
                let stopped = names::find(state, pool, word, output)
                    .map(|at| pool.jails[at].uuid.clone())
                    .and_then(|name| one(state, &name, is_forced, output));
                if is_lenient { stopped.or_else(unless_broken)? } else { stopped? }
            }
        }
        Ok(0)
    })
}

/// Stops a jail by its whole name, if it runs.
pub(super) fn one(state: &mut State, name: &str, is_forced: bool, output: &mut Output) -> Result<(), Stop> {
    let pool = active(state);
    let at = names::exact(pool, name).expect("the caller has just found it there");
    let jail = &pool.jails[at];
    if !jail.is_up() {
        output.err(&format!("{name} is not running!\n"));
        return Ok(());
    }
    properties::check(state, jail, output)?;
    let all = properties::of_jail(state, pool, jail);
    output.out(&format!("* Stopping {}\n", names::of_process(jail)));
    if has_limits(&all) {
        output.out(&format!("  + Successfully removed RCTL rules for {name}\n"));
    }
    if !is_forced {
        output.out("  + Executing prestop OK\n");
        if let Some(reason) = services(&all, jail) {
            let message = format!(
                "  + Stopping services FAILED\nERROR:\n{reason}\n\nPlease use --force flag to force stop jail"
            );
            return Err(fail(output, &message));
        }
        output.out("  + Stopping services OK\n");
        if is_true(&all["vnet"]) {
            output.out("  + Tearing down VNET OK\n");
        }
    }
    if let Some(ruleset) = jail.ruleset {
        output.out(&format!("  + Removing devfs_ruleset: {ruleset} OK\n"));
    }
    output.out("  + Removing jail process OK\n  + Executing poststop OK\n");
    silently(state, name);
    Ok(())
}

/// Why `exec_stop` fails, if it does.
fn services(all: &BTreeMap<String, String>, jail: &Jail) -> Option<String> {
    let program = all["exec_stop"].split_whitespace().next().unwrap_or_default();
    if !Guest::has_program(program, &jail.lacks) {
        return Some(format!("jexec: execvp: {program}: No such file or directory\n "));
    }
    // Line for line as the jail has said it, whatever that looks like.
    match (jail.shutdown_exit, jail.shutdown_stderr.as_str()) {
        (0, _) => None,
        (_, "") => Some(String::new()),
        (_, said) => Some(format!("{said} ")),
    }
}
