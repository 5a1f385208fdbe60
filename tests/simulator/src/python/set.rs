//! `set`: properties of a jail, one after the other, or of the defaults.
//!
//! On a running jail a limit is applied at once, and anew each time it is set, also where nothing changes.

use super::call::Call;
use super::failure::fail;
use super::pool::{active, active_mut};
use super::properties::{self, Rule, is_true};
use super::{files, get, names, validate};
use crate::output::Output;
use crate::session::{Outcome, Stop, not_simulated};
use crate::state::State;

pub(super) fn set(call: &mut Call<'_>) -> Outcome {
    if call.words.has("plugin") {
        return Err(not_simulated("set --plugin"));
    }
    let Some((name, assignments)) = call.words.arguments.split_last().filter(|(_, rest)| !rest.is_empty())
    else {
        return Err(call.fail("You must specify a jail!"));
    };
    let (name, assignments) = (name.clone(), assignments.to_vec());
    call.change(|state, output| {
        for assignment in &assignments {
            let Some((property, value)) = assignment.split_once('=') else {
                return Err(fail(output, &format!("{assignment} is missing a value!")));
            };
            if name == "default" {
                of_defaults(state, property, value, output)?;
            } else {
                of_jail(state, &name, property, value, output)?;
            }
        }
        Ok(0)
    })
}

fn of_defaults(state: &mut State, property: &str, value: &str, output: &mut Output) -> Result<(), Stop> {
    if !properties::defaults(state, active(state)).contains_key(property) {
        return Err(fail(output, &format!("{property} is not a valid property for default!")));
    }
    let value = validate::value(property, value, state.host.racct, output)?;
    output.out(&format!("Default Property: {property} has been updated to {value}\n"));
    active_mut(state).defaults.properties.insert(property.to_owned(), value);
    Ok(())
}

fn of_jail(
    state: &mut State,
    name: &str,
    property: &str,
    value: &str,
    output: &mut Output,
) -> Result<(), Stop> {
    let pool = active(state);
    let at = names::find(state, pool, name, output)?;
    let jail = &pool.jails[at];
    properties::check(state, jail, output)?;
    let (name, is_up) = (jail.uuid.clone(), jail.is_up());
    let before = match property {
        // A template and a jail differ in where they lie.
        "template" => return template(state, at, value, output),
        "last_started" => "none".to_owned(),
        _ => match properties::of_jail(state, pool, jail).remove(property) {
            Some(before) => before,
            None => return Err(get::invalid(property, output)),
        },
    };
    if is_up && (property == "dhcp" || property.starts_with("jail_zfs")) {
        return Err(running(&name, output));
    }
    let value = validate::value(property, value, state.host.racct, output)?;
    output.out(&format!("{property}: {before} -> {value}\n"));
    if is_up {
        match properties::rule(property) {
            _ if matches!(property, "vnet" | "cpuset") => {
                output.out(&format!("{property} changes require a jail restart\n"));
            }
            Some(Rule::Limit) if value != "off" => {
                output.out(&format!("Successfully set RCTL rule for {property}\n"));
            }
            Some(Rule::Limit) if before != "off" => {
                output.out(&format!("Successfully removed RCTL rule for {property}\n"));
            }
            _ => {}
        }
    }
    let jail = &mut active_mut(state).jails[at];
    jail.raw.remove(property);
    jail.properties.insert(property.to_owned(), value);
    Ok(())
}

fn running(name: &str, output: &mut Output) -> Stop {
    fail(output, &format!("{name} is running.\nPlease stop it first!"))
}

fn template(state: &mut State, at: usize, value: &str, output: &mut Output) -> Result<(), Stop> {
    let wanted = is_true(&validate::value("template", value, state.host.racct, output)?);
    let pool = active_mut(state);
    let jail = &pool.jails[at];
    let name = jail.uuid.clone();
    let kind = if wanted { "template" } else { "jail" };
    if jail.is_template() == wanted {
        return Err(fail(output, &format!("{name} is already a {kind}!")));
    }
    let before = pool.dataset(jail);
    let is_used = pool.jails.iter().any(|other| {
        other.is_up() && (other.uuid == name || other.origin_dataset() == Some(&format!("{before}/root")))
    });
    if is_used {
        return Err(running(&name, output));
    }
    output.out(&format!("{name} converted to a {kind}.\n"));
    kind.clone_into(&mut pool.jails[at].kind);
    let after = pool.dataset(&pool.jails[at]);
    // Its dataset has a new name, and so have its snapshots, and so what was cloned from them.
    let renamed = |text: &str| match text.strip_prefix(&before) {
        Some(rest) if rest.starts_with(['@', '/']) => format!("{after}{rest}"),
        _ => text.to_owned(),
    };
    pool.snapshots = pool.snapshots.iter().map(|snapshot| renamed(snapshot)).collect();
    pool.made = pool.made.iter().map(|(snapshot, made)| (renamed(snapshot), *made)).collect();
    for jail in &mut pool.jails {
        if let Some(origin) = jail.properties.get_mut("origin") {
            *origin = renamed(origin);
        }
    }
    pool.sort();
    files::moved(state, [&before, &after]);
    Ok(())
}
