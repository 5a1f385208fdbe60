//! Templates of the Python iocage: jails whose datasets lie below `templates`, and are read only.
//!
//! `set template=1 JAIL` renames the datasets and then writes the configuration, which says so too;
//! what was cloned from the jail goes on as it is.

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::Jails;
use crate::iocage::dialect::{Releases, Templates};
use crate::iocage::machine::datasets::mountpoint;
use crate::iocage::machine::{if_told, running};
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::sets::set_of;
use crate::iocage::told::Told;

use super::complaints::failure_of;
use super::listing::with_corrupt_told;
use super::outcome::{listed, refuse_twin};
use super::output::warnings;
use super::program::{Python, own};
use super::running::known_as;
use super::storage::Storage;

/// What iocage calls its own dataset.
const OWN: &str = "iocage";

impl Templates for Python {
    /// `list -tlh`.
    fn templates(&self, session: &Session<'_>, is_own: bool) -> Result<Jails, Error> {
        Ok(with_corrupt_told(listed(session, self.template_forms(), is_own)?))
    }

    /// `web converted to a template.`, or `to a jail`.
    fn set_template(&self, session: &Session<'_>, jail: &JailId, is_wanted: bool) -> Result<Told, Error> {
        refuse_twin(jail)?;
        let name = jail.uuid();
        let storage = if_told(Storage::ask(session))?;
        if let Some(storage) = &storage {
            storage.refuse_both(name)?;
            refuse_running_clone(session, storage, name)?;
        }
        if name.starts_with(OWN) {
            let pool = storage.map_or_else(|| self.pool(session), |storage| Ok(storage.pool().to_owned()))?;
            refuse_misplaced(session, &pool)?;
        }
        let word = if is_wanted { "template=1" } else { "template=0" };
        let output = own(session, Kind::Create, &["set", word, name])?;
        match output.succeeded() {
            true => Ok(warnings(&output, &[])),
            false => Err(failure_of(&output, name)),
        }
    }
}

/// Where iocage writes the configuration it makes out of the dataset's name, and puts its own folder in the place of each
/// `/iocage` in it, also of one that begins the jail's name (`ioc_json.py`, 1.2 and later). That is found out when the
/// datasets are renamed already.
fn refuse_misplaced(session: &Session<'_>, pool: &str) -> Result<(), Error> {
    let place = mountpoint(session, &format!("{pool}/{OWN}"), false)?;
    if place.strip_prefix('/') == Some(OWN) {
        return Ok(());
    }
    let message = format!(
        "iocage renames the datasets of a jail whose name begins with `{OWN}` and then does not find its configuration, \
         as its own folder is {place}; rename the jail first"
    );
    Err(Error::about("jail", Code::Unsupported, message))
}

/// What is renamed and made read only under a jail that runs was not tried by anybody: iocage means to refuse it too, though it
/// compares what is never equal.
fn refuse_running_clone(session: &Session<'_>, storage: &Storage, name: &str) -> Result<(), Error> {
    let all = storage.names();
    let clones: Vec<_> = all.0.iter().filter(|other| storage.is_clone_of(&other.uuid, name)).collect();
    if clones.is_empty() {
        return Ok(());
    }
    let running = if_told(running::of_iocage(session))?.unwrap_or_default();
    let running = set_of(running.iter().map(|name| format!("ioc-{name}")));
    match clones.iter().find(|clone| running.contains(&known_as(&clone.uuid))) {
        None => Ok(()),
        Some(clone) => Err(Error::running(&clone.uuid, &format!(", and was made of {name}"))),
    }
}
