//! Updates with the Python iocage.
//!
//! `update JAIL` makes the snapshot `ioc_update_RELEASE_TIME`, starts a jail that does not run and
//! stops it again at the end, unless it fails (`update` in iocage.py, 1.2 to 1.13). It mounts a devfs
//! without rules on the jail's `/dev`, and runs `freebsd-update`, which it downloads, on the host over
//! the jail's root, by the configuration in there.

use std::collections::BTreeMap;

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::Updates;
use crate::iocage::names::JailId;
use crate::iocage::patched::{Patched, reservations};
use crate::iocage::session::Session;
use crate::iocage::text::status_lines;
use crate::iocage::told::Told;

use super::complaints::failure_of;
use super::outcome::{refuse_all, refuse_twin};
use super::output::warnings;
use super::program::{Python, own};

/// What it says at the end.
const DONE: &str = "Updated jail successfully.";

impl Updates for Python {
    fn updatable(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        values: &BTreeMap<String, String>,
        is_up: bool,
    ) -> Result<(), Error> {
        refuse_all(jail)?;
        refuse_twin(jail)?;
        let value = |name: &str| values.get(name).map_or("", String::as_str);
        let is_on = |name: &str| matches!(value(name), "1" | "yes" | "on" | "true");
        let why = match value("type") {
            _ if is_on("basejail") => {
                "it is a basejail, whose files are the release's: iocage would update that, and every \
                 basejail of it"
            }
            _ if is_on("template") => "it is a template, which iocage does not update",
            "jail" | "clonejail" => "",
            "plugin" | "pluginv2" => "it is a plugin, whose packages iocage would replace",
            "template" => "it is a template, which iocage does not update",
            _ => "iocage updates no jail of its type",
        };
        if !why.is_empty() {
            return Err(Error::about("jail", Code::Unsupported, format!("jail {}: {why}", jail.uuid())));
        }
        if !is_up {
            // It would be a way around what is denied.
            for action in ["startjail", "stopjail"] {
                session.config.denied.refuse_action(action)?;
            }
            // At its start iocage goes on to what it depends on, and ends with the last of those in
            // the jail's place: that is what it would stop.
            let depends = value("depends").trim();
            if !matches!(depends, "" | "none" | "-") {
                let why = format!(
                    "jail {}: it depends on {depends}, which iocage would stop in its place; start the jail first",
                    jail.uuid()
                );
                return Err(Error::about("jail", Code::Unsupported, why));
            }
        }
        Ok(())
    }

    fn update(&self, session: &Session<'_>, jail: &JailId) -> Result<Told, Error> {
        let output = own(session, Kind::Fetch, &["update", jail.uuid()])?;
        let is_said = status_lines(&output.stdout).any(|line| line == DONE);
        match (output.succeeded() && is_said, Patched::of(&output)) {
            (true, Patched::Installed | Patched::Current) => {
                Ok(reservations(&output, warnings(&output, &[])))
            }
            (true, Patched::Untold) => {
                let mut told = reservations(&output, warnings(&output, &[]));
                told.push("freebsd-update does not say that it installed anything, or had nothing to");
                Ok(told)
            }
            // It takes that there is nothing to install for a failure.
            (false, Patched::Current) => Ok(reservations(&output, Told::default())),
            (false, _) => {
                let error = failure_of(&output, jail.uuid());
                let code = if output.succeeded() { Code::NotDone } else { error.code };
                Err(Error { code, ..error })
            }
        }
    }

    fn update_snapshot(&self) -> &'static str {
        "ioc_update_"
    }
}
