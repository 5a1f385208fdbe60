//! Snapshots with the shell iocage.
//!
//! It is told jail and snapshot in one word, `UUID@NAME`, says nothing, and hands on what zfs does.
//! 1.7.x makes one of all of the jail's datasets; the line of development of 2016 of its root alone,
//! unless it is told `-r`, which 1.7.x takes for a jail. So its version must be known.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::status_lines;
use crate::iocage::{Said, Snapshots};
use crate::policy::SnapshotName;

use super::pools;
use super::program::{Shell, ask, ask_quietly, failure, own, warnings, whole};

/// What it calls a snapshot without a name begins so: `ioc-2016-02-10_20:53:33`.
const BY_THE_TIME: &str = "ioc-";

/// The line of development, as it tells its version.
const LINE_OF_2016: &str = "DEVELOP (";

/// What it says, and goes on, where it finds one among the jail's processes.
const DATABASE: &str = "WARNING: A database is running! This may cause issues!";

impl Snapshots for Shell {
    /// Of a jail by its UUID, of a template of 2016 by its tag.
    fn places(&self, session: &Session<'_>, jail: &JailId) -> Result<[String; 2], Error> {
        let pool = pools::pool(ask_quietly(session, &["activate"])?)?;
        let places = [format!("jails/{}", jail.uuid()), format!("templates/{}", jail.tag())];
        Ok(places.map(|place| format!("{pool}/iocage/{place}")))
    }

    fn snapshot(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        name: Option<&SnapshotName>,
    ) -> Result<Said, Error> {
        let word = match name {
            Some(name) => format!("{}@{}", jail.uuid(), name.as_str()),
            None => jail.uuid().to_owned(),
        };
        let args: &[&str] = match is_of_2016(session)? {
            true => &["snapshot", "-r", &word],
            false => &["snapshot", &word],
        };
        let output = own(session, Kind::Create, args)?;
        let mut warnings = warnings(&output);
        if status_lines(&output.stdout).any(|line| line == DATABASE) {
            warnings.push(
                "a database runs in the jail; iocage says that a snapshot of it may be none to go back to",
            );
        }
        let (name, has_failed) = (BY_THE_TIME.to_owned(), !output.succeeded());
        Ok(Said { name, has_failed, warnings, why_not: why_not(&output) })
    }
}

/// The error for what iocage did not do; its exit status is that of zfs.
fn why_not(output: &Output) -> Error {
    if output.succeeded() && output.stderr.trim().is_empty() {
        return output.error(Code::NotDone, "iocage did not make the snapshot, and did not say why");
    }
    let error = failure(output);
    match error.code {
        Code::IocageFailed if output.succeeded() => Error { code: Code::NotDone, ..error },
        _ => error,
    }
}

/// Is it of the line in which a snapshot is one of the root, unless it is told otherwise, and a
/// template's datasets are moved?
pub(super) fn is_of_2016(session: &Session<'_>) -> Result<bool, Error> {
    if let Some(version) = &*session.version.borrow() {
        return Ok(version.starts_with(LINE_OF_2016));
    }
    let output = whole(ask(session, &["--version"])?)?;
    let version = output.stdout.lines().find_map(|line| line.trim().strip_prefix("iocage "));
    match version {
        Some(version) if version.starts_with(LINE_OF_2016) => Ok(true),
        Some(version) if version.starts_with("1.") => Ok(false),
        _ => Err(output.error(Code::UnexpectedOutput, "iocage --version does not tell which version it is")),
    }
}
