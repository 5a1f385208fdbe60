//! `list`: jails, templates, basejails or releases, as a box or with tabs.
//!
//! It is the one command that copes with a jail whose configuration cannot be read: there is a row for it.

use super::call::Call;
use super::failure::traceback;
use super::pool::active;
use super::properties::{self, Values, is_true};
use super::table::{self, Row};
use super::{fetch, kernel, network};
use crate::output::Output;
use crate::session::{Outcome, not_simulated};
use crate::state::python::without_patch;
use crate::state::{Damage, Jail, Pool, State};

const SHORT: [&str; 5] = ["JID", "NAME", "STATE", "RELEASE", "IP4"];
const LONG: [&str; 10] =
    ["JID", "NAME", "BOOT", "STATE", "TYPE", "RELEASE", "IP4", "IP6", "TEMPLATE", "BASEJAIL"];

pub(super) fn list(call: &mut Call<'_>) -> Outcome {
    if call.words.has("plugins") {
        return Err(not_simulated("list --plugins"));
    }
    if call.words.has("remote") {
        return fetch::remote(call);
    }
    let wants_templates = call.words.last_of(&["base", "template", "basejail"]) == Some("template");
    let state = call.mounted(|jail| jail.is_template() == wants_templates)?;
    let pool = active(&state);
    let has_box = !call.words.has("header");
    match call.words.last_of(&["base", "template", "basejail"]) {
        Some("base") => {
            let mut releases: Vec<&str> =
                pool.releases.iter().map(|release| without_patch(release)).collect();
            releases.sort_unstable();
            let rows: Vec<Row> = releases.into_iter().map(|release| vec![release.to_owned()]).collect();
            properties::complain_of_defaults(&state, pool, 2, &mut call.session.output);
            call.out(&table::draw(&["Bases fetched"], &rows, has_box));
            Ok(0)
        }
        kind => {
            let jails: Vec<&Jail> = pool
                .jails
                .iter()
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
    properties::complain_of_defaults(state, pool, jails.len() + 2, &mut call.session.output);
    let mut rows = Vec::new();
    for jail in jails {
        match jail.damage {
            _ if jail.is_unmountable() => rows.push((jail.uuid.as_str(), corrupt(jail, is_long))),
            Damage::Empty => return Err(traceback(&mut call.session.output, "KeyError: 'host_hostuuid'")),
            Damage::CutOff | Damage::Missing => {
                call.err(&format!("{}\n", properties::damage(state, jail).unwrap_or_default()));
                if !basejails_only {
                    rows.push((jail.uuid.as_str(), corrupt(jail, is_long)));
                }
            }
            Damage::None => {
                let all = properties::of_jail(state, pool, jail);
                let output = &mut call.session.output;
                let row = if is_long {
                    long(state, &all, &template(jail, !jail.is_template()), output)
                } else {
                    short(state, &all, output)
                };
                rows.push((properties::known_as(jail), row));
            }
        }
    }
    // By the names that are shown; those that are equal stay in the order of ZFS.
    rows.sort_by_cached_key(|(name, _)| properties::sort_key(name));
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
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

/// The jail that runs under this name: its number and its interfaces.
fn running(state: &State, name: &str) -> Option<(u64, network::Interfaces)> {
    let jid = properties::jid_of(state, name)?;
    let prison = kernel::prisons(state).into_iter().find(|prison| prison.jid == jid);
    Some((jid, prison.map(|prison| prison.interfaces).unwrap_or_default()))
}

fn long(state: &State, all: &Values, template: &str, output: &mut Output) -> Row {
    let name = &all["host_hostuuid"];
    let running = running(state, name);
    let (_, ip4) = network::ip4(name, running.as_ref().map(|(_, interfaces)| interfaces), all, output);
    let jid = running.map(|(jid, _)| jid);
    let cells: [&str; 10] = [
        &shown(jid),
        name,
        if is_true(&all["boot"]) { "on" } else { "off" },
        if jid.is_some() { "up" } else { "down" },
        &all["type"],
        &hardened(&all["release"]),
        &ip4,
        if all["ip6_addr"] == "none" { "-" } else { &all["ip6_addr"] },
        template,
        if is_true(&all["basejail"]) { "yes" } else { "no" },
    ];
    cells.map(str::to_owned).into()
}

/// A UUID is cut to its beginning, and the jail then looked for by that: so it is always down.
fn short(state: &State, all: &Values, output: &mut Output) -> Row {
    let name = &all["host_hostuuid"];
    let is_cut = is_uuid(name);
    let running = running(state, name).filter(|_| !is_cut);
    let (ip4, _) = network::ip4(name, running.as_ref().map(|(_, interfaces)| interfaces), all, output);
    let jid = running.map(|(jid, _)| jid);
    let release: Vec<&str> = all["release"].split('-').take(2).collect();
    vec![
        shown(jid),
        if is_cut { name[..8].to_owned() } else { name.to_owned() },
        if jid.is_some() { "up" } else { "down" }.to_owned(),
        release.join("-"),
        ip4,
    ]
}

/// Its type is not known, so of a template the origin is shown, too.
fn corrupt(jail: &Jail, is_long: bool) -> Row {
    let name = jail.uuid.as_str();
    if is_long {
        ["None", name, "off", "CORRUPT", "N/A", "N/A", "N/A", "N/A", &template(jail, true), "no"]
            .map(str::to_owned)
            .into()
    } else {
        ["None", name, "CORRUPT", "N/A", "N/A"].map(str::to_owned).into()
    }
}

fn shown(jid: Option<u64>) -> String {
    jid.map_or("None".to_owned(), |jid| jid.to_string())
}

/// A release of HardenedBSD as iocage mangles it: what is no letter, with the two characters behind it, is a dash.
fn hardened(release: &str) -> String {
    if !release.contains("HBSD") {
        return release.to_owned();
    }
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let characters: Vec<char> = release.chars().collect();
    let (mut text, mut at) = (String::new(), 0);
    while let Some(&character) = characters.get(at) {
        let is_cut = !is_word(character)
            && characters.get(at + 1).is_some_and(|next| is_word(*next))
            && characters.get(at + 2).is_some_and(|next| *next != '\n');
        text.push(if is_cut { '-' } else { character });
        at += if is_cut { 3 } else { 1 };
    }
    text.replace("--SD", "-STABLE-HBSD")
}

/// The jail or template that the root was cloned from; for a clone of a release there is none to show, if it is called
/// like one.
fn template(jail: &Jail, is_shown: bool) -> String {
    let Some(dataset) = jail.origin_dataset().filter(|_| is_shown && !jail.is_hollow) else {
        return "-".to_owned();
    };
    let name = dataset.strip_suffix("/root").unwrap_or(dataset).rsplit('/').next().unwrap_or_default();
    let is_release = ["release", "stable"].iter().any(|word| name.to_lowercase().contains(word));
    if is_release { "-".to_owned() } else { name.to_owned() }
}

/// What Python's `uuid` takes for one: 32 hexadecimal digits, wherever the dashes are.
fn is_uuid(name: &str) -> bool {
    let digits = name.replace('-', "");
    digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::hardened;

    #[test]
    fn a_hardened_release_is_mangled() {
        assert_eq!(hardened("14-STABLE-HBSD"), "14-ABLE-SD");
        assert_eq!(hardened("14.3-RELEASE-p5"), "14.3-RELEASE-p5");
    }
}
