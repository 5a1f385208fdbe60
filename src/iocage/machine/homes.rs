//! Where jails lie: their pools and folders, as one `zfs list` tells them of all, and properties of
//! their datasets, should some be wanted too.
//!
//! Both generations keep a jail in `POOL/iocage/jails/NAME`, and its root in the folder `root` of that.
//! It is asked of all pools at once: which of them is iocage's, the generations mark each in its way.

use super::{ask, if_told, whole};
use crate::error::{Code, Error};
use crate::iocage::direct::{Listing, Row, Untold};
use crate::iocage::session::{Program, Session};
use crate::iocage::told::Told;

/// How deep jails lie: `POOL/iocage/jails/NAME`.
pub const JAILS: &str = "3";
/// And their roots.
pub const ROOTS: &str = "4";
/// What stands for what is not told.
const NOTHING: &str = "-";

/// The datasets of all pools, as deep as those of jails, or as [`ROOTS`], with the mountpoint and these
/// properties. None, where zfs does not tell; then why not is a problem.
///
/// # Errors
/// If nobody waits any more.
pub fn told(
    session: &Session<'_>,
    depth: &str,
    columns: &[&str],
    problems: &mut Told,
) -> Result<Option<Listing>, Error> {
    let columns_asked = ["name", "mountpoint"].iter().chain(columns).chain(&["name"]).copied();
    let columns_asked = columns_asked.collect::<Vec<_>>().join(",");
    let args = ["list", "-H", "-t", "filesystem", "-d", depth, "-o", &columns_asked];
    let found = ask(session, Program::Zfs, &args).and_then(|output| whole(output, "zfs list"));
    let found = found.and_then(|output| {
        Listing::parse(output.stdout.clone(), columns.len() + 1, false).map_err(|why| match why {
            Untold::Failed(error) => *error,
            Untold::NotKnown(why, _) | Untold::Changes(why, _) => output.error(Code::UnexpectedOutput, why),
        })
    });
    if let Err(error) = &found {
        problems.push(format!("where the jails lie is not told: {}", error.message));
    }
    if_told(found)
}

/// The pools that are iocage's, and what lies in them.
#[derive(Debug)]
pub struct Homes<'l> {
    listing: &'l Listing,
    pools: Vec<&'l str>,
}

/// Where a jail lies.
#[derive(Debug)]
pub struct Home<'l> {
    /// Its pool.
    pub pool: &'l str,
    /// Its root, as the host sees it.
    pub path: String,
    /// Its dataset.
    pub dataset: Option<Row<'l>>,
    /// That of its root.
    pub root: Option<Row<'l>>,
}

impl Default for Home<'_> {
    fn default() -> Self {
        Home { pool: NOTHING, path: NOTHING.to_owned(), dataset: None, root: None }
    }
}

impl<'l> Homes<'l> {
    /// In those pools that are iocage's, by the dataset of each.
    #[must_use]
    pub fn of(listing: &'l Listing, is_its: &dyn Fn(Row<'l>) -> bool) -> Homes<'l> {
        let pools = listing.rows().filter(|row| !row.name.contains('/') && is_its(*row));
        Homes { listing, pools: pools.map(|row| row.name).collect() }
    }

    /// Where the jail of this name lies; nowhere, if two pools have one.
    #[must_use]
    pub fn find(&self, name: &str) -> Home<'l> {
        let found = |pool: &&'l str| {
            let dataset = format!("{pool}/iocage/jails/{name}");
            let root = self.listing.find(&format!("{dataset}/root"));
            self.listing.find(&dataset).map(|row| (*pool, row, root))
        };
        let mut found = self.pools.iter().filter_map(found);
        let (Some((pool, row, root)), None) = (found.next(), found.next()) else { return Home::default() };
        let mountpoint = row.cell(0);
        let is_folder = mountpoint.starts_with('/');
        let path = if is_folder { format!("{mountpoint}/root") } else { NOTHING.to_owned() };
        Home { pool, path, dataset: Some(row), root }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jail_lies_in_one_pool_of_iocages() {
        let row = |name: &str, at: &str, mark: &str| format!("{name}\t{at}\t{mark}\t{name}\n");
        let text = [
            row("new", "/new", "no"),
            row("new/iocage/jails/web", "/new/iocage/jails/web", "no"),
            row("old", "/old", "yes"),
            row("old/iocage/jails/web", "/old/iocage/jails/web", "yes"),
            row("old/iocage/jails/web/root", "/old/iocage/jails/web/root", "yes"),
            row("old/iocage/jails/none", "none", "yes"),
        ]
        .concat();
        let listing = Listing::parse((&*text).into(), 2, false).expect("rows");
        let homes = Homes::of(&listing, &|pool| pool.cell(1) == "yes");
        let told = |homes: &Homes<'_>, name: &str| {
            let home = homes.find(name);
            (home.pool.to_owned(), home.path, home.root.is_some())
        };
        let is = |pool: &str, path: &str, root| (pool.to_owned(), path.to_owned(), root);
        assert_eq!(told(&homes, "web"), is("old", "/old/iocage/jails/web/root", true));
        assert_eq!(told(&homes, "none"), is("old", "-", false));
        assert_eq!(told(&homes, "we"), is("-", "-", false));
        let all = Homes::of(&listing, &|_| true);
        assert_eq!(told(&all, "web"), is("-", "-", false), "which of two it is, nobody knows");
    }
}
