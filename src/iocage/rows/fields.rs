//! Tables whose rows are told by their number of fields: separated by tabs, or
//! drawn as a box of `+---+` borders with `|` between the cells.
//!
//! The Python iocage prints the first when it is asked to, and in some versions
//! the second whatever it is asked. In a box a cell may itself hold a `|`, so it
//! is cut where the border has its `+`, counted in the places of a terminal, of
//! which a wide letter takes two. A box says what its columns are, and is read by
//! that; of fields between tabs their number must do. What stands before the data is
//! kept apart, and a line among the data that has another number of fields is a
//! problem.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use super::cells::{ABSENT, Rows};
use super::cutter::MAX_COLUMNS;
use super::plain::{is_blank, is_plain_but_for};
use crate::iocage::output::Text;

/// Which fields make a row.
#[derive(Clone, Copy, Debug)]
pub struct Fields<const N: usize> {
    /// How many fields a line of data has.
    pub count: usize,
    /// The place of each wanted one among them.
    pub columns: [usize; N],
    /// The word of each in the header of a box, where it is always the same.
    pub words: Option<[&'static str; N]>,
    /// What iocage writes for nothing, beside the dash.
    pub nothing: Option<&'static str>,
}

impl<const N: usize> Rows<N> {
    /// Find the rows in `text`. `accept` judges a row by its cells, in the order
    /// of the layout; what it refuses is a problem, or a notice where no row came
    /// before it.
    #[must_use]
    pub fn of_fields(text: Text, layout: &Fields<N>, accept: impl Fn([&str; N]) -> bool) -> Rows<N> {
        let mut rows = Rows::over(text.clone());
        let mut shape = Shape::Tabs;
        let (mut count, mut columns) = (layout.count, layout.columns);
        // Of one line; kept, so that a row asks for no memory.
        let mut cells = Vec::new();
        for line in text.lines() {
            if is_blank(line) {
                continue;
            }
            let is_wanted = |border: &Border| layout.words.is_some() || border.columns() == layout.count;
            if let Some(border) = Border::parse(line).filter(is_wanted) {
                // The border of equals signs ends the header of the box.
                let is_header = line.contains('=');
                shape = match shape {
                    Shape::Header(above) if is_header => {
                        let mut header = None;
                        for line in above.into_iter().skip(1) {
                            match border.cut(line) {
                                Some(cells) => header = header.or(Some((line, cells))),
                                None => rows.notices.push(line),
                            }
                        }
                        match (layout.words, header) {
                            (Some(words), Some((line, cells))) => {
                                let place =
                                    |word: &str| cells.iter().position(|cell| &line[cell.clone()] == word);
                                // A column that is not there is beside every row.
                                columns = words.map(|word| place(word).unwrap_or(usize::MAX));
                                count = cells.len();
                            }
                            _ => count = border.columns(),
                        }
                        Shape::Box(border)
                    }
                    _ if is_header && border.columns() == count => Shape::Box(border),
                    Shape::Tabs => Shape::Header(vec![line]),
                    _ => shape,
                };
                continue;
            }
            let offset = line.as_ptr() as usize - text.as_ptr() as usize;
            cells.clear();
            let separator = if matches!(shape, Shape::Tabs) { b'\t' } else { b' ' };
            rows.is_special |= !is_plain_but_for(separator, line.as_bytes());
            match &mut shape {
                Shape::Header(above) => {
                    // A header has one line, perhaps with others of somebody else's.
                    if above.len() < ABOVE {
                        above.push(line)
                    } else {
                        rows.notices.push(line)
                    }
                    continue;
                }
                Shape::Tabs => at_tabs(line, count, &mut cells),
                Shape::Box(border) => cells.extend(border.cut(line).unwrap_or_default()),
            }
            let is_row = cells.len() == count && columns.iter().all(|place| *place < count);
            let row = is_row.then(|| {
                columns.map(|place| {
                    let cell = cells[place].start + offset..cells[place].end + offset;
                    let is_nothing = |word: &str| word.len() == cell.len() && word == &text[cell.clone()];
                    // Output is capped far below 4 GiB before it comes here.
                    let span = cell.start as u32..cell.end as u32;
                    if layout.nothing.is_some_and(is_nothing) { ABSENT } else { span }
                })
            });
            let cell = |span: &Range<u32>| match *span == ABSENT {
                true => "-",
                false => &text[span.start as usize..span.end as usize],
            };
            match row {
                Some(row) if accept(std::array::from_fn(|at| cell(&row[at]))) => rows.keep(row),
                _ if rows.cells.is_empty() => rows.notices.push(line),
                _ => rows.problems.push(line),
            }
        }
        if let Shape::Header(above) = &shape {
            // The box broke off before it began.
            rows.notices.extend(above);
        }
        rows.is_box = matches!(shape, Shape::Box(_));
        rows
    }
}

/// How many lines of a header are looked at.
const ABOVE: usize = 256;

/// What the lines are expected to be.
enum Shape<'t> {
    /// Fields between tabs, until a border is seen.
    Tabs,
    /// The names of the columns of a box: its upper border and what came since.
    Header(Vec<&'t str>),
    /// Rows of a box.
    Box(Border),
}

/// Where the `+` of a border stand, in places of a terminal.
struct Border(Vec<usize>);

impl Border {
    /// `line`, if it is the border of a box.
    fn parse(line: &str) -> Option<Border> {
        if !line.starts_with('+') {
            return None;
        }
        let line = line.trim_end();
        let drawn = line.starts_with("+-") || line.starts_with("+=");
        if !drawn || !line.bytes().all(|b| b"+-=".contains(&b)) {
            return None;
        }
        let corners = || line.match_indices('+').map(|(at, _)| at);
        // Each row is cut at all of them.
        (2..=MAX_COLUMNS + 1).contains(&corners().count()).then(|| Border(corners().collect()))
    }

    fn columns(&self) -> usize {
        self.0.len() - 1
    }

    /// The cells of a row of the box: by the width of its letters, or where that does
    /// not fit, as the one who drew it had another notion of them, by their number.
    fn cut(&self, line: &str) -> Option<Vec<Range<usize>>> {
        self.cut_by(line, |c| c.width().unwrap_or(0)).or_else(|| self.cut_by(line, |_| 1))
    }

    fn cut_by(&self, line: &str, width: impl Fn(char) -> usize) -> Option<Vec<Range<usize>>> {
        // Before the first bar there is no letter that one without a width could belong to.
        if !line.starts_with('|') {
            return None;
        }
        let mut corners = self.0.iter().peekable();
        let mut bars = Vec::with_capacity(self.0.len());
        let mut column = 0;
        for (at, c) in line.char_indices() {
            match corners.peek() {
                Some(&&corner) if column == corner && c == '|' => {
                    corners.next();
                    bars.push(at);
                }
                // What has no width of its own belongs to the letter before it.
                Some(&&corner) if column == corner && width(c) > 0 => return None,
                _ => {}
            }
            column += width(c);
        }
        // A row ends with its last bar.
        if corners.next().is_some() || !line[bars.last()? + 1..].trim().is_empty() {
            return None;
        }
        Some(bars.windows(2).map(|bars| trimmed(line, bars[0] + 1..bars[1])).collect())
    }
}

/// The cells between tabs; where there are more than `count`, one more than that.
fn at_tabs(line: &str, count: usize, cells: &mut Vec<Range<usize>>) {
    let mut start = 0;
    for (at, byte) in line.bytes().enumerate() {
        if byte == b'\t' && cells.len() < count {
            cells.push(start..at);
            start = at + 1;
        }
    }
    cells.push(start..line.len());
}

fn trimmed(line: &str, span: Range<usize>) -> Range<usize> {
    let text = &line[span.clone()];
    let start = span.start + (text.len() - text.trim_start().len());
    start..start + text.trim().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Fields<3> =
        Fields { count: 4, columns: [0, 1, 3], words: Some(["JID", "NAME", "IP4"]), nothing: Some("None") };
    const EACH: Fields<2> = Fields { count: 2, columns: [0, 1], words: None, nothing: None };

    fn parse(text: &str) -> Rows<3> {
        Rows::of_fields(text.into(), &LIST, |_| true)
    }

    #[test]
    fn fields_between_tabs() {
        let rows = parse("Creating tank/iocage/jails\nNone\ta b\tup\tvnet0|10.0.0.2/24\nodd\n3\tc\tup\t-\n");
        assert_eq!(rows.iter().collect::<Vec<_>>(), [["-", "a b", "vnet0|10.0.0.2/24"], ["3", "c", "-"]]);
        assert_eq!((rows.notices.len(), &rows.problems[..]), (1, &["odd".to_owned()][..]));
        assert_eq!(parse("").iter().count(), 0);
    }

    #[test]
    fn a_box_is_cut_at_its_border() {
        let text = "Setting up zpool [tank] for iocage usage\n\
                    +------+------+----+-------------------+\n\
                    | JID  | NAME | UP |        IP4        |\n\
                    +======+======+====+===================+\n\
                    | None | j\u{e4}l  | no | vnet0|10.0.0.2/24 |\n\
                    +------+------+----+-------------------+\n\
                    | 1    | a |b | no | -                 |\n\
                    +------+------+----+-------------------+\n\
                    a warning\n";
        let rows = parse(text);
        assert_eq!(
            rows.iter().collect::<Vec<_>>(),
            [["-", "j\u{e4}l", "vnet0|10.0.0.2/24"], ["1", "a |b", "-"]]
        );
        assert_eq!((rows.notices.len(), rows.problems.len(), rows.is_box), (1, 1, true));
    }

    #[test]
    fn what_has_no_width_before_the_first_bar_is_not_dropped() {
        let rows = parse(
            "+-----+------+----+-----+\n\u{1e}| JID | NAME | UP | IP4 |\n| JID | NAME | UP | IP4 |\n\
             +=====+======+====+=====+\n\u{1e}| 1   | a    | up | -   |\n| 2   | b    | up | -   |\n\
             \u{301}| 3   | c    | up | -   |\n",
        );
        assert_eq!(rows.iter().collect::<Vec<_>>(), [["2", "b", "-"]]);
        assert_eq!((rows.notices.len(), rows.problems.len()), (2, 1));
    }

    /// Wide letters, letters put together, and one whose width nobody agrees on.
    #[test]
    fn a_box_is_cut_by_the_width_of_letters() {
        let text = "+------+--------------+\n| NAME | PROP - notes |\n+======+==============+\n\
                    | db   | \u{6570}\u{636e}\u{5e93} \u{4e3b}\u{673a}  |\n+------+--------------+\n\
                    | web  | \u{1f600} | smile   |\n+------+--------------+\n\
                    | mail | a\u{301}e           |\n+------+--------------+\n";
        let rows = Rows::of_fields(text.into(), &EACH, |_| true);
        assert_eq!(
            rows.iter().collect::<Vec<_>>(),
            [
                ["db", "\u{6570}\u{636e}\u{5e93} \u{4e3b}\u{673a}"],
                ["web", "\u{1f600} | smile"],
                ["mail", "a\u{301}e"]
            ]
        );
        // Drawn by one who counts letters.
        let text =
            "+------+----+\n| NAME | P  |\n+======+====+\n| db   | \u{6570}\u{636e} |\n+------+----+\n";
        let rows = Rows::of_fields(text.into(), &EACH, |_| true);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [["db", "\u{6570}\u{636e}"]]);
    }

    #[test]
    fn a_box_is_read_by_its_header() {
        let text = "+-----+------+-----+-----+------+\n| IP4 | NAME | NEW | JID | MORE |\n+=====+======+=====+=====+======+\n\
                    | -   | a    | x   | 7   | y    |\n+-----+------+-----+-----+------+\n";
        assert_eq!(parse(text).iter().collect::<Vec<_>>(), [["7", "a", "-"]]);
        let without = text.replace("| JID |", "| ABC |");
        let rows = parse(&without);
        assert_eq!((rows.iter().count(), rows.notices.len()), (0, 1), "what it is, nobody knows");
    }

    #[test]
    fn what_is_beside_a_box_or_in_half_a_one_is_told() {
        let upper = "+---+---+---+---+\n";
        let text = format!("{upper}| A | B | C | D |\n+===+===+===+===+\n| 1 | 2 | 3 | 4 | 5\n");
        assert_eq!(parse(&text).notices, ["| 1 | 2 | 3 | 4 | 5"]);
        let half = parse(&format!("{upper}| A | B | C | D |\n"));
        assert_eq!((half.notices.len(), half.is_box), (2, false));
        let said = parse(&format!("{upper}| A | B | C | D |\na word\n+===+===+===+===+\n"));
        assert_eq!(said.notices, ["a word"]);
    }

    #[test]
    fn an_empty_box_has_no_rows() {
        let text = "+-----+------+----+-----+\n| JID | NAME | UP | IP4 |\n+=====+======+====+=====+\n+-----+------+----+-----+\n";
        let rows = parse(text);
        assert_eq!((rows.iter().count(), rows.notices.len(), rows.is_box), (0, 0, true));
    }
}
