//! What is mounted for a jail when it starts: the file `fstab` that both generations of iocage keep
//! beside the jail's root.
//!
//! It is read and iocage is not asked: the shell iocage has no command for it, and what the Python
//! iocage prints of one (`fstab -l`) depends on its version. It lies where ZFS says that the jail's
//! own dataset is, which the jail's root does not reach, and is opened by no link.

use std::path::Path;

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::dialect::Dialect;
use crate::iocage::direct::{File, Untold, file};
use crate::iocage::fstab::{self, Line};
use crate::iocage::machine::{run, whole};
use crate::iocage::names::JailId;
use crate::iocage::program::Program;
use crate::iocage::rows::Rows;
use crate::iocage::session::Session;
use crate::iocage::text::kept;

/// Target, dump, where it is in the jail, options, pass, source and type of each.
pub type Mounts = Rows<7>;

/// As many as are kept; of more it is told how many.
const MOST: usize = 4096;

/// The entries of a jail's fstab, in its order.
///
/// # Errors
/// If it is not known where it lies, or it cannot be read.
pub fn list(dialect: &dyn Dialect, session: &Session<'_>, jail: &JailId) -> Result<Mounts, Error> {
    let home = home(dialect, session, jail)?;
    let text = home.read()?;
    Ok(text.map_or_else(Mounts::default, |text| table(&text, &home.root())))
}

/// Where a jail's own dataset is mounted.
#[derive(Debug)]
pub(super) struct Home {
    /// The folder.
    pub folder: String,
    /// Is it in the place of a template?
    pub is_template: bool,
}

impl Home {
    /// The jail's root.
    pub(super) fn root(&self) -> String {
        format!("{}/root", self.folder)
    }

    /// The file as it is now, whoever waits for it; none, if there is none.
    ///
    /// # Errors
    /// If it is there and is not read.
    pub(super) fn read(&self) -> Result<Option<String>, Error> {
        match file(&Path::new(&self.folder).join("fstab")) {
            Ok(File::Missing) => Ok(None),
            Ok(File::Holds(text)) => Ok(Some(String::from_utf8_lossy(&text).into_owned())),
            Err(Untold::Failed(error)) => Err(*error),
            Err(Untold::NotKnown(why, about) | Untold::Changes(why, about)) => {
                Err(Error::about("jail", Code::CorruptJail, format!("{why}: {}", kept(&about))))
            }
        }
    }
}

/// Where it is.
///
/// # Errors
/// If zfs does not tell, or it is nowhere.
pub(super) fn home(dialect: &dyn Dialect, session: &Session<'_>, jail: &JailId) -> Result<Home, Error> {
    let places = dialect.places(session, jail)?;
    for (at, dataset) in places.iter().enumerate() {
        // The pool in it is of iocage's telling.
        if dataset.contains(char::is_control) || dataset.starts_with('-') {
            let message = format!("iocage told of a pool that is none: {}", Quoted(dataset));
            return Err(Error::new(Code::UnexpectedOutput, message));
        }
        let args = ["list", "-H", "-p", "-t", "filesystem", "-o", "name,mounted,mountpoint", dataset];
        let output = run(session, Program::Zfs, Kind::Read, true, &args)?;
        let is_missing = format!("cannot open '{dataset}': dataset does not exist");
        if output.exit != Some(0) && output.stdout.is_empty() && output.stderr.trim() == is_missing {
            continue;
        }
        let output = whole(output, "zfs list")?;
        let cells = output.stdout.strip_suffix('\n').and_then(|line| {
            let (mounted, place) = line.strip_prefix(&**dataset)?.strip_prefix('\t')?.split_once('\t')?;
            (!place.contains(['\n', '\t'])).then_some((mounted, place))
        });
        return match cells {
            Some(("yes", place)) if place.starts_with('/') => {
                Ok(Home { folder: place.to_owned(), is_template: at > 0 })
            }
            Some((_, _)) => {
                let message = format!("{dataset} is not mounted, and what is in it is not known");
                Err(Error::about("jail", Code::CorruptJail, message))
            }
            None => {
                let said = kept(output.stdout.trim_end());
                let message = format!("zfs list printed a line that is not understood: {said}");
                Err(output.error(Code::UnexpectedOutput, message))
            }
        };
    }
    let message =
        format!("zfs tells of no dataset of the jail {}: {}", Quoted(jail.uuid()), places.join(", "));
    Err(Error::about("jail", Code::UnknownJail, message))
}

/// A row for each entry, and a line that is none is told.
fn table(text: &str, root: &str) -> Mounts {
    let mut mounts = Mounts::default();
    for line in fstab::parse(text) {
        match line {
            Line::Entry(_) if mounts.len() == MOST => mounts.left_out += 1,
            Line::Entry(entry) => mounts.push([
                &entry.target,
                &entry.dump,
                inside(&entry.target, root),
                &entry.options,
                &entry.pass,
                &entry.source,
                &entry.kind,
            ]),
            Line::Remark => {}
            Line::Damaged(line) => {
                mounts.problems.push(format!("a line of its fstab is no entry: {}", kept(&line)));
            }
        }
    }
    mounts
}

/// What the jail calls a path of the host's; nothing, if that is not in its root.
pub(super) fn inside<'t>(target: &'t str, root: &str) -> &'t str {
    match target.strip_prefix(root) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') && !rest.split('/').any(|name| name == "..") => rest,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_it_is_in_the_jail_is_told_of_what_is_in_its_root() {
        for (target, told) in [
            ("/j/web/root/a/b", "/a/b"),
            ("/j/web/root", "/"),
            ("/j/web/root2/a", ""),
            ("/j/web/root/../x", ""),
            ("/elsewhere", ""),
        ] {
            assert_eq!(inside(target, "/j/web/root"), told, "{target}");
        }
    }

    #[test]
    fn many_are_counted_and_what_is_no_entry_is_told() {
        let found = table(&"/a /b nullfs ro 0 0\n".repeat(MOST + 7), "/j");
        assert_eq!((found.len(), found.left_out), (MOST, 7));
        let found = table("# x\ntmpfs /t/tmp\n", "/t");
        assert_eq!(found.problems, ["a line of its fstab is no entry: tmpfs /t/tmp"]);
    }
}
