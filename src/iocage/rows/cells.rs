//! Rows of cells, and where they are kept.
//!
//! They are kept as spans of the text they were found in: ten thousand jails
//! are one allocation of text and one of spans, not seventy thousand strings.

use std::ops::Range;

use super::plain::is_plain;
use crate::error::{Code, Error};
use crate::iocage::bytes::count;
use crate::iocage::output::Text;
use crate::iocage::told::Told;

/// Rows of `N` cells over one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows<const N: usize> {
    pub(super) text: Text,
    pub(super) cells: Vec<[Range<u32>; N]>,
    /// Rows for which there was no room: where they are short, what is kept of each takes
    /// more than its text.
    pub left_out: usize,
    /// Lines among the rows that are none, as they were printed.
    pub problems: Told,
    /// Lines before the header.
    pub notices: Told,
    /// The words of the header, if there was one.
    pub header: Vec<String>,
    /// Columns of the header that no version is known to have.
    pub unknown: Told,
    /// Was it drawn as a box?
    pub is_box: bool,
    /// May a row hold a quote, a backslash or a control character? Hardly any does,
    /// and of what does not, each line is looked at here once and no cell again.
    pub(super) is_special: bool,
    /// A second table of the same rows, whose columns are counted on behind these.
    beside: Option<Box<Rows<N>>>,
}

/// Of what a cell is that a table has not, as iocage itself writes what is not there.
pub(super) const ABSENT: Range<u32> = u32::MAX..u32::MAX;
const NOTHING: &str = "-";

/// How many bytes rows may take of any text, beside one and a half times its own.
const BESIDE: usize = 1 << 20;

impl<const N: usize> Rows<N> {
    /// No rows yet, over a text.
    pub(super) fn over(text: Text) -> Rows<N> {
        Rows { text, ..Rows::default() }
    }

    /// No rows yet, under a header, and room for so many: for who makes them one by one.
    #[must_use]
    pub fn under(header: [&str; N], count: usize) -> Rows<N> {
        let mut rows = Rows { header: header.map(str::to_owned).to_vec(), ..Rows::default() };
        rows.cells.reserve_exact(count);
        rows
    }

    /// These, in no more memory than they take.
    #[must_use]
    pub fn fitted(mut self) -> Rows<N> {
        self.text.edit().shrink_to_fit();
        self.cells.shrink_to_fit();
        self
    }

    /// Keep a row, if there is room.
    pub(super) fn keep(&mut self, row: [Range<u32>; N]) {
        if self.cells.capacity() == 0 {
            // As many as there are lines, and no more than there is room for.
            let most = (self.text.len() + self.text.len() / 2 + BESIDE) / size_of::<[Range<u32>; N]>();
            let lines = count(b'\n', self.text.as_bytes()) + 1;
            self.cells.reserve_exact(lines.min(most));
        }
        if self.cells.len() < self.cells.capacity() {
            self.cells.push(row);
        } else {
            self.left_out += 1;
        }
    }

    /// How many bytes the rows take beside their text; of what was put beside them the text, too, which
    /// nobody else counts.
    #[must_use]
    pub fn held(&self) -> usize {
        let own = self.cells.capacity() * size_of::<[Range<u32>; N]>();
        own + self.beside.as_ref().map_or(0, |beside| beside.held() + beside.text.len())
    }

    /// The text that they stand in.
    #[must_use]
    pub fn text(&self) -> Text {
        self.text.clone()
    }

    /// The same with a second table beside them, of as many rows in the same order.
    #[must_use]
    pub fn with_beside(self, beside: Rows<N>) -> Rows<N> {
        Rows { beside: Some(Box::new(beside)), ..self }
    }

    /// Are these the same rows under the same header, with the same problems? What they stand in may be another text.
    #[must_use]
    pub fn is_as(&self, other: &Rows<N>) -> bool {
        let beside = |rows: &Rows<N>| {
            (rows.header.clone(), rows.problems.clone(), rows.notices.clone(), rows.left_out)
        };
        self.iter().eq(other.iter()) && beside(self) == beside(other)
    }

    /// The rows, if these are all.
    ///
    /// # Errors
    /// [`Code::UnexpectedOutput`]: whoever looks for something in a part of them does not
    /// know whether it is there.
    pub fn all(self) -> Result<Rows<N>, Error> {
        match self.left_out + self.problems.left_out() {
            0 => Ok(self),
            more => Err(Error::new(
                Code::UnexpectedOutput,
                format!("iocage listed more than can be kept: {more} lines are left out"),
            )),
        }
    }

    /// Rows of these cells, for what was not printed as a table.
    #[must_use]
    pub fn of_cells<'c>(cells: impl IntoIterator<Item = [&'c str; N]>) -> Rows<N> {
        let (mut text, mut rows) = (String::new(), Rows::default());
        let cells = cells.into_iter();
        rows.cells.reserve_exact(cells.size_hint().0);
        for row in cells {
            rows.is_special |= !row.iter().all(|cell| is_plain(cell.as_bytes()));
            rows.cells.push(row.map(|cell| {
                let start = text.len() as u32;
                text.push_str(cell);
                start..text.len() as u32
            }));
        }
        rows.text = text.into();
        rows
    }

    /// One more row, for who makes them one by one.
    pub fn push(&mut self, row: [&str; N]) {
        let is_special = !row.iter().all(|cell| is_plain(cell.as_bytes()));
        self.push_known(row, is_special);
    }

    /// The same where it is known whether a cell holds a quote, a backslash or a control character.
    pub fn push_known(&mut self, row: [&str; N], is_special: bool) {
        self.is_special |= is_special;
        let text = self.text.edit();
        self.cells.push(row.map(|cell| {
            let start = text.len() as u32;
            text.push_str(cell);
            start..text.len() as u32
        }));
    }

    /// The rows, in the order in which they were printed.
    pub fn iter(&self) -> impl Iterator<Item = [&str; N]> {
        (0..self.len()).map(|row| std::array::from_fn(|column| self.cell(row, column)))
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Are there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// One cell, by the place of its row and its column.
    #[must_use]
    pub fn cell(&self, row: usize, column: usize) -> &str {
        match self.cells.get(row).and_then(|cells| cells.get(column)) {
            Some(span) if *span == ABSENT => NOTHING,
            Some(span) => &self.text[span.start as usize..span.end as usize],
            None => match &self.beside {
                Some(beside) if column >= N => beside.cell(row, column - N),
                _ => NOTHING,
            },
        }
    }

    /// Is it sure that no cell holds a quote, a backslash or a control character?
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.is_special && self.beside.as_ref().is_none_or(|beside| beside.is_plain())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_of_a_second_table_are_counted_on() {
        let rows = Rows::of_cells([["a", "b"], ["c", "d"]]);
        assert_eq!((rows.cell(0, 2), rows.cell(2, 0), rows.is_plain()), ("-", "-", true));
        let held = rows.held();
        let both = rows.with_beside(Rows::of_cells([["1", "\""]]));
        assert_eq!([both.cell(0, 1), both.cell(0, 2), both.cell(0, 3)], ["b", "1", "\""]);
        assert_eq!((both.cell(1, 2), both.cell(1, 1)), ("-", "d"), "it has fewer rows");
        assert!(!both.is_plain() && both.held() > held);
    }
}
