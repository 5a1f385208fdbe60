//! What is printed, line by line.
//!
//! Which form a table has is not always known: the same version of iocage prints fields
//! between tabs or draws a box, as the library is that reads its options. Whoever reads it
//! takes both, and gets the same from both where the cells are plain. So then the fields are
//! told, and where a cell is not plain it is a doubt.

use crate::iocage::direct::Printed;
use crate::iocage::sets::order_of;

use super::end::{End, Found};
use super::order::Key;

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

    /// Print a property and its value.
    pub(super) fn property(&mut self, name: &str, value: &str) {
        for part in [name, ":", value, "\n"] {
            self.stdout += part;
        }
    }

    /// A table, of which this page prints the rows once all are there.
    pub(super) fn table(&self) -> Table {
        Table { may_be_box: self.may_be_box, ..Table::default() }
    }

    /// Print the rows of a table in this order.
    pub(super) fn print_table(&mut self, table: Table, by: By) -> Found<()> {
        if let Some(name) = &table.odd {
            return End::doubt(CELL, name);
        }
        let part = |from: u32, to: u32| table.text.get(from as usize..to as usize).unwrap_or_default();
        let mut keys = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            let name = part(row.name, row.behind_name);
            keys.push(match by {
                By::Place => Key::whole(""),
                By::Name => Key::whole(name),
                By::Key => Key::of(name)?,
            });
        }
        if keys.is_sorted() {
            self.stdout += &table.text;
            return Ok(());
        }
        self.stdout.reserve(table.text.len());
        for at in order_of(keys.len(), &|one, other| keys[one].cmp(&keys[other])) {
            self.stdout += part(table.rows[at].start, table.rows[at].end);
        }
        Ok(())
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

/// In which order rows are printed.
#[derive(Clone, Copy, Debug)]
pub(super) enum By {
    /// As they were added.
    Place,
    /// By their names, as texts.
    Name,
    /// By what a name stands by.
    Key,
}

/// A table whose rows are still to be put in order: their lines, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Table {
    text: String,
    rows: Vec<Line>,
    may_be_box: bool,
    /// Whose row has a cell that a box would show otherwise. A doubt is told in the log, and the
    /// cell may be a value, which is not.
    odd: Option<String>,
}

/// Where a row is.
#[derive(Debug)]
struct Line {
    start: u32,
    name: u32,
    behind_name: u32,
    end: u32,
}

impl Table {
    /// Add a row. Where iocage may draw a box around it, it is one that is read alike: nothing
    /// in it ends a line, is blank at its ends or is wider than it looks.
    pub(super) fn row(&mut self, before: &[&str], name: &str, behind: &[&str]) {
        let start = self.text.len();
        before.iter().for_each(|cell| self.cell(cell, name));
        let at = self.text.len();
        self.cell(name, name);
        let behind_name = self.text.len() - 1;
        behind.iter().for_each(|cell| self.cell(cell, name));
        self.text.pop();
        self.text.push('\n');
        // What is printed is bounded far below 4 GiB, as what it is made of.
        let [start, name, behind_name, end] = [start, at, behind_name, self.text.len()].map(|at| at as u32);
        self.rows.push(Line { start, name, behind_name, end });
    }

    fn cell(&mut self, cell: &str, name: &str) {
        let is_alike = || {
            let is_plain = cell.bytes().all(|b| b == b' ' || b.is_ascii_graphic());
            is_plain && !cell.is_empty() && cell.trim() == cell
        };
        if self.may_be_box && self.odd.is_none() && !is_alike() {
            self.odd = Some(name.to_owned());
        }
        self.text.push_str(cell);
        self.text.push('\t');
    }

    /// Add a row whose last cell is a value: in a box what is a number is one.
    pub(super) fn value(&mut self, name: &str, value: &str) {
        const MOST: u32 = 100_000_000;
        let is_kept = |cell: &&str| {
            let is_number = cell.replace('_', "").parse::<f64>().is_ok();
            !is_number
                || cell.parse::<u32>().is_ok_and(|number| number < MOST && number.to_string() == **cell)
        };
        if self.may_be_box && self.odd.is_none() && ![name, value].iter().all(is_kept) {
            self.odd = Some(name.to_owned());
        }
        self.row(&[], name, &[value]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iocage::direct::Untold;

    fn told(may_be_box: bool, add: impl FnOnce(&mut Table)) -> bool {
        let mut page = Page::new(may_be_box);
        let mut table = page.table();
        add(&mut table);
        page.print_table(table, By::Key).is_ok()
    }

    #[test]
    fn rows_are_put_in_order() {
        let mut page = Page::new(false);
        let mut table = page.table();
        for (jid, name) in [("1", "b_10"), ("2", "b_2"), ("3", "a")] {
            table.row(&[jid], name, &["", "x"]);
        }
        page.print_table(table, By::Key).expect("keys");
        let mut table = page.table();
        table.value("b_2", "y");
        table.value("b_10", "");
        page.print_table(table, By::Name).expect("keys");
        assert_eq!(page.stdout, "3\ta\t\tx\n2\tb_2\t\tx\n1\tb_10\t\tx\nb_10\t\nb_2\ty\n");
    }

    #[test]
    fn what_a_box_may_show_otherwise_is_a_doubt() {
        let row = |cell: &str, may_be_box| told(may_be_box, |table| table.row(&[cell], "web", &[]));
        for cell in ["a b", "vnet0|10.0.0.2/24", "1.00x", "None"] {
            assert!(row(cell, true), "{cell:?}");
        }
        for cell in ["", " a", "a ", "a\tb", "a\nb", "j\u{e4}l", "\u{1b}"] {
            assert!(!row(cell, true) && row(cell, false), "{cell:?}");
        }
    }

    /// The log tells doubts, and no values.
    #[test]
    fn a_doubt_tells_whose_row_it_is_and_not_the_value() {
        let adds: [fn(&mut Table); 2] =
            [|table| table.value("web", "4711.0"), |table| table.row(&["1"], "web", &["hunter2\t"])];
        for add in adds {
            let mut page = Page::new(true);
            let mut table = page.table();
            add(&mut table);
            match page.print_table(table, By::Key) {
                Err(End::Untold(Untold::NotKnown(CELL, about))) => assert_eq!(about, "web"),
                other => panic!("{other:?}"),
            }
        }
    }

    /// A box tells numbers in its own way.
    #[test]
    fn what_a_box_may_count_is_a_doubt() {
        let value = |cell: &str, may_be_box| told(may_be_box, |table| table.value("web", cell));
        for cell in ["0", "99999999", "10.0.0.1", "1G", "-", "e"] {
            assert!(value(cell, true), "{cell:?}");
        }
        for cell in ["1.0", "01", "1e3", "-1", "100000000", "inf", "NaN", "1_0"] {
            assert!(!value(cell, true) && value(cell, false), "{cell:?}");
        }
    }
}
