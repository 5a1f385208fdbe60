//! `list`: jails, templates, basejails or releases, as a box or with tabs.
//!
//! It is the one command that copes with a jail whose configuration cannot be read: there is a row for it.

use std::collections::BTreeMap;

use super::call::Call;
use super::failure::traceback;
use super::network;
use super::pool::active;
use super::properties::{self, is_true};
use super::table::{self, Row};
use crate::session::{Outcome, not_simulated};
use crate::state::python::without_patch;
use crate::state::{Damage, Jail, Pool, State};

const SHORT: [&str; 5] = ["JID", "NAME", "STATE", "RELEASE", "IP4"];
const LONG: [&str; 10] =
    ["JID", "NAME", "BOOT", "STATE", "TYPE", "RELEASE", "IP4", "IP6", "TEMPLATE", "BASEJAIL"];

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    for absent in ["remote", "plugins"] {
        if call.words.has(absent) {
            return Err(not_simulated(&format!("list --{absent}")));
        }
    }
    let state = call.view()?;
    let pool = active(&state);
    let has_box = !call.words.has("header");
    match call.words.last_of(&["base", "template", "basejail"]) {
        Some("base") => {
            let mut releases: Vec<&str> =
                pool.releases.iter().map(|release| without_patch(release)).collect();
            releases.sort_unstable();
            let rows: Vec<Row> = releases.into_iter().map(|release| vec![release.to_owned()]).collect();
            call.out(&table::draw(&["Bases fetched"], &rows, has_box));
            Ok(0)
        }
        kind => {
            let jails: Vec<&Jail> = properties::sorted(pool)
                .into_iter()
                .filter(|jail| jail.is_template() == (kind == Some("template")))
                .filter(|jail| {
                    // Read only where it is asked for: it costs a configuration.
                    kind != Some("basejail")
                        || jail.damage != Damage::None
                        || is_true(&properties::value(&state, pool, jail, "basejail"))
                })
                .collect();
            if call.words.has("quick") {
                quick(call, &state, pool, &jails, has_box)
            } else {
                full(call, &state, pool, &jails, kind == Some("basejail"), has_box)
            }
        }
    }
}

fn quick(call: &mut Call<'_>, state: &State, pool: &Pool, jails: &[&Jail], has_box: bool) -> Outcome {
    let mut rows = Vec::new();
    for jail in jails {
        rows.push(match jail.damage {
            Damage::None => {
                let all = properties::of_jail(state, pool, jail);
                let addresses = all["ip4_addr"].as_str();
                vec![
                    jail.uuid.clone(),
                    if network::asks_for_lease(&all) { "DHCP" } else { addresses }.to_owned(),
                ]
            }
            Damage::CutOff => vec![format!("{} - CORRUPTED", jail.uuid), "N/A".to_owned()],
            Damage::Missing => {
                return Err(call.fail(&format!(
                    "{} is missing its configuration file.\nPlease run just 'list' instead to create it.",
                    jail.uuid
                )));
            }
            Damage::Empty => return Err(traceback(&mut call.session.output, "KeyError: 'host_hostuuid'")),
        });
    }
    call.out(&table::draw(&["NAME", "IP4"], &rows, has_box));
    Ok(0)
}

fn full(
    call: &mut Call<'_>,
    state: &State,
    pool: &Pool,
    jails: &[&Jail],
    basejails_only: bool,
    has_box: bool,
) -> Outcome {
    let is_long = call.words.has("long");
    let header: &[&str] = if is_long { &LONG } else { &SHORT };
    let column = match call.words.value("sort") {
        None => None,
        Some(name) => match header[..header.len().min(9)]
            .iter()
            .position(|column| column.to_lowercase() == name)
        {
            Some(column) => Some(column),
            None => {
                let names: String =
                    header.iter().take(9).map(|column| format!("  {}\n", column.to_lowercase())).collect();
                let message = format!("Invalid sort type specified, use one of:\n{names}");
                return Err(call.fail(message.trim_end_matches('\n')));
            }
        },
    };
    properties::complain_of_defaults(pool, jails.len() + 2, &mut call.session.output);
    let mut rows = Vec::new();
    for jail in jails {
        match jail.damage {
            Damage::Empty => return Err(traceback(&mut call.session.output, "KeyError: 'host_hostuuid'")),
            Damage::CutOff | Damage::Missing => {
                call.err(&format!("{}\n", properties::damage(jail).unwrap_or_default()));
                if !basejails_only {
                    rows.push(corrupt(pool, jail, is_long));
                }
            }
            Damage::None if properties::is_unmountable(jail) => rows.push(corrupt(pool, jail, is_long)),
            Damage::None => {
                let all = properties::of_jail(state, pool, jail);
                rows.push(if is_long { long(state, pool, jail, &all) } else { short(state, jail, &all) });
            }
        }
    }
    match column {
        // By name, as they already are.
        None => {}
        // Who is up comes first.
        Some(column) if header[column] == "STATE" => rows.sort_by_key(|row| row[column] != "up"),
        Some(column) if header[column] == "JID" => {
            rows.sort_by_key(|row| row[column].parse::<u64>().unwrap_or(u64::MAX));
        }
        Some(column) if header[column] == "NAME" => {}
        Some(column) => rows.sort_by(|one, other| one[column].cmp(&other[column])),
    }
    call.out(&table::draw(header, &rows, has_box));
    Ok(0)
}

fn long(state: &State, pool: &Pool, jail: &Jail, all: &BTreeMap<String, String>) -> Row {
    let (_, ip4) = network::ip4(state, jail, all);
    let cells: [&str; 10] = [
        &jid(jail),
        &jail.uuid,
        if is_true(&all["boot"]) { "on" } else { "off" },
        &all["state"],
        &all["type"],
        &all["release"],
        &ip4,
        if all["ip6_addr"] == "none" { "-" } else { &all["ip6_addr"] },
        &template(pool, jail),
        if is_true(&all["basejail"]) { "yes" } else { "no" },
    ];
    cells.map(str::to_owned).into()
}

/// A UUID is cut to its beginning, and the jail then looked for by that: so it is always down.
fn short(state: &State, jail: &Jail, all: &BTreeMap<String, String>) -> Row {
    let (ip4, _) = network::ip4(state, jail, all);
    let is_cut = is_uuid(&jail.uuid);
    let release: Vec<&str> = all["release"].split('-').take(2).collect();
    vec![
        if is_cut { "None".to_owned() } else { jid(jail) },
        if is_cut { jail.uuid[..8].to_owned() } else { jail.uuid.clone() },
        if is_cut { "down".to_owned() } else { all["state"].clone() },
        release.join("-"),
        ip4,
    ]
}

fn corrupt(pool: &Pool, jail: &Jail, is_long: bool) -> Row {
    let name = jail.uuid.as_str();
    if is_long {
        ["None", name, "off", "CORRUPT", "N/A", "N/A", "N/A", "N/A", &template(pool, jail), "no"]
            .map(str::to_owned)
            .into()
    } else {
        ["None", name, "CORRUPT", "N/A", "N/A"].map(str::to_owned).into()
    }
}

fn jid(jail: &Jail) -> String {
    jail.jid.map_or("None".to_owned(), |jid| jid.to_string())
}

/// The jail or template that the root was cloned from; for a clone of a release there is none to show.
fn template(pool: &Pool, jail: &Jail) -> String {
    let Some(dataset) = jail.origin_dataset().filter(|_| !jail.is_template() && !jail.is_hollow) else {
        return "-".to_owned();
    };
    let name = dataset.strip_suffix("/root").unwrap_or(dataset).rsplit('/').next().unwrap_or_default();
    let is_release = dataset.starts_with(&format!("{}/iocage/releases/", pool.name))
        || ["release", "stable"].iter().any(|word| name.to_lowercase().contains(word));
    if is_release { "-".to_owned() } else { name.to_owned() }
}

/// What Python's `uuid` takes for one: 32 hexadecimal digits, wherever the dashes are.
fn is_uuid(name: &str) -> bool {
    let digits = name.replace('-', "");
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}
