//! `zfs list` as a table that no value can forge a row of.
//!
//! zfs prints a value as it is, and one that a jail's root sets on a dataset of his own may
//! hold tabs and line ends, and between them what looks like a dataset. So the name is asked
//! for twice, as the first and the last column, and stands once in the list: what a value
//! adds stands between the two names of its own dataset, so its first row begins with that
//! name and its last one ends with it, and there are either two of this name or rows whose
//! ends differ.

use std::collections::BTreeSet;

use super::untold::Untold;
use crate::iocage::output::Text;

/// A cause: see [`Untold`].
const LINE: &str = "zfs list printed a line that is not understood";
const TWICE: &str = "zfs list printed two lines for one dataset";

/// Rows in the order of zfs.
#[derive(Debug)]
pub struct Listing {
    text: Text,
    /// Where each begins and its line ends. Output is capped far below 4 GiB.
    rows: Vec<(u32, u32)>,
    columns: usize,
}

/// A dataset: its name, and what stands in the columns that were asked for, tabs between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row<'t> {
    /// Its whole name: `tank/iocage/jails/web`.
    pub name: &'t str,
    cells: &'t str,
    columns: usize,
}

impl<'t> Row<'t> {
    /// The columns, as many as were asked for.
    pub fn cells(self) -> impl Iterator<Item = &'t str> {
        self.cells.splitn(self.columns, '\t')
    }

    /// The column at this place, counted from 0; `-` is what zfs prints for nothing.
    #[must_use]
    pub fn cell(self, at: usize) -> &'t str {
        self.cells().nth(at).unwrap_or("-")
    }

    /// The first of the columns.
    #[must_use]
    pub fn first<const N: usize>(self) -> [&'t str; N] {
        let mut cells = self.cells();
        std::array::from_fn(|_| cells.next().unwrap_or("-"))
    }

    /// The last part of the name.
    #[must_use]
    pub fn last_part(self) -> &'t str {
        self.name.rsplit('/').next().unwrap_or(self.name)
    }
}

fn row(text: &str, (start, end): (u32, u32), columns: usize) -> Option<Row<'_>> {
    let line = text.get(start as usize..end as usize)?;
    let (name, rest) = line.split_once('\t')?;
    let cells = rest.strip_suffix(name)?.strip_suffix('\t')?;
    Some(Row { name, cells, columns })
}

impl Listing {
    /// Read lines of a name, `columns` others (one at least) and the name again. The last of
    /// the columns may hold tabs if it `is_free`.
    ///
    /// # Errors
    /// Any other line, and a name that is there twice.
    pub fn parse(text: Text, columns: usize, is_free: bool) -> Result<Listing, Untold> {
        if !text.is_empty() && !text.ends_with('\n') {
            return Untold::cause(LINE);
        }
        let mut rows: Vec<(u32, u32)> = Vec::new();
        let (mut last, mut is_sorted) = ("", true);
        for line in text.split_terminator('\n') {
            let start = line.as_ptr() as usize - text.as_ptr() as usize;
            let span = (start as u32, (start + line.len()) as u32);
            let Some(found) = row(&text, span, columns).filter(|row| is_row(*row, is_free)) else {
                return Untold::about(LINE, line);
            };
            is_sorted &= last < found.name;
            last = found.name;
            rows.push(span);
        }
        let listing = Listing { rows, text, columns };
        if !is_sorted {
            let mut names = BTreeSet::new();
            if let Some(row) = listing.rows().find(|row| !names.insert(row.name)) {
                return Untold::about(TWICE, row.name);
            }
        }
        Ok(listing)
    }

    /// All of them.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().filter_map(|span| row(&self.text, *span, self.columns))
    }

    /// That of this dataset, if it is there.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Row<'_>> {
        // Without taking apart the others.
        let line = |(start, end): (u32, u32)| self.text.get(start as usize..end as usize);
        let is_it = |span: &&(u32, u32)| {
            let rest = line(**span).and_then(|line| line.strip_prefix(name));
            rest.is_some_and(|rest| rest.starts_with('\t'))
        };
        self.rows.iter().find(is_it).and_then(|span| row(&self.text, *span, self.columns))
    }
}

/// What zfs(8) lets a name hold, by its byte: each one of each name is looked at.
const IN_NAMES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte: u8 = 0;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric()
            || matches!(byte, b'-' | b'_' | b'.' | b':' | b'+' | b' ' | b'/' | b'%');
        byte += 1;
    }
    table
};

/// Can a dataset be called so? No part of its name is empty.
fn is_name(name: &str) -> bool {
    let is_plain = |b: u8| IN_NAMES[usize::from(b)];
    name.len() < 256 && name.bytes().all(is_plain) && name.split('/').all(|part| !part.is_empty())
}

fn is_row(row: Row<'_>, is_free: bool) -> bool {
    let found = row.cells.bytes().filter(|b| *b == b'\t').count() + 1;
    is_name(row.name) && if is_free { found >= row.columns } else { found == row.columns }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, columns: usize) -> Result<Vec<String>, &'static str> {
        match Listing::parse(text.into(), columns, false) {
            Ok(listing) => Ok(listing.rows().map(|row| row.name.to_owned()).collect()),
            Err(Untold::NotKnown(cause, _) | Untold::Changes(cause, _)) => Err(cause),
            Err(Untold::Failed(error)) => panic!("{}", error.message),
        }
    }

    #[test]
    fn a_row_is_its_name_at_both_ends() {
        let text = "a\t/a\t-\ta\na/b c\t/x y\t\ta/b c\n";
        let listing = Listing::parse(text.into(), 2, false).expect("rows");
        let rows: Vec<_> = listing.rows().collect();
        assert_eq!(rows[0].first::<2>(), ["/a", "-"]);
        assert_eq!(rows[1].first::<3>(), ["/x y", "", "-"]);
        assert_eq!((rows[1].last_part(), rows[1].cell(0), rows.len()), ("b c", "/x y", 2));
        assert_eq!(listing.find("a/b c"), Some(rows[1]));
        assert_eq!(listing.find("a/b"), None);
        assert_eq!(names("", 1), Ok(vec![]));
    }

    #[test]
    fn the_last_column_may_be_any_text() {
        let text = "a\t1\tx\ty\ta\n";
        let listing = Listing::parse(text.into(), 2, true).expect("rows");
        assert_eq!(listing.rows().next().map(Row::first), Some(["1", "x\ty"]));
        assert!(
            Listing::parse(text.into(), 2, false).is_err() && Listing::parse(text.into(), 4, true).is_err()
        );
    }

    /// Whatever stands in a value of the dataset `t/i/j/web/data`, no other dataset comes of it.
    #[test]
    fn no_value_makes_a_row() {
        let own = "t/i/j/web/data";
        for value in [
            "/x\nt/i/j/evil\t/y",
            "/x\tt/i/j/web/data\nt/i/j/evil\t/y\tt/i/j/evil",
            "/x\tt/i/j/web/data\nt/i/j/evil\t/y\tt/i/j/evil\nt/i/j/web/data\t/z",
            "/x\n",
            "\n/x",
            "/x\ty",
        ] {
            let text = format!("t\t/t\tt\n{own}\t{value}\t{own}\nu\t/u\tu\n");
            assert!(names(&text, 1).is_err(), "{value:?}");
            let free = Listing::parse((&*text).into(), 1, true);
            let own_alone = |listing: Listing| {
                listing.rows().map(|row| row.name.to_owned()).collect::<Vec<_>>() == ["t", own, "u"]
            };
            assert!(free.map_or(true, own_alone), "{value:?}");
        }
    }

    #[test]
    fn what_is_no_row_is_not_left_out() {
        for text in
            ["a\t/a\ta", "a\t/a\tb\n", "a\t/a\n", "a\n", "\n", "a\t/a\ta\n\n", "\t/a\t\n", "a//b\t-\ta//b\n"]
        {
            assert_eq!(names(text, 1), Err(LINE), "{text:?}");
        }
        assert_eq!(names("b\t-\tb\na\t-\ta\n", 1), Ok(vec!["b".to_owned(), "a".to_owned()]));
        assert_eq!(names("b\t-\tb\na\t-\ta\nb\t-\tb\n", 1), Err(TWICE));
    }
}
