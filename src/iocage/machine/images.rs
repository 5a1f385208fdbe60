//! The folder in which iocage keeps images of jails: `images` where `POOL/iocage` is mounted.
//!
//! iocage writes there as root, to names that are known before; who else could write there could have it
//! write through a link. And what it takes from there root runs, once the jail that comes of it starts. So the folder
//! and all that is on the way to it must be root's alone, and an image there, too; nothing in the configuration lifts that.
//!
//! An image holds all that a jail knows, its passwords and keys among it, and iocage writes it for everybody to read, in
//! a folder that everybody may enter. So the folder is closed before one is made there: it is iocage's own, and nobody
//! but root has business in it.

use std::collections::BTreeSet;
use std::fs::{self, File, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use sysadm_class::trust::{self, Distrust};

use crate::error::{Code, Error, Quoted};
use crate::iocage::session::Session;
use crate::iocage::text::some_of;
use crate::policy::ImageName;
use crate::process::effective_user;

use super::datasets::mountpoint;

/// How many files of the folder are looked at to tell which images there are.
const MOST: usize = 4096;
/// A digest in hexadecimal digits.
const DIGEST: usize = 64;
/// What others than the owner may do, of a mode.
const OTHERS: u32 = 0o077;

/// Where the images are; `root` is the dataset `POOL/iocage`.
///
/// # Errors
/// If zfs does not tell, or others than root could write there.
pub fn folder(session: &Session<'_>, root: &str) -> Result<PathBuf, Error> {
    let folder = Path::new(&mountpoint(session, root, false)?).join("images");
    refuse_foreign(&folder)?;
    Ok(folder)
}

/// Let nobody but its owner enter the folder, and tell if somebody else could, in a plan, too.
///
/// # Errors
/// If others can and that cannot be changed.
pub fn close(session: &Session<'_>, folder: &Path) -> Result<(), Error> {
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
    let closed = File::options().read(true).custom_flags(flags).open(folder).and_then(|opened| {
        let mode = opened.metadata()?.mode() & 0o7777;
        let will = mode & !OTHERS;
        if mode != will && !session.is_dry() {
            opened.set_permissions(Permissions::from_mode(will))?;
        }
        Ok((mode, will))
    });
    let (mode, will) = closed.map_err(|error| {
        let path = folder.display();
        let message = format!(
            "{path} cannot be closed to others than root, who could read the image there: {error}; `chmod 700 {path}` does it"
        );
        Error::new(Code::UnsafeProgram, message)
    })?;
    if mode != will {
        let (path, is) = (folder.display(), if session.is_dry() { "would be" } else { "has been" });
        session.remark(format!(
            "others than root could enter {path} (mode {mode:04o}), where images hold all that jails know; it {is} closed \
             to them (mode {will:04o})"
        ));
    }
    Ok(())
}

/// Where this image is: a file in the folder that nobody but root can change, and that is no other name of one.
///
/// # Errors
/// If there is none, which tells those there are; or if it is another's.
pub fn image_in(folder: &Path, image: &ImageName) -> Result<PathBuf, Error> {
    let (path, about) = (folder.join(image.as_str()), |error: Error| Error { key: Some("image"), ..error });
    let why = match fs::symlink_metadata(&path) {
        Ok(found) if found.is_file() && found.nlink() == 1 => {
            return refuse_foreign(&path).map(|()| path).map_err(about);
        }
        Ok(_) => format!("{} is no image but a link, another name of a file, or a folder", path.display()),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let there = images(folder);
            let there = match &there[..] {
                [] => "none".to_owned(),
                there => some_of(there.iter().map(String::as_str)),
            };
            let name = Quoted(image.as_str());
            format!("there is no image {name} in {}; there are: {there}", folder.display())
        }
        Err(error) => format!("{} cannot be looked at: {error}", path.display()),
    };
    Err(about(Error::new(Code::UnknownImage, why)))
}

/// What is called as images are, in the order of the names.
fn images(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).into_iter().flatten().take(MOST).flatten();
    let names = names.filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| ImageName::parse(name).is_ok()).collect::<BTreeSet<_>>().into_iter().collect()
}

/// Refuse a file or folder that others than root decide about; who is not root has no more to lose there
/// than they.
fn refuse_foreign(path: &Path) -> Result<(), Error> {
    let user = effective_user();
    if user != 0 {
        return Ok(());
    }
    trust::file(path, user).map_err(|why| {
        let advice = match &why {
            Distrust::Unsafe(_) => "; `chown root` and `chmod go-w` of what that names mend it",
            _ => "",
        };
        Error::new(Code::UnsafeProgram, format!("{} is not used as root: {why}{advice}", path.display()))
    })
}

/// Those of these names that are in the folder, whatever they are.
#[must_use]
pub fn there(folder: &Path, names: &BTreeSet<String>) -> Vec<String> {
    // What cannot be looked at is not known to be free.
    let is_there = |name: &&String| match fs::symlink_metadata(folder.join(name)) {
        Err(error) => error.kind() != ErrorKind::NotFound,
        Ok(_) => true,
    };
    names.iter().filter(is_there).cloned().collect()
}

/// How long a file is; nothing, if it is not there or no file.
#[must_use]
pub fn length(path: &Path) -> Option<u64> {
    fs::symlink_metadata(path).ok().filter(|metadata| metadata.is_file()).map(|metadata| metadata.size())
}

/// The digest that a file holds, and nothing else.
#[must_use]
pub fn digest(path: &Path) -> Option<String> {
    let flags = libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
    let file = File::options().read(true).custom_flags(flags).open(path).ok()?;
    let mut text = String::new();
    file.take(DIGEST as u64 + 2).read_to_string(&mut text).ok()?;
    let text = text.trim_end_matches('\n');
    let is_digest = text.len() == DIGEST && text.bytes().all(|b| b.is_ascii_hexdigit());
    is_digest.then(|| text.to_ascii_lowercase())
}
