//! What `list` of the shell iocage does not tell of a jail, from the properties of its dataset.
//!
//! Its versions of 2016 have no such columns, and `get` tells one property at a time. All are properties
//! of ZFS, of which one `zfs list` tells every jail's.

use crate::error::Error;
use crate::iocage::Jails;
use crate::iocage::machine::homes::{self, Home, Homes};
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;

/// Behind the mountpoint.
const COLUMNS: [&str; 4] =
    ["origin", "org.freebsd.iocage:release", "org.freebsd.iocage:ip6_addr", "org.freebsd.iocage:type"];

/// The same jails with more of each.
pub(super) fn all(session: &Session<'_>, mut jails: Jails) -> Result<Jails, Error> {
    let listing = homes::told(session, homes::ROOTS, &COLUMNS, &mut jails.problems)?;
    let homes = listing.as_ref().map(|listing| Homes::of(listing, &|_| true));
    let home = |uuid: &str| homes.as_ref().map_or_else(Home::default, |homes| homes.find(uuid));
    let homes: Vec<_> = jails.iter().map(|[_, uuid, ..]| home(uuid)).collect();
    let rows = jails.iter().zip(&homes).map(|([_, uuid, ..], home)| {
        let cell = |column| home.dataset.map_or("-", |row| row.cell(column));
        let origin = home.root.or(home.dataset).map_or("-", |row| row.cell(1));
        let base = match cell(4) {
            "-" => "-",
            "basejail" => "yes",
            _ => "no",
        };
        let ip6 = if cell(3) == "none" { "-" } else { cell(3) };
        [uuid, cell(2), ip6, template_of(origin), base, &home.path, home.pool]
    });
    let beside = Rows::of_cells(rows);
    Ok(jails.with_beside(beside))
}

/// Of which template or jail a root was made; nothing, where that is a release.
fn template_of(origin: &str) -> &str {
    let parts = origin.split_once('@').map(|(dataset, _)| dataset).and_then(|dataset| {
        let mut parts = dataset.strip_suffix("/root").unwrap_or(dataset).rsplit('/');
        Some((parts.next()?, parts.next()?))
    });
    match parts {
        Some((name, "jails" | "templates")) => name,
        _ => "-",
    }
}

#[cfg(test)]
mod tests {
    use super::template_of;

    #[test]
    fn what_a_root_was_made_of() {
        for (origin, name) in [
            ("t/iocage/templates/base/root@web", "base"),
            ("t/iocage/jails/0bf985de-ca0f/root@a@b", "0bf985de-ca0f"),
            ("t/iocage/releases/10.2-RELEASE/root@web", "-"),
            ("t/iocage/base/10.2-RELEASE/root@web", "-"),
            ("-", "-"),
            ("", "-"),
        ] {
            assert_eq!(template_of(origin), name, "{origin}");
        }
    }
}
