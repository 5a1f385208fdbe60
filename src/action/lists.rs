//! Every list that the class answers, and what may be asked of one: which rows, which fields,
//! in which order and how many.
//!
//! All is done on the cells that were found, before any JSON is made: of ten thousand jails the
//! fifty that are wanted are written, and no more. Which fields there are, a list says before
//! anything is run, so that what is misspelled costs nothing.

use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::keyed::Keyed;
use crate::error::{Code, Error, Quoted};
use crate::iocage::Jails;
use crate::iocage::rows::Rows;
use crate::iocage::told::Told;
use crate::request::query::{COUNT, Condition, FILTER, LIMIT, OFFSET, SELECT, SORT, Test};

/// What the key of a row is called, where it is asked for.
const KEY: &str = "uuid";
/// The field that every list of jails has, if it is only to be asked by.
const STATE: &str = "state";

/// Rows of jails under the column of their UUIDs, as they are asked for.
pub(super) fn listed<const M: usize>(
    context: &Context<'_>,
    args: &Args,
    key: usize,
    fields: &[(&str, usize)],
    read: &dyn Fn() -> Result<Rows<M>, Error>,
) -> Result<Answer, Error> {
    listed_by(context, args, (KEY, key), fields, read)
}

/// The same of whatever else, whose key is called so; only jails have a state.
pub(super) fn listed_by<const M: usize>(
    context: &Context<'_>,
    args: &Args,
    (name, key): (&'static str, usize),
    fields: &[(&str, usize)],
    read: &dyn Fn() -> Result<Rows<M>, Error>,
) -> Result<Answer, Error> {
    let columns = Columns { name, key, fields };
    let (asked, wants_states) = columns.check(args)?;
    let rows = read()?;
    let mut problems = rows.problems.clone();
    let mut keyed = Keyed::new(&rows, key, fields, &mut problems);
    // Which jails run, where the list has no word of it.
    let jails = if wants_states { context.dialect.jails(context.session)? } else { Jails::default() };
    let states = Keyed::new(&jails, 1, &[], &mut Told::default());
    let cell = |row: usize, column: Column| match column {
        Column::Cell(column) => rows.cell(row, column),
        Column::State => states.find(rows.cell(row, key)).map_or("", |at| jails.cell(at, 3)),
    };
    let conditions = args.get(&FILTER).map_or(&[][..], |filter| &filter.0);
    let is_kept = |row: usize| {
        // Of those for one field that say what it may be, one is enough.
        let holds = |(condition, column): (&Condition, &Column)| {
            let is = |other: &Condition| is_met(other, cell(row, *column));
            match condition.test {
                Test::IsNot => is(condition),
                _ => conditions.iter().any(|c| c.field == condition.field && c.test != Test::IsNot && is(c)),
            }
        };
        conditions.iter().zip(&asked).all(holds)
    };
    if !conditions.is_empty() {
        keyed.retain(&is_kept);
    }
    let count = keyed.len();
    let number = |number: Option<&u64>, or| number.map_or(or, |n| usize::try_from(*n).unwrap_or(usize::MAX));
    let (offset, limit) = (number(args.get(&OFFSET), 0), number(args.get(&LIMIT), usize::MAX));
    if let Some(sort) = args.get(&SORT)
        && let Some(&column) = asked.last()
    {
        keyed.sort(&|row| cell(row, column), sort.is_down, offset.saturating_add(limit));
    }
    keyed.page(offset, limit);
    if let Some(select) = args.get(&SELECT) {
        keyed.select(&|name| select.0.iter().any(|field| field == name));
    }
    let answer = Answer::of_rows(&keyed, context.room().saturating_sub(keyed.held())).with_problems(problems);
    Ok(if args.is_set(&COUNT) { answer.with_count(count) } else { answer })
}

fn is_met(condition: &Condition, cell: &str) -> bool {
    match condition.test {
        Test::Is => cell == condition.value,
        Test::IsNot => cell != condition.value,
        Test::Begins => cell.starts_with(&condition.value),
    }
}

/// Where what is asked for stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    /// In a cell of the row.
    Cell(usize),
    /// In the list of jails.
    State,
}

/// The fields of a list, and its key.
struct Columns<'a> {
    name: &'static str,
    key: usize,
    fields: &'a [(&'a str, usize)],
}

impl Columns<'_> {
    /// Where each condition's field stands, and behind them the one that is sorted by, if one is; and
    /// whether it must be known which jails run.
    fn check(&self, args: &Args) -> Result<(Vec<Column>, bool), Error> {
        let mut asked = Vec::new();
        for condition in args.get(&FILTER).into_iter().flat_map(|filter| &filter.0) {
            asked.push(self.find(FILTER.name(), &condition.field)?);
        }
        if let Some(sort) = args.get(&SORT) {
            asked.push(self.find(SORT.name(), &sort.field)?);
        }
        for field in args.get(&SELECT).into_iter().flat_map(|select| &select.0) {
            if !self.fields.iter().any(|(name, _)| name == field) {
                return Err(self.unknown(SELECT.name(), field, &[]));
            }
        }
        let wants_states = asked.contains(&Column::State);
        Ok((asked, wants_states))
    }

    fn find(&self, by: &'static str, field: &str) -> Result<Column, Error> {
        match self.fields.iter().find(|(name, _)| *name == field) {
            Some((_, column)) => Ok(Column::Cell(*column)),
            None if field == self.name => Ok(Column::Cell(self.key)),
            None if field == STATE && self.name == KEY => Ok(Column::State),
            None if self.name == KEY => Err(self.unknown(by, field, &[STATE, KEY])),
            None => Err(self.unknown(by, field, &[self.name])),
        }
    }

    fn unknown(&self, by: &'static str, field: &str, more: &[&str]) -> Error {
        let mut names: Vec<_> = self.fields.iter().map(|(name, _)| *name).collect();
        for name in more {
            if !names.contains(name) {
                names.push(name);
            }
        }
        let message = format!("`{by}` names {}; the fields here are {}", Quoted(field), names.join(", "));
        Error::about(by, Code::IllegalValue, message)
    }
}
