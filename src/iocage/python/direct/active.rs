//! What iocage does first, whatever it is asked: it finds the pool that is its own and the
//! datasets that it needs in it, and says so where it cannot go on.
//!
//! Which pool is active stands on the pool's own dataset, so that one listing tells that,
//! too. A dataset that is encrypted and has no key is for iocage not there. What of it is
//! read is a word out of a few, and any other word a doubt: a row must not get lost
//! because a letter did.

use std::path::Path;
use std::rc::Rc;

use crate::error::Error;
use crate::iocage::bytes::parted;
use crate::iocage::direct::{Listing, MISSING, Machine, Row, Untold};

use super::end::{End, Found};
use super::version::Known;

const POOLS: &str = "zpool and zfs do not tell the same pools";
const MARKED: &str = "a pool is marked as it was once done, which iocage would change";
const WORD: &str = "zfs tells a word of a dataset that is not known";
const PLACE: &str = "a dataset is not mounted where its name says";
const LONGER: &str = "this version of iocage takes other datasets for jails";

/// What iocage has below its pool, in the order in which it looks.
const NEEDED: [&str; 7] = ["", "/download", "/images", "/jails", "/log", "/releases", "/templates"];

/// The property by which iocage marks its pool.
pub(in crate::iocage::python) const ACTIVE: &str = "org.freebsd.ioc:active";

/// The columns that every question needs, so that all of a request can share a listing.
const COLUMNS: [&str; 5] = ["mounted", "mountpoint", "exec", ACTIVE, "org.freebsd.iocage:host_hostuuid"];
/// Those that a ZFS without encryption does not know.
const LOCKS: [&str; 2] = ["encryption", "keystatus"];
/// How zfs says so.
const UNKNOWN: &str = "invalid property";

/// How deep a jail lies below its pool: `POOL/iocage/jails/NAME`.
const DEPTH: u8 = 3;

/// What a question needs beside the columns that all do.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Need {
    pub(super) columns: &'static [&'static str],
    /// How many levels below a jail.
    pub(super) below: u8,
}

/// The pool that is iocage's, and what is in it.
pub(super) struct Active {
    pub(super) pool: String,
    /// `tank/iocage`.
    pub(super) dataset: String,
    /// Where that is mounted.
    pub(super) root: String,
    listing: Rc<Listing>,
    /// Does ZFS know of encryption?
    has_locks: bool,
}

/// A dataset one below those that iocage needs: a jail, a template or a release.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry<'t> {
    /// The last part of its name.
    pub(super) name: &'t str,
    /// `jails`, `templates`, `releases`.
    pub(super) sort: &'static str,
    row: Row<'t>,
    /// The place of the row behind it.
    next: usize,
}

/// Where a dataset is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mount {
    /// Nowhere, or by hand: the word that zfs has for it.
    No(String),
    /// Where its name says.
    There(String),
    /// There, if iocage mounts it.
    Not(String),
}

impl<'t> Entry<'t> {
    /// One of the columns that only this question needs.
    pub(super) fn own(self, at: usize) -> &'t str {
        self.row.cell(COLUMNS.len() + at)
    }

    /// Was it made by the shell iocage?
    pub(super) fn is_of_shell(self) -> bool {
        self.row.cell(4) != "-"
    }

    /// Where it is. iocage goes by the mountpoint, whichever it is, and would take one
    /// below the root of a jail, too, in which that jail's root can write.
    pub(super) fn mount(self, active: &Active) -> Found<Mount> {
        let [mounted, place] = self.row.first();
        if ["none", "legacy"].contains(&place) {
            return Ok(Mount::No(place.to_owned()));
        }
        let expected = place.strip_prefix(&*active.root).and_then(|rest| rest.strip_prefix('/'));
        if expected.and_then(|rest| rest.split_once('/')) != Some((self.sort, self.name)) {
            return End::doubt(PLACE, self.row.name);
        }
        match mounted {
            "yes" => Ok(Mount::There(place.to_owned())),
            "no" => Ok(Mount::Not(place.to_owned())),
            _ => End::doubt(WORD, self.row.name),
        }
    }
}

impl Active {
    /// Find the pool.
    pub(super) fn find(machine: &Machine<'_>, need: Need) -> Found<Active> {
        let columns: Vec<_> = COLUMNS.iter().chain(need.columns).chain(&LOCKS).copied().collect();
        if machine.begin_pools() {
            machine.begin_datasets(None, &columns, DEPTH + need.below);
        }
        let pools = machine.pools()?;
        let (listing, has_locks) = match machine.datasets(&columns, DEPTH + need.below) {
            Err(Untold::Failed(error)) if is_unknown_lock(&error) => {
                let columns = &columns[..columns.len() - LOCKS.len()];
                (machine.datasets(columns, DEPTH + need.below)?, false)
            }
            listing => (listing?, true),
        };
        let mut active =
            Active { pool: String::new(), dataset: String::new(), root: String::new(), listing, has_locks };
        let mut found = Vec::new();
        for pool in &pools {
            let Some(row) = active.listing.find(&pool.name) else { return End::doubt(POOLS, &pool.name) };
            match row.cell(3) {
                _ if active.is_locked(row)? => {}
                "yes" => found.push(pool.name.clone()),
                _ if pool.comment == "iocage" => return End::changes(MARKED, &pool.name),
                _ => {}
            }
        }
        let is_pool = |row: &Row<'_>| pools.iter().any(|pool| pool.name == row.name);
        if let Some(row) = active.listing.rows().find(|row| parted(row.name, b'/').is_none() && !is_pool(row))
        {
            return End::doubt(POOLS, row.name);
        }
        match &found[..] {
            [] => {
                return Ok(Untold::no_pool()?);
            }
            [pool] => pool.clone_into(&mut active.pool),
            pools => {
                return End::dies(format!(
                    "Pools:\n{}\nYou have {} poolsmarked active for iocage usage.\n \
                     Run \"iocage  activate ZPOOL\" on the preferred pool.\n",
                    pools.join("\n"),
                    pools.len()
                ));
            }
        }
        active.dataset = format!("{}/iocage", active.pool);
        active.root = active.place()?;
        Ok(active)
    }

    /// Where it is mounted.
    fn place(&self) -> Found<String> {
        let Some(row) = self.listing.find(&self.dataset) else { return End::changes(MISSING, &self.dataset) };
        match row.first() {
            ["yes", place] if Path::new(place).is_absolute() => Ok(place.to_owned()),
            ["no", _] => End::dies(format!("Please set a mountpoint on {}", self.dataset)),
            _ => End::doubt(PLACE, &self.dataset),
        }
    }

    /// Look whether all is there, as iocage does after it has told of itself.
    pub(super) fn check(&self, known: Known) -> Found<()> {
        for part in NEEDED {
            let name = format!("{}{part}", self.dataset);
            let Some(row) = self.listing.find(&name) else { return End::changes(MISSING, &name) };
            match row.cell(2) {
                "on" => {}
                "off" => return End::dies(format!("Dataset \"iocage{part}\" has exec=off (should be on)")),
                _ => return End::doubt(WORD, &name),
            }
        }
        if known.takes_longer_names() {
            let is_longer = |row: &Row<'_>| {
                let rest = row.name.strip_prefix(&*self.dataset).unwrap_or_default();
                let is_one = |part: &&&str| rest.starts_with(**part) && !rest[part.len()..].starts_with('/');
                NEEDED[1..].iter().find(is_one).is_some_and(|part| rest.len() > part.len())
            };
            if let Some(row) = self.listing.rows().find(is_longer) {
                return End::doubt(LONGER, row.name);
            }
        }
        Ok(())
    }

    fn is_locked(&self, row: Row<'_>) -> Found<bool> {
        // As nearly all are.
        if !self.has_locks || row.ends_with("\toff\t-") {
            return Ok(false);
        }
        match row.last_two() {
            Some(["off", "-" | "none" | "available"]) => Ok(false),
            Some([cipher, "available"]) if cipher.starts_with("aes-") => Ok(false),
            Some([cipher, "unavailable"]) if cipher.starts_with("aes-") => Ok(true),
            _ => End::doubt(WORD, row.name),
        }
    }

    /// What lies one below `jails`, `templates` or `releases`, in the order of ZFS.
    pub(super) fn entries(&self, sort: &'static str) -> Found<Vec<Entry<'_>>> {
        let mut entries = Vec::new();
        self.for_each(sort, |entry| entries.push(entry))?;
        Ok(entries)
    }

    /// The same one by one, for who keeps none.
    pub(super) fn for_each<'s>(&'s self, sort: &'static str, mut tell: impl FnMut(Entry<'s>)) -> Found<()> {
        let above = format!("{}/{sort}/", self.dataset);
        for (at, row) in self.listing.rows().enumerate() {
            let Some(name) = row.name.strip_prefix(&*above).filter(|name| parted(name, b'/').is_none())
            else {
                continue;
            };
            if !self.is_locked(row)? {
                tell(Entry { name, sort, row, next: at + 1 });
            }
        }
        Ok(())
    }

    /// That of this name, also if it is locked.
    pub(super) fn entry(&self, sort: &'static str, name: &str) -> Option<Entry<'_>> {
        let row = self.listing.find(&format!("{}/{sort}/{name}", self.dataset))?;
        // Its root is looked for by its name.
        Some(Entry { name: row.last_part(), sort, row, next: 0 })
    }

    /// The root of a jail, also if it is locked.
    pub(super) fn root_of(&self, entry: Entry<'_>) -> Option<Entry<'_>> {
        // It follows, but where another jail is called as this one and more.
        let is_root = |row: &Row<'_>| row.name.strip_prefix(entry.row.name) == Some("/root");
        let next = self.listing.at(entry.next).filter(is_root);
        let row = next.or_else(|| self.listing.find(&format!("{}/root", entry.row.name)))?;
        Some(Entry { name: "root", sort: "", row, next: 0 })
    }
}

fn is_unknown_lock(error: &Error) -> bool {
    let child = error.child.as_ref().filter(|child| child.exit == Some(2));
    child.is_some_and(|child| {
        child.stderr.contains(UNKNOWN) && LOCKS.iter().any(|column| child.stderr.contains(column))
    })
}
