//! What is asked of a list beyond all of it: which rows, which of their fields, in which
//! order, and how many.
//!
//! A small typed form and no language: a condition is a word, `state=up`. Whether there is
//! such a field, the list knows that it is asked of.

use sysadm_class::kit::{Args, Argument, Failure, Key, Param};

use crate::error::Code;

/// Which rows.
pub const FILTER: Key<Filter> = Key::new("filter").says(
    "which rows: field=value, field!=value, field^=beginning; of several for one field with = or ^= one, \
     of others each",
);
/// Which fields of them.
pub const SELECT: Key<Select> = Key::new("select").says("which fields of each row");
/// In which order.
pub const SORT: Key<Sort> =
    Key::new("sort").says("the field that rows are sorted by, with - before it downwards; tells `order`");
/// How many.
pub const LIMIT: Key<u64> = Key::new("limit").says("how many rows at most");
/// From which on.
pub const OFFSET: Key<u64> = Key::new("offset").says("how many rows to pass over before the first");
/// Is wanted how many there are?
pub const COUNT: Key<bool> =
    Key::new("count").says("also tell how many rows there are without limit and offset");

/// The most conditions, and fields that are selected.
const MOST: u64 = 64;

/// Conditions.
#[derive(Debug)]
pub struct Filter(pub Vec<Condition>);

/// One condition.
#[derive(Debug, PartialEq, Eq)]
pub struct Condition {
    /// The field it is about.
    pub field: String,
    /// How it is held against the value.
    pub test: Test,
    /// That.
    pub value: String,
}

/// How a field is held against a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Test {
    /// It is the same.
    Is,
    /// It is not.
    IsNot,
    /// It begins so.
    Begins,
}

/// Fields.
#[derive(Debug)]
pub struct Select(pub Vec<String>);

/// A field to sort by.
#[derive(Debug, PartialEq, Eq)]
pub struct Sort {
    /// Which one.
    pub field: String,
    /// Does the greatest come first?
    pub is_down: bool,
}

/// The first of these keys that is there, if anything is asked.
#[must_use]
pub fn asked(args: &Args) -> Option<&'static str> {
    let is_there = [
        (FILTER.name(), args.get(&FILTER).is_some()),
        (SELECT.name(), args.get(&SELECT).is_some()),
        (SORT.name(), args.get(&SORT).is_some()),
        (LIMIT.name(), args.get(&LIMIT).is_some()),
        (OFFSET.name(), args.get(&OFFSET).is_some()),
        (COUNT.name(), args.get(&COUNT).is_some()),
    ];
    is_there.into_iter().find(|(_, is_there)| *is_there).map(|(name, _)| name)
}

impl Condition {
    fn parse(word: &str) -> Option<Condition> {
        let (field, value) = word.split_once('=')?;
        let (field, test) = match field.strip_suffix('^') {
            Some(field) => (field, Test::Begins),
            None => field.strip_suffix('!').map_or((field, Test::Is), |field| (field, Test::IsNot)),
        };
        let is_name = !field.is_empty() && field.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        is_name.then(|| Condition { field: field.to_owned(), test, value: value.to_owned() })
    }
}

impl Argument for Filter {
    type From = Vec<String>;
    const MOST: u64 = MOST;

    fn parse(key: &Param, words: Vec<String>) -> Result<Filter, Failure> {
        let conditions = words.iter().map(|word| {
            Condition::parse(word).ok_or_else(|| {
                let message = "`filter` takes words such as state=up, tag!=web or tag^=web";
                key.wrong(Code::IllegalValue.word(), message)
            })
        });
        Ok(Filter(conditions.collect::<Result<_, _>>()?))
    }
}

impl Argument for Select {
    type From = Vec<String>;
    const MOST: u64 = MOST;

    fn parse(_: &Param, fields: Vec<String>) -> Result<Select, Failure> {
        Ok(Select(fields))
    }
}

impl Argument for Sort {
    type From = String;
    const MOST: u64 = 128;

    fn parse(_: &Param, text: String) -> Result<Sort, Failure> {
        let field = text.strip_prefix('-');
        Ok(Sort { is_down: field.is_some(), field: field.unwrap_or(&text).to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_is_a_word() {
        let told = |word: &str| Condition::parse(word).map(|it| (it.field, it.test, it.value));
        let is = |field: &str, test, value: &str| Some((field.to_owned(), test, value.to_owned()));
        assert_eq!(told("state=up"), is("state", Test::Is, "up"));
        assert_eq!(told("tag!=a=b"), is("tag", Test::IsNot, "a=b"));
        assert_eq!(told("ip4^=em0|10."), is("ip4", Test::Begins, "em0|10."));
        assert_eq!(told("notes="), is("notes", Test::Is, ""));
        for none in ["", "state", "=up", "^=x", "a b=c", "state^up"] {
            assert_eq!(told(none), None, "{none}");
        }
    }
}
