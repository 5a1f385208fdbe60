//! How iocage finds a jail by what the caller calls it: the name itself, or the beginning of just one.
//!
//! So a slip of the pen can lead to a jail that was not meant, in every command. And a name that holds `ALL` anywhere
//! means all jails, where a command knows that word.

use super::failure::fail;
use crate::output::Output;
use crate::session::Stop;
use crate::state::{Jail, Pool, State};

/// Where POOL/iocage is mounted.
pub(super) fn root(state: &State, pool: &Pool) -> String {
    format!("{}/iocage", if state.mounted { mountpoint(state, pool) } else { String::new() })
}

/// Where the pool itself is.
pub(super) fn mountpoint(state: &State, pool: &Pool) -> String {
    format!("{}/{}", state.root, pool.name)
}

pub(super) fn means_all(name: &str) -> bool {
    name.contains("ALL")
}

/// The jail or template of that name, by its index in the pool.
pub(super) fn find(state: &State, pool: &Pool, name: &str, output: &mut Output) -> Result<usize, Stop> {
    if name.contains('/') {
        let message = format!("jail '{name}' not found ('/' not allowed in jail name)!");
        return Err(fail(output, &message));
    }
    // It is looked for as a folder, and what has no place has none.
    if let Some(jail) = exact(pool, name).filter(|jail| !pool.jails[*jail].is_unmountable()) {
        return Ok(jail);
    }
    let mut found = all(pool);
    found.retain(|jail| pool.jails[*jail].uuid.starts_with(name));
    match found.as_slice() {
        [] => Err(fail(output, &format!("jail '{name}' not found!"))),
        [jail] => Ok(*jail),
        _ => {
            found.sort_by_key(|jail| &pool.jails[*jail].uuid);
            let lines: String = found
                .iter()
                .map(|jail| &pool.jails[*jail])
                .map(|jail| format!("\n  {} ({})", jail.uuid, place(state, pool, jail)))
                .collect();
            Err(fail(output, &format!("Multiple jails found for {name}:{lines}")))
        }
    }
}

/// Where the jail's dataset is mounted, or the word that says that it is not to be.
pub(super) fn place(state: &State, pool: &Pool, jail: &Jail) -> String {
    let set = jail.properties.get("mountpoint").cloned();
    set.unwrap_or_else(|| format!("{}/{}", root(state, pool), jail.place()))
}

/// All jails in the order of ZFS, then the templates; one of the name of a jail takes its place.
pub(super) fn all(pool: &Pool) -> Vec<usize> {
    let mut all: Vec<usize> = Vec::new();
    for (at, jail) in pool.jails.iter().enumerate() {
        match all.iter_mut().find(|known| pool.jails[**known].uuid == jail.uuid) {
            Some(known) => *known = at,
            None => all.push(at),
        }
    }
    all
}

pub(super) fn exact(pool: &Pool, name: &str) -> Option<usize> {
    pool.jails.iter().position(|jail| jail.uuid == name)
}

/// The jail that a new one of that name would clash with: jail(8) knows no dots, so they count as underscores.
pub(super) fn twin<'a>(pool: &'a Pool, name: &str) -> Option<&'a Jail> {
    let flat = |name: &str| name.replace('.', "_");
    pool.jails.iter().find(|jail| flat(&jail.uuid) == flat(name))
}

/// The name that jail(8) is given, without `ioc-`.
pub(super) fn of_process(jail: &Jail) -> String {
    jail.uuid.replace('.', "_")
}
