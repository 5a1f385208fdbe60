//! `df` of the shell iocage: what each jail uses.

use std::fmt::Write;

use super::line::Line;
use super::walk::Walk;
use crate::iocage::direct::{Row, Untold};

/// What lies below the jails: in the development line whatever it is, in release 1.7.x what
/// is a jail.
pub(super) fn df(walk: &Walk<'_>, line: Line) -> Result<String, Untold> {
    let rows: Vec<Row<'_>> = match line {
        Line::Development => walk.all_below("jails").collect(),
        Line::Release => walk.all()?,
    };
    let mut text = String::with_capacity((rows.len() + 1) * 90);
    let mut put = |cells: [&str; 7]| {
        let [uuid, crt, res, qta, used, ava, tag] = cells;
        // Writing to memory does not fail. Only the tag may be other than ASCII.
        let _ = write!(text, "{uuid:<36}  {crt:<6}  {res:<5}  {qta:<5}  {used:<5}  {ava:<5} ");
        let blanks = if line == Line::Release { 20_usize.saturating_sub(tag.len()) } else { 0 };
        let _ = writeln!(text, "{tag}{:blanks$}", "");
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
