//! The folders this host finds and makes: the one its own program is in, where the
//! module and the simulator lie beside it, and private ones for simulated machines.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::failure::Failure;

/// The folder this program is in.
pub(crate) fn own_folder() -> Result<PathBuf, Failure> {
    let program = std::env::current_exe()?;
    Ok(program.parent().ok_or("this program is in no folder")?.to_path_buf())
}

/// A new folder that only we can enter.
pub(crate) fn private_folder() -> Result<PathBuf, Failure> {
    let base = std::env::temp_dir().join(format!("host-example-{}", std::process::id()));
    for number in 0..1000 {
        let folder = base.with_extension(number.to_string());
        match DirBuilder::new().mode(0o700).create(&folder) {
            Ok(()) => {
                made().push(folder.clone());
                return Ok(folder);
            }
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(format!("cannot make {}: {e}", folder.display()).into()),
        }
    }
    Err(format!("too many folders named {}.*", base.display()).into())
}

/// Remove a folder of ours with all that is in it.
pub(crate) fn remove(folder: &Path) -> io::Result<()> {
    made().retain(|other| other != folder);
    fs::remove_dir_all(folder)
}

/// Remove what is there of ours, for an end at which nothing is dropped any more.
pub(crate) fn remove_all() {
    for folder in std::mem::take(&mut *made()) {
        // There is nobody to tell.
        let _ = fs::remove_dir_all(folder);
    }
}

/// The folders that were made and are not removed yet.
fn made() -> std::sync::MutexGuard<'static, Vec<PathBuf>> {
    static MADE: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
    MADE.lock().unwrap_or_else(PoisonError::into_inner)
}
