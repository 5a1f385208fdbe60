//! The folders this host finds and makes: the one its own program is in, where the
//! module and the simulator lie beside it, and private ones for simulated machines.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;

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
            Ok(()) => return Ok(folder),
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(format!("cannot make {}: {e}", folder.display()).into()),
        }
    }
    Err(format!("too many folders named {}.*", base.display()).into())
}
