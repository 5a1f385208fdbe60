//! Mounts of jails of the shell iocage, which has no command for them: it hands the file `fstab` beside
//! the jail's root to jail(8) as it is.

use crate::error::{Code, Error};
use crate::iocage::dialect::Mounts;
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::told::Told;

use super::program::Shell;

impl Mounts for Shell {
    fn mountable(&self, jail: &JailId) -> Result<(), Error> {
        let message = format!(
            "this iocage has no command for what is mounted for a jail; edit the file `fstab` beside the root of {}, \
             which it hands to jail(8) at each start",
            jail.uuid()
        );
        Err(Error::new(Code::Unsupported, message))
    }

    fn mount(&self, _: &Session<'_>, jail: &JailId, _: [&str; 6]) -> Result<Told, Error> {
        self.mountable(jail).map(|()| Told::default())
    }

    fn unmount(&self, _: &Session<'_>, jail: &JailId, _: [&str; 6]) -> Result<Told, Error> {
        self.mountable(jail).map(|()| Told::default())
    }
}
