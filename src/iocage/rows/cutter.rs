//! Cutting a line under a header into cells: where the columns begin, at runs of
//! blanks, or word by word, whichever fits first.

use std::ops::Range;

/// The most columns of a table: a line with more is none's header.
pub(super) const MAX_COLUMNS: usize = 64;

/// A column of a header: its word and where it begins, in bytes.
#[derive(Clone, Debug)]
pub(super) struct Column<'t> {
    pub(super) word: &'t str,
    pub(super) start: usize,
}

/// Cuts rows under a header. Keeps its room from row to row: most rows line up,
/// and are cut without asking for memory.
pub(super) struct Cutter<'t> {
    pub(super) columns: Vec<Column<'t>>,
    /// The places of the columns whose cells may hold blanks.
    pub(super) free: Vec<usize>,
    pub(super) cells: Vec<Range<usize>>,
}

impl Cutter<'_> {
    /// Cut a row into a cell for each column; ones behind the first free column
    /// may be missing. Runs of blanks within a cell are believed only where no
    /// other cut fits.
    pub(super) fn cut(&mut self, line: &str) -> Option<&[Range<usize>]> {
        if self.word_by_column(line) {
            return Some(&self.cells);
        }
        let first_free = *self.free.first()?;
        let is_aligned = self.at_columns(line) && self.cells.len() > first_free;
        if is_aligned && self.is_gapless(line, &[]) {
            return Some(&self.cells);
        }
        let at_gaps = at_gaps(line, self.columns.len());
        if at_gaps.len() == self.columns.len() {
            self.cells = at_gaps;
            return Some(&self.cells);
        }
        if is_aligned && self.is_gapless(line, &self.free) {
            return Some(&self.cells);
        }
        self.cells = at_words(line, self.columns.len(), first_free).filter(|_| self.free.len() == 1)?;
        Some(&self.cells)
    }

    /// Where the header's columns begin, if a word stands at each and nothing else:
    /// as nearly all rows are, and by one look at each byte.
    fn word_by_column(&mut self, line: &str) -> bool {
        self.cells.clear();
        let bytes = line.as_bytes();
        let mut at = 0;
        for column in &self.columns {
            while bytes.get(at) == Some(&b' ') {
                at += 1;
            }
            // A blank before it is not asked for twice: the word before has ended.
            if at != column.start {
                return false;
            }
            while bytes.get(at).is_some_and(|b| b.is_ascii_graphic()) {
                at += 1;
            }
            if at == column.start {
                return false;
            }
            self.cells.push(column.start..at);
        }
        at == bytes.len()
    }

    /// Has none of the cells but those a run of blanks in it?
    fn is_gapless(&self, line: &str, but: &[usize]) -> bool {
        let has_gap =
            |cell: &Range<usize>| line.as_bytes()[cell.clone()].windows(2).any(|pair| pair == b"  ");
        self.cells.iter().enumerate().all(|(at, cell)| but.contains(&at) || !has_gap(cell))
    }

    /// Where the header's columns begin, if blanks stand before each.
    fn at_columns(&mut self, line: &str) -> bool {
        self.cells.clear();
        let bytes = line.as_bytes();
        let starts =
            || self.columns.iter().map(|column| column.start).take_while(|&start| start < line.len());
        let lines_up = |start: usize| bytes[start] != b' ' && (start == 0 || bytes[start - 1] == b' ');
        if starts().next() != Some(0) || !starts().all(lines_up) {
            return false;
        }
        for (at, start) in starts().enumerate() {
            let end = self.columns.get(at + 1).map_or(line.len(), |next| next.start.min(line.len()));
            self.cells.push(trimmed(line, start..end));
        }
        true
    }
}

/// At runs of two blanks and more; of more than `most` cells one more than that.
fn at_gaps(line: &str, most: usize) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut start = line.len() - line.trim_start().len();
    while start < line.len() && cells.len() <= most {
        let end = line[start..].find("  ").map_or(line.len(), |at| start + at);
        cells.push(trimmed(line, start..end));
        start = end + (line.len() - end - line[end..].trim_start().len());
    }
    cells
}

/// Word by word from the left up to the free column and from the right back to
/// it; what is between is that column's, which may not be empty.
fn at_words(line: &str, columns: usize, free: usize) -> Option<Vec<Range<usize>>> {
    if words(line).take(columns).count() < columns {
        return None;
    }
    let left: Vec<_> = words(line).take(free).collect();
    let mut right: Vec<_> = words(line).rev().take(columns - free).collect();
    right.reverse();
    // The first of these is the last word of the free column.
    let end = right.first()?.end;
    let middle = words(line).nth(free)?.start..end;
    Some(left.into_iter().chain([middle]).chain(right.into_iter().skip(1)).collect())
}

fn trimmed(line: &str, span: Range<usize>) -> Range<usize> {
    let text = line[span.clone()].trim_end_matches(' ');
    // What else is blank is rare, and slower to look for.
    let text = if text.ends_with(|c: char| c.is_ascii_graphic()) { text } else { text.trim_end() };
    span.start..span.start + text.len()
}

/// The spans of the words of a line.
pub(super) fn words(line: &str) -> impl DoubleEndedIterator<Item = Range<usize>> {
    line.split_ascii_whitespace().map(|word| {
        let start = word.as_ptr() as usize - line.as_ptr() as usize;
        start..start + word.len()
    })
}
