//! Importing an image with the Python iocage.
//!
//! `import -p FILE NAME` takes FILE where that is the whole path of a file; without it the first one in its folder
//! whose name begins as NAME. The jail is called what FILE has before its last `_`. For each member of the archive
//! it runs `zfs recv -F`, into `jails/NAME` or, by the member's name, something below that, each `_` of which
//! becomes a `/` (ioc_image.py, 1.2 to 1.13 alike). So a member can write over nothing but what `jails/NAME` holds,
//! and of that name there must be nothing before. The digest beside the image it does not read, and how a `zfs recv`
//! has ended it does not ask: so it is looked whether each dataset that it tells of has come.
//!
//! Whether a file still has the name of its export, an archive's list of members tells before, and the configuration
//! that comes tells after: iocage calls the jail what that says, and not what the file and the dataset are called.
//!
//! A `.tar.xz` has no such list: a member's name stands before its content, and all of it is one stream. To look before
//! would be to unpack it once more than the two times that iocage does (its `getmembers` reads to the end before the first
//! `zfs recv`), for names that hardly any jail has. So of one the datasets beside the usual two are told, to be looked
//! at: iocage has made a `/` of each `_` in their names, and nobody knows which it was.
//!
//! What is in an image root runs and mounts once the jail starts. So one is taken from root's own folder alone, where
//! it is root's own file.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::Reads;
use crate::iocage::direct::{File, file};
use crate::iocage::machine::archive::members;
use crate::iocage::machine::datasets::{Datasets, is_within};
use crate::iocage::machine::images::{folder, image_in};
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::{some_of, status_lines};
use crate::iocage::told::Told;
use crate::policy::ImageName;

use super::complaints::failure_of;
use super::members::Of;
use super::output::warnings;
use super::program::{Python, own};
use super::storage::Storage;
use super::words::jail_name;

/// Make a jail of an image, and tell what to look at.
pub(super) fn import(python: Python, session: &Session<'_>, image: &ImageName) -> Result<Told, Error> {
    let name = image.jail();
    let about = |error: Error| Error { key: Some("image"), ..error };
    // It would come, and nothing here could address it.
    jail_name(name).map_err(about)?;
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
    let folder = folder(session, &root)?;
    let path = image_in(&folder, image)?;
    let members = members(&path);
    if let Some(members) = &members {
        refuse_other(image, &path, members)?;
    }
    let path = path.display().to_string();
    if session.is_dry() {
        session.would_make.borrow_mut().push(name.to_owned());
    }
    let judged = own(session, Kind::Fetch, &["import", "-p", &path, name])
        .and_then(|output| judge(session, &output, &root, name).map(|told| (output, told)))
        .and_then(|(output, told)| refuse_renamed(&output, &folder, &jail, name).map(|()| (output, told)))
        .map(|(output, mut told)| {
            told.extend(members.is_none().then(|| unsure(&output, name)).flatten());
            told
        });
    judged.map_err(|error| if session.changed.get() { left(session, &jail, name, error) } else { error })
}

/// The datasets that are one of these, or below one.
fn held(datasets: &Datasets, of: &[&str]) -> Vec<String> {
    let is_of = |name: &str| of.iter().any(|of| is_within(name, of));
    let names = datasets.0.iter().map(|dataset| &dataset.name);
    names.filter(|name| is_of(name)).cloned().collect()
}

/// Refuse an archive that was called something else when it was made, or of which iocage would make other datasets
/// than it was made of.
fn refuse_other(image: &ImageName, path: &Path, members: &[String]) -> Result<(), Error> {
    let was = members.first().map(|first| first.rsplit_once('/').map_or(&**first, |(_, name)| name));
    if let Some(was) = was.filter(|was| *was != image.stem()) {
        let message = format!(
            "{} was renamed: it holds {}, and iocage tells by the name of a file what is in it; give it back its own",
            path.display(),
            Quoted(was)
        );
        return Err(Error::about("image", Code::UnknownImage, message));
    }
    let of = Of { name: image.jail(), date: image.date() };
    let Some((member, lands)) = of.misled(members) else { return Ok(()) };
    let message = format!(
        "of {} in {} iocage would make jails/{lands}, which is not the dataset that it was",
        Quoted(member),
        path.display()
    );
    Err(Error::about("image", Code::Unsupported, message))
}

/// Is the jail that has come the one that the file is called after?
fn refuse_renamed(output: &Output, folder: &Path, jail: &str, name: &str) -> Result<(), Error> {
    let path = folder.with_file_name("jails").join(name).join("config.json");
    let uuid = match file(&path) {
        Ok(File::Holds(text)) => {
            let config = serde_json::from_slice::<Value>(&text).unwrap_or_default();
            config["host_hostuuid"].as_str().map(str::to_owned)
        }
        _ => None,
    };
    let is = match uuid {
        Some(uuid) if uuid == name => return Ok(()),
        Some(uuid) => format!("is the jail {}, whatever its image was called", Quoted(&uuid)),
        None => format!("is no jail: {} does not tell which one", path.display()),
    };
    let message = format!("what has come as {jail} {is}; `zfs destroy -r {jail}` takes it away again");
    Err(output.error(Code::NotDone, message))
}

/// The datasets that iocage tells of, without what they lie in.
fn received(output: &Output) -> Vec<String> {
    let told = |line: &str| line.strip_prefix("Importing dataset: ").map(str::to_owned);
    status_lines(&output.stdout).filter_map(|line| told(&line)).collect()
}

/// What has come beside the usual two datasets of an archive whose members were not seen.
fn unsure(output: &Output, name: &str) -> Option<String> {
    let root = format!("{name}/root");
    let told = received(output);
    let others = some_of(told.iter().map(String::as_str).filter(|told| *told != name && *told != root));
    (!others.is_empty()).then(|| {
        format!(
            "what this archive holds is not known before it is unpacked, and of the names of its members iocage cuts \
             off what ends in `{name}_` and makes a `/` of each `_`; look whether this is what was packed: {others}"
        )
    })
}

/// Has all of it come?
fn judge(session: &Session<'_>, output: &Output, root: &str, name: &str) -> Result<Told, Error> {
    let end = format!("Imported: {name}");
    if !output.succeeded() || !status_lines(&output.stdout).any(|line| line == end) {
        return Err(failure_of(output, name));
    }
    let there = Datasets::ask(session)?;
    let (told, whole) = (received(output), [name.to_owned(), format!("{name}/root")]);
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
