//! Tables that have a header.
//!
//! A table is found by its header, never by position: notices precede it,
//! columns differ among versions, and a line of data may hold any word. A row
//! is cut where the header's columns begin. Where it does not line up with them
//! (a tag outside ASCII shifts it, some versions do not align at all) it is cut
//! at runs of blanks, and failing that word by word from both ends, which
//! leaves the one column that may hold blanks the rest.

use std::ops::Range;

use super::cells::{ABSENT, Rows};
use super::cutter::{Column, Cutter, MAX_COLUMNS, words};
use super::plain::{is_blank, is_plain};
use crate::iocage::output::Text;

/// Which table to look for.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a, const N: usize> {
    /// The columns wanted, by the words of the header. What the header has
    /// beside them is left out, and told.
    pub columns: [&'a str; N],
    /// The column that is there in every version and marks the header.
    pub marker: &'a str,
    /// The columns whose cells may hold blanks; all are in every version.
    pub free: &'a [&'a str],
    /// Columns that some version is known to have beside the wanted ones.
    pub beside: &'a [&'a str],
    /// What some version calls a wanted column, its word here, and what that version
    /// writes in it for nothing.
    pub aliases: &'a [(&'a str, &'a str, &'a str)],
    /// Columns at the end of which a row may have no cell. Without another, it is no row.
    pub may_lack: &'a [&'a str],
    /// A line that begins so ends the table.
    pub end: Option<&'a str>,
}

impl<const N: usize> Rows<N> {
    /// Find the table in `text`. `accept` judges a row by its cells, in the
    /// order of the layout; what it refuses is a problem.
    ///
    /// `None` if there is no header.
    #[must_use]
    pub fn parse(text: Text, layout: &Layout<'_, N>, accept: impl Fn([&str; N]) -> bool) -> Option<Rows<N>> {
        let mut rows = Rows::over(text.clone());
        let mut header: Option<Cutter<'_>> = None;
        let mut places = [const { None }; N];
        // And what is written there for nothing, if that is another word.
        let mut nothings = [None; N];
        // How many cells a row has at least.
        let mut least = 0;
        for line in text.lines() {
            let Some(cutter) = &mut header else {
                if let Some(found) = columns_of(line, layout) {
                    let place = |word: &str| found.iter().position(|column| layout.word(column) == word);
                    places = layout.columns.map(place);
                    let nothing = |word: &str| {
                        let alias = place(word).and_then(|at| layout.alias(found[at].word));
                        alias.map(|(.., nothing)| *nothing)
                    };
                    nothings = layout.columns.map(nothing);
                    let words = || found.iter().map(|column| layout.word(column));
                    let is_other =
                        |word: &&str| !layout.columns.contains(word) && !layout.beside.contains(word);
                    rows.unknown = words().filter(is_other).map(str::to_owned).collect();
                    rows.header = words().map(str::to_owned).collect();
                    let may_lack = |column| layout.may_lack.contains(&layout.word(column));
                    least = found.iter().rposition(|column| !may_lack(column)).map_or(0, |last| last + 1);
                    let free = layout.free.iter().filter_map(|word| place(word)).collect();
                    header = Some(Cutter { columns: found, free, cells: Vec::new() });
                } else if !is_blank(line) {
                    rows.notices.push(line);
                }
                continue;
            };
            if layout.end.is_some_and(|end| line.starts_with(end)) {
                break;
            }
            if is_blank(line) {
                continue;
            }
            rows.is_special |= !is_plain(line.as_bytes());
            let offset = line.as_ptr() as usize - text.as_ptr() as usize;
            let row = cutter.cut(line).filter(|cells| cells.len() >= least).map(|cells| {
                places.map(|place| match place {
                    // A cell at the end of the row may be missing.
                    Some(at) => cells.get(at).map_or(0..0, |cell| cell.start + offset..cell.end + offset),
                    None => usize::MAX..usize::MAX,
                })
            });
            // What a cell of a column that this version has not is: as iocage itself
            // writes what is not there.
            let cell = |span: &Range<usize>| if span.start == usize::MAX { "-" } else { &text[span.clone()] };
            match row {
                Some(mut row) if accept(std::array::from_fn(|at| cell(&row[at]))) => {
                    for (span, nothing) in row.iter_mut().zip(&nothings) {
                        if nothing.is_some_and(|nothing| cell(span) == nothing) {
                            *span = usize::MAX..usize::MAX;
                        }
                    }
                    // Output is capped far below 4 GiB before it comes here.
                    let span = |span: Range<usize>| span.start as u32..span.end as u32;
                    rows.keep(row.map(|found| if found.start == usize::MAX { ABSENT } else { span(found) }));
                }
                _ => rows.problems.push(line),
            }
        }
        header?;
        Some(rows)
    }
}

impl<const N: usize> Layout<'_, N> {
    /// The word of a column, whatever this version calls it.
    fn word<'w>(&'w self, column: &Column<'w>) -> &'w str {
        self.alias(column.word).map_or(column.word, |(_, word, _)| word)
    }

    fn alias(&self, word: &str) -> Option<&(&str, &str, &str)> {
        self.aliases.iter().find(|(alias, ..)| *alias == word)
    }
}

/// The columns of `line`, if it is the header: it has the marker, the free
/// columns, and otherwise only words in capitals or columns that are wanted.
fn columns_of<'t, const N: usize>(line: &'t str, layout: &Layout<'_, N>) -> Option<Vec<Column<'t>>> {
    let column = |span: Range<usize>| Column { word: &line[span.clone()], start: span.start };
    let columns: Vec<_> = words(line).map(column).take(MAX_COLUMNS + 1).collect();
    let has = |word: &str| columns.iter().any(|column| column.word == word);
    let all = columns.iter().all(|column| {
        layout.columns.contains(&column.word)
            || column.word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
    });
    let all = all && columns.len() <= MAX_COLUMNS;
    (all && has(layout.marker) && layout.free.iter().all(|word| has(word))).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Layout<'static, 4> = Layout {
        columns: ["JID", "TAG", "TYPE", "IP4"],
        marker: "JID",
        free: &["TAG"],
        beside: &["STATE"],
        aliases: &[("IP", "IP4", "none")],
        may_lack: &["IP4"],
        end: Some("---"),
    };

    fn parse(text: &str) -> Rows<4> {
        Rows::parse(text.into(), &LIST, |_| true).expect("a header")
    }

    #[test]
    fn notices_before_the_header_are_kept_apart() {
        let rows = parse("Setting up zpool [tank]\n\nJID  STATE  TAG  TYPE  IP4\n");
        assert_eq!((rows.notices.len(), rows.iter().count()), (1, 0));
        assert!(Rows::parse("nothing here".into(), &LIST, |_| true).is_none());
    }

    #[test]
    fn a_row_is_cut_however_well_it_lines_up() {
        let header = "JID  STATE  TAG      TYPE      IP4";
        for (row, cells) in [
            ("1    up     my jail  basejail  10.0.0.5", ["1", "my jail", "basejail", "10.0.0.5"]),
            ("7    up     test     basejail", ["7", "test", "basejail", ""]),
            ("-    down   a   basejail  -", ["-", "a", "basejail", "-"]),
            ("-    down   j\u{e4}il      basejail  -", ["-", "j\u{e4}il", "basejail", "-"]),
            ("- down a b c basejail -", ["-", "a b c", "basejail", "-"]),
        ] {
            let rows = parse(&format!("{header}\n{row}\n"));
            assert_eq!(rows.iter().collect::<Vec<_>>(), [cells], "{row}");
        }
    }

    #[test]
    fn what_is_no_row_is_a_problem_and_another_section_is_none() {
        let rows = parse(
            "JID  STATE  TAG  TYPE  IP4\nERROR\n--- non iocage jails currently active ---\n1    x  y  z  w\n",
        );
        assert_eq!(rows.problems, ["ERROR"]);
        assert_eq!(rows.iter().count(), 0);
    }

    #[test]
    fn blanks_in_two_free_columns_are_kept_where_the_row_lines_up() {
        let layout = Layout {
            columns: ["UUID", "TAG", "notes"],
            marker: "notes",
            free: &["TAG", "notes"],
            beside: &[],
            aliases: &[],
            may_lack: &["notes"],
            end: None,
        };
        let text = "UUID  TAG      notes\nu     my  tag  a  b   c\nu  t  v\nu x y  z\nv     t\n";
        let rows = Rows::parse(text.into(), &layout, |_| true).expect("a header");
        assert_eq!(
            rows.iter().collect::<Vec<_>>(),
            [["u", "my  tag", "a  b   c"], ["u", "t", "v"], ["v", "t", ""]]
        );
        assert_eq!(rows.problems, ["u x y  z"], "nobody knows where the tag ends");
    }

    #[test]
    fn whether_a_row_is_special_is_known() {
        let of = |tag: &str| parse(&format!("JID  STATE  TAG  TYPE  IP4\n1    up     {tag}  x  y\n"));
        assert!(of("a").is_plain() && of("\u{e4}").is_plain());
        for tag in ["\"", "a\\", "\u{1}", "a\tb"] {
            assert!(!of(tag).is_plain(), "{tag:?}");
        }
    }

    #[test]
    fn columns_that_a_version_has_not_are_dashes_and_others_are_found_by_their_word() {
        let rows = parse("JID   STATE  TAG                   IP   PORT\n-     down   test   none   -\n");
        assert_eq!((&rows.unknown[..], rows.header.len()), (&["PORT".to_owned()][..], 5));
        assert_eq!(rows.iter().collect::<Vec<_>>(), [["-", "test", "-", "-"]]);
    }

    /// Where a cell in the middle is empty, what follows stands under another header.
    #[test]
    fn a_row_without_a_cell_is_none() {
        let text = "JID  STATE  TAG   TYPE      IP4  RELEASE\n\
                    -    down   test  basejail  -    10.2\n\
                    -    down   basejail  -  10.2\n\
                    -    down   basejail\n";
        let layout = Layout { beside: &["STATE", "RELEASE"], ..LIST };
        let rows = Rows::parse(text.into(), &layout, |_| true).expect("a header");
        assert_eq!((rows.len(), rows.problems.len()), (1, 2), "{rows:?}");
        let rows = parse("JID  STATE  TAG   TYPE      IP4\r\n-    down   test  basejail  -\r\n");
        assert_eq!(rows.iter().collect::<Vec<_>>(), [["-", "test", "basejail", "-"]], "lines of DOS");
    }
}
