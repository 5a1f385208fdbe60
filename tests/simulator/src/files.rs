//! The files of a machine of the Python iocage, on a real disk: what iocage keeps beside ZFS, for readers who go past it.
//!
//! Below the root lies a folder for each pool, where it is mounted. In it is what the state says and nothing else:
//! `iocage/defaults.json`, and of each jail that is mounted `config.json`, as the real program writes them (python.md of
//! the recordings: keys sorted, four blanks, booleans as 0 and 1, all else as strings) or as damaged as the state says.
//! All of it is held against the state after each change, so that a program that was killed half-way is made up for by
//! the next one. The order of the two is that of the real thing: ZFS first, then the file.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::state::State;

/// What there is to be: folders and files by their whole paths; a folder has no text. The room of the generation knows.
pub(crate) type Listing = fn(&State) -> Vec<(String, Option<String>)>;

/// A folder of ours: what is in it, or a file with this text.
#[derive(Debug)]
enum Entry {
    Folder(Tree),
    File(String),
}

type Tree = BTreeMap<OsString, Entry>;

/// Makes the files below `root` those of `state`.
///
/// # Errors
/// What the system said, and of which path.
pub(crate) fn sync(state: &State, listing: Listing, root: &Path) -> Result<(), String> {
    let mut tree = Tree::new();
    if state.mounted {
        for (path, text) in listing(state) {
            let path = Path::new(&path)
                .strip_prefix(&state.root)
                .expect("what is mounted is mounted below the root");
            put(&mut tree, path, text);
        }
    }
    if tree.is_empty() && !root.exists() {
        return Ok(());
    }
    write(root, &tree).map_err(|(path, error)| format!("cannot write `{}`: {error}", path.display()))
}

/// A folder where there is no text.
fn put(tree: &mut Tree, path: &Path, text: Option<String>) {
    let mut parts = path.components();
    let Some(first) = parts.next() else { return };
    let name = first.as_os_str().to_owned();
    match (parts.as_path(), text) {
        (rest, Some(text)) if rest.as_os_str().is_empty() => drop(tree.insert(name, Entry::File(text))),
        (rest, text) => {
            let inner = tree.entry(name).or_insert_with(|| Entry::Folder(Tree::new()));
            if let Entry::Folder(inner) = inner {
                put(inner, rest, text);
            }
        }
    }
}

fn write(folder: &Path, tree: &Tree) -> Result<(), (PathBuf, io::Error)> {
    let about = |path: &Path| {
        let path = path.to_owned();
        move |error| (path, error)
    };
    fs::create_dir_all(folder).map_err(about(folder))?;
    for found in fs::read_dir(folder).map_err(about(folder))? {
        let found = found.map_err(about(folder))?;
        let path = found.path();
        let is_folder = found.file_type().map_err(about(&path))?.is_dir();
        match tree.get(&found.file_name()) {
            Some(Entry::Folder(_)) if is_folder => {}
            Some(Entry::File(_)) if !is_folder => {}
            _ if is_folder => fs::remove_dir_all(&path).map_err(about(&path))?,
            _ => fs::remove_file(&path).map_err(about(&path))?,
        }
    }
    for (name, entry) in tree {
        let path = folder.join(name);
        match entry {
            Entry::Folder(inner) => write(&path, inner)?,
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
