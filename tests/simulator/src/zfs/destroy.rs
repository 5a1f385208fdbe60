//! `zfs destroy` of one dataset, or of snapshots, which nothing may depend on.
//!
//! Several snapshots of one dataset stand with commas between; with `-r` it is those of the same name of all that lies
//! below, too, all of them or none. What is refused, is refused with the list of what stands in the way.

use super::tree::{Tree, unknown};
use crate::dataset::is_inside;
use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::{Defaults, Pool, State};

pub(super) fn destroy(session: &mut Session, words: &[String]) -> Outcome {
    let refused = || not_simulated(&format!("zfs destroy {}", words.join(" ")));
    let (name, is_recursive) = match words {
        [option, name] if option == "-r" && name.contains('@') => (name, true),
        [name] => (name, false),
        _ => return Err(refused()),
    };
    if name.starts_with('-') {
        return Err(refused());
    }
    let output = &mut session.output;
    session
        .store
        .change(|state| {
            if name.contains('@') {
                snapshots(state, name, is_recursive, output)
            } else {
                filesystem(state, name, output)
            }
        })
        .map_err(Stop::Broken)?
}

fn pool_mut<'a>(state: &'a mut State, name: &str) -> &'a mut Pool {
    let pool = state.pools.iter_mut().find(|pool| is_inside(name, &pool.name));
    pool.expect("what was found in the tree is on a pool")
}

fn in_the_way(name: &str, what: &str, option: &str, names: &[String], output: &mut Output) -> Stop {
    output.err(&format!(
        "cannot destroy '{name}': {what}\nuse '{option}' to destroy the following datasets:\n"
    ));
    for name in names {
        output.err(&format!("{name}\n"));
    }
    Stop::Exit(1)
}

fn snapshots(state: &mut State, name: &str, is_recursive: bool, output: &mut Output) -> Outcome {
    let tree = Tree::of(state);
    let (dataset, names) = name.split_once('@').unwrap_or((name, ""));
    if tree.find(dataset).is_none() {
        return Err(unknown(dataset, output));
    }
    let is_of = |of: &str| of == dataset || (is_recursive && is_inside(of, dataset));
    let all = state.pools.iter().flat_map(|pool| &pool.snapshots);
    let is_meant = |whole: &&String| {
        whole
            .split_once('@')
            .is_some_and(|(of, name)| is_of(of) && names.split(',').any(|meant| meant == name))
    };
    let meant: Vec<String> =
        all.filter(is_meant).filter(|whole| tree.find(whole).is_some()).cloned().collect();
    if meant.is_empty() {
        output.err("could not find any snapshots to destroy; check snapshot names.\n");
        return Err(Stop::Exit(1));
    }
    for whole in &meant {
        let clones = tree.dependents(whole);
        if !clones.is_empty() {
            return Err(in_the_way(whole, "snapshot has dependent clones", "-R", &clones, output));
        }
    }
    for whole in &meant {
        pool_mut(state, whole).snapshots.remove(whole);
    }
    Ok(0)
}

fn filesystem(state: &mut State, name: &str, output: &mut Output) -> Outcome {
    let tree = Tree::of(state);
    if tree.find(name).is_none() {
        return Err(unknown(name, output));
    }
    if !name.contains('/') {
        output.err(&format!(
            "cannot destroy '{name}': operation does not apply to pools\n\
             use 'zfs destroy -r {name}' to destroy all datasets in the pool\n\
             use 'zpool destroy {name}' to destroy the pool itself\n"
        ));
        return Err(Stop::Exit(1));
    }
    let mut inside = tree.dependents(name);
    // A clone elsewhere is not told of, for the snapshot that it needs is.
    inside.retain(|dependent| is_inside(dependent, name));
    if !inside.is_empty() {
        return Err(in_the_way(name, "filesystem has children", "-r", &inside, output));
    }
    let mountpoint = tree.mountpoint(name).to_owned();
    let version = state.version;
    let pool = pool_mut(state, name);
    let iocage = format!("{}/iocage", pool.name);
    let (of_jail, is_root) = name.strip_suffix("/root").map_or((name, false), |jail| (jail, true));
    if let Some(at) = pool.jails.iter().position(|jail| pool.dataset(jail) == of_jail) {
        let jail = &mut pool.jails[at];
        if jail.is_up() {
            output.err(&format!("cannot unmount '{mountpoint}': pool or dataset is busy\n"));
            return Err(Stop::Exit(1));
        }
        if is_root {
            jail.is_hollow = true;
            if version.is_python() {
                // There it is the root's alone.
                jail.properties.insert("origin".to_owned(), "-".to_owned());
            }
        } else {
            pool.jails.remove(at);
        }
        return Ok(0);
    }
    let made = name.strip_prefix(&iocage).map(|place| place.trim_start_matches('/'));
    match made.filter(|place| pool.datasets.contains(*place)).map(str::to_owned) {
        Some(place) => {
            pool.datasets.remove(&place);
            // What was set there goes with it, its identity, too.
            if place == ".defaults" {
                pool.defaults = Defaults::default();
            }
        }
        None => return Err(not_simulated(&format!("zfs destroy {name}"))),
    }
    Ok(0)
}
