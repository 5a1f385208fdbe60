//! The server's own folders. What lies in them is removed, executed and made somebody's root folder, and so it is nobody else's to say what
//! that is.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use sysadm_class::trust;
use sysadm_host::Stage;

/// From now on what this process makes others can read at most, unless it says less. Whatever it was of whoever has started it: with none
/// others could write what is made, with 077 neither the front nor the socket's group would come to theirs.
pub(super) fn set_mask() {
    nix::sys::stat::umask(Mode::from_bits_truncate(0o022));
}

/// Which folders would be made for this one: itself, if it is not there, and those above it that are not there either.
pub(super) fn missing(path: &Path) -> Vec<PathBuf> {
    let is_missing = |path: &&Path| {
        std::fs::symlink_metadata(path).is_err_and(|why| why.kind() == io::ErrorKind::NotFound)
    };
    let real = path.ancestors().take_while(|path| !path.as_os_str().is_empty());
    real.take_while(is_missing).map(Path::to_owned).collect()
}

/// Remove what was made for a look, from the inside out: the folder of `stages`, and the others. One that is not empty somebody else
/// uses meanwhile, and he has it from then on.
pub(super) fn unmake(stages: &Path, made: &[PathBuf]) {
    Stage::remove(stages);
    for folder in made {
        let _ = std::fs::remove_dir(folder);
    }
}

/// It is there from now on, and this process's user's alone.
///
/// # Errors
/// A sentence with the path.
pub(super) fn make(path: &Path) -> Result<(), String> {
    let made = DirBuilder::new().recursive(true).mode(0o755).create(path);
    made.map_err(|why| format!("cannot make {}: {why}", path.display()))?;
    judge(path)
}

/// Is it this process's user's alone, if it is there?
///
/// # Errors
/// Who else could change it.
pub(super) fn judge(path: &Path) -> Result<(), String> {
    let found = match std::fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(format!("{}: {why}", path.display())),
    };
    if !found.is_dir() {
        return Err(format!("{} is no folder (nor is a link to one)", path.display()));
    }
    let user = trust::effective_user();
    if user != 0 {
        return Ok(());
    }
    let whole = std::path::absolute(path).map_err(|why| why.to_string())?;
    trust::file(&whole, user)
        .map_err(|why| format!("{} is not taken for a folder of its own: {why}", path.display()))
}

/// Will this folder be there when a start puts something into it, of which it makes `run` alone before, and that of the front?
///
/// # Errors
/// The system's.
pub(super) fn will_be(path: &Path, run: &Path) -> io::Result<()> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    match std::fs::metadata(path) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(io::ErrorKind::NotADirectory.into()),
        Err(why) if why.kind() == io::ErrorKind::NotFound && run.join("front").starts_with(path) => Ok(()),
        Err(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_folder_of_others_and_a_link_are_not_taken() {
        let folder = std::env::temp_dir().join(format!("sysadmd-folder-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        make(&folder.join("run")).expect("nothing is there");
        make(&folder.join("run")).expect("it is its own");
        symlink("/etc", folder.join("run/front")).expect("a link");
        assert!(make(&folder.join("run/front")).expect_err("a link").contains("no folder"));
        judge(&folder.join("not/there")).expect("it is made then");
        if trust::effective_user() == 0 {
            std::fs::set_permissions(folder.join("run"), std::fs::Permissions::from_mode(0o777))
                .expect("set");
            assert!(make(&folder.join("run")).expect_err("anybody's").contains("not taken"));
            assert!(make(&folder.join("run/modules")).expect_err("in anybody's").contains("not taken"));
        }
        let _ = std::fs::remove_dir_all(&folder);
    }
}
