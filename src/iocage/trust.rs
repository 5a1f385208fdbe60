//! Is a program's file one that only root can change?
//!
//! The class runs as root, as a rule, and who can write to the program that it
//! runs, or put another in its place, is root as well. So before a program is
//! run as root, each folder on the way to it, each link, and the file itself must
//! belong to root and be writable by nobody else. A folder like /tmp, in which
//! everybody may make files but with its sticky bit take away only their own, is
//! safe for what root has in it.
//!
//! It is looked at before each run, and not once for each program file: a folder
//! may be opened to others at any time, which the file does not show. It costs a
//! few microseconds where starting a program costs some hundred. What lies
//! behind the file (its interpreter, what it sources) is not looked at, nor are
//! access lists beyond the mode.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// The most links that are followed, as by the system.
const MAX_LINKS: usize = 32;
const STICKY: u32 = 0o1000;
const OTHERS_WRITE: u32 = 0o022;

/// Why somebody else than root and `user` decides what `program` is; a sentence.
/// `None` also if there is no such file, which is found when it is started.
pub(super) fn distrust(program: &Path, user: u32) -> Option<String> {
    let mut todo: VecDeque<OsString> = words(program);
    let mut at = PathBuf::from("/");
    let mut links = 0;
    if let Err(why) = judge(&at, &fs::symlink_metadata(&at).ok()?, user, false) {
        return Some(why);
    }
    while let Some(word) = todo.pop_front() {
        if word == ".." {
            // The folder above was looked at on the way.
            at.pop();
            continue;
        }
        let next = at.join(&word);
        let found = fs::symlink_metadata(&next).ok()?;
        let in_sticky = fs::symlink_metadata(&at).ok()?.mode() & STICKY != 0;
        if let Err(why) = judge(&next, &found, user, in_sticky) {
            return Some(why);
        }
        if !found.is_symlink() {
            at = next;
            continue;
        }
        links += 1;
        if links > MAX_LINKS {
            return None;
        }
        let target = fs::read_link(&next).ok()?;
        if target.is_absolute() {
            at = PathBuf::from("/");
        }
        let mut first = words(&target);
        first.append(&mut todo);
        todo = first;
    }
    None
}

/// The names on a path, from the root on.
fn words(path: &Path) -> VecDeque<OsString> {
    let word = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().filter_map(word).collect()
}

/// One thing on the way: a folder, a link or the file, in a folder that may be a
/// sticky one.
fn judge(path: &Path, found: &Metadata, user: u32, in_sticky: bool) -> Result<(), String> {
    let (owner, mode, what) = (found.uid(), found.mode() & 0o7777, path.display());
    // A link cannot be changed, only replaced, and that the folder decides.
    let decides = !found.is_symlink() || in_sticky;
    if owner != 0 && owner != user && decides {
        return Err(format!("{what} belongs to user {owner} (mode {mode:04o})"));
    }
    let is_sticky = found.is_dir() && mode & STICKY != 0;
    if mode & OTHERS_WRITE != 0 && !is_sticky && !found.is_symlink() {
        return Err(format!("others than its owner can write to {what} (mode {mode:04o})"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::process::effective_user;

    /// A folder of the test's own with `bin/iocage` in it.
    struct Place(PathBuf);

    impl Place {
        fn new(name: &str) -> Place {
            let folder =
                std::env::temp_dir().join(format!("sysadm-iocage-trust-{}-{name}", std::process::id()));
            let _ = fs::remove_dir_all(&folder);
            fs::create_dir_all(folder.join("bin")).expect("made");
            fs::write(folder.join("bin/iocage"), "").expect("written");
            let place = Place(folder);
            for path in ["", "bin", "bin/iocage"] {
                place.set(path, 0o755);
            }
            place
        }

        fn set(&self, path: &str, mode: u32) {
            fs::set_permissions(self.0.join(path), fs::Permissions::from_mode(mode)).expect("ours");
        }

        /// What is wrong with a path, and that it names this part.
        fn told(&self, path: &str) -> Option<String> {
            distrust(&self.0.join(path), effective_user())
        }
    }

    impl Drop for Place {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn what_others_can_write_to_is_not_trusted() {
        let place = Place::new("modes");
        assert_eq!(place.told("bin/iocage"), None);
        for (path, mode, good) in [
            ("bin/iocage", 0o775, false),
            ("bin/iocage", 0o757, false),
            ("bin/iocage", 0o1757, false),
            ("bin", 0o775, false),
            ("bin", 0o757, false),
            ("", 0o777, false),
            ("", 0o1777, true),
            ("bin", 0o1775, true),
            ("bin/iocage", 0o4711, true),
        ] {
            place.set(path, mode);
            let told = place.told("bin/iocage");
            let at = place.0.join(path);
            let is_named = |why: &String| {
                why.contains(&format!("{} (mode {mode:04o})", at.components().collect::<PathBuf>().display()))
            };
            assert!(
                if good { told.is_none() } else { told.as_ref().is_some_and(is_named) },
                "{path} {mode:o}: {told:?}"
            );
            place.set(path, 0o755);
        }
    }

    #[test]
    fn a_link_is_followed_and_both_its_ends_are_looked_at() {
        let place = Place::new("links");
        for folder in ["links", "open"] {
            fs::create_dir(place.0.join(folder)).expect("made");
            place.set(folder, 0o755);
        }
        let link = |target: &Path, path: &str| symlink(target, place.0.join(path)).expect("made");
        link(&place.0.join("bin"), "links/absolute");
        link(Path::new("../bin/./iocage"), "links/relative");
        link(Path::new("../links/relative"), "open/iocage");
        link(Path::new("loop"), "links/loop");
        for path in ["links/absolute/iocage", "links/relative", "open/iocage", "links/loop", "links/missing"]
        {
            assert_eq!(place.told(path), None, "{path}");
        }
        place.set("open", 0o777);
        assert!(place.told("open/iocage").is_some_and(|why| why.contains("open (mode 0777)")));
        assert_eq!(place.told("links/relative"), None, "it leads elsewhere");
        place.set("bin", 0o777);
        for path in ["links/absolute/iocage", "links/relative"] {
            assert!(place.told(path).is_some_and(|why| why.contains("bin (mode 0777)")), "{path}");
        }
    }

    #[test]
    fn what_belongs_to_somebody_else_is_not_trusted() {
        if effective_user() != 0 {
            println!("skipped: only root can give files away");
            return;
        }
        let place = Place::new("owners");
        symlink("bin/iocage", place.0.join("link")).expect("made");
        let give = |path: &str, user| {
            std::os::unix::fs::lchown(place.0.join(path), Some(user), None).expect("root may")
        };
        for path in ["bin/iocage", "bin"] {
            give(path, 65534);
            let told = place.told("bin/iocage").expect("not trusted");
            assert!(told.contains("belongs to user 65534") && told.contains(path), "{told}");
            give(path, 0);
        }
        give("link", 65534);
        assert_eq!(place.told("link"), None, "its folder is root's alone");
        place.set("", 0o1777);
        assert!(place.told("link").is_some_and(|why| why.contains("link belongs to user 65534")));
    }
}
