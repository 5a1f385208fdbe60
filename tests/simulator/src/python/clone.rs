//! `clone`: a jail of another jail, which must be down.
//!
//! Both datasets of the source are snapshot under the name of the clone, and those snapshots stay when the clone is
//! destroyed. Whatever goes wrong, the program then tries to destroy the snapshot of the name that it was told, which
//! is `None` where it was told none, and zfs(8) says what it thinks of that.

use super::call::Call;
use super::failure::{fail, traceback};
use super::pool::{active, active_mut};
use super::{files, make, names, properties, start};
use crate::output::Output;
use crate::session::{Outcome, Stop};
use crate::state::{Jail, State};

pub(super) fn clone(call: &mut Call<'_>) -> Outcome {
    let words = &call.words;
    let source = words.argument(0).to_owned();
    let mut assignments = words.arguments[1..].to_vec();
    if words.has("newmac") {
        assignments.extend((0..4).map(|number| format!("vnet{number}_mac=none")));
    }
    let wanted = words.value("name").or(words.value("uuid")).map(str::to_owned);
    let is_thick = words.has("thickjail");
    let count = words.value("count").map(str::to_owned);
    let count = make::count(count.as_deref(), &mut call.session.output)?;
    call.change(|state, output| {
        let pool = active(state);
        let source = pool.jails[names::find(state, pool, &source, output)?].clone();
        if source.is_up() {
            let message = format!("Jail: {} must not be running to be cloned!", source.uuid);
            return Err(fail(output, &message));
        }
        for name in make::names_of(state, wanted.as_deref(), count, false) {
            if let Err(failure) = one(state, &source, &name, is_thick, &assignments, output) {
                let told = if wanted.is_some() { name.as_str() } else { "None" };
                destroy_snapshot(state, &source, told, output);
                return Err(match failure {
                    Failure::Said(stop) => stop,
                    Failure::Raised(last) => traceback(output, &last),
                });
            }
        }
        Ok(0)
    })
}

/// How a clone fails: with a message, or with an exception, which Python shows when all else is done.
enum Failure {
    Said(Stop),
    Raised(String),
}

impl From<Stop> for Failure {
    fn from(stop: Stop) -> Failure {
        Failure::Said(stop)
    }
}

fn one(
    state: &mut State,
    source: &Jail,
    name: &str,
    is_thick: bool,
    assignments: &[String],
    output: &mut Output,
) -> Result<(), Failure> {
    make::check_new(state, name, output)?;
    if source.is_template() {
        return Err(fail(output, "You cannot clone a template, use create -t instead.").into());
    }
    properties::check(state, source, output)?;
    let pool = active(state);
    let dataset = pool.dataset(source);
    let snapshots = [format!("{dataset}/root@{name}"), format!("{dataset}@{name}")];
    // What zfs(8) lets a snapshot be named, and no more than once.
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b" .:_-".contains(&byte);
    let has_root = !source.is_hollow;
    if !name.bytes().all(is_plain) || pool.snapshots.contains(&snapshots[1]) || !has_root {
        return Err(Failure::Raised(format!("RuntimeError: Jail: {name} not found!")));
    }
    active_mut(state).snapshots.extend(snapshots.iter().skip(usize::from(is_thick)).cloned());
    make::is_reserved(name, output)?;
    let origin = if is_thick { "-" } else { &snapshots[0] };
    let mut jail = Jail {
        uuid: name.to_owned(),
        tag: name.to_owned(),
        kind: source.kind.clone(),
        release: source.release.clone(),
        template: source.template.clone(),
        properties: source.properties.clone(),
        raw: source.raw.clone(),
        files: source.files.clone(),
        rc_exit: source.rc_exit,
        shutdown_exit: source.shutdown_exit,
        rc_stderr: source.rc_stderr.clone(),
        shutdown_stderr: source.shutdown_stderr.clone(),
        lacks: source.lacks.clone(),
        ..Jail::default()
    };
    jail.properties.insert("origin".to_owned(), origin.to_owned());
    for (key, value) in &mut jail.properties {
        if key.ends_with("_mac") {
            "none".clone_into(value);
        }
    }
    // Its own name takes the place of the source's, wherever that stands.
    let hostname = properties::value(state, active(state), source, "host_hostname");
    jail.properties.insert("host_hostname".to_owned(), hostname.replace(&source.uuid, name));
    let is_started = make::set_properties(&mut jail, assignments, state.host.racct, output)?;
    let made = active(state).dataset(&jail);
    files::in_fstab(state, [&dataset, &made], [&source.uuid, name]);
    make::add(state, jail, []);
    output.out(&format!("{name} successfully cloned!\n"));
    if is_started {
        start::start_one(state, name, output)?;
    }
    Ok(())
}

fn destroy_snapshot(state: &mut State, source: &Jail, told: &str, output: &mut Output) {
    let pool = active_mut(state);
    // It takes every source for a jail.
    let dataset = format!("{}/iocage/jails/{}", pool.name, source.uuid);
    let snapshots = [format!("{dataset}@{told}"), format!("{dataset}/root@{told}")];
    let is_cloned = pool.jails.iter().any(|jail| jail.properties.get("origin") == Some(&snapshots[1]));
    if source.is_template() {
        output.err(&format!("cannot open '{dataset}': dataset does not exist\n"));
    } else if !pool.snapshots.contains(&snapshots[0]) {
        output.err(&format!(
            "cannot destroy '{}': dataset does not exist\nno snapshots destroyed\n",
            snapshots[0]
        ));
    } else if is_cloned {
        output
            .err(&format!("cannot destroy '{}': snapshot is cloned\nno snapshots destroyed\n", snapshots[0]));
    } else {
        pool.snapshots.retain(|snapshot| !snapshots.contains(snapshot));
    }
}
