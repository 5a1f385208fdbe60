//! `list`, `list -t` and `list -r` of the shell iocage.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::columns;
use super::line::Line;
use super::walk::Walk;
use crate::iocage::direct::{Prison, Row, Running, Untold};
use crate::iocage::sets::map_of;

/// The line above jails that are not iocage's.
const OTHERS: &str = "--- non iocage jails currently active ---";

/// The jails that run by the names that iocage gives them, by their UUIDs.
fn started(running: &Running) -> BTreeMap<&str, &Prison> {
    let own = running.0.iter().filter_map(|prison| Some((prison.name.strip_prefix("ioc-")?, prison)));
    map_of(own)
}

/// The jails, or the templates, as the development line lists them.
pub(super) fn development(walk: &Walk<'_>, running: &Running, templates: bool) -> Result<String, Untold> {
    let base = format!("{}/templates", walk.root);
    let is_listed = |row: &&Row<'_>| match templates {
        true => row.name.contains(&base),
        false => row.last_part().len() == 36,
    };
    let prisons = started(running);
    let mut lines = String::from("JID^UUID^BOOT^STATE^TAG^TYPE^IP4\n");
    let mut own = BTreeSet::new();
    let mut is_any = false;
    for row in walk.all()?.iter().filter(is_listed) {
        let [uuid, tag, boot, kind] = row.first();
        if uuid.is_empty() {
            return Untold::about("a jail's UUID is empty, where iocage ends its list", row.name);
        }
        is_any = true;
        let prison = prisons.get(uuid);
        own.extend(prison.map(|prison| prison.jid));
        let (jid, state, ip4) = match prison {
            Some(prison) => (Cow::Owned(prison.jid.to_string()), "up", dash(&prison.ip4)),
            None => (Cow::Borrowed("-"), "down", "-"),
        };
        for (at, cell) in [&*jid, uuid, boot, state, tag, kind, ip4].into_iter().enumerate() {
            lines.push_str(if at == 0 { "" } else { "^" });
            lines.push_str(cell);
        }
        lines.push('\n');
    }
    // Without one of its own it compares the others with none, and lists none.
    let others: Vec<_> = others(running, &own).filter(|_| is_any && !templates).collect();
    if !others.is_empty() {
        // Writing to memory does not fail.
        let _ = writeln!(lines, "{OTHERS}\nJID^PATH^IP4^HOSTNAME");
        for prison in others {
            let [path, ip4, hostname] = plain(prison)?;
            let _ = writeln!(lines, "{}^{path}^{ip4}^{hostname}", prison.jid);
        }
    }
    columns::aligned(&lines, b'^')
}

/// What jls prints for nothing.
fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The jails that run and are none of these.
fn others<'r>(running: &'r Running, own: &'r BTreeSet<u32>) -> impl Iterator<Item = &'r Prison> {
    running.0.iter().filter(move |prison| !own.contains(&prison.jid))
}

/// What is told of a jail that is not iocage's: its own words, some of them.
fn plain(prison: &Prison) -> Result<[&str; 3], Untold> {
    let cells = [&*prison.path, dash(&prison.ip4), &*prison.hostname];
    let is_plain = |cell: &&str| !cell.is_empty() && cell.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    // A line that is a parameter's name is taken for a header.
    let is_word = ["path", "ip4.addr", "host.hostname"].iter().zip(cells).any(|(word, cell)| *word == cell);
    match cells.iter().all(is_plain) && !is_word {
        true => Ok(cells),
        false => {
            Untold::about("a jail that is not iocage's calls itself by what may be misread", &prison.name)
        }
    }
}

/// `list -r`: what lies below the releases and is called like one.
pub(super) fn releases(walk: &Walk<'_>, line: Line) -> String {
    let base = format!("{}/releases", walk.root);
    let is_below =
        |name: &str| name.strip_prefix(&*base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let ends: &[&str] = match line {
        Line::Development => &["RELEASE", "STABLE", "PRERELEASE", "CURRENT", "BETA"],
        Line::Release => &["RELEASE"],
    };
    let is_one = |row: &Row<'_>| is_below(row.name) && ends.iter().any(|end| row.name.ends_with(end));
    let mut text = String::from("Downloaded releases:\n");
    for row in walk.rows().filter(is_one) {
        let name = row.name.split('/').nth(3).unwrap_or_default();
        let _ = match line {
            Line::Development => writeln!(text, "  {name} "),
            Line::Release => writeln!(text, "{name:>15}"),
        };
    }
    text
}
