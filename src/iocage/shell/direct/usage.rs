//! `df` of the shell iocage: what each jail uses.

use super::columns::blanks;
use super::line::Line;
use super::walk::Walk;
use crate::iocage::direct::{Row, Untold};

/// What lies below the jails: in the development line whatever it is, in release 1.7.x what
/// is a jail.
pub(super) fn df(walk: &Walk<'_>, line: Line) -> Result<String, Untold> {
    let rows: Vec<Row<'_>> = match line {
        Line::Development => walk.all_below("jails").collect(),
        Line::Release => walk.all()?.to_vec(),
    };
    let mut text = String::with_capacity((rows.len() + 1) * 90);
    let mut put = |cells: [&str; 7]| {
        let widths = [36, 6, 5, 5, 5, 5, 0];
        let gaps = [2, 2, 2, 2, 2, 1, 0];
        for ((cell, width), gap) in cells.into_iter().zip(widths).zip(gaps) {
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
    put(["UUID", "CRT", "RES", "QTA", "USE", "AVA", "TAG"]);
    for row in rows {
        let [uuid, tag, _, _, crt, res, qta, used, ava] = row.first();
        if !uuid.is_ascii() {
            return Untold::about("a jail's UUID is none", row.name);
        }
        put([uuid, crt, res, qta, used, ava, tag]);
    }
    Ok(text)
}
