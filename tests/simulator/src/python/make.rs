//! What `create` and `clone` have in common: names, the properties of a new jail, and putting it on the pool.

use super::failure::fail;
use super::pool::{active, active_mut};
use super::properties::is_true;
use super::{names, validate};
use crate::output::Output;
use crate::session::Stop;
use crate::state::{Jail, State};

/// The names of the jails to make; `wanted` is the one that was given, if one was.
pub(super) fn names_of(state: &mut State, wanted: Option<&str>, count: usize, is_short: bool) -> Vec<String> {
    let cut = |name: String| if is_short { name.chars().take(8).collect() } else { name };
    match (wanted, count) {
        (None, count) => (0..count.max(1)).map(|_| cut(state.next_uuid())).collect(),
        (Some(name), 0 | 1) => vec![name.to_owned()],
        (Some(name), count) => (1..=count).map(|number| format!("{name}_{number}")).collect(),
    }
}

/// How many jails; a comma may group the digits.
pub(super) fn count(text: Option<&str>, output: &mut Output) -> Result<usize, Stop> {
    let Some(text) = text else { return Ok(1) };
    let digits = text.replace(',', "");
    digits.parse().map_err(|_| fail(output, &format!("{digits} is not a valid integer.")))
}

pub(super) fn check_new(state: &State, name: &str, output: &mut Output) -> Result<(), Stop> {
    match names::twin(active(state), name) {
        Some(_) => Err(fail(output, &format!("Jail: {name} already exists!"))),
        None => Ok(()),
    }
}

pub(super) fn is_reserved(name: &str, output: &mut Output) -> Result<(), Stop> {
    if matches!(name, "default" | "help") {
        return Err(fail(output, &format!("You cannot name a jail {name}, that is a reserved name.")));
    }
    Ok(())
}

/// Puts the properties into a jail that is not on the pool yet; whether it is to be started.
pub(super) fn set_properties(
    jail: &mut Jail,
    assignments: &[String],
    racct: bool,
    output: &mut Output,
) -> Result<bool, Stop> {
    let mut is_started = false;
    let is_asked = |name: &str| {
        assignments
            .iter()
            .any(|one| one.split_once('=').is_some_and(|(key, value)| key == name && is_true(value)))
    };
    let implied = [("vnet", is_asked("vnet")), ("bpf", is_asked("bpf"))];
    for assignment in assignments {
        let (name, text) = assignment.split_once('=').unwrap_or((assignment, ""));
        let wants_lease =
            name == "dhcp" && is_true(text) || name == "ip4_addr" && text.to_uppercase().contains("DHCP");
        match name {
            _ if wants_lease => {
                for (needed, is_asked) in implied {
                    if !is_asked {
                        output.err(&format!("dhcp requires {needed}, enabling!\n"));
                        jail.properties.insert(needed.to_owned(), "1".to_owned());
                    }
                }
            }
            "bpf" if is_true(text) && !is_asked("vnet") => {
                output.err("bpf requires vnet, enabling!\n");
                jail.properties.insert("vnet".to_owned(), "1".to_owned());
            }
            "boot" if is_true(text) => is_started = true,
            "template" if is_true(text) => {
                "template".clone_into(&mut jail.kind);
                is_started = false;
                continue;
            }
            _ => {}
        }
        let value = validate::value(name, text, racct, output)?;
        jail.properties.insert(name.to_owned(), value);
    }
    Ok(is_started && !jail.is_template())
}

pub(super) fn add(state: &mut State, jail: Jail, snapshots: impl IntoIterator<Item = String>) {
    let pool = active_mut(state);
    pool.snapshots.extend(snapshots);
    pool.jails.push(jail);
    pool.sort();
}
