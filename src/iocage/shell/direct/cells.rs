//! Rows of a table without the text between: where every row would be cut at the columns of its
//! header, its cells are what the reader of that text would find.
//!
//! So it is where each cell is one word of printable ASCII (the last may have single blanks within,
//! which the readers leave in), and each line is one that column(1) takes: whatever the others of
//! the table are, it stands in its column then. Where one row is not so, all of them are printed,
//! and read as iocage's: what is odd is judged in one place.

use super::columns::{MOST, blanks};
use crate::iocage::bytes::{graphic, until};
use crate::iocage::rows::Rows;

/// Rows that need no second look, as long as there are no others.
pub(super) struct Cells<const N: usize> {
    rows: Rows<N>,
    /// Where each of column(1)'s would begin, counted from the one before.
    widest: [usize; N],
    columns: Columns<N>,
}

/// How the cells are put under each other.
enum Columns<const N: usize> {
    /// By column(1), between whose cells this stands before.
    Aligned(u8),
    /// So wide at most; the last is as wide as it is.
    Wide([usize; N]),
}

impl<const N: usize> Cells<N> {
    /// None yet of about so many, between whose cells this stands before column(1) aligns them.
    pub(super) fn aligned(header: [&str; N], separator: u8, count: usize) -> Cells<N> {
        let columns = Columns::Aligned(separator);
        Cells { rows: Rows::under(header, count), widest: header.map(str::len), columns }
    }

    /// None yet of about so many, in columns so wide.
    pub(super) fn wide(header: [&str; N], widths: [usize; N], count: usize) -> Cells<N> {
        Cells { rows: Rows::under(header, count), widest: widths, columns: Columns::Wide(widths) }
    }

    /// One more row, of which `known` says what was seen of its cells; false if it has to be printed.
    pub(super) fn push(&mut self, cells: [&str; N], known: Option<bool>) -> bool {
        let Some(is_special) = known.filter(|_| self.fits(&cells)) else { return false };
        self.rows.push_known(cells, is_special);
        self.widen(&cells);
        true
    }

    /// Is a quote or a backslash in these cells? None if not all are words.
    pub(super) fn words<'t>(&self, cells: impl IntoIterator<Item = &'t str>) -> Option<bool> {
        cells.into_iter().try_fold(false, |is_special, cell| {
            let is_one = !cell.contains('\t');
            Some(is_special | self.line(cell).filter(|_| is_one)?)
        })
    }

    /// The same of cells with tabs between, as zfs tells them.
    pub(super) fn line(&self, cells: &str) -> Option<bool> {
        let separator = match self.columns {
            Columns::Aligned(separator) => separator,
            Columns::Wide(_) => b' ',
        };
        graphic(separator, cells.as_bytes())
    }

    /// The same of a last cell: words with single blanks between.
    pub(super) fn text(&self, mut text: &str) -> Option<bool> {
        let mut is_special = false;
        loop {
            let (word, rest) = text.split_at(until(b' ', text.as_bytes()));
            if word.is_empty() {
                return None;
            }
            is_special |= self.words([word])?;
            if rest.is_empty() {
                return Some(is_special);
            }
            text = &rest[1..];
        }
    }

    fn widen(&mut self, cells: &[&str; N]) {
        for (widest, cell) in self.widest.iter_mut().zip(cells) {
            *widest = cell.len().max(*widest);
        }
    }

    /// Is no cell empty, and none too long?
    fn fits(&self, cells: &[&str; N]) -> bool {
        let is_there = cells.iter().all(|cell| !cell.is_empty());
        is_there
            && match &self.columns {
                // With what stands between, and the end of the line.
                Columns::Aligned(_) => cells.iter().map(|cell| cell.len() + 1).sum::<usize>() <= MOST,
                Columns::Wide(widths) => {
                    cells.iter().zip(widths).take(N - 1).all(|(cell, width)| cell.len() <= *width)
                }
            }
    }

    /// All of them, and the lines of others that are `refused` for what they say, as they would be printed; none if
    /// one of those would be otherwise.
    pub(super) fn with_refused(mut self, refused: &[[&str; N]]) -> Option<Rows<N>> {
        for cells in refused {
            let (last, words) = cells.split_last()?;
            self.words(words.iter().copied()).and(self.text(last)).filter(|_| self.fits(cells))?;
            self.widen(cells);
        }
        for cells in refused {
            let (mut line, mut pad) = (String::new(), 0);
            for (cell, widest) in cells.iter().zip(self.widest) {
                blanks(&mut line, pad);
                line.push_str(cell);
                pad = widest - cell.len() + 2;
            }
            self.rows.problems.push(&line);
        }
        Some(self.rows())
    }

    /// All of them.
    pub(super) fn rows(self) -> Rows<N> {
        self.rows.fitted()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iocage::rows::Layout;
    use crate::iocage::shell::direct::columns::aligned;

    const HEADER: [&str; 3] = ["UUID", "TAG", "note"];
    const LAYOUT: Layout<'static, 3> = Layout {
        columns: HEADER,
        marker: "note",
        free: &["TAG", "note"],
        beside: &[],
        aliases: &[],
        may_lack: &["note"],
        end: None,
    };

    const SPECIAL: [char; 3] = ['"', '\\', '\t'];

    /// Numbers that are the same each time.
    fn below(seed: &mut u64, most: usize) -> usize {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 33) as usize % most
    }

    /// Rows whose first cell is `no` are refused.
    fn told(table: &[[&str; 3]]) -> Option<Rows<3>> {
        let mut cells = Cells::aligned(HEADER, b'^', table.len());
        let mut refused = Vec::new();
        for row in table {
            let known = cells.words([row[0], row[1]]).zip(cells.text(row[2]));
            match row[0] == "no" {
                true => refused.push(*row),
                false if cells.push(*row, known.map(|(one, other)| one | other)) => {}
                false => return None,
            }
        }
        cells.with_refused(&refused)
    }

    fn read(table: &[[&str; 3]]) -> Rows<3> {
        let lines: String = [HEADER].iter().chain(table).map(|row| row.join("^") + "\n").collect();
        let text = aligned(&lines, b'^').expect("no line is too long");
        Rows::parse(text.into(), &LAYOUT, |row| row[0] != "no").expect("a header")
    }

    #[test]
    fn what_is_told_without_a_text_is_what_would_be_read() {
        const ODD: [&str; 13] =
            ["", " ", "x  y", " x", "x ", "\u{e4}", "\u{7f}", "a^b", "a\tb", "\u{1}", "\u{3000}", "-", "TAG"];
        const PLAIN: [&str; 8] =
            ["a", "bb", "\"quoted\"", "back\\slash", "a-longer-word-than-others", "-", "!", "~"];
        let (mut seed, mut exact, mut problems) = (1, 0, 0);
        for turn in 0..20_000 {
            let mut table = Vec::new();
            for _ in 0..below(&mut seed, 5) {
                let mut row = [(); 3].map(|()| PLAIN[below(&mut seed, PLAIN.len())]);
                match below(&mut seed, 12) {
                    0 => row[2] = "words with blanks",
                    1 => row[0] = "no",
                    2 if turn % 2 == 0 => row[below(&mut seed, 3)] = ODD[below(&mut seed, ODD.len())],
                    _ => {}
                }
                table.push(row);
            }
            let Some(told) = told(&table) else { continue };
            let read = read(&table);
            assert!(told.is_as(&read), "{table:?}: {told:?}, {read:?}");
            assert_eq!(
                told.is_plain(),
                !told.iter().flatten().any(|cell| cell.contains(SPECIAL)),
                "{table:?}"
            );
            exact += usize::from(!table.is_empty());
            problems += told.problems.len();
        }
        assert!(exact > 10_000 && problems > 500, "{exact}, {problems}");
    }

    #[test]
    fn what_needs_a_second_look_is_printed() {
        for row in [
            ["", "t", "v"],
            ["u", "", "v"],
            ["u", "t", ""],
            ["u u", "t", "v"],
            ["u", "t t", "v"],
            ["u", "t", "v  v"],
            ["u", "t", " v"],
            ["u", "t", "v "],
            ["u", "t", "v\tv"],
            ["u", "t\tt", "v"],
            ["u", "t^", "v"],
            ["u", "\u{e4}", "v"],
            ["u", "t", "\u{1}"],
            ["no", "t t", "v"],
        ] {
            assert!(told(&[["u", "t", "v"], row]).is_none(), "{row:?}");
        }
        // The longest line that column(1) takes.
        let (long, longer) = ("x".repeat(MOST - 5), "x".repeat(MOST - 4));
        assert!(told(&[["u", "t", &long]]).is_some() && told(&[["u", "t", &longer]]).is_none());
        assert!(aligned(&format!("u^t^{long}\n"), b'^').is_ok());
        assert!(aligned(&format!("u^t^{longer}\n"), b'^').is_err());
    }

    #[test]
    fn columns_have_a_width() {
        let push = |row: [&str; 3]| {
            let mut cells = Cells::wide(HEADER, [4, 2, 0], 1);
            let known = cells.words(row);
            cells.push(row, known)
        };
        assert!(
            push(["uuid", "tt", "a-long-note"]) && !push(["uuids", "tt", "n"]) && !push(["uuid", "ttt", "n"])
        );
    }
}
