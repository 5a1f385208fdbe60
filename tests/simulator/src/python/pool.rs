//! Pools: which one is active, and what precedes every command but `activate`.
//!
//! An active pool has the property `org.freebsd.ioc:active=yes`. Where none has it, every command takes the first one
//! and says so before its own answer; what is missing on the pool is made with a line each, on stdout, too.

use super::failure::fail;
use crate::output::Output;
use crate::session::Stop;
use crate::state::{PYTHON_DATASETS, Pool, State};

const FILE: &str = "defaults.json";

/// Whether a command can go on without changing anything first.
pub(super) fn is_ready(state: &State, skip: bool) -> bool {
    let mut active = state.pools.iter().filter(|pool| pool.active);
    let is_made = |made: usize| made == PYTHON_DATASETS.len();
    active.next().is_some_and(|pool| is_made(pool.datasets.len()) || skip && pool.datasets.contains(FILE))
        && active.next().is_none()
}

/// Finds the pool, activating one if need be, and makes what is missing there; with `skip`, only the file of defaults.
pub(super) fn prepare(state: &mut State, skip: bool, output: &mut Output) -> Result<(), Stop> {
    choose(state, skip, output)?;
    let pool = active_mut(state);
    for made in PYTHON_DATASETS.iter().filter(|made| !skip || **made == FILE) {
        if !pool.datasets.insert((*made).to_owned()) {
            continue;
        }
        match *made {
            FILE => output.out("Default configuration missing, creating one\n"),
            "" => output.out(&format!("Creating {}/iocage\n", pool.name)),
            made => output.out(&format!("Creating {}/iocage/{made}\n", pool.name)),
        }
    }
    Ok(())
}

fn choose(state: &mut State, skip: bool, output: &mut Output) -> Result<(), Stop> {
    let active: Vec<&str> =
        state.pools.iter().filter(|pool| pool.active).map(|pool| pool.name.as_str()).collect();
    match active.as_slice() {
        [_] => Ok(()),
        [] => {
            let Some(first) = state.pools.first_mut() else {
                return Err(fail(output, "No zpools found! Please create one before using iocage."));
            };
            if skip {
                return Err(fail(
                    output,
                    "IOCAGE_SKIP is TRUE or an RC operation, not activating a pool.\n\
                     Please manually issue iocage activate POOL",
                ));
            }
            mark(first, true);
            output.out(&format!("Setting up zpool [{}] for iocage usage\n", first.name));
            output.out("If you wish to change please use \"iocage activate\"\n");
            Ok(())
        }
        several => {
            // The missing blank is iocage's.
            let message = format!(
                "Pools:\n{}\nYou have {} poolsmarked active for iocage usage.\n \
                 Run \"iocage  activate ZPOOL\" on the preferred pool.\n",
                several.join("\n"),
                several.len()
            );
            Err(fail(output, &message))
        }
    }
}

/// The active pool of a machine that was prepared.
pub(super) fn active(state: &State) -> &Pool {
    state.pools.iter().find(|pool| pool.active).expect("`prepare` left a pool active")
}

pub(super) fn active_mut(state: &mut State) -> &mut Pool {
    state.pools.iter_mut().find(|pool| pool.active).expect("`prepare` left a pool active")
}

/// Sets the mark of a pool; it is never taken away again, but says no.
pub(crate) fn mark(pool: &mut Pool, active: bool) {
    pool.active = active;
    pool.deactivated = !active;
}
