//! `df -lh`: what each jail and template uses, as ZFS prints it.
//!
//! Only whether it is a template iocage takes from its configuration; but it reads all of
//! them, and one that it cannot read is the end of it.

use super::active::{Entry, Need};
use super::end::{End, Found};
use super::jails::Jails;
use super::order::Key;
use super::page::{By, Page};

const TYPE: &str = "a jail's type is not told";
const FIGURE: &str = "zfs tells a figure that is none";

/// The figures.
pub(super) const NEED: Need =
    Need { columns: &["compressratio", "reservation", "quota", "used", "available"], below: 0 };

impl Jails<'_> {
    /// The table.
    pub(super) fn df(&self, page: &mut Page) -> Found<()> {
        let mut table = page.table();
        let mut content = Vec::new();
        for entry in self.all()? {
            let full = self.full(self.config(entry, &mut content)?, entry, false)?;
            let Some(kind) = full.get("type")? else { return End::doubt(TYPE, entry.name) };
            let sort = if kind.shown()? == "template" { "templates" } else { "jails" };
            let shown = match sort == entry.sort {
                true => entry,
                false => match self.active.entry(sort, entry.name) {
                    Some(entry) => entry,
                    None => return End::thrown(entry.name),
                },
            };
            Key::of(entry.name)?;
            let [name, figures @ ..] = row(shown)?;
            table.row(&[], name, &figures);
        }
        page.print_table(table, By::Key)
    }
}

fn row(entry: Entry<'_>) -> Found<[&str; 6]> {
    let figures: [&str; 5] = std::array::from_fn(|at| entry.own(at));
    let is_figure = |text: &str| {
        text == "none" || text == "-" || text.starts_with(|c: char| c.is_ascii_digit()) && text.len() < 16
    };
    if !figures.into_iter().all(is_figure) {
        return End::doubt(FIGURE, entry.name);
    }
    let [ratio, reservation, quota, used, available] = figures;
    Ok([entry.name, ratio, reservation, quota, used, available])
}
