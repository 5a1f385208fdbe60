//! Pools: `activate`, `deactivate`, and what precedes every other command.
//!
//! An active pool is one whose comment is `iocage`. Where none is, every command activates the last one and says so on
//! stdout before its own answer; datasets that are missing are made with a line each on stderr.

use super::failure::die;
use crate::output::Output;
use crate::session::{Outcome, Session, Stop};
use crate::state::{COMMENT, Pool, State, Version};

/// Whether a command can go on without changing anything first.
pub(super) fn is_ready(state: &State) -> bool {
    let mut active = state.pools.iter().filter(|pool| pool.active);
    active.next().is_some_and(|pool| pool.datasets.len() == Version::Shell.datasets().len())
        && claimed(state).len() == 1
}

/// The lines of `zpool list -H -o name,comment` in which iocage finds its own name: of a pool that is called so, too.
fn claimed(state: &State) -> Vec<String> {
    let line = |pool: &Pool| format!("{}\t{}", pool.name, pool.remark());
    state.pools.iter().map(line).filter(|line| line.contains(COMMENT)).collect()
}

/// Sets the comment of a pool, or takes it away, which leaves another.
fn mark(pool: &mut Pool, active: bool) {
    pool.active = active;
    if active { COMMENT } else { "inherit" }.clone_into(&mut pool.comment);
}

/// Finds the pool, activating one if need be, and makes its missing datasets.
pub(super) fn prepare(state: &mut State, output: &mut Output) -> Result<(), Stop> {
    choose(state, output)?;
    make_datasets(active_mut(state), output);
    // A new dataset of defaults is a new identity, unless the state file has named one beforehand.
    state.complete();
    Ok(())
}

fn make_datasets(pool: &mut Pool, output: &mut Output) {
    for dataset in Version::Shell.datasets() {
        if pool.datasets.insert((*dataset).to_owned()) {
            let slash = if dataset.is_empty() { "" } else { "/" };
            output.err(&format!("  INFO: creating {}/iocage{slash}{dataset}\n", pool.name));
        }
    }
}

/// Leaves exactly one pool active, or fails as iocage does.
fn choose(state: &mut State, output: &mut Output) -> Result<(), Stop> {
    require_pools(state, output)?;
    let lines = claimed(state);
    if lines.len() > 1 {
        output.err("\n  WARNING: You have more then one pool set for iocage use!\n\n**** POOLS ****\n");
        for line in lines {
            output.err(&format!("{line}\n"));
        }
        output.err("***************\n\n  Please run 'iocage deactivate' on one of them\n\n");
        return Err(Stop::Exit(1));
    }
    match state.pools.iter().any(|pool| pool.active) {
        true => Ok(()),
        false => {
            let last = state.pools.last_mut().expect("there is a pool, or `require_pools` had failed");
            mark(last, true);
            output.out(&format!("Setting up zpool [{}] for iocage usage...\n", last.name));
            output.out("If you wish to change zpool, use 'iocage activate'\n");
            Ok(())
        }
    }
}

fn require_pools(state: &State, output: &mut Output) -> Result<(), Stop> {
    if state.pools.is_empty() {
        let message = "ZFS is required for iocage to work and I can't find any pools available.";
        return Err(die(output, message));
    }
    Ok(())
}

/// The active pool of a machine that was prepared.
pub(super) fn active(state: &State) -> &Pool {
    state.pools.iter().find(|pool| pool.active).expect("`prepare` left a pool active")
}

pub(super) fn active_mut(state: &mut State) -> &mut Pool {
    state.pools.iter_mut().find(|pool| pool.active).expect("`prepare` left a pool active")
}

/// `activate [POOL]`: a second word is ignored, another active pool stays active, no word asks which one it is.
pub(super) fn activate(session: &mut Session, words: &[String]) -> Outcome {
    match words.first() {
        Some(name) => set(session, name, true),
        None => {
            let output = &mut session.output;
            session
                .store
                .change(|state| {
                    choose(state, output)?;
                    output.out(&format!("pool: {}\n", active(state).name));
                    Ok(0)
                })
                .map_err(Stop::Broken)?
        }
    }
}

/// `deactivate [POOL]`: silent, with no word it does nothing.
pub(super) fn deactivate(session: &mut Session, words: &[String]) -> Outcome {
    match words.first() {
        Some(name) => set(session, name, false),
        None => {
            let state = session.store.read().map_err(Stop::Broken)?;
            require_pools(&state, &mut session.output)?;
            Ok(0)
        }
    }
}

fn set(session: &mut Session, name: &str, active: bool) -> Outcome {
    let output = &mut session.output;
    session
        .store
        .change(|state| {
            require_pools(state, output)?;
            match state.pools.iter_mut().find(|pool| pool.name == name) {
                Some(pool) => {
                    mark(pool, active);
                    Ok(0)
                }
                None => {
                    output.err(&format!("cannot open '{name}': no such pool\n"));
                    Err(Stop::Exit(1))
                }
            }
        })
        .map_err(Stop::Broken)?
}
