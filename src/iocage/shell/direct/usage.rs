//! `df` of the shell iocage: what each jail uses.

use super::cells::Cells;
use super::columns::blanks;
use super::line::Line;
use super::walk::Walk;
use crate::iocage::direct::{Row, Untold};
use crate::iocage::names::is_uuid;
use crate::iocage::rows::Rows;

const HEADER: [&str; 7] = ["UUID", "CRT", "RES", "QTA", "USE", "AVA", "TAG"];
/// How wide its columns are, and how many blanks stand behind each.
const WIDTHS: [usize; 7] = [36, 6, 5, 5, 5, 5, 0];
const GAPS: [usize; 7] = [2, 2, 2, 2, 2, 1, 0];

/// What lies below the jails: in the development line whatever it is, in release 1.7.x what
/// is a jail.
fn all<'l>(walk: &Walk<'l>, line: Line) -> Result<Vec<Row<'l>>, Untold> {
    match line {
        Line::Development => Ok(walk.all_below("jails").collect()),
        Line::Release => Ok(walk.all()?.to_vec()),
    }
}

/// One of them, as cells in the order of the header.
fn cells(row: Row<'_>) -> [&str; 7] {
    let [uuid, tag, _, _, crt, res, qta, used, ava] = row.first();
    [uuid, crt, res, qta, used, ava, tag]
}

/// What is printed.
pub(super) fn df(walk: &Walk<'_>, line: Line) -> Result<String, Untold> {
    let all = all(walk, line)?;
    let mut text = String::with_capacity((all.len() + 1) * 90);
    let mut put = |cells: [&str; 7]| {
        for ((cell, width), gap) in cells.into_iter().zip(WIDTHS).zip(GAPS) {
            text.push_str(cell);
            // Only the tag may be other than ASCII.
            let shown = if cell.is_ascii() { cell.len() } else { cell.chars().count() };
            blanks(&mut text, width.max(shown) - shown + gap);
        }
        if line == Line::Release {
            blanks(&mut text, 20_usize.saturating_sub(cells[6].len()));
        }
        text.push('\n');
    };
    put(HEADER);
    for row in all {
        let cells = cells(row);
        if !cells[0].is_ascii() {
            return Untold::about("a jail's UUID is none", row.name);
        }
        put(cells);
    }
    Ok(text)
}

/// The rows of it in the development line, if none of them needs a second look; in release 1.7.x
/// lines end with blanks.
pub(super) fn rows(walk: &Walk<'_>, line: Line) -> Result<Option<Rows<7>>, Untold> {
    if line == Line::Release {
        return Ok(None);
    }
    let all = all(walk, line)?;
    let mut found = Cells::wide(HEADER, WIDTHS, all.len());
    let is_exact = all.into_iter().all(|row| {
        let (cells, known) = (cells(row), found.line(row.text()));
        is_uuid(cells[0]) && found.push(cells, known)
    });
    Ok(is_exact.then(|| found.rows()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iocage::direct::Listing;
    use crate::iocage::shell::tables::DF;

    /// The rows that are told of jails with these cells, and those that would be read.
    fn both(jails: &[[&str; 6]]) -> (Option<Rows<7>>, Rows<7>) {
        let mut text = String::from("t/iocage\t-\t-\t-\t-\t-\t-\t-\t-\t-\tt/iocage\n");
        for (at, [tag, crt, res, qta, used, ava]) in jails.iter().enumerate() {
            let uuid = format!("04e16052-e917-11f1-bc78-{at:012}");
            let name = format!("t/iocage/jails/{uuid}");
            text +=
                &format!("{name}\t{uuid}\t{tag}\toff\tjail\t{crt}\t{res}\t{qta}\t{used}\t{ava}\t{name}\n");
        }
        let listing = Listing::parse(text.into(), 9, false).expect("rows");
        let walk = Walk::of(&listing, "t/iocage".to_owned(), Line::Development);
        let printed = df(&walk, Line::Development).expect("printed");
        let read = Rows::parse(printed.into(), &DF, |row| is_uuid(row[0])).expect("a header");
        (rows(&walk, Line::Development).expect("known"), read)
    }

    #[test]
    fn what_is_told_is_what_would_be_read() {
        let plain = ["web", "1.29x", "none", "none", "634K", "5.87G"];
        let (told, read) = both(&[plain, ["-", "-", "-", "-", "-", "-"]]);
        assert!(told.is_some_and(|told| told.is_as(&read) && told.len() == 2));
        let (at, odd) = ([0, 1, 2, 3, 4, 5], ["", "a b", "\u{e4}", "1023.5K"]);
        for (at, odd) in at.into_iter().flat_map(|at| odd.map(|odd| (at, odd))) {
            let mut row = plain;
            row[at] = odd;
            let told = both(&[plain, row]).0;
            // A tag may be as long as it is.
            assert_eq!(told.is_some(), at == 0 && odd == "1023.5K", "{row:?}");
        }
    }
}
