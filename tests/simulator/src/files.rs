//! The files of a machine of the Python iocage, on a real disk: what iocage keeps beside ZFS, for readers who go past it.
//!
//! Below the root lies a folder for each pool, where it is mounted. In it is what the state says and nothing else:
//! `iocage/defaults.json`, and of each jail that is mounted `config.json`, as the real program writes them (python.md of
//! the recordings: keys sorted, four blanks, booleans as 0 and 1, all else as strings) or as damaged as the state says.
//! All of it is held against the state after each change, so that a program that was killed half-way is made up for by
//! the next one. The order of the two is that of the real thing: ZFS first, then the file.
//!
//! Two things are there and not the state's: what a jail has in its root, and its `fstab`. They begin as the state says
//! and then stay as they are.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::state::State;

/// What there is to be, by its whole path. The room of the generation knows.
pub(crate) type Listing = fn(&State) -> Vec<(String, Thing)>;

/// What there is to be at a path.
#[derive(Debug)]
pub(crate) enum Thing {
    /// A folder, in which nothing else is.
    Folder,
    /// A folder in which anybody puts what he likes.
    Open,
    /// A file with this text.
    File(String),
    /// A file, empty at first, in which anybody writes what he likes.
    Own,
}

/// A folder of ours, with what is in it.
#[derive(Debug, Default)]
struct Tree {
    is_open: bool,
    entries: BTreeMap<OsString, Entry>,
}

#[derive(Debug)]
enum Entry {
    Folder(Tree),
    File(String),
    Own,
}

/// Makes the files below `root` those of `state`.
///
/// # Errors
/// What the system said, and of which path.
pub(crate) fn sync(state: &State, listing: Listing, root: &Path) -> Result<(), String> {
    let mut tree = Tree::default();
    if state.mounted {
        for (path, thing) in listing(state) {
            let path = Path::new(&path)
                .strip_prefix(&state.root)
                .expect("what is mounted is mounted below the root");
            put(&mut tree, path, thing);
        }
    }
    if tree.entries.is_empty() && !root.exists() {
        return Ok(());
    }
    write(root, &tree).map_err(|(path, error)| format!("cannot write `{}`: {error}", path.display()))
}

fn put(tree: &mut Tree, path: &Path, thing: Thing) {
    let mut parts = path.components();
    let Some(first) = parts.next() else {
        tree.is_open |= matches!(thing, Thing::Open);
        return;
    };
    let name = first.as_os_str().to_owned();
    let rest = parts.as_path();
    let file = match thing {
        Thing::File(text) if rest.as_os_str().is_empty() => Entry::File(text),
        Thing::Own if rest.as_os_str().is_empty() => Entry::Own,
        thing => {
            let inner = tree.entries.entry(name).or_insert_with(|| Entry::Folder(Tree::default()));
            if let Entry::Folder(inner) = inner {
                put(inner, rest, thing);
            }
            return;
        }
    };
    tree.entries.insert(name, file);
}

fn write(folder: &Path, tree: &Tree) -> Result<(), (PathBuf, io::Error)> {
    fs::create_dir_all(folder).map_err(about(folder))?;
    if !tree.is_open {
        clear(folder, tree)?;
    }
    for (name, entry) in &tree.entries {
        let path = folder.join(name);
        let there = path.symlink_metadata().ok();
        match entry {
            // What somebody has put in its place is his.
            Entry::Folder(_) if tree.is_open && there.as_ref().is_some_and(|there| !there.is_dir()) => {}
            Entry::Folder(inner) => write(&path, inner)?,
            Entry::Own if there.is_some() => {}
            Entry::Own => fs::write(&path, "").map_err(about(&path))?,
            Entry::File(text) => {
                if fs::read(&path).is_ok_and(|there| there == text.as_bytes()) {
                    continue;
                }
                // As iocage does it: beside, then renamed. The name is no name of a file of ours.
                let beside = folder.join(".new");
                fs::write(&beside, text).and_then(|()| fs::rename(&beside, &path)).map_err(about(&path))?;
            }
        }
    }
    Ok(())
}

fn about(path: &Path) -> impl FnOnce(io::Error) -> (PathBuf, io::Error) {
    let path = path.to_owned();
    move |error| (path, error)
}

/// Takes away what is not to be there.
fn clear(folder: &Path, tree: &Tree) -> Result<(), (PathBuf, io::Error)> {
    for found in fs::read_dir(folder).map_err(about(folder))? {
        let found = found.map_err(about(folder))?;
        let path = found.path();
        let is_folder = found.file_type().map_err(about(&path))?.is_dir();
        match tree.entries.get(&found.file_name()) {
            Some(Entry::Folder(_)) if is_folder => {}
            Some(Entry::File(_) | Entry::Own) if !is_folder => {}
            _ if is_folder => fs::remove_dir_all(&path).map_err(about(&path))?,
            _ => fs::remove_file(&path).map_err(about(&path))?,
        }
    }
    Ok(())
}
