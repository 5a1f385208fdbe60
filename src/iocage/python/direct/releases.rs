//! `list -rh`: the releases that were fetched.
//!
//! iocage puts what stands before the first `-` through a fraction and back, and orders by
//! the text of that with the place in the list behind it. Of a release of an ordinary
//! name nothing of that shows but the order.

use crate::iocage::sets::order_of;

use super::active::{Entry, Mount};
use super::end::{End, Found};
use super::jails::Jails;
use super::page::{By, Page};

const NAME: &str = "a release is not called as releases are";

/// Is it one or two digits, perhaps with a point and one more, a `-` and a word?
fn is_plain(name: &str) -> bool {
    let Some((number, kind)) = name.split_once('-') else { return false };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let is_digits =
        |text: &str, most| (1..=most).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_digits(whole, 2) && !whole.starts_with('0') && is_digits(part, 1) && !kind.is_empty()
}

impl Jails<'_> {
    /// The table.
    pub(super) fn releases(&self, page: &mut Page) -> Found<()> {
        let mut found = Vec::new();
        for (at, entry) in self.active.entries("releases")?.into_iter().enumerate() {
            let Some((number, kind)) = self.plain(entry)?.split_once('-') else {
                return End::doubt(NAME, entry.name);
            };
            found.push((format!("{number}_{at}"), kind, entry.name));
        }
        let order = order_of(found.len(), &|one, other| found[one].cmp(&found[other]));
        let mut table = page.table();
        order.into_iter().for_each(|at| table.row(&[], found[at].2, &[]));
        page.print_table(table, By::Place)
    }

    fn plain<'e>(&self, entry: Entry<'e>) -> Found<&'e str> {
        match entry.mount(self.active)? {
            Mount::There(_) | Mount::Not(_) if is_plain(entry.name) => Ok(entry.name),
            _ => End::doubt(NAME, entry.name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_fraction_would_change_is_a_doubt() {
        for name in ["14.3-RELEASE", "9.3-RELEASE", "13-STABLE", "14.3-RELEASE-p5", "13.0-RC_1"] {
            assert!(is_plain(name), "{name}");
        }
        for name in ["14.10-RELEASE", "100-X", "my_rel", "14.3", "14.3-", "08.1-X", "-X", "1e1-X", "14.-X"] {
            assert!(!is_plain(name), "{name}");
        }
    }
}
