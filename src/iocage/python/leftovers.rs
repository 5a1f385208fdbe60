//! What iocage leaves: jails with nothing in them, snapshots of jails that are gone.
//!
//! A snapshot is removed by `zfs destroy` without `-r`, which refuses one that anything
//! depends on; only by the whole name under which it was found, and only if it bears the
//! name of a jail that is not there and lies where iocage makes such ones.

use super::output::{pool, whole};
use super::program::{ask, zfs};
use crate::config::Kind;
use crate::error::Error;
use crate::iocage::machine::{datasets, if_told};
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::sets::set_of;
use crate::iocage::text::one_line;

/// The datasets or snapshots below the pool's iocage. What cannot be found out
/// is told to the log: the change itself is done.
fn below(session: &Session<'_>, kind: &str, pool: &str) -> Vec<String> {
    let root = format!("{pool}/iocage");
    match zfs(session, Kind::Read, false, &["list", "-H", "-t", kind, "-o", "name", "-r", &root])
        .and_then(whole)
        .and_then(datasets::few)
    {
        Ok(output) => output.stdout.lines().map(str::to_owned).collect(),
        Err(error) => {
            log::warn!("cannot look at the {kind}s of {root}: {}", error.message);
            Vec::new()
        }
    }
}

/// Jails and templates that are there but have nothing in them any more.
pub(super) fn hollow(session: &Session<'_>, pool: &str) -> Vec<String> {
    let datasets = below(session, "filesystem", pool);
    let known = set_of(datasets.iter().map(String::as_str));
    let has = |name: &str| known.contains(name);
    let hollow = ["jails", "templates"].into_iter().flat_map(|sort| {
        let folder = format!("{pool}/iocage/{sort}/");
        let of_sort = move |dataset: &String| {
            dataset.strip_prefix(&folder).filter(|name| !name.contains('/')).map(str::to_owned)
        };
        datasets
            .iter()
            .filter_map(of_sort)
            .filter_map(move |name| (!has(&format!("{pool}/iocage/{sort}/{name}/root"))).then_some(name))
    });
    hollow.map(|name| format!("the jail {name} is still listed, but what it was made of is gone")).collect()
}

/// The snapshots of a dataset, and of what is in it, by a jail's name; nothing where
/// that cannot be found out.
pub(super) fn snapshots_of(
    session: &Session<'_>,
    dataset: &str,
    jail: &str,
) -> Result<Option<Vec<String>>, Error> {
    let places = [dataset.to_owned(), format!("{dataset}/root")];
    let is_its = |snapshot: &String| {
        let parts = snapshot.split_once('@');
        parts.is_some_and(|(of, name)| name == jail && places.iter().any(|place| place == of))
    };
    match datasets::snapshots(session, dataset) {
        // A release that is still to be fetched has none.
        Err(error) if error.message.contains("dataset does not exist") => Ok(Some(Vec::new())),
        found => Ok(if_told(found)?.map(|found| found.into_iter().filter(is_its).collect())),
    }
}

/// A snapshot that nobody may remove but whoever knows what it is.
pub(super) fn is_in_its_way(snapshot: &str) -> String {
    format!(
        "the snapshot {snapshot} is in the way of it; if it is left of a former jail, and not somebody's own, \
         `zfs destroy {snapshot}` removes it"
    )
}

/// Remove a snapshot that is left; what came of it.
pub(super) fn remove(session: &Session<'_>, snapshot: &str) -> String {
    let why = match datasets::destroy(session, snapshot, false) {
        Ok(output) if output.succeeded() => {
            return format!("the snapshot {snapshot} was left of it and is removed");
        }
        Ok(output) => one_line(&output.stderr),
        Err(Error { message, .. }) => message,
    };
    format!("the snapshot {snapshot} is left of it, and zfs does not remove it: {why}")
}

/// Snapshots that bear the name of a destroyed jail: they block making one of that
/// name again. iocage leaves one behind when the jail's configuration was broken, and
/// what a clone was made of always. `origins` are those that the jail was made of,
/// which are removed; others are told.
pub(super) fn left_snapshots(
    session: &Session<'_>,
    jail: &JailId,
    known_pool: Option<&str>,
    origins: &[String],
) -> Vec<String> {
    let pool = match known_pool {
        Some(pool) => Ok(pool.to_owned()),
        None => ask(session, &["get", "-p"]).and_then(pool),
    };
    let pool = match pool {
        Ok(pool) => pool,
        Err(error) => {
            log::warn!("cannot look for snapshots that are left: {}", error.message);
            return Vec::new();
        }
    };
    let end = format!("@{}", jail.uuid());
    let left = below(session, "snapshot", &pool).into_iter().filter(|snapshot| snapshot.ends_with(&end));
    left.map(|snapshot| {
        if origins.contains(&snapshot) {
            return remove(session, &snapshot);
        }
        format!(
            "the snapshot {snapshot} is left; it is in the way of another jail {} that is made of the same",
            jail.uuid()
        )
    })
    .collect()
}
