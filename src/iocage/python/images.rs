//! Images with the Python iocage.
//!
//! `export NAME` makes the snapshot `@ioc-export-DATE` of all of a jail's datasets, sends each to a file of
//! its own, `images/NAME_DATE` and `images/NAME_DATE_CHILD`, packs these into `images/NAME_DATE.zip` and
//! writes the SHA-256 of that to `images/NAME_DATE.sha256`; then snapshot and loose files go (ioc_image.py,
//! 1.2 to 1.13 alike). DATE is UTC's. It looks at none of these names before: a second export on a day would
//! write over the first. Where it fails it leaves what it has made.
//!
//! Datasets become parts of the names of files, and iocage takes a blank in one for its end: of what that does not keep
//! apart no jail could be made again ([`super::members`]).

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::dialect::{Exported, Images, Reads, State};
use crate::iocage::machine::datasets::{Datasets, snapshots};
use crate::iocage::machine::images::{close, digest, folder, length, there};
use crate::iocage::moment::rfc3339;
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::{some_of, status_lines};
use crate::iocage::told::Told;
use crate::policy::ImageName;

use super::complaints::failure_of;
use super::imports;
use super::members::Of;
use super::outcome::{refuse_all, refuse_twin};
use super::output::warnings;
use super::program::{Python, own};
use super::storage::Storage;

/// Before the date in the name of its snapshot.
const SNAPSHOT: &str = "@ioc-export-";
/// `2026-11-27`
const DATE: usize = 10;

/// What an export makes, were it of this date.
struct Makes<'a> {
    dataset: &'a str,
    folder: &'a Path,
    name: &'a str,
    /// The datasets below the jail's, without its name.
    below: &'a [String],
}

impl Images for Python {
    fn export(&self, session: &Session<'_>, jail: &JailId) -> Result<Exported, Error> {
        refuse_all(jail)?;
        refuse_twin(jail)?;
        let (name, storage) = (jail.uuid(), Storage::ask(session)?);
        storage.refuse_both(name)?;
        if storage.is_template(name) {
            let message = format!(
                "{name} is a template, of which iocage fails to tidy up what its export leaves; make a jail of it \
                 first, with settemplate"
            );
            return Err(Error::about("jail", Code::Unsupported, message));
        }
        match self.state(session, jail)? {
            State::Up => return Err(Error::running(name, "")),
            State::Gone | State::Hollow => {
                let message = format!("jail {name} is not there any more, or not all of it");
                return Err(Error::about("jail", Code::UnknownJail, message));
            }
            // An end of a destroy leaves it without its root, which the state does not tell.
            State::Down if storage.is_hollow(name) => {
                let message = format!("jail {name} is half destroyed: it has no root");
                return Err(Error::about("jail", Code::CorruptJail, message));
            }
            State::Down => {}
        }
        let dataset = format!("{}/jails/{name}", storage.root);
        let below = below(&Datasets::ask(session)?, &dataset);
        let folder = folder(session, &storage.root)?;
        let makes = Makes { dataset: &dataset, folder: &folder, name, below: &below };
        let date = today();
        makes.refuse_astray(&date)?;
        makes.refuse_made(session, &date)?;
        close(session, &folder)?;
        if session.is_dry() {
            let path = folder.join(format!("{name}_{date}.zip"));
            session.would_make.borrow_mut().push(path.display().to_string());
        }
        let judged = own(session, Kind::Fetch, &["export", name]).and_then(|output| makes.judge(&output));
        judged.map_err(|error| if session.changed.get() { makes.left(session, &date, error) } else { error })
    }

    fn import(&self, session: &Session<'_>, image: &ImageName) -> Result<Told, Error> {
        imports::import(*self, session, image)
    }
}

impl Makes<'_> {
    /// The files that iocage writes in the folder.
    fn files(&self, date: &str) -> BTreeSet<String> {
        let of = Of { name: self.name, date };
        let stem = of.file("");
        let loose = self.below.iter().map(|child| of.file(child));
        let whole = ["", ".zip", ".sha256"].map(|end| format!("{stem}{end}"));
        loose.chain(whole).collect()
    }

    /// Refuse a jail of whose image iocage would not make the same datasets again.
    fn refuse_astray(&self, date: &str) -> Result<(), Error> {
        let message = if self.dataset.contains(' ') || self.below.iter().any(|child| child.contains(' ')) {
            format!("a dataset of jail {} holds a blank, at which iocage takes it for two", self.name)
        } else {
            let of = Of { name: self.name, date };
            let Some((dataset, landed)) = of.astray(&self.folder.to_string_lossy(), self.below) else {
                return Ok(());
            };
            format!(
                "where the image is imported, iocage would make jails/{landed} of jails/{dataset}: it tells datasets \
                 apart by `_`, by `{}_` and by `{date}_` in the paths of their files, {}/{}; rename the jail or that \
                 dataset first",
                self.name,
                self.folder.display(),
                of.file("")
            )
        };
        Err(Error::about("jail", Code::Unsupported, message))
    }

    /// Refuse what iocage would write over, or fail at in the middle.
    fn refuse_made(&self, session: &Session<'_>, date: &str) -> Result<(), Error> {
        let found = there(self.folder, &self.files(date));
        if !found.is_empty() {
            let message = format!(
                "there is already in {}: {}, which iocage would write over; move it away first",
                self.folder.display(),
                some_of(found.iter().map(String::as_str))
            );
            return Err(Error::about("jail", Code::ImageExists, message));
        }
        let found = self.snapshots(session, date)?;
        if found.is_empty() {
            return Ok(());
        }
        let message = format!(
            "an export has left {}, which iocage would make again; remove it first",
            some_of(found.iter().map(String::as_str))
        );
        Err(Error::about("jail", Code::SnapshotExists, message))
    }

    fn snapshots(&self, session: &Session<'_>, date: &str) -> Result<Vec<String>, Error> {
        let name = format!("{SNAPSHOT}{date}");
        let all = snapshots(session, self.dataset)?;
        Ok(all.into_iter().filter(|snapshot| snapshot.ends_with(&name)).collect())
    }

    /// Is the file there that iocage says it has made?
    fn judge(&self, output: &Output) -> Result<Exported, Error> {
        let name = self.name;
        let told = status_lines(&output.stdout)
            .find_map(|line| line.strip_prefix("Exported: ").map(|path| path.trim().to_owned()));
        let Some(path) = told.filter(|_| output.succeeded()) else {
            let error = failure_of(output, name);
            let code = if output.succeeded() { Code::NotDone } else { error.code };
            return Err(Error { code, ..error });
        };
        let image = Path::new(&path).strip_prefix(self.folder).ok().and_then(Path::to_str);
        let image = image.and_then(|image| ImageName::parse(image).ok());
        let is_own = |image: &ImageName| image.jail() == name && image.as_str().ends_with(".zip");
        let Some(image) = image.filter(is_own) else {
            let message = format!("iocage tells of an image that is none of {name}: {}", Quoted(&path));
            return Err(output.error(Code::UnexpectedOutput, message));
        };
        // Begun before midnight, it may be of the next day.
        self.refuse_astray(image.date())?;
        let Some(bytes) = length(Path::new(&path)).filter(|bytes| *bytes > 0) else {
            let message = format!("iocage says that it has made {}, which is not there", Quoted(&path));
            return Err(output.error(Code::NotDone, message));
        };
        let beside = self.folder.join(format!("{}.sha256", image.stem()));
        let (sha256, mut warnings) = (digest(&beside), warnings(output, &[]));
        if sha256.is_none() {
            warnings.push(format!("{} holds no digest", beside.display()));
        }
        Ok(Exported { image: image.as_str().to_owned(), path, bytes, sha256, warnings })
    }

    /// The error of an export that was begun, with what it has left. Nothing of it is removed: a snapshot of
    /// that name may be somebody's own.
    fn left(&self, session: &Session<'_>, date: &str, error: Error) -> Error {
        // Begun before midnight, it may have been made after.
        let days = BTreeSet::from([date.to_owned(), today()]);
        let mut message = error.message.clone();
        let files: Vec<_> = days.iter().flat_map(|day| there(self.folder, &self.files(day))).collect();
        if !files.is_empty() {
            let files = some_of(files.iter().map(String::as_str));
            message += &format!("; it has left in {}: {files}", self.folder.display());
        }
        let made: Result<Vec<_>, Error> = days.iter().map(|day| self.snapshots(session, day)).collect();
        match made.map(|made| made.concat()) {
            Ok(made) if made.is_empty() && files.is_empty() => message += "; it has left nothing",
            Ok(made) if made.is_empty() => message += "; it has left no snapshot",
            Ok(made) => {
                let made = some_of(made.iter().map(String::as_str));
                message += &format!(
                    "; it has left {made}, and while that is there no second export is made that day"
                );
            }
            Err(why) => {
                message += &format!("; whether it has left a snapshot is not known: {}", why.message);
            }
        }
        Error { message, ..error }
    }
}

/// The datasets below the jail's, without its name.
fn below(datasets: &Datasets, dataset: &str) -> Vec<String> {
    let child = |name: &str| name.strip_prefix(dataset)?.strip_prefix('/').map(str::to_owned);
    datasets.below(dataset).filter_map(|found| child(&found.name)).collect()
}

/// The date in UTC, as iocage has it.
fn today() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    rfc3339(now.as_secs()).chars().take(DATE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iocage::machine::datasets::Dataset;

    #[test]
    fn what_would_not_be_the_same_again_is_no_image() {
        let found = |pool: &str, child: &str| {
            let dataset = format!("{pool}/iocage/jails/web");
            let names = [dataset.clone(), format!("{pool}/iocage/jails/{child}")];
            let below = below(&Datasets(names.map(|name| Dataset { name, origin: None }).to_vec()), &dataset);
            let folder = Path::new("/t/iocage/images");
            let makes = Makes { dataset: &dataset, folder, name: "web", below: &below };
            (below.clone(), makes.refuse_astray("2026-11-27"))
        };
        assert_eq!(found("t", "web/root/data"), (vec!["root/data".to_owned()], Ok(())));
        assert_eq!(found("t", "web_2/root"), (Vec::new(), Ok(())), "another jail's");
        for (pool, odd) in
            [("t", "root/a_b"), ("t", "my data"), ("t", "root/web"), ("t", "2026-11-27"), ("my pool", "root")]
        {
            let error = found(pool, &format!("web/{odd}")).1.expect_err(odd);
            assert_eq!((error.code, error.key), (Code::Unsupported, Some("jail")), "{odd}");
        }
    }
}
