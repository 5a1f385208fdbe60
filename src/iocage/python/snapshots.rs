//! Snapshots with the Python iocage.

use crate::config::Kind;
use crate::error::Error;
use crate::iocage::dialect::Releases;
use crate::iocage::machine::if_told;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::text::status_lines;
use crate::iocage::{Said, Snapshots};
use crate::policy::SnapshotName;

use super::complaints::failure_of;
use super::outcome::refuse_all;
use super::output::warnings;
use super::program::{Python, own};
use super::storage::Storage;

impl Snapshots for Python {
    fn places(&self, session: &Session<'_>, jail: &JailId) -> Result<[String; 2], Error> {
        let pool = match if_told(Storage::ask(session))? {
            Some(storage) => {
                storage.refuse_both(jail.uuid())?;
                storage.pool().to_owned()
            }
            None => self.pool(session)?,
        };
        Ok(["jails", "templates"].map(|sort| format!("{pool}/iocage/{sort}/{}", jail.uuid())))
    }

    /// `snapshot [-n NAME] JAIL`: `Snapshot: tank/iocage/jails/web@NAME created.` Of a jail whose
    /// name holds `ALL` it would make one of each.
    fn snapshot(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        name: Option<&SnapshotName>,
    ) -> Result<Said, Error> {
        refuse_all(jail)?;
        let mut args = vec!["snapshot"];
        args.extend(name.iter().flat_map(|name| ["-n", name.as_str()]));
        args.push(jail.uuid());
        let output = own(session, Kind::Create, &args)?;
        let told = status_lines(&output.stdout).find_map(|line| {
            let rest = line.strip_prefix("Snapshot: ")?.strip_suffix(" created.")?;
            rest.split_once('@').map(|(_, name)| name.to_owned())
        });
        let why_not = failure_of(&output, jail.uuid());
        let (name, has_failed) = (told.unwrap_or_default(), !output.succeeded());
        Ok(Said { name, has_failed, warnings: warnings(&output, &[]), why_not })
    }
}
