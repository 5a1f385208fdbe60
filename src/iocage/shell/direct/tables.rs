//! The tables that may have ten thousand rows, told as rows where none of them needs a second
//! look, and as they are printed otherwise, or where somebody wants to see that.

use super::get::Each;
use super::line::Line;
use super::running::running;
use super::started::{self, Started};
use super::told::{begin, told};
use super::walk::{COLUMNS, DEPTH, Walk, root_of};
use super::{list as listed, usage as used};
use crate::iocage::direct::{Machine, Printed, Table, Untold};
use crate::iocage::rows::Rows;

/// A table as it is told here.
type Told<const N: usize> = Result<Table<Printed, N>, Untold>;

/// Rows, if none of them needs a second look, and what is on standard error.
type Found<const N: usize> = Result<Option<(Rows<N>, String)>, Untold>;

/// `list`, or `list -t`.
pub(in crate::iocage::shell) fn list(machine: &Machine<'_>, words: &[&str]) -> Told<7> {
    of_walk(machine, words, &|walk, line| {
        if line == Line::Release {
            // It is not known whose columns these are.
            return Ok(None);
        }
        let rows = listed::rows(walk, &running(machine)?, words.contains(&"-t"))?;
        Ok(rows.map(|rows| (rows, walk.complaints())))
    })
}

/// `df`, which lists nothing that lies in a jail, and so complains of nothing there.
pub(in crate::iocage::shell) fn usage(machine: &Machine<'_>, words: &[&str]) -> Told<7> {
    of_walk(machine, words, &|walk, line| {
        let rows = used::rows(walk, line)?;
        Ok(rows.map(|rows| (rows, String::new())))
    })
}

/// `get -r PROP`.
pub(in crate::iocage::shell) fn each(machine: &Machine<'_>, words: &[&str]) -> Told<3> {
    table(machine, words, &|line, pool| match (line, words) {
        (Line::Development, ["get", "-r", name]) if *name != "all" => Each::of(machine, pool, name)?.rows(),
        _ => Ok(None),
    })
}

fn of_walk(machine: &Machine<'_>, words: &[&str], rows: &dyn Fn(&Walk<'_>, Line) -> Found<7>) -> Told<7> {
    table(machine, words, &|line, pool| {
        let listing = machine.datasets_of(&root_of(pool), &COLUMNS, DEPTH)?;
        let walk = Walk::of(&listing, root_of(pool), line);
        started::needed(&walk, line)?;
        rows(&walk, line)
    })
}

fn table<const N: usize>(
    machine: &Machine<'_>,
    words: &[&str],
    rows: &dyn Fn(Line, &str) -> Found<N>,
) -> Told<N> {
    let printed = || told(machine, words);
    if machine.session.keep {
        return printed().map(Table::Printed);
    }
    let line = Line::of(machine.version)?;
    begin(machine, line, words);
    let Started::With(pool) = started::pool(machine, line)? else {
        return machine.again(printed).map(Table::Printed);
    };
    Ok(match rows(line, &pool)? {
        None => Table::Printed(machine.again(printed)?),
        Some((rows, stderr)) => {
            let printed = if cfg!(debug_assertions) { Some(machine.again(printed)?) } else { None };
            Table::Rows { rows: Box::new(rows), stderr, printed }
        }
    })
}
