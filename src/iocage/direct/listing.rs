//! `zfs list` as a table that no value can forge a row of.
//!
//! zfs prints a value as it is, and one that a jail's root sets on a dataset of his own may
//! hold tabs and line ends, and between them what looks like a dataset. So the name is asked
//! for twice, as the first and the last column, and stands once in the list: what a value
//! adds stands between the two names of its own dataset, so its first row begins with that
//! name and its last one ends with it, and there are either two of this name or rows whose
//! ends differ.

use super::untold::Untold;
use crate::iocage::bytes::{count, parted, until};
use crate::iocage::output::Text;
use crate::iocage::sets::order_of;

/// A cause: see [`Untold`].
const LINE: &str = "zfs list printed a line that is not understood";
const TWICE: &str = "zfs list printed two lines for one dataset";

/// Rows in the order of zfs.
#[derive(Debug)]
pub struct Listing {
    text: Text,
    rows: Vec<Span>,
    columns: usize,
    is_free: bool,
    /// The places of the rows in the order of their names; nothing where they are in it, as
    /// those of zfs are.
    order: Vec<usize>,
}

/// Where a row is. Output is capped far below 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    length: u32,
    /// How long the name is.
    name: u8,
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
    /// The column at this place, counted from 0; `-` is what zfs prints for nothing.
    #[must_use]
    pub fn cell(self, at: usize) -> &'t str {
        let (mut cells, mut cell) = (Some((self.cells, self.columns)), "-");
        for _ in 0..=at {
            cell = next(&mut cells);
        }
        cell
    }

    /// The first of the columns.
    #[must_use]
    pub fn first<const N: usize>(self) -> [&'t str; N] {
        let mut cells = Some((self.cells, self.columns));
        std::array::from_fn(|_| next(&mut cells))
    }

    /// Do the columns end so, tabs between?
    #[must_use]
    pub fn ends_with(self, cells: &str) -> bool {
        self.cells.ends_with(cells)
    }

    /// The last two of the columns, of which none may hold tabs.
    #[must_use]
    pub fn last_two(self) -> Option<[&'t str; 2]> {
        let (above, last) = self.cells.rsplit_once('\t')?;
        Some([above.rsplit_once('\t').map_or(above, |(_, cell)| cell), last])
    }

    /// The last part of the name.
    #[must_use]
    pub fn last_part(self) -> &'t str {
        let bytes = self.name.as_bytes();
        let mut at = bytes.len();
        while at > 0 && bytes[at - 1] != b'/' {
            at -= 1;
        }
        self.name.get(at..).unwrap_or_default()
    }
}

/// Take one more cell of so many; the last holds what is left.
fn next<'t>(cells: &mut Option<(&'t str, usize)>) -> &'t str {
    let Some((rest, count)) = *cells else { return "-" };
    let parts = if count > 1 { parted(rest, b'\t') } else { None };
    *cells = parts.map(|(_, behind)| (behind, count - 1));
    parts.map_or(rest, |(cell, _)| cell)
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
        let mut rows = Vec::with_capacity(count(b'\n', text.as_bytes()));
        let (mut last, mut is_sorted): (&[u8], _) = (b"", true);
        let (bytes, mut start) = (text.as_bytes(), 0);
        while start < bytes.len() {
            let length = until(b'\n', &bytes[start..]);
            let line = &bytes[start..start + length];
            let Some(name) = name_of(line).filter(|name| is_row(line, *name, columns, is_free)) else {
                return Untold::about(LINE, text.get(start..start + length).unwrap_or_default());
            };
            is_sorted = is_sorted && last < &line[..usize::from(name)];
            last = &line[..usize::from(name)];
            rows.push(Span { start: start as u32, length: length as u32, name });
            start += length + 1;
        }
        let mut listing = Listing { rows, text, columns, is_free, order: Vec::new() };
        if !is_sorted {
            let name = |at: usize| listing.name(listing.rows[at]);
            let order = order_of(listing.rows.len(), &|one, other| name(one).cmp(name(other)));
            if let Some(pair) = order.windows(2).find(|pair| name(pair[0]) == name(pair[1])) {
                return Untold::about(TWICE, listing.row(listing.rows[pair[0]]).name);
            }
            listing.order = order;
        }
        Ok(listing)
    }

    /// Is it what was read of this very text in this way?
    #[must_use]
    pub fn is_of(&self, text: &Text, columns: usize, is_free: bool) -> bool {
        self.text.is_same(text) && (self.columns, self.is_free) == (columns, is_free)
    }

    fn row(&self, Span { start, length, name }: Span) -> Row<'_> {
        let (start, end, name) = (start as usize, (start + length) as usize, usize::from(name));
        // What is there was looked at when it was read.
        let part = |from: usize, to: usize| self.text.get(from..to).unwrap_or_default();
        let columns = self.columns;
        Row { name: part(start, start + name), cells: part(start + name + 1, end - name - 1), columns }
    }

    fn name(&self, Span { start, name, .. }: Span) -> &[u8] {
        self.text.as_bytes().get(start as usize..start as usize + usize::from(name)).unwrap_or_default()
    }

    /// That at this place, counted from 0.
    #[must_use]
    pub fn at(&self, place: usize) -> Option<Row<'_>> {
        self.rows.get(place).map(|span| self.row(*span))
    }

    /// All of them.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.rows.iter().map(|span| self.row(*span))
    }

    /// That of this dataset, if it is there.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<Row<'_>> {
        let name = name.as_bytes();
        let found = if self.order.is_empty() {
            self.rows.get(self.rows.partition_point(|span| self.name(*span) < name))
        } else {
            let at = self.order.partition_point(|at| self.name(self.rows[*at]) < name);
            self.order.get(at).map(|at| &self.rows[*at])
        };
        found.filter(|span| self.name(**span) == name).map(|span| self.row(*span))
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

/// How long the name is with which a line begins, before its first tab, if a dataset can be
/// called so: no part of its name is empty.
fn name_of(line: &[u8]) -> Option<u8> {
    let (mut last, mut at) = (b'/', 0);
    while at < line.len() {
        let byte = line[at];
        if !IN_NAMES[usize::from(byte)] {
            return if byte == b'\t' && last != b'/' { u8::try_from(at).ok() } else { None };
        }
        if byte == b'/' && last == b'/' {
            return None;
        }
        last = byte;
        at += 1;
    }
    None
}

/// Is the name there again at the end of the line, and as many cells between as are to be?
fn is_row(line: &[u8], name: u8, columns: usize, is_free: bool) -> bool {
    let (name, rest) = line.split_at(usize::from(name));
    let cells = rest.strip_prefix(b"\t").and_then(|rest| rest.strip_suffix(name)?.strip_suffix(b"\t"));
    cells.is_some_and(|cells| {
        let found = count(b'\t', cells) + 1;
        if is_free { found >= columns } else { found == columns }
    })
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
        let text = "b\t1\tb\na\t2\ta\nc\t3\tc\n";
        assert_eq!(names(text, 1), Ok(["b", "a", "c"].map(str::to_owned).to_vec()));
        let listing = Listing::parse(text.into(), 1, false).expect("rows");
        let cell = |name: &str| listing.find(name).map(|row| row.cell(0));
        assert_eq!(["a", "b", "c", "", "d"].map(cell), [Some("2"), Some("1"), Some("3"), None, None]);
        assert_eq!(names("b\t-\tb\na\t-\ta\nb\t-\tb\n", 1), Err(TWICE));
    }
}
