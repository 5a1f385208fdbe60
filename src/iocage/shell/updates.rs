//! Updates with the shell iocage.
//!
//! `update UUID` makes the snapshot `ioc-update_TIME` of the jail's root, and says at the end that it
//! is updated, whatever came of it (`__update` in lib/ioc-upgrade). The line of 2016 mounts a devfs on
//! the jail's `/dev` and runs the jail's own `freebsd-update`, in a chroot and not in the jail. 1.7.x
//! runs the host's, which without a terminal fetches nothing.

use std::collections::BTreeMap;

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::Updates;
use crate::iocage::names::JailId;
use crate::iocage::patched::{Patched, reservations};
use crate::iocage::session::Session;
use crate::iocage::told::Told;
use crate::iocage::updates::is_ended;

use super::program::{Shell, denies, failure, own, warnings};
use super::reads::is_template;
use super::snapshots::is_of_2016;

impl Updates for Shell {
    fn updatable(
        &self,
        session: &Session<'_>,
        jail: &JailId,
        values: &BTreeMap<String, String>,
        _: bool,
    ) -> Result<(), Error> {
        let unsupported =
            |why: &str| Err(Error::about("jail", Code::Unsupported, format!("jail {}: {why}", jail.uuid())));
        match values.get("type").map_or("", String::as_str) {
            // A `jail` is a `thickjail` once it was started.
            "jail" | "thickjail" | "clonejail" => {}
            "basejail" => {
                return unsupported(
                    "it is a basejail, whose files are the release's: iocage would update that, and every \
                     basejail of it",
                );
            }
            _ => return unsupported("iocage updates no jail of its type as one of a release"),
        }
        if is_template(session, jail)? {
            return unsupported("it is a template; jails are made of it as it is");
        }
        if !is_of_2016(session)? {
            return unsupported(
                "this iocage runs freebsd-update so that it needs a terminal; run it in the jail with execjail, \
                 as `freebsd-update --not-running-from-cron fetch install`",
            );
        }
        Ok(())
    }

    fn update(&self, session: &Session<'_>, jail: &JailId) -> Result<Told, Error> {
        let output = own(session, Kind::Fetch, &["update", jail.uuid()]).map_err(|mut error| {
            // It copies that to where there is none, and removes it at the end.
            if session.changed.get() && is_ended(&error) {
                error.message += "; the host's resolv.conf may be left in the jail";
            }
            error
        })?;
        match Patched::of(&output) {
            _ if denies(&output) => Err(failure(&output)),
            Patched::Untold => {
                let error = failure(&output);
                let message = format!("freebsd-update has not done its work; iocage says: {}", error.message);
                Err(Error { code: Code::NotDone, message, ..error })
            }
            Patched::Installed | Patched::Current => Ok(reservations(&output, warnings(&output))),
        }
    }

    fn update_snapshot(&self) -> &'static str {
        "ioc-update_"
    }
}
