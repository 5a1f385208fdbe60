//! `get` of the shell iocage: one property of a jail, all of them, and one of each jail.

use std::fmt::Write;

use super::columns::aligned;
use super::line::Line;
use super::properties::{self, Of};
use super::running::running;
use super::started::died;
use super::walk::{COLUMNS, DEPTH, TAG, UUID, Walk, root_of};
use crate::iocage::direct::{Machine, Printed, Row, Untold};

/// What iocage knows beside its properties.
const STATE: &str = "state";

/// A value as its scripts print it: `echo` of FreeBSD's sh takes two words for its own.
pub(super) fn echoed(value: &str) -> Result<&str, Untold> {
    match value {
        "-n" | "-e" => Untold::about("a value is what echo takes for an option", value),
        _ => Ok(value),
    }
}

/// One that is not there is called so, if it is iocage's own.
fn shown(value: &str, of: Of) -> &str {
    if value == "-" && of == Of::Iocage { "none" } else { value }
}

fn is_up(machine: &Machine<'_>, uuid: &str) -> Result<bool, Untold> {
    Ok(running(machine)?.find(&format!("ioc-{uuid}")).is_some())
}

/// `get PROP JAIL`: the value alone.
pub(super) fn one(machine: &Machine<'_>, line: Line, found: Row<'_>, name: &str) -> Result<Printed, Untold> {
    if name == STATE && line == Line::Development {
        let state = if is_up(machine, found.cell(0))? { "up\n" } else { "down\n" };
        return Ok(Printed::out(state.to_owned()));
    }
    let Some((column, of)) = properties::column(line, name) else {
        return Ok(died(line, format!("  ERROR: unsupported property: {name} !\n")));
    };
    // Most of what is asked for on the way was told with the names.
    let known = COLUMNS.iter().position(|known| *known == column);
    if let Some(at) = known {
        return Ok(Printed::out(format!("{}\n", echoed(shown(found.cell(at), of))?)));
    }
    let told = machine.values(&[UUID, &column], found.name)?;
    let [uuid, value] = &told[..] else { return changed(found) };
    if uuid != found.cell(0) {
        return changed(found);
    }
    Ok(Printed::out(format!("{}\n", echoed(shown(value, of))?)))
}

/// The dataset is another jail's since it was looked for.
fn changed<T>(found: Row<'_>) -> Result<T, Untold> {
    Untold::about("a jail was renamed between two questions", found.name)
}

/// `get all JAIL`: a line for each, also for those that it has not.
pub(super) fn all(machine: &Machine<'_>, line: Line, found: Row<'_>) -> Result<Printed, Untold> {
    let own = properties::all(line);
    let columns: Vec<_> = own.iter().map(|(name, of)| of.column(name)).collect();
    let columns: Vec<_> = columns.iter().map(|column| &**column).collect();
    let mut text = String::new();
    for ((name, _), value) in own.iter().zip(machine.values(&columns, found.name)?) {
        if *name == "host_hostuuid" && value != found.cell(0) {
            return changed(found);
        }
        // Writing to memory does not fail.
        let _ = writeln!(text, "{name}:{value}");
    }
    Ok(Printed::out(text))
}

/// `get -r PROP`: of all that is walked, the defaults among them.
pub(super) fn each(machine: &Machine<'_>, pool: &str, name: &str) -> Result<Printed, Untold> {
    let column = properties::column(Line::Development, name);
    let asked = column.as_ref().map_or(UUID, |(column, _)| &**column);
    let listing = machine.datasets_with_text(&root_of(pool), &[UUID, TAG, asked], DEPTH)?;
    let walk = Walk::of(&listing, root_of(pool), Line::Development);
    super::started::needed(&walk, Line::Development)?;
    let found = if name == STATE { Some(running(machine)?) } else { None };
    let running = found.as_ref().map(|running| running.by_name());
    let mut lines = format!("UUID\tTAG\t{name}\n");
    let mut stderr = walk.complaints();
    for row in walk.all()? {
        let [uuid, tag, value] = row.first();
        // Between the words of a command it would be none, or two.
        if uuid.is_empty() || uuid.contains(char::is_whitespace) {
            return Untold::about("a jail's UUID is none", row.name);
        }
        let value = match (&running, &column) {
            (Some(running), _) if running.contains_key(&*format!("ioc-{uuid}")) => "up",
            (Some(_), _) => "down",
            (None, Some((_, of))) => echoed(shown(value, *of))?,
            (None, None) => {
                let _ = writeln!(stderr, "  ERROR: unsupported property: {name} !");
                ""
            }
        };
        let _ = writeln!(lines, "{uuid}\t{}\t{value}", echoed(shown(tag, Of::Iocage))?);
    }
    Ok(Printed { exit: 0, stdout: aligned(&lines, b'\t')?, stderr })
}
