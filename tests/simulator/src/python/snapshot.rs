//! `snapshot`: of a jail and its root at once; without a name it is called by the time.

use super::call::Call;
use super::failure::{fail, traceback};
use super::names;
use super::pool::{active, active_mut};
use super::properties;
use crate::output::Output;
use crate::session::{Outcome, Stop};
use crate::state::State;

pub(super) fn snapshot(call: &mut Call<'_>) -> Outcome {
    let jail = call.words.argument(0).to_owned();
    let name = call.words.value("name").map(str::to_owned);
    call.change(|state, output| {
        let name = name.unwrap_or_else(|| state.now().joined('_'));
        if !names::means_all(&jail) {
            return one(state, &jail, &name, output).map(|()| 0);
        }
        if jail != "ALL" {
            // It takes that for all jails, and has not looked which there are.
            return Err(traceback(output, "AttributeError: 'IOCage' object has no attribute 'jails'"));
        }
        let pool = active(state);
        let jails: Vec<String> = names::all(pool)
            .into_iter()
            .map(|at| &pool.jails[at])
            .filter(|jail| !jail.is_template())
            .map(|jail| jail.uuid.clone())
            .collect();
        for jail in jails {
            one(state, &jail, &name, output)?;
        }
        Ok(0)
    })
}

pub(super) fn one(state: &mut State, jail: &str, name: &str, output: &mut Output) -> Result<(), Stop> {
    let pool = active(state);
    let jail = &pool.jails[names::find(state, pool, jail, output)?];
    properties::check(state, jail, output)?;
    let dataset = pool.dataset(jail);
    let whole = format!("{dataset}@{name}");
    if pool.snapshots.contains(&whole) {
        fail(output, "Snapshot already exists");
        return Err(traceback(output, "iocage_lib.ioc_exceptions.Exists: Snapshot already exists"));
    }
    let root = format!("{dataset}/root");
    let datasets: Vec<String> = if jail.is_hollow { vec![dataset] } else { vec![dataset, root] };
    // What zfs(8) lets a snapshot be named, and how long; of all of them or of none.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .:_-".contains(&byte);
    let is_taken = |dataset: &String| pool.snapshots.contains(&format!("{dataset}@{name}"));
    if !name.bytes().all(is_plain) || whole.len() > 250 || datasets.iter().any(is_taken) {
        return Err(traceback(output, "iocage_lib.zfs.ZFSException: (1, 'cannot create snapshots')"));
    }
    let now = state.now();
    active_mut(state).snapshot(&datasets, name, &now);
    output.out(&format!("Snapshot: {whole} created.\n"));
    Ok(())
}
