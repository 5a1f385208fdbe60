//! `get` of the shell iocage: one property of a jail, all of them, and one of each jail.

use std::borrow::Cow;
use std::fmt::Write;
use std::rc::Rc;

use super::cells::Cells;
use super::columns::aligned;
use super::line::Line;
use super::properties::{self, Of};
use super::running::running;
use super::started::died;
use super::walk::{COLUMNS, DEPTH, TAG, UUID, Walk, root_of};
use crate::iocage::direct::{Listing, Machine, Printed, Row, Untold};
use crate::iocage::names::is_uuid;
use crate::iocage::rows::Rows;

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
pub(super) struct Each<'m> {
    machine: &'m Machine<'m>,
    listing: Rc<Listing>,
    root: String,
    name: &'m str,
    column: Option<(Cow<'static, str>, Of)>,
}

/// The column that is asked for beside UUID and tag.
fn asked<'c>(column: Option<&'c (Cow<'static, str>, Of)>) -> &'c str {
    column.map_or(UUID, |(column, _)| column)
}

impl<'m> Each<'m> {
    /// Start what it will ask, below this root.
    pub(super) fn begin(machine: &Machine<'_>, root: &str, name: &str) {
        let column = properties::column(Line::Development, name);
        machine.begin_datasets(Some(root), &[UUID, TAG, asked(column.as_ref())], DEPTH);
        if name == STATE {
            machine.begin_running();
        }
    }

    pub(super) fn of(machine: &'m Machine<'m>, pool: &str, name: &'m str) -> Result<Each<'m>, Untold> {
        let column = properties::column(Line::Development, name);
        let root = root_of(pool);
        let listing = machine.datasets_with_text(&root, &[UUID, TAG, asked(column.as_ref())], DEPTH)?;
        Ok(Each { machine, listing, root, name, column })
    }

    fn walk(&self) -> Result<Walk<'_>, Untold> {
        let walk = Walk::of(&self.listing, self.root.clone(), Line::Development);
        super::started::needed(&walk, Line::Development)?;
        Ok(walk)
    }

    /// `put` the row of each.
    fn each<'l>(&'l self, walk: &Walk<'l>, put: &mut dyn FnMut([&'l str; 3])) -> Result<(), Untold> {
        let found = if self.name == STATE { Some(running(self.machine)?) } else { None };
        let running = found.as_ref().map(|running| running.by_name());
        for &row in walk.all()? {
            let [uuid, tag, value] = row.first();
            // Between the words of a command it would be none, or two.
            if uuid.is_empty() || uuid.contains(char::is_whitespace) {
                return Untold::about("a jail's UUID is none", row.name);
            }
            let value = match (&running, &self.column) {
                (Some(running), _) if running.contains_key(&*format!("ioc-{uuid}")) => "up",
                (Some(_), _) => "down",
                (None, Some((_, of))) => echoed(shown(value, *of))?,
                (None, None) => "",
            };
            put([uuid, echoed(shown(tag, Of::Iocage))?, value]);
        }
        Ok(())
    }

    /// What is printed.
    pub(super) fn printed(&self) -> Result<Printed, Untold> {
        let walk = self.walk()?;
        let mut lines = format!("UUID\tTAG\t{}\n", self.name);
        let mut stderr = walk.complaints();
        self.each(&walk, &mut |[uuid, tag, value]| {
            // Writing to memory does not fail.
            let _ = writeln!(lines, "{uuid}\t{tag}\t{value}");
            if self.column.is_none() && self.name != STATE {
                let _ = writeln!(stderr, "  ERROR: unsupported property: {} !", self.name);
            }
        })?;
        Ok(Printed { exit: 0, stdout: aligned(&lines, b'\t')?, stderr })
    }

    /// Its rows, if none of them needs a second look, and standard error.
    pub(super) fn rows(&self) -> Result<Option<(Rows<3>, String)>, Untold> {
        let walk = self.walk()?;
        let mut cells = Cells::aligned(["UUID", "TAG", self.name], b'\t', walk.len());
        let (mut is_exact, mut refused) = (true, Vec::new());
        self.each(&walk, &mut |row| match is_uuid(row[0]) {
            true => {
                let [uuid, tag, value] = row;
                let known = cells.words([uuid, tag]).zip(cells.text(value));
                is_exact = is_exact && cells.push(row, known.map(|(words, text)| words | text));
            }
            // The log of iocage's own, as a rule.
            false => refused.push(row),
        })?;
        let rows = if is_exact { cells.with_refused(&refused) } else { None };
        Ok(rows.map(|rows| (rows, walk.complaints())))
    }
}
