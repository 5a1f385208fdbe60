//! How iocage finds a jail by what the caller calls it: the name itself, or the beginning of just one.
//!
//! So a slip of the pen can lead to a jail that was not meant, in every command. And a name that holds `ALL` anywhere
//! means all jails, where a command knows that word.

use super::failure::fail;
use crate::output::Output;
use crate::session::Stop;
use crate::state::{Jail, Pool};

/// Where POOL/iocage is mounted.
pub(super) const ROOT: &str = "/iocage";

pub(super) fn means_all(name: &str) -> bool {
    name.contains("ALL")
}

/// The jail or template of that name, by its index in the pool.
pub(super) fn find(pool: &Pool, name: &str, output: &mut Output) -> Result<usize, Stop> {
    if name.contains('/') {
        let message = format!("jail '{name}' not found ('/' not allowed in jail name)!");
        return Err(fail(output, &message));
    }
    if let Some(jail) = exact(pool, name) {
        return Ok(jail);
    }
    let mut found: Vec<usize> =
        (0..pool.jails.len()).filter(|jail| pool.jails[*jail].uuid.starts_with(name)).collect();
    match found.as_slice() {
        [] => Err(fail(output, &format!("jail '{name}' not found!"))),
        [jail] => Ok(*jail),
        _ => {
            found.sort_by_key(|jail| &pool.jails[*jail].uuid);
            let lines: String = found
                .iter()
                .map(|jail| &pool.jails[*jail])
                .map(|jail| format!("\n  {} ({ROOT}/{})", jail.uuid, jail.place()))
                .collect();
            Err(fail(output, &format!("Multiple jails found for {name}:{lines}")))
        }
    }
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
