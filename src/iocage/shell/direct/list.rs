//! `list`, `list -t` and `list -r` of the shell iocage.

use std::collections::BTreeSet;
use std::fmt::Write;

use super::cells::Cells;
use super::columns;
use super::line::Line;
use super::walk::Walk;
use crate::iocage::direct::{Prison, Row, Running, Untold};
use crate::iocage::names::is_uuid;
use crate::iocage::rows::Rows;
use crate::iocage::sets::order_of;

/// The line above jails that are not iocage's.
const OTHERS: &str = "--- non iocage jails currently active ---";
/// The header of the development line.
const HEADER: [&str; 7] = ["JID", "UUID", "BOOT", "STATE", "TAG", "TYPE", "IP4"];
/// Between the cells, before they are aligned.
const BETWEEN: u8 = b'^';

/// The jails that run by the names that iocage gives them, in the order of their UUIDs.
struct Started<'r> {
    prisons: Vec<(&'r str, &'r Prison)>,
    /// Behind the last that was found: jails are asked for in their order, as a rule.
    next: usize,
}

impl<'r> Started<'r> {
    fn of(running: &'r Running) -> Started<'r> {
        let own = running.0.iter().filter_map(|prison| Some((prison.name.strip_prefix("ioc-")?, prison)));
        let own: Vec<_> = own.collect();
        let order = order_of(own.len(), &|one, other| own[one].0.cmp(own[other].0));
        Started { prisons: order.into_iter().map(|at| own[at]).collect(), next: 0 }
    }

    fn find(&mut self, uuid: &str) -> Option<&'r Prison> {
        let is_before = |at: usize| self.prisons.get(at).is_some_and(|(other, _)| *other < uuid);
        let is_here = !is_before(self.next) && (self.next == 0 || is_before(self.next - 1));
        if !is_here {
            self.next = self.prisons.partition_point(|(other, _)| *other < uuid);
        }
        let (_, prison) = self.prisons.get(self.next).filter(|(other, _)| *other == uuid)?;
        self.next += 1;
        Some(*prison)
    }
}

/// What is listed beside the jails.
struct Beside<'r> {
    /// Those that run and are iocage's, by their numbers.
    own: BTreeSet<u32>,
    is_any: bool,
    running: &'r Running,
}

impl<'r> Beside<'r> {
    /// The jails that run and are none of iocage's. Without one of its own it compares the others
    /// with none, and lists none.
    fn others(&self, templates: bool) -> impl Iterator<Item = &'r Prison> {
        let is_other = |prison: &&Prison| !self.own.contains(&prison.jid);
        self.running.0.iter().filter(move |prison| self.is_any && !templates && is_other(prison))
    }
}

/// `put` the row of each jail, or of each template, as the development line lists them, and all that zfs tells of it.
fn each<'r>(
    walk: &Walk<'_>,
    running: &'r Running,
    templates: bool,
    put: &mut dyn FnMut([&str; 7], &str),
) -> Result<Beside<'r>, Untold> {
    let is_listed = |row: &&Row<'_>| match templates {
        true => walk.is_template(row),
        false => {
            let start = row.name.len().checked_sub(36);
            start.and_then(|start| row.name.get(start..)).is_some_and(|end| row.is_last_part(end))
        }
    };
    let mut started = Started::of(running);
    let mut beside = Beside { own: BTreeSet::new(), is_any: false, running };
    let mut jid = String::new();
    for row in walk.all()?.iter().filter(is_listed) {
        let [uuid, tag, boot, kind] = row.first();
        if uuid.is_empty() {
            return Untold::about("a jail's UUID is empty, where iocage ends its list", row.name);
        }
        beside.is_any = true;
        let (state, ip4) = match started.find(uuid) {
            Some(prison) => {
                beside.own.insert(prison.jid);
                jid.clear();
                // Writing to memory does not fail.
                let _ = write!(jid, "{}", prison.jid);
                ("up", dash(&prison.ip4))
            }
            None => ("down", "-"),
        };
        let jid = if state == "up" { &*jid } else { "-" };
        put([jid, uuid, boot, state, tag, kind, ip4], row.text());
    }
    Ok(beside)
}

/// What `list` or `list -t` of the development line prints.
pub(super) fn development(walk: &Walk<'_>, running: &Running, templates: bool) -> Result<String, Untold> {
    let mut lines = HEADER.join("^") + "\n";
    let beside = each(walk, running, templates, &mut |cells, _| {
        for (at, cell) in cells.into_iter().enumerate() {
            lines.push_str(if at == 0 { "" } else { "^" });
            lines.push_str(cell);
        }
        lines.push('\n');
    })?;
    for (at, prison) in beside.others(templates).enumerate() {
        if at == 0 {
            let _ = writeln!(lines, "{OTHERS}\nJID^PATH^IP4^HOSTNAME");
        }
        let _ = writeln!(lines, "{}", plain(prison)?);
    }
    columns::aligned(&lines, BETWEEN)
}

/// Its rows, if none of them needs a second look.
pub(super) fn rows(walk: &Walk<'_>, running: &Running, templates: bool) -> Result<Option<Rows<7>>, Untold> {
    let mut cells = Cells::aligned(HEADER, BETWEEN, walk.len());
    let mut is_exact = true;
    let beside = each(walk, running, templates, &mut |row, told| {
        let known = cells.line(told).zip(cells.words([row[6]]));
        let known = known.map(|(told, ip4)| told | ip4);
        is_exact = is_exact && is_uuid(row[1]) && cells.push(row, known);
    })?;
    for prison in beside.others(templates) {
        is_exact = is_exact && plain(prison)?.len() < columns::MOST;
    }
    Ok(is_exact.then(|| cells.rows()))
}

/// What jls prints for nothing.
fn dash(text: &str) -> &str {
    if text.is_empty() { "-" } else { text }
}

/// The line of a jail that is not iocage's: its own words, some of them.
fn plain(prison: &Prison) -> Result<String, Untold> {
    let cells = [&*prison.path, dash(&prison.ip4), &*prison.hostname];
    let is_plain = |cell: &&str| !cell.is_empty() && cell.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
    // A line that is a parameter's name is taken for a header.
    let is_word = ["path", "ip4.addr", "host.hostname"].iter().zip(cells).any(|(word, cell)| *word == cell);
    match cells.iter().all(is_plain) && !is_word {
        true => Ok(format!("{}^{}^{}^{}", prison.jid, cells[0], cells[1], cells[2])),
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
