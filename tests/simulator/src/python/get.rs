//! `get`: a property, all of them, of a jail or of the defaults, of all jails; the state, the JID, the pool.

use super::call::Call;
use super::failure::fail;
use super::pool::active;
use super::properties::{self, Rule};
use super::{kernel, names, table};
use crate::output::Output;
use crate::session::{Outcome, Stop, not_simulated};
use crate::state::{Damage, Jail, Pool, State};

pub(super) fn get(call: &mut Call<'_>) -> Outcome {
    let words = &call.words;
    let kind = words.last_of(&["all", "state", "jid"]);
    let is_recursive = words.has("recursive");
    let (property, name) = match kind {
        Some(kind) => (kind.to_owned(), words.argument(0).to_owned()),
        None => (words.argument(0).to_owned(), words.argument(1).to_owned()),
    };
    if kind.is_none() && words.has("pool") {
        let state = call.view()?;
        let pool = active(&state);
        properties::complain_of_defaults(&state, pool, 1, &mut call.session.output);
        call.out(&format!("{}\n", pool.name));
        return Ok(0);
    }
    if kind.is_none() && name.is_empty() && !is_recursive {
        return Err(call.fail("You must specify a jail!"));
    }
    if kind == Some("all") && is_recursive {
        return Err(call.fail("You cannot use --all (-a) and --recursive (-r) together. "));
    }
    if kind == Some("all") && name.is_empty() {
        return Err(call.fail("Please specify a jail name when using -a flag."));
    }
    let reads_no_file = matches!(property.as_str(), "state" | "jid" | "pool" | "iocroot");
    let state = call.mounted(|jail| !reads_no_file && (is_recursive || jail.uuid.starts_with(&name)))?;
    let pool = active(&state);
    if is_recursive {
        return recursive(call, &state, pool, &property);
    }
    if words_ask_plugin(call) {
        return plugin(call, &state, &name);
    }
    let output = &mut call.session.output;
    // Read once more for what is in a configuration.
    let times = match property.as_str() {
        _ if name == "default" => 2,
        "state" | "jid" | "pool" | "iocroot" | "all" => 3,
        _ => 4,
    };
    properties::complain_of_defaults(&state, pool, times, output);
    match property.as_str() {
        "state" => {
            let jail = &pool.jails[names::find(&state, pool, &name, output)?];
            output.out(&format!("{}\n", up_or_down(&state, jail)));
        }
        // Who is not known is as good as down.
        "jid" => {
            let jid = properties::jid_of(&state, &name);
            output.out(&format!("{}\n", jid.map_or("-".to_owned(), |jid| jid.to_string())));
        }
        "pool" | "iocroot" => {
            names::find(&state, pool, &name, output)?;
            output.out(&format!("{}\n", of_machine(&state, pool, &property)));
        }
        "all" => all(&state, pool, &name, output)?,
        _ => one(&state, pool, &name, &property, output)?,
    }
    Ok(0)
}

fn words_ask_plugin(call: &Call<'_>) -> bool {
    call.words.has("plugin")
}

/// Properties of plugins are asked of the jail itself, which must run.
fn plugin(call: &mut Call<'_>, state: &State, name: &str) -> Outcome {
    let pool = active(state);
    let jail = &pool.jails[names::find(state, pool, name, &mut call.session.output)?];
    if !jail.is_up() && !call.words.has("force") {
        let name = jail.uuid.as_str();
        return Err(call.fail(&not_running(name)));
    }
    Err(not_simulated("get --plugin of a running jail"))
}

pub(super) fn not_running(name: &str) -> String {
    format!("{name} is not running! Please supply --force (-f) or start the jail")
}

fn all(state: &State, pool: &Pool, name: &str, output: &mut Output) -> Result<(), Stop> {
    if name == "default" {
        let defaults = properties::defaults(state, pool);
        if pool.defaults.is_corrupt {
            // What is in memory has never been sorted.
            for (name, ..) in properties::TABLE {
                output.out(&format!("{name}:{}\n", defaults[name]));
            }
        } else {
            print(defaults, output);
        }
        return Ok(());
    }
    let jail = readable(state, pool, name, output)?;
    print(properties::of_jail(state, pool, jail), output);
    Ok(())
}

fn print(all: impl IntoIterator<Item = (String, String)>, output: &mut Output) {
    for (name, value) in all {
        output.out(&format!("{name}:{value}\n"));
    }
}

fn one(state: &State, pool: &Pool, name: &str, property: &str, output: &mut Output) -> Result<(), Stop> {
    let value = if name == "default" {
        properties::defaults(state, pool).remove(property)
    } else {
        let jail = readable(state, pool, name, output)?;
        of(state, pool, jail, property)
    };
    let value = value.ok_or_else(|| invalid(property, output))?;
    output.out(&format!("{value}\n"));
    Ok(())
}

/// A value as `get` tells it, which is not always what `get all` does.
fn of(state: &State, pool: &Pool, jail: &Jail, property: &str) -> Option<String> {
    // Of a file that holds nothing, no property is known.
    if jail.damage == Damage::Empty {
        return None;
    }
    let mut file = properties::config(jail);
    match property {
        // A jail that was never started has no such line in its file, and the default is not asked.
        "last_started" => file.remove(property).map(|at| if at == "none" { "never".to_owned() } else { at }),
        "devfs_ruleset" if properties::jid_of(state, properties::known_as(jail)).is_some() => {
            let ruleset = ruleset_of(state, properties::known_as(jail));
            Some(ruleset.to_string())
        }
        // As it is in the file; in that of the defaults as iocage reads it.
        _ => file.remove(property).or_else(|| properties::defaults(state, pool).remove(property)),
    }
}

/// The ruleset of devfs of the jail that runs under this name.
fn ruleset_of(state: &State, name: &str) -> u64 {
    let process = format!("ioc-{}", name.replace('.', "_"));
    let prison = kernel::prisons(state).into_iter().find(|prison| prison.name == process);
    prison.map_or(0, |prison| prison.ruleset)
}

fn up_or_down(state: &State, jail: &Jail) -> &'static str {
    if properties::jid_of(state, &jail.uuid).is_some() { "up" } else { "down" }
}

/// What no configuration says.
fn of_machine(state: &State, pool: &Pool, property: &str) -> String {
    if property == "pool" { pool.name.clone() } else { names::root(state, pool) }
}

pub(super) fn invalid(property: &str, output: &mut Output) -> Stop {
    fail(output, &format!("{property} is not a valid property!"))
}

pub(super) fn readable<'a>(
    state: &State,
    pool: &'a Pool,
    name: &str,
    output: &mut Output,
) -> Result<&'a Jail, Stop> {
    let jail = &pool.jails[names::find(state, pool, name, output)?];
    properties::check(state, jail, output)?;
    Ok(jail)
}

fn recursive(call: &mut Call<'_>, state: &State, pool: &Pool, property: &str) -> Outcome {
    let output = &mut call.session.output;
    let jails: Vec<&Jail> = names::all(pool).into_iter().map(|jail| &pool.jails[jail]).collect();
    properties::complain_of_defaults(state, pool, 2 * jails.len() + 2, output);
    let mut rows = Vec::new();
    for jail in jails {
        let value = match property {
            "state" => Some(up_or_down(state, jail).to_owned()),
            "pool" | "iocroot" => Some(of_machine(state, pool, property)),
            "all" => {
                if let Some(message) = properties::damage(state, jail) {
                    output.err(&format!("{message}\n"));
                }
                Some(dictionary(state, pool, jail))
            }
            _ => {
                properties::check(state, jail, output)?;
                of(state, pool, jail, property)
            }
        };
        rows.push(vec![jail.uuid.clone(), value.ok_or_else(|| invalid(property, output))?]);
    }
    // By code point, not as lists are.
    rows.sort();
    let has_box = !call.words.has("header");
    if has_box {
        rows.iter_mut().flatten().for_each(|cell| *cell = table::as_number(cell));
    }
    let title = format!("PROP - {property}");
    call.out(&table::draw(&["NAME", &title], &rows, has_box));
    Ok(0)
}

/// All of a jail as Python writes a dictionary.
fn dictionary(state: &State, pool: &Pool, jail: &Jail) -> String {
    let items: Vec<String> = match jail.damage {
        Damage::CutOff | Damage::Missing => {
            let all = properties::defaults(state, pool);
            let made_up = [
                ("host_hostuuid", jail.uuid.as_str()),
                ("state", "CORRUPT"),
                ("release", "N/A"),
                ("jid", "None"),
            ];
            let absent = all.keys().map(|name| (name.as_str(), "N/A"));
            absent.chain(made_up).map(|(name, value)| item(name, value)).collect()
        }
        Damage::None | Damage::Empty => {
            let mut all = properties::of_jail(state, pool, jail);
            all.insert("jid".to_owned(), {
                let jid = properties::jid_of(state, properties::known_as(jail));
                jid.map_or("None".to_owned(), |jid| jid.to_string())
            });
            all.iter().map(|(name, value)| item(name, value)).collect()
        }
    };
    format!("{{{}}}", items.join(", "))
}

fn item(name: &str, value: &str) -> String {
    let is_number = name == "jid" || name == "basejail" || properties::rule(name) == Some(Rule::Truth);
    if is_number && value != "N/A" {
        return format!("'{name}': {value}");
    }
    // Python takes the quotes that need no backslash.
    let quote = if value.contains('\'') && !value.contains('"') { '"' } else { '\'' };
    let mut text = String::new();
    for character in value.chars() {
        match character {
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\\' => text.push_str("\\\\"),
            character if character == quote => text.extend(['\\', character]),
            character => text.push(character),
        }
    }
    format!("'{name}': {quote}{text}{quote}")
}
