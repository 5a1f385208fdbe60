//! `zfs`: the few calls that a driver of the Python iocage has to make itself, for that iocage cannot give a pool up
//! and does not tell of snapshots that it has left behind.

use std::path::Path;

use super::failure::fail;
use super::{df, pool};
use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::python::without_patch;
use crate::state::{Pool, State, Version};
use crate::store::Store;

/// The columns of `df`.
const USAGE: &str = "name,compressratio,reservation,quota,used,available";
/// The mark of an active pool.
const MARK: &str = "org.freebsd.ioc:active";

/// Runs one command line; answers the exit status.
pub(crate) fn zfs(store: Store, program: &Path, words: &[String]) -> u8 {
    Session::run(store, program, |session| dispatch(session, words))
}

fn dispatch(session: &mut Session, words: &[String]) -> Outcome {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let output = &mut session.output;
    match words.as_slice() {
        ["set", mark, name] => match mark.strip_prefix(MARK).and_then(|rest| rest.strip_prefix('=')) {
            Some(word @ ("yes" | "no")) => session
                .store
                .change(|state| {
                    let Some(found) = state.pools.iter_mut().find(|known| known.name == *name) else {
                        return Err(unknown(name, output));
                    };
                    pool::mark(found, word == "yes");
                    Ok(0)
                })
                .map_err(Stop::Broken)?,
            _ => Err(not_simulated(&format!("zfs {}", words.join(" ")))),
        },
        ["get", "-H", "-o", "value", mark, name] if *mark == MARK => {
            let state = session.store.read().map_err(Stop::Broken)?;
            let found = find(&state, name, output)?;
            output.out(match (found.active, found.deactivated) {
                (true, _) => "yes\n",
                (false, true) => "no\n",
                (false, false) => "-\n",
            });
            Ok(0)
        }
        ["list", "-H", "-t", "snapshot", "-o", "name", "-r", dataset] => {
            let state = session.store.read().map_err(Stop::Broken)?;
            let (name, _) = dataset.split_once('/').unwrap_or((dataset, ""));
            let pool = state.pools.iter().find(|pool| pool.name == name);
            if !pool.is_some_and(|pool| datasets(pool).iter().any(|known| known == dataset)) {
                return Err(unknown(dataset, output));
            }
            for snapshot in pool.into_iter().flat_map(|pool| &pool.snapshots) {
                let is_inside =
                    snapshot.strip_prefix(dataset).is_some_and(|rest| rest.starts_with(['/', '@']));
                if is_inside {
                    output.out(&format!("{snapshot}\n"));
                }
            }
            Ok(0)
        }
        ["list", "-H", "-t", "filesystem", "-o", "name", "-r", dataset] => {
            let state = session.store.read().map_err(Stop::Broken)?;
            let all: Vec<String> = state.pools.iter().flat_map(datasets).collect();
            if !all.contains(&(*dataset).to_owned()) {
                return Err(unknown(dataset, output));
            }
            let is_inside = |name: &&String| {
                name.strip_prefix(dataset).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            all.iter().filter(is_inside).for_each(|name| output.out(&format!("{name}\n")));
            Ok(0)
        }
        ["list", "-H", "-t", "filesystem", "-o", USAGE, "-d", "2", dataset] => {
            let state = session.store.read().map_err(Stop::Broken)?;
            let pool = state.pools.iter().find(|pool| format!("{}/iocage", pool.name) == *dataset);
            let pool = pool.ok_or_else(|| unknown(dataset, output))?;
            let is_near = |name: &&String| name.starts_with(dataset) && name.matches('/').count() <= 3;
            for name in datasets(pool).iter().filter(is_near) {
                let jail = pool.jails.iter().find(|jail| pool.dataset(jail) == *name);
                let figures = match jail {
                    Some(jail) => df::row(pool, jail).split_off(1).join("\t"),
                    None => format!("1.00x\tnone\tnone\t96K\t{}", pool.available),
                };
                output.out(&format!("{name}\t{figures}\n"));
            }
            Ok(0)
        }
        ["list", "-H", "-o", "name"] => {
            let state = session.store.read().map_err(Stop::Broken)?;
            for dataset in state.pools.iter().flat_map(datasets) {
                output.out(&format!("{dataset}\n"));
            }
            Ok(0)
        }
        _ => Err(not_simulated(&format!("zfs {}", words.join(" ")))),
    }
}

fn find<'a>(state: &'a State, name: &str, output: &mut Output) -> Result<&'a Pool, Stop> {
    state.pools.iter().find(|pool| pool.name == name).ok_or_else(|| unknown(name, output))
}

fn unknown(name: &str, output: &mut Output) -> Stop {
    fail(output, &format!("cannot open '{name}': dataset does not exist"))
}

/// The names of all datasets of a pool, in order.
fn datasets(pool: &Pool) -> Vec<String> {
    let iocage = format!("{}/iocage", pool.name);
    let mut names = vec![pool.name.clone()];
    for made in Version::Python.datasets() {
        if pool.datasets.contains(*made) && *made != "defaults.json" {
            names.push(if made.is_empty() { iocage.clone() } else { format!("{iocage}/{made}") });
        }
    }
    for release in pool.releases.iter().map(|release| without_patch(release)) {
        names.push(format!("{iocage}/download/{release}"));
        names.push(format!("{iocage}/releases/{release}"));
        names.push(format!("{iocage}/releases/{release}/root"));
    }
    for jail in &pool.jails {
        let dataset = pool.dataset(jail);
        if !jail.is_hollow {
            names.push(format!("{dataset}/root"));
        }
        names.push(dataset);
    }
    names.sort_unstable();
    names
}
