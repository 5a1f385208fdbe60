//! Mounts of jails of the Python iocage.
//!
//! `fstab -a JAIL SOURCE TARGET TYPE OPTIONS DUMP PASS`, in six words, for of one word it makes what it
//! thinks best. It puts the jail's root before the target and writes the file anew from what it reads of it, later ones
//! by the base system's means, 1.2 line by line as text (`ioc_fstab.py`); of a jail that runs it mounts at once. `-r` with
//! the same words takes out every line that is equal to them, and unmounts one of them: of 1.2 a line that was written
//! by hand, with other blanks or less than six fields, is not equal to any, and it fails.

use crate::config::Kind;
use crate::error::Error;
use crate::iocage::dialect::Mounts;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::told::Told;

use super::complaints::failure_of;
use super::outcome::refuse_twin;
use super::output::warnings;
use super::program::{Python, own};

impl Mounts for Python {
    /// Of a twin that runs it would take it that this one does.
    fn mountable(&self, jail: &JailId) -> Result<(), Error> {
        refuse_twin(jail)
    }

    fn mount(&self, session: &Session<'_>, jail: &JailId, entry: [&str; 6]) -> Result<Told, Error> {
        edit(session, "-a", jail, entry)
    }

    fn unmount(&self, session: &Session<'_>, jail: &JailId, entry: [&str; 6]) -> Result<Told, Error> {
        edit(session, "-r", jail, entry)
    }
}

fn edit(session: &Session<'_>, how: &str, jail: &JailId, entry: [&str; 6]) -> Result<Told, Error> {
    let words: Vec<_> = ["fstab", how, jail.uuid()].into_iter().chain(entry).collect();
    let output = own(session, Kind::Create, &words)?;
    match output.succeeded() {
        true => Ok(warnings(&output, &[])),
        false => Err(failure_of(&output, jail.uuid())),
    }
}
