//! Where jails lie: their pools and folders, as one `zfs list` tells them of all, and properties of
//! their datasets, should some be wanted too.
//!
//! Both generations keep a jail in `POOL/iocage/jails/NAME`, and its root in the folder `root` of that.
//! It is asked of all pools at once: which of them is iocage's, the generations mark each in its way.

use super::{ask, if_told, whole};
use crate::error::{Code, Error};
use crate::iocage::direct::{Listing, Row, Untold};
use crate::iocage::program::Program;
use crate::iocage::session::Session;
use crate::iocage::told::Told;

/// How deep the roots of jails lie, which tell what they were made of: `POOL/iocage/jails/NAME/root`.
const DEPTH: &str = "4";
/// What stands for what is not told.
const NOTHING: &str = "-";

/// The datasets of all pools, as deep as jails lie, with the mountpoint, the origin and these properties. None, where zfs does not tell; then why not is a problem.
///
/// # Errors
/// If nobody waits any more.
pub fn told(session: &Session<'_>, columns: &[&str], problems: &mut Told) -> Result<Option<Listing>, Error> {
    let columns_asked = ["name", "mountpoint", "origin"].iter().chain(columns).chain(&["name"]).copied();
    let columns_asked = columns_asked.collect::<Vec<_>>().join(",");
    let args = ["list", "-H", "-t", "filesystem", "-d", DEPTH, "-o", &columns_asked];
    let found = ask(session, Program::Zfs, &args).and_then(|output| whole(output, "zfs list"));
    let found = found.and_then(|output| {
        Listing::parse(output.stdout.clone(), columns.len() + 2, false).map_err(|why| match why {
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
    /// The template or jail that it was made of; nothing, where that is a release.
    pub template: &'l str,
    /// Its dataset.
    pub dataset: Option<Row<'l>>,
}

impl Default for Home<'_> {
    fn default() -> Self {
        Home { pool: NOTHING, path: NOTHING.to_owned(), template: NOTHING, dataset: None }
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
        let template = template_of(root.unwrap_or(row).cell(1));
        Home { pool, path, template, dataset: Some(row) }
    }
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
    use super::*;

    #[test]
    fn a_jail_lies_in_one_pool_of_iocages() {
        let row = |name: &str, at: &str, mark: &str| {
            format!("{name}\t{at}\tnew/iocage/jails/of/root@x\t{mark}\t{name}\n")
        };
        let text = [
            row("new", "/new", "no"),
            row("new/iocage/jails/web", "/new/iocage/jails/web", "no"),
            row("old", "/old", "yes"),
            row("old/iocage/jails/web", "/old/iocage/jails/web", "yes"),
            row("old/iocage/jails/web/root", "/old/iocage/jails/web/root", "yes"),
            row("old/iocage/jails/none", "none", "yes"),
        ]
        .concat();
        let listing = Listing::parse((&*text).into(), 3, false).expect("rows");
        let homes = Homes::of(&listing, &|pool| pool.cell(2) == "yes");
        let told = |homes: &Homes<'_>, name: &str| {
            let home = homes.find(name);
            (home.pool.to_owned(), home.path, home.template.to_owned())
        };
        let is = |pool: &str, path: &str, of: &str| (pool.to_owned(), path.to_owned(), of.to_owned());
        assert_eq!(told(&homes, "web"), is("old", "/old/iocage/jails/web/root", "of"));
        assert_eq!(told(&homes, "none"), is("old", "-", "of"));
        assert_eq!(told(&homes, "we"), is("-", "-", "-"));
        let all = Homes::of(&listing, &|_| true);
        assert_eq!(told(&all, "web"), is("-", "-", "-"), "which of two it is, nobody knows");
    }

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
