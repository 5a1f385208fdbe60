//! `list`: jails or templates as a table, with the jails of others below, or the releases.

use super::failure::die;
use super::table::columns;
use super::{kernel, names, pool, properties};
use crate::output::Output;
use crate::prison::Prison;
use crate::session::{Outcome, Session, not_simulated};
use crate::state::{Jail, Pool, State};

const HEADER: [&str; 7] = ["JID", "UUID", "BOOT", "STATE", "TAG", "TYPE", "IP4"];

/// The separator that iocage hands to `column`; a tag that holds one falls apart in the real program, too.
const SEPARATOR: &str = "^";

pub(super) fn list(session: &mut Session, words: &[String]) -> Outcome {
    let state = session.view()?;
    let pool = pool::active(&state);
    let output = &mut session.output;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        [] => jails(&state, pool, None, output),
        ["-t", ..] => templates(&state, pool, output),
        ["-r", ..] => {
            output.out("Downloaded releases:\n");
            for release in &pool.releases {
                output.out(&format!("  {release} \n"));
            }
        }
        ["-s", column, ..] => {
            let wanted = HEADER.iter().position(|name| name.eq_ignore_ascii_case(column));
            let column = wanted.ok_or_else(|| not_simulated("list -s with an unknown column"))?;
            jails(&state, pool, Some(column), output);
        }
        ["-s" | "--warden", ..] => return Err(not_simulated(&format!("list {}", words.join(" ")))),
        [switch, ..] => return Err(die(output, &format!("invalid switch {switch}"))),
    }
    Ok(0)
}

fn jails(state: &State, pool: &Pool, sorted_by: Option<usize>, output: &mut Output) {
    // It knows a jail by the length of its name: a template whose tag is as long as a UUID is one, too.
    let prisons = kernel::running(state);
    let mut rows: Vec<[String; 7]> = names::walked(pool)
        .filter(|(_, jail)| jail.place().rsplit('/').next().is_some_and(|name| name.len() == 36))
        .map(|(_, jail)| row(state, pool, jail, &prisons))
        .collect();
    if let Some(column) = sorted_by {
        // As sort(1) with a key that begins at the column and ends with the line.
        rows.sort_by_cached_key(|row| row[column..].join(SEPARATOR));
    }
    let mut lines = table(rows.iter());
    // Those of another pool are nobody's either. Where it has none of its own, it finds none of others.
    let is_own = |prison: &&Prison| rows.iter().any(|row| row[0] == prison.jid.to_string());
    let others: Vec<&Prison> = prisons.iter().filter(|prison| !is_own(prison) && !rows.is_empty()).collect();
    if !others.is_empty() {
        lines.push("--- non iocage jails currently active ---".to_owned());
        lines.push(["JID", "PATH", "IP4", "HOSTNAME"].join(SEPARATOR));
        lines.extend(others.iter().map(|prison| {
            let ip4 = if prison.ip4.is_empty() { "-".to_owned() } else { prison.ip4.join(",") };
            [&prison.jid.to_string(), &prison.path, &ip4, &prison.hostname]
                .map(String::as_str)
                .join(SEPARATOR)
        }));
    }
    output.out(&columns(&lines, '^'));
}

fn templates(state: &State, pool: &Pool, output: &mut Output) {
    let prisons = kernel::running(state);
    let rows: Vec<[String; 7]> = names::walked(pool)
        .filter(|(_, jail)| jail.is_template())
        .map(|(_, jail)| row(state, pool, jail, &prisons))
        .collect();
    output.out(&columns(&table(rows.iter()), '^'));
}

fn table<'a>(rows: impl Iterator<Item = &'a [String; 7]>) -> Vec<String> {
    std::iter::once(HEADER.join(SEPARATOR)).chain(rows.map(|row| row.join(SEPARATOR))).collect()
}

/// What runs, and where, is the kernel's word.
fn row(state: &State, pool: &Pool, jail: &Jail, prisons: &[Prison]) -> [String; 7] {
    let value = |name| properties::of_jail(state, pool, jail, name);
    let running = kernel::of_jail(prisons, jail);
    let jid = running.map_or_else(|| "-".to_owned(), |prison| prison.jid.to_string());
    let up = if running.is_some() { "up" } else { "down" };
    let bound = running.map_or(&[][..], |prison| &prison.ip4);
    let ip4 = if bound.is_empty() { "-".to_owned() } else { bound.join(",") };
    [jid, value("host_hostuuid"), value("boot"), up.to_owned(), value("tag"), value("type"), ip4]
}
