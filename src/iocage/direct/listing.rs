//! `zfs list` as a table that no value can forge a row of.
//!
//! zfs prints a value as it is, and one that a jail's root sets on a dataset of his own may
//! hold tabs and line ends, and between them what looks like a dataset. So the name is asked
//! for twice, as the first and the last column, and stands once in the list: what a value
//! adds stands between the two names of its own dataset, so its first row begins with that
//! name and its last one ends with it, and there are either two of this name or rows whose
//! ends differ.

use memchr::{memchr2_iter, memrchr};

use super::untold::Untold;
use crate::iocage::bytes::{common, parted, places};
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
    /// Has a name a blank?
    has_blanks: bool,
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
    /// All columns as they stand there, tabs between.
    #[must_use]
    pub fn text(self) -> &'t str {
        self.cells
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

    /// All of them; the last is what is left, whatever it holds.
    fn cells(self) -> impl Iterator<Item = &'t str> {
        let mut tabs = places(b'\t', self.cells.as_bytes()).take(self.columns - 1);
        let mut rest = Some(0);
        std::iter::from_fn(move || {
            let start = rest?;
            let end = tabs.next();
            rest = end.map(|end| end + 1);
            self.cells.get(start..end.unwrap_or(self.cells.len()))
        })
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

    /// Is this the last part of the name? Asked of each of ten thousand, for whom looking for it takes longer.
    #[must_use]
    pub fn is_last_part(self, part: &str) -> bool {
        let above = self.name.strip_suffix(part);
        let is_behind = above.is_some_and(|above| above.is_empty() || above.ends_with('/'));
        is_behind && parted(part, b'/').is_none()
    }

    /// The last part of the name.
    #[must_use]
    pub fn last_part(self) -> &'t str {
        let at = memrchr(b'/', self.name.as_bytes()).map_or(0, |slash| slash + 1);
        self.name.get(at..).unwrap_or_default()
    }
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
        let (bytes, mut rows) = (text.as_bytes(), Vec::new());
        let (mut last, mut is_sorted, mut has_blanks): (&[u8], _, _) = (b"", true, false);
        let mut line = Line::default();
        for at in memchr2_iter(b'\t', b'\n', bytes) {
            if bytes[at] == b'\t' {
                line.tab(at);
                continue;
            }
            let Some((name, is_behind)) = line.name(bytes, at, last, columns, is_free, &mut has_blanks)
            else {
                return Untold::about(LINE, text.get(line.start..at).unwrap_or_default());
            };
            is_sorted &= is_behind;
            rows.push(Span { start: line.start as u32, length: (at - line.start) as u32, name });
            last = &bytes[line.start..line.start + usize::from(name)];
            line = Line { start: at + 1, ..Line::default() };
        }
        let mut listing = Listing { rows, text, columns, is_free, has_blanks, order: Vec::new() };
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

    /// Has any name a blank?
    #[must_use]
    pub fn has_blanks(&self) -> bool {
        self.has_blanks
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

/// A line while its tabs are found.
#[derive(Default)]
struct Line {
    start: usize,
    tabs: usize,
    first: usize,
    last: usize,
}

impl Line {
    fn tab(&mut self, at: usize) {
        if self.tabs == 0 {
            self.first = at;
        }
        self.last = at;
        self.tabs += 1;
    }

    /// How long the name is with which it begins, and whether that is behind the one `before`; none if it is no name, does not
    /// stand at the `end` again, or as many cells are not between as are to be.
    fn name(
        &self,
        bytes: &[u8],
        end: usize,
        before: &[u8],
        columns: usize,
        is_free: bool,
        has_blanks: &mut bool,
    ) -> Option<(u8, bool)> {
        let more = self.tabs.checked_sub(columns + 1)?;
        let name = &bytes[self.start..self.first];
        if (more > 0 && !is_free) || name != &bytes[self.last + 1..end] {
            return None;
        }
        // What it has in common with the one before was looked at there.
        let common = common(before, name);
        let is_behind = match (before.get(common), name.get(common)) {
            (Some(before), Some(own)) => before < own,
            (before, own) => before.is_none() && own.is_some(),
        };
        *has_blanks |= is_name(name, common)?;
        Some((u8::try_from(name.len()).ok()?, is_behind))
    }
}

/// Can a dataset be called so, whose first bytes begin the name of another? No part of it is empty. If so, whether there is
/// a blank behind them.
fn is_name(name: &[u8], common: usize) -> Option<bool> {
    let mut last = if common == 0 { b'/' } else { name[common - 1] };
    let mut has_blank = false;
    for &byte in &name[common..] {
        if !IN_NAMES[usize::from(byte)] || (byte == b'/' && last == b'/') {
            return None;
        }
        has_blank |= byte == b' ';
        last = byte;
    }
    (last != b'/').then_some(has_blank)
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
        for (row, part, is) in
            [(1, "b c", true), (1, "a/b c", false), (1, "/b c", false), (1, " c", false), (0, "a", true)]
        {
            assert_eq!((rows[row].is_last_part(part), rows[row].last_part() == part), (is, is), "{part:?}");
        }
        assert_eq!(listing.find("a/b c"), Some(rows[1]));
        assert!(listing.has_blanks());
        let without = Listing::parse("a/b\tx y\ta/b\na/bc\t\ta/bc\n".into(), 1, false).expect("rows");
        assert!(!without.has_blanks(), "a value is no name");
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

    /// A name is looked at from where it is another than the one before.
    #[test]
    fn a_name_is_one_whatever_stands_before() {
        let whole = |name: &str| {
            let parts = name.split('/').all(|part| !part.is_empty());
            parts && name.bytes().all(|byte| IN_NAMES[usize::from(byte)])
        };
        let names_of = ["a", "a/", "a/b", "a//b", "/a", "", "a/b/c", "a/b!", "a/b!c", "ab", "a/c", "b"];
        for first in names_of.into_iter().filter(|name| whole(name)) {
            for second in names_of {
                let text = format!("{first}\t-\t{first}\n{second}\t-\t{second}\n");
                let told = match first == second {
                    true => Err(TWICE),
                    false if whole(second) => Ok([first, second].map(str::to_owned).to_vec()),
                    false => Err(LINE),
                };
                assert_eq!(names(&text, 1), told, "{text:?}");
                let listing = Listing::parse((&*text).into(), 1, false);
                let is_sorted = listing.is_ok_and(|listing| listing.order.is_empty());
                assert_eq!(is_sorted, whole(second) && first < second, "{text:?}");
            }
        }
        let long = "x".repeat(255);
        assert_eq!(names(&format!("{long}\t-\t{long}\n"), 1), Ok(vec![long.clone()]));
        assert_eq!(names(&format!("{long}y\t-\t{long}y\n"), 1), Err(LINE));
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
