//! The recorded commands of the shell iocage as requests, and what they mean.
//! The precondition of each row lists the jails, and the lookups on the way are
//! answered from it.

mod changes;
mod jails;

use serde_json::{Map, Value, json};

use super::row::Row;
use super::scene::{Expect, Plan, Scene};

use crate::support::stand::said;
use changes::{capped, cleaned, cloned, created, destroyed, executed, turned};
use jails::{answers, honest, scene, with_jail};

pub fn plan(row: &Row) -> Plan {
    let words = row.words();
    match words[..] {
        ["list", ref options @ ..] => listed(row, options),
        ["df", ..] => Ok(scene(
            json!({"action": "df"}),
            vec![("df".to_owned(), vec![row.said.clone()])],
            honest(row, usage(row)),
        )),
        ["defaults"] => Ok(scene(
            json!({"action": "getdefaultsettings"}),
            vec![("defaults".to_owned(), vec![row.said.clone()])],
            honest(row, Expect::Answer(json!({"defaults": properties(&row.said.stdout, '=')}))),
        )),
        ["get", "-r", prop, ..] => got_of_each(row, prop),
        ["get", prop, jail] => got(row, prop, jail),
        ["get", ..] => Err("no jail, or another switch"),
        ["activate"] => {
            let pool = row.said.stdout.rsplit_once("pool: ").map_or("", |(_, pool)| pool.trim());
            let expect = Expect::Answer(json!({"currently active": {"pool": format!(" {pool}")}}));
            let answers = vec![("activate".to_owned(), vec![row.said.clone()])];
            Ok(scene(json!({"action": "activatepool"}), answers, honest(row, expect)))
        }
        ["activate", pool, ..] => {
            let active = if row.precondition.contains("tank2 already active") { "tank2" } else { pool };
            let answers = vec![
                ("activate *".to_owned(), vec![row.said.clone()]),
                ("activate".to_owned(), vec![said(format!("pool: {active}\n"))]),
            ];
            let request = json!({"action": "activatepool", "pool": pool});
            Ok(scene(request, answers, honest(row, Expect::Done)))
        }
        ["deactivate", pool] => {
            let answers = vec![("deactivate *".to_owned(), vec![row.said.clone()])];
            let request = json!({"action": "deactivatepool", "pool": pool});
            let warnings = vec!["with its next command".to_owned()];
            let warnings = if row.said.stderr.is_empty() { warnings } else { Vec::new() };
            Ok(Scene { warnings, ..scene(request, answers, honest(row, Expect::Done)) })
        }
        ["clean", ref options @ ..] => cleaned(row, options),
        ["start", jail] => turned(row, "start", "up", jail),
        ["stop", jail] => turned(row, "stop", "down", jail),
        ["cap", jail] => capped(row, jail),
        ["clone", jail, ref props @ ..] => cloned(row, jail, props),
        ["create", ref words @ ..] => created(row, words),
        ["destroy", "-f", jail] | ["destroy", jail] => destroyed(row, jail),
        ["exec", option @ ("-U" | "-u"), user, jail, ref command @ ..] => {
            let _ = option;
            executed(row, user, jail, command)
        }
        ["start" | "stop" | "cap" | "clone" | "destroy" | "exec" | "deactivate", ..] => {
            Err("several jails, or none, or another switch")
        }
        _ => Err("no action"),
    }
}

/// Rows of a table with this header, word by word from both ends: the one cell
/// that may hold blanks, at `free`, is what is left.
fn rows(text: &str, marker: &str, free: usize) -> Option<Vec<Vec<String>>> {
    let is_header = |line: &&str| line.starts_with("UUID") || line.starts_with("JID");
    let header = text.lines().find(is_header).filter(|line| line.contains(marker))?;
    let count = header.split_whitespace().count();
    let lines = text.lines().skip_while(|line| *line != header).skip(1);
    let lines = lines.take_while(|line| !line.starts_with("--- non iocage")).filter(|line| !line.is_empty());
    let row = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let right = (count - free - 1).min(words.len().saturating_sub(free));
        let (left, rest) = words.split_at(free.min(words.len()));
        let (middle, right) = rest.split_at(rest.len() - right);
        // Blanks within the cell stay as they are.
        let place = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
        let middle = match middle {
            [first, .., last] => &line[place(first)..place(last) + last.len()],
            [only] => only,
            [] => "",
        };
        let cells = left.iter().map(|&word| word.to_owned()).chain([middle.to_owned()]);
        cells.chain(right.iter().map(|&word| word.to_owned())).collect::<Vec<_>>()
    };
    Some(lines.map(row).collect())
}

fn listed(row: &Row, options: &[&str]) -> Plan {
    if matches!(options, ["-r" | "--warden", ..]) {
        return Err("another form of list");
    }
    let mut jails = Map::new();
    let mut problems = Vec::new();
    let has_type = row.said.stdout.contains("TYPE");
    for cells in rows(&row.said.stdout, "STATE", 4).unwrap_or_default() {
        let [jid, uuid, boot, state, tag, rest @ ..] = &cells[..] else { panic!("{cells:?}") };
        let (kind, ip4) = match rest {
            [kind, ip4, ..] if has_type => (kind.as_str(), ip4.as_str()),
            [ip, ..] if ip != "none" => ("-", ip.as_str()),
            _ => ("-", "-"),
        };
        if uuid.len() != 36 {
            // A dataset that was half made or half destroyed.
            problems.push(format!("{state} "));
            continue;
        }
        let jail = json!({"boot": boot, "ip4": ip4, "jid": jid, "state": state, "tag": tag, "type": kind});
        jails.insert(uuid.clone(), jail);
    }
    let answers = vec![("list".to_owned(), vec![row.said.clone()])];
    let expect = honest(row, Expect::Answer(jails.into()));
    Ok(Scene { problems, ..scene(json!({"action": "listjails"}), answers, expect) })
}

fn usage(row: &Row) -> Expect {
    let mut jails = Map::new();
    for cells in rows(&row.said.stdout, "CRT", 6).unwrap_or_default() {
        let [uuid, crt, res, qta, used, ava, tag] = &cells[..] else { panic!("{cells:?}") };
        let jail = json!({"ava": ava, "crt": crt, "qta": qta, "res": res, "tag": tag, "use": used});
        jails.insert(uuid.clone(), jail);
    }
    Expect::Answer(jails.into())
}

/// Lines of a name, the separator and a value.
fn properties(text: &str, separator: char) -> Value {
    let entries = text.lines().filter_map(|line| line.split_once(separator));
    entries.map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>().into()
}

fn got(row: &Row, prop: &str, jail: &str) -> Plan {
    let request = json!({"action": "getjailsettings", "jail": jail, "prop": prop});
    with_jail(row, jail, request, |request, jails, _| {
        let expect = if prop == "all" {
            json!({jail: properties(&row.said.stdout, ':')})
        } else {
            json!({jail: {prop: row.said.stdout.trim_end_matches('\n')}})
        };
        let answers = answers(&jails, &jails, "get *", row);
        scene(request, answers, honest(row, Expect::Answer(expect)))
    })
}

fn got_of_each(row: &Row, prop: &str) -> Plan {
    if prop == "all" {
        return Err("every property of every jail");
    }
    let request = json!({"action": "getjailsettings", "prop": prop, "switches": "-r"});
    if row.said.stdout.contains(&format!("ERROR: jail {prop} not found!")) {
        // 1.7.6 has no -r and takes the property for a jail.
        let answers = vec![("get *".to_owned(), vec![row.said.clone()])];
        return Ok(scene(request, answers, Expect::Told("unsupported")));
    }
    let mut values = Map::new();
    for line in row.said.stdout.lines().skip(1) {
        // UUID, two blanks, a tag of at least 19 characters, two blanks, a value.
        let (uuid, rest) = line.split_at(line.len().min(36));
        let rest = rest.trim_start();
        let (tag, value) = rest.split_once("  ").unwrap_or((rest, ""));
        values.insert(uuid.to_owned(), json!({"TAG": tag.trim(), prop: value.trim()}));
    }
    let answers = vec![("get *".to_owned(), vec![row.said.clone()])];
    Ok(scene(request, answers, honest(row, Expect::Answer(values.into()))))
}
