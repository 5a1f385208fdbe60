//! What is printed, line by line.
//!
//! Which form a table has is not always known: the same version of iocage prints fields
//! between tabs or draws a box, as the library is that reads its options. Whoever reads it
//! takes both, and gets the same from both where the cells are plain. So then the fields are
//! told, and where a cell is not plain it is a doubt.

use crate::iocage::direct::Printed;

use super::end::{End, Found};

const CELL: &str = "a cell is such that a box would be read in another way than fields";

/// What is printed.
#[derive(Debug, Default)]
pub(super) struct Page {
    stdout: String,
    stderr: String,
    /// May it be a box instead?
    may_be_box: bool,
}

impl Page {
    /// An empty one.
    pub(super) fn new(may_be_box: bool) -> Page {
        Page { may_be_box, ..Page::default() }
    }

    /// All that is printed by the end.
    pub(super) fn ended(self, exit: i32) -> Printed {
        Printed { exit, stdout: self.stdout, stderr: self.stderr }
    }

    /// Print what is whole lines already.
    pub(super) fn print(&mut self, text: &str) {
        self.stdout += text;
    }

    /// Print a line, or what has lines of its own.
    pub(super) fn line(&mut self, text: &str) {
        self.stdout += text;
        self.stdout.push('\n');
    }

    /// Print a row of a table. Where iocage may draw a box around it, it is one that is read
    /// alike: nothing in it ends a line, is blank at its ends or is wider than it looks.
    pub(super) fn row(&mut self, cells: &[String]) -> Found<()> {
        let is_alike = |cell: &&String| {
            let is_plain = cell.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
            is_plain && !cell.is_empty() && cell.trim() == **cell
        };
        if let Some(cell) = cells.iter().find(|cell| self.may_be_box && !is_alike(cell)) {
            return End::doubt(CELL, cell);
        }
        self.line(&cells.join("\t"));
        Ok(())
    }

    /// Print a row whose last cell is a value: in a box what is a number is one.
    pub(super) fn value(&mut self, cells: &[String; 2]) -> Found<()> {
        const MOST: u32 = 100_000_000;
        let is_kept = |cell: &&String| {
            let is_number = cell.replace('_', "").parse::<f64>().is_ok();
            !is_number
                || cell.parse::<u32>().is_ok_and(|number| number < MOST && number.to_string() == **cell)
        };
        match cells.iter().find(|cell| self.may_be_box && !is_kept(cell)) {
            Some(cell) => End::doubt(CELL, cell),
            None => self.row(cells),
        }
    }

    /// Complain of something, if there are words for it.
    pub(super) fn complain(&mut self, line: Option<&str>) {
        if let Some(line) = line {
            self.complain_as(line);
            self.stderr.push('\n');
        }
    }

    /// Complain in these words.
    pub(super) fn complain_as(&mut self, text: &str) {
        self.stderr += text;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_box_may_show_otherwise_is_a_doubt() {
        let row =
            |cell: &str, may_be_box| Page::new(may_be_box).row(&["web".to_owned(), cell.to_owned()]).is_ok();
        for cell in ["a b", "vnet0|10.0.0.2/24", "1.00x", "None"] {
            assert!(row(cell, true), "{cell:?}");
        }
        for cell in ["", " a", "a ", "a\tb", "a\nb", "j\u{e4}l", "\u{1b}"] {
            assert!(!row(cell, true) && row(cell, false), "{cell:?}");
        }
    }

    /// A box tells numbers in its own way.
    #[test]
    fn what_a_box_may_count_is_a_doubt() {
        let value = |cell: &str, may_be_box| {
            Page::new(may_be_box).value(&["web".to_owned(), cell.to_owned()]).is_ok()
        };
        for cell in ["0", "99999999", "10.0.0.1", "1G", "-", "e"] {
            assert!(value(cell, true), "{cell:?}");
        }
        for cell in ["1.0", "01", "1e3", "-1", "100000000", "inf", "NaN", "1_0"] {
            assert!(!value(cell, true) && value(cell, false), "{cell:?}");
        }
    }
}
