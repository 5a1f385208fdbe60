//! Importing an image with the Python iocage.
//!
//! `import -p FILE NAME` takes FILE where that is the whole path of a file; without it the first one in its folder
//! whose name begins as NAME. The jail is called what FILE has before its last `_`. For each member of the archive
//! it runs `zfs recv -F`, into `jails/NAME` or, by the member's name, something below that, each `_` of which
//! becomes a `/` (ioc_image.py, 1.2 to 1.13 alike). So a member can write over nothing but what `jails/NAME` holds,
//! and of that name there must be nothing before. The digest beside the image it does not read, and how a `zfs recv`
//! has ended it does not ask: so it is looked whether each dataset that it tells of has come.
//!
//! What is in an image root runs and mounts once the jail starts. So one is taken from root's own folder alone, where
//! it is root's own file.

use std::collections::BTreeSet;

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::Reads;
use crate::iocage::machine::datasets::{Datasets, is_within};
use crate::iocage::machine::images::{folder, image_in};
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::{some_of, status_lines};
use crate::iocage::told::Told;
use crate::policy::ImageName;

use super::complaints::failure_of;
use super::output::warnings;
use super::program::{Python, own};
use super::storage::Storage;

/// Make a jail of an image, and tell what to look at.
pub(super) fn import(python: Python, session: &Session<'_>, image: &ImageName) -> Result<Told, Error> {
    let name = image.jail();
    let about = |error: Error| Error { key: Some("image"), ..error };
    python.names(session)?.refuse_taken(&[name.to_owned()]).map_err(about)?;
    let root = Storage::ask(session)?.root;
    let jail = format!("{root}/jails/{name}");
    let taken = held(&Datasets::ask(session)?, &[&jail, &format!("{root}/templates/{name}")]);
    if !taken.is_empty() {
        let message = format!(
            "there is already {}, which iocage would write over",
            some_of(taken.iter().map(String::as_str))
        );
        return Err(Error::about("image", Code::TagInUse, message));
    }
    let path = image_in(session, &folder(session, &root)?, image)?.display().to_string();
    if session.is_dry() {
        session.would_make.borrow_mut().push(name.to_owned());
    }
    let judged = own(session, Kind::Fetch, &["import", "-p", &path, name])
        .and_then(|output| judge(session, &output, &root, name));
    judged.map_err(|error| if session.changed.get() { left(session, &jail, name, error) } else { error })
}

/// The datasets that are one of these, or below one.
fn held(datasets: &Datasets, of: &[&str]) -> Vec<String> {
    let is_of = |name: &str| of.iter().any(|of| is_within(name, of));
    let names = datasets.0.iter().map(|dataset| &dataset.name);
    names.filter(|name| is_of(name)).cloned().collect()
}

/// Has all of it come?
fn judge(session: &Session<'_>, output: &Output, root: &str, name: &str) -> Result<Told, Error> {
    let end = format!("Imported: {name}");
    if !output.succeeded() || !status_lines(&output.stdout).any(|line| line == end) {
        return Err(failure_of(output, name));
    }
    let there = Datasets::ask(session)?;
    let (told, whole) = (status_lines(&output.stdout), [name.to_owned(), format!("{name}/root")]);
    let told: Vec<_> =
        told.filter_map(|line| line.strip_prefix("Importing dataset: ").map(str::to_owned)).collect();
    if let Some(twice) = told.iter().enumerate().find_map(|(at, one)| told[..at].contains(one).then_some(one))
    {
        let message = format!("iocage has received {} twice, and one of the two is lost", Quoted(twice));
        return Err(output.error(Code::NotDone, message));
    }
    let wanted: BTreeSet<_> =
        told.into_iter().chain(whole).map(|below| format!("{root}/jails/{below}")).collect();
    let missing: Vec<_> = wanted.iter().filter(|dataset| !there.holds(dataset)).collect();
    if missing.is_empty() {
        return Ok(warnings(output, &[]));
    }
    let message = format!(
        "iocage says that it has imported {}, of which is not there: {}",
        Quoted(name),
        some_of(missing.iter().map(|dataset| dataset.as_str()))
    );
    Err(output.error(Code::NotDone, message))
}

/// The error of an import that was begun, with what has come all the same.
fn left(session: &Session<'_>, jail: &str, name: &str, error: Error) -> Error {
    let left = match Datasets::ask(session).map(|all| held(&all, &[jail])) {
        Ok(left) if left.is_empty() => "it has left nothing".to_owned(),
        Ok(left) => {
            session.left.replace(vec![name.to_owned()]);
            let left = some_of(left.iter().map(String::as_str));
            format!("it has left {left}, which has to be destroyed before it is imported again")
        }
        Err(why) => format!("what it has left is not known: {}", why.message),
    };
    Error { message: format!("{}; {left}", error.message), ..error }
}
