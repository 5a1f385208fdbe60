//! What `list` of the shell iocage does not tell of a jail, from the properties of its dataset.
//!
//! Its versions of 2016 have no such columns, and `get` tells one property at a time. All are properties
//! of ZFS, of which one `zfs list` tells every jail's.

use crate::error::Error;
use crate::iocage::Jails;
use crate::iocage::machine::homes::{self, Home, Homes};
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;

/// Behind the origin.
const COLUMNS: [&str; 3] =
    ["org.freebsd.iocage:release", "org.freebsd.iocage:ip6_addr", "org.freebsd.iocage:type"];

/// The same jails with more of each.
pub(super) fn all(session: &Session<'_>, mut jails: Jails) -> Result<Jails, Error> {
    let listing = homes::told(session, &COLUMNS, &mut jails.problems)?;
    let homes = listing.as_ref().map(|listing| Homes::of(listing, &|_| true));
    let home = |uuid: &str| homes.as_ref().map_or_else(Home::default, |homes| homes.find(uuid));
    let homes: Vec<_> = jails.iter().map(|[_, uuid, ..]| home(uuid)).collect();
    let rows = jails.iter().zip(&homes).map(|([_, uuid, ..], home)| {
        let cell = |column| home.dataset.map_or("-", |row| row.cell(column));
        let base = match cell(4) {
            "-" => "-",
            "basejail" => "yes",
            _ => "no",
        };
        let ip6 = if cell(3) == "none" { "-" } else { cell(3) };
        [uuid, cell(2), ip6, home.template, base, &home.path, home.pool]
    });
    let beside = Rows::of_cells(rows);
    Ok(jails.with_beside(beside))
}
