//! `destroy`: jails by name, or releases.
//!
//! With `-f` nothing is asked and nothing is told: a running jail goes, and with it every clone of it, and a clone of
//! a template is left without its root. Without `-f` a snapshot is enough to be refused, though its clone may be gone;
//! and of a jail that has no root it says that its name was only a part of one, and asks once more.

use super::call::Call;
use super::failure::{fail, traceback};
use super::pool::{active, active_mut};
use super::running::silently;
use super::{names, properties};
use crate::output::Output;
use crate::session::{Outcome, Stop};
use crate::state::python::without_patch;
use crate::state::{Damage, Pool, Release, State, Version};

pub(super) fn destroy(call: &mut Call<'_>) -> Outcome {
    let words = &call.words;
    let (is_release, is_forced) = (words.has("release"), words.has("force"));
    let has_download = words.has("download");
    let names = words.arguments.clone();
    if has_download && !is_release {
        return Err(call.fail("--release (-r) must be specified as well!"));
    }
    if names.is_empty() {
        let what = if is_release { "RELEASEs" } else { "jails" };
        return Err(call.fail(&format!("Please specify one or more {what}!")));
    }
    for name in names {
        // A jail is found before anything is asked, and by the beginning of its name, too.
        let name = if is_release { name } else { whole_name(call, &name)? };
        if !is_forced {
            let what = if is_release { "RELEASE:" } else { "jail" };
            call.err(&format!("\nThis will destroy {what} {name}\n"));
            if !call.confirm("Are you sure?")? {
                continue;
            }
        }
        let state = call.view()?;
        let children = children(call, active(&state), &name, is_forced)?;
        if is_release {
            release(call, &name, has_download, &children)?;
        } else {
            call.change(|state, output| jail(state, &name, is_forced, output))?;
        }
    }
    Ok(0)
}

fn whole_name(call: &mut Call<'_>, name: &str) -> Result<String, Stop> {
    let state = call.view()?;
    let pool = active(&state);
    Ok(pool.jails[names::find(&state, pool, name, &mut call.session.output)?].uuid.clone())
}

/// The names of the snapshots that something may depend on.
fn children(call: &mut Call<'_>, pool: &Pool, name: &str, is_forced: bool) -> Result<Vec<String>, Stop> {
    let jail = names::exact(pool, name).map(|at| &pool.jails[at]).filter(|jail| !jail.is_hollow);
    let is_release = pool.releases.iter().any(|release| without_patch(release) == name);
    let dataset = match jail {
        Some(jail) => format!("{}/root", pool.dataset(jail)),
        None if is_release => format!("{}/iocage/releases/{name}", pool.name),
        None if is_forced => return Ok(Vec::new()),
        None => {
            call.err("Partial UUID/NAME supplied, cannot check for dependant jails.\n");
            return if call.confirm("Proceed?")? { Ok(Vec::new()) } else { Err(Stop::Exit(0)) };
        }
    };
    let children: Vec<String> = pool
        .snapshots
        .iter()
        .filter_map(|snapshot| snapshot.split_once('@'))
        .filter(|(of, _)| *of == dataset || of.starts_with(&format!("{dataset}/")))
        .map(|(_, name)| name.to_owned())
        .collect();
    if !children.is_empty() && !is_forced && !call.words.has("recursive") {
        call.err(&format!(
            "\n{name} has dependent jails (who may also have dependents), use --recursive to destroy: \n"
        ));
        let lines: String = children.iter().map(|child| format!("  {child}\n")).collect();
        return Err(call.fail(&lines));
    }
    Ok(children)
}

fn jail(state: &mut State, name: &str, is_forced: bool, output: &mut Output) -> Outcome {
    let pool = active(state);
    let jail = &pool.jails[names::find(state, pool, name, output)?];
    let name = jail.uuid.clone();
    if jail.is_up() {
        if !is_forced {
            let message =
                format!("Jail {name} is still running, please stop the jail first or destroy it with -f");
            return Err(fail(output, &message));
        }
        output.out(&format!("Stopping {name}\n"));
    }
    output.out(&format!("Destroying {name}\n"));
    match jail.damage {
        Damage::Empty => return Err(traceback(output, "KeyError: 'host_hostuuid'")),
        // Read three times, and each time it is said.
        Damage::CutOff => {
            let message = properties::damage(state, jail).unwrap_or_default();
            output.err(&format!("{message}\n").repeat(3));
        }
        Damage::None | Damage::Missing => {}
    }
    silently(state, &name);
    let is_greedy = state.version == Version::Python(Release::V1_10);
    let pool = active_mut(state);
    let dataset = pool.dataset(&pool.jails[names::exact(pool, &name).expect("it was found above")]);
    remove(pool, &name);
    if is_greedy {
        // Its list of what a dataset holds goes by the beginning of names, and running jails are not spared.
        let longer: Vec<String> = pool
            .jails
            .iter()
            .filter(|jail| pool.dataset(jail).starts_with(&dataset))
            .map(|jail| jail.uuid.clone())
            .collect();
        for name in longer {
            remove(pool, &name);
        }
    }
    Ok(0)
}

/// Takes a jail or template off the pool, with all that ZFS cannot keep without it.
pub(super) fn remove(pool: &mut Pool, name: &str) {
    let Some(at) = names::exact(pool, name) else { return };
    let jail = pool.jails.remove(at);
    let dataset = pool.dataset(&jail);
    // The configuration tells which release or template holds the jail's snapshot.
    if jail.damage == Damage::None {
        let snapshots = jail.snapshots_of_origin();
        let is_clone = snapshots.iter().any(|snapshot| snapshot.contains("/iocage/jails/"));
        if !is_clone {
            pool.snapshots.retain(|snapshot| !snapshots.contains(snapshot));
        }
        let of_release = format!("/iocage/releases/{}/root@{name}", without_patch(&jail.release));
        pool.snapshots.remove(&format!("{}{of_release}", pool.name));
    }
    without(pool, &dataset, jail.is_template());
}

/// What becomes of the rest when a dataset goes: its snapshots go, and what was cloned from them.
fn without(pool: &mut Pool, dataset: &str, is_template: bool) {
    let is_inside = |name: &str| name.strip_prefix(dataset).is_some_and(|rest| rest.starts_with(['/', '@']));
    for clone in without_snapshots(pool, is_inside) {
        // Of a template only the root was cloned, of a jail all of it.
        if is_template { hollow(pool, &clone) } else { remove(pool, &clone) }
    }
}

/// Takes these snapshots; answers the jails that were cloned from them.
fn without_snapshots(pool: &mut Pool, is_gone: impl Fn(&str) -> bool) -> Vec<String> {
    pool.snapshots.retain(|snapshot| !is_gone(snapshot));
    let clones =
        pool.jails.iter().filter(|jail| jail.properties.get("origin").is_some_and(|origin| is_gone(origin)));
    clones.map(|jail| jail.uuid.clone()).collect()
}

/// Takes the root of a jail, and with it what was cloned from it.
pub(super) fn hollow(pool: &mut Pool, name: &str) {
    let Some(at) = names::exact(pool, name) else { return };
    let jail = &mut pool.jails[at];
    if std::mem::replace(&mut jail.is_hollow, true) {
        return;
    }
    jail.jid = None;
    jail.ruleset = None;
    jail.properties.insert("origin".to_owned(), "-".to_owned());
    let root = format!("{}/root", pool.dataset(&pool.jails[at]));
    let is_inside = |name: &str| name.split_once('@').is_some_and(|(dataset, _)| dataset == root);
    for clone in without_snapshots(pool, is_inside) {
        hollow(pool, &clone);
    }
}

fn release(call: &mut Call<'_>, name: &str, has_download: bool, children: &[String]) -> Result<(), Stop> {
    // It looks the dependents up as it prints them, blanks and all, so the first one is never found.
    if let Some(child) = children.first() {
        return Err(call.fail(&format!("jail '  {child}\n' not found!")));
    }
    call.change(|state, output| {
        let pool = active_mut(state);
        let before = pool.releases.len();
        pool.releases.retain(|release| without_patch(release) != name);
        if pool.releases.len() == before {
            return Err(fail(output, &format!("Release: {name} not found!")));
        }
        output.out(&format!("Destroying RELEASE dataset: {name}\n"));
        if has_download {
            output.out(&format!("Destroying RELEASE download dataset: {name}\n"));
        }
        Ok(())
    })
}
