//! Images with the shell iocage: there are none that could be relied on.
//!
//! 1.7.x packs the root alone, without the jail's properties, and says `Image saved to` also where it
//! failed; its `import` takes a file by the beginning of its name, and makes a jail before it compares
//! digests. The line of 2016 has `zfs recv` take the names of datasets from the stream.

use crate::error::{Code, Error, Quoted};
use crate::iocage::dialect::{Exported, Images};
use crate::iocage::names::JailId;
use crate::iocage::session::Session;
use crate::iocage::told::Told;
use crate::policy::ImageName;

use super::program::Shell;

impl Images for Shell {
    fn has_images(&self) -> bool {
        false
    }

    fn export(&self, _: &Session<'_>, jail: &JailId) -> Result<Exported, Error> {
        let message = format!(
            "jail {}: the shell iocage packs no jail whole and says so where it failed; make a snapshot of it with \
             snapshotjail and hand that on with `zfs send -R`",
            jail.uuid()
        );
        Err(Error::about("jail", Code::Unsupported, message))
    }

    fn import(&self, _: &Session<'_>, image: &ImageName) -> Result<Told, Error> {
        let message = format!(
            "{}: the shell iocage takes an image by the beginning of its name, and makes a jail before it looks at \
             it; hand the jail on with `zfs send -R` and take it with `zfs recv`",
            Quoted(image.as_str())
        );
        Err(Error::about("image", Code::Unsupported, message))
    }
}
