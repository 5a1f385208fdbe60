//! Rows of cells, and where they are kept.
//!
//! They are kept as spans of the text they were found in: ten thousand jails
//! are one allocation of text and one of spans, not seventy thousand strings.

use std::ops::Range;

use super::plain::is_plain;

/// Rows of `N` cells over one text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows<const N: usize> {
    pub(super) text: String,
    pub(super) cells: Vec<[Range<u32>; N]>,
    /// Lines among the rows that are none, as they were printed.
    pub problems: Vec<String>,
    /// Lines before the header.
    pub notices: Vec<String>,
    /// The words of the header, if there was one.
    pub header: Vec<String>,
    /// Columns of the header that no version is known to have.
    pub unknown: Vec<String>,
    /// Was it drawn as a box?
    pub is_box: bool,
    /// May a row hold a quote, a backslash or a control character? Hardly any does,
    /// and of what does not, each line is looked at here once and no cell again.
    pub(super) is_special: bool,
}

impl<const N: usize> Rows<N> {
    /// Rows of these cells, for what was not printed as a table.
    #[must_use]
    pub fn of_cells<'c>(cells: impl IntoIterator<Item = [&'c str; N]>) -> Rows<N> {
        let mut rows = Rows::default();
        for row in cells {
            rows.is_special |= !row.iter().all(|cell| is_plain(cell.as_bytes()));
            rows.cells.push(row.map(|cell| {
                let start = rows.text.len() as u32;
                rows.text.push_str(cell);
                start..rows.text.len() as u32
            }));
        }
        rows
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
        let span = &self.cells[row][column];
        &self.text[span.start as usize..span.end as usize]
    }

    /// How long the text is that they are in, in bytes: no row is longer.
    #[must_use]
    pub fn text_len(&self) -> usize {
        self.text.len()
    }

    /// Is it sure that no cell holds a quote, a backslash or a control character?
    #[must_use]
    pub fn is_plain(&self) -> bool {
        !self.is_special
    }
}
