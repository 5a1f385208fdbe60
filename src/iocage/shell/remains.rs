//! What a create that failed has left behind, and how it is removed.
//!
//! The real program goes on when ZFS refuses a property: it makes the dataset without
//! any, lists that as a row of dashes for ever after, and finds it by no name but the
//! one that nobody is told. So it is looked for in ZFS, and removed by `zfs destroy`
//! without `-r`, dataset by dataset, which refuses what has snapshots, clones or
//! anything below it that was not expected.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::error::{Code, Error, Quoted};
use crate::iocage::Done;
use crate::iocage::lines::Lines;
use crate::iocage::machine::datasets::{self, Datasets};
use crate::iocage::machine::running;
use crate::iocage::names::{JailId, is_uuid};
use crate::iocage::session::Session;
use crate::iocage::text::one_line;

use super::pools;
use super::program::{ask_quietly, known_as};

/// By this property iocage knows a jail; one without it is none.
const IDENTITY: &str = "org.freebsd.iocage:host_hostuuid";

/// The dataset of half a jail of this name, if there is one.
pub(super) fn find(session: &Session<'_>, name: &str) -> Result<Option<JailId>, Error> {
    if !is_uuid(name) {
        return Ok(None);
    }
    let name = name.to_ascii_lowercase();
    let Some(dataset) = dataset(session, &Datasets::ask(session)?, &name)? else { return Ok(None) };
    let is_half = datasets::property(session, IDENTITY, &dataset)? == "-" && !is_others(session, &dataset)?;
    Ok(is_half.then(|| JailId::half_made(&name)))
}

/// Its dataset, of the pool that iocage uses: on another one lies what others made.
fn dataset(session: &Session<'_>, datasets: &Datasets, uuid: &str) -> Result<Option<String>, Error> {
    let end = format!("/iocage/jails/{uuid}");
    if !datasets.0.iter().any(|dataset| dataset.name.ends_with(&end)) {
        return Ok(None);
    }
    let pool = pools::pool(ask_quietly(session, &["activate"])?)?;
    let dataset = format!("{pool}{end}");
    Ok(datasets.holds(&dataset).then_some(dataset))
}

/// Is it a jail of another iocage? The line of late 2016 and the Python one keep what they
/// know of a jail in a file, and none of it in properties. Where that cannot be looked at,
/// it is not half a jail.
fn is_others(session: &Session<'_>, dataset: &str) -> Result<bool, Error> {
    let folder = datasets::property(session, "mountpoint", dataset)?;
    let is_there = |path: &Path| std::fs::symlink_metadata(path).map(|_| true);
    let is_missing = |error: io::Error| error.kind() == ErrorKind::NotFound;
    let may_be = |name: &str| !is_there(&Path::new(&folder).join(name)).is_err_and(is_missing);
    let can_look = folder.starts_with('/') && is_there(Path::new(&folder)).unwrap_or(false);
    Ok(!can_look || ["config", "config.json"].into_iter().any(may_be))
}

/// Remove it.
pub(super) fn destroy(session: &Session<'_>, jail: &JailId) -> Result<Done, Error> {
    let all = Datasets::ask(session)?;
    let Some(dataset) = dataset(session, &all, jail.uuid())? else {
        return Err(Error::about("jail", Code::UnknownJail, format!("jail {} is gone", jail.uuid())));
    };
    if running::find(session, &known_as(jail.uuid()))?.is_some() {
        return Err(Error::running(jail.uuid(), ""));
    }
    let root = format!("{dataset}/root");
    if let Some(other) = all.below(&dataset).find(|found| found.name != root) {
        let message =
            format!("half a jail has nothing but a `root`, and this one has {}", Quoted(&other.name));
        return Err(Error::about("jail", Code::NotDone, message));
    }
    let mut removed: Vec<String> = Vec::new();
    for name in [root, dataset].into_iter().filter(|name| all.holds(name)) {
        let output = datasets::destroy(session, &name, true)?;
        if !output.succeeded() {
            let before = if removed.is_empty() {
                "nothing was removed".to_owned()
            } else {
                format!("removed before it: {}", removed.join(", "))
            };
            let message = format!("{}; {before}", one_line(&output.stderr));
            return Err(output.error(Code::IocageFailed, message));
        }
        removed.push(name);
    }
    if dataset_is_left(session, &removed)? {
        return Err(Error::new(
            Code::NotDone,
            "zfs said that it destroyed the dataset, which is still there",
        ));
    }
    let warning = format!("it was half a jail; its datasets were removed: {}", removed.join(", "));
    let line = format!("Destroying: {}", jail.uuid());
    Ok(Done { lines: Lines::of_status(&line), warnings: vec![warning].into(), ..Done::default() })
}

fn dataset_is_left(session: &Session<'_>, removed: &[String]) -> Result<bool, Error> {
    let after = Datasets::ask(session)?;
    Ok(removed.iter().any(|name| after.holds(name)))
}
