//! Opening a library through one of its two doors.
//!
//! The file is looked at before the system's loader is asked: its own messages
//! for a missing file, a text file or a program differ from system to system
//! and say little, a file that was cut short is the end of the process, and in a
//! process of root's one that others can replace makes them root. What the loader
//! refuses beyond that is passed on in its words.

use std::fmt;
use std::fs::{self, File};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use libloading::Library;

use super::error::{Fault, LoadError};
use super::mapped::{Keep, Loaded, UNMAPS};
#[cfg(feature = "abi_stable")]
use super::second;
use super::{check, elf};
use crate::ffi::{self, Class};
use crate::trust;

/// Through which of its entries a module is loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Door {
    /// The one that it has: a module with an `abi_stable` root module through
    /// [`Door::Rust`], one with the C symbol alone through [`Door::C`]. Of one that has
    /// both, what the first finds decides: where layouts differ it is refused, and not
    /// tried again through the other. A host that is built without the feature
    /// `abi_stable` looks for the C symbol alone. [`Module::door`] tells which it was.
    #[default]
    Auto,
    /// The `abi_stable` root module: layouts are compared; never unmapped. A host that
    /// is built without the feature `abi_stable` loads nothing through it.
    Rust,
    /// The C symbol: the table's own handshake; unmapped when done with, see
    /// [`UNMAPS`].
    C,
}

impl Door {
    /// All of them, as command lines name them.
    pub const ALL: [Door; 3] = [Door::Auto, Door::Rust, Door::C];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Door::Auto => "auto",
            Door::Rust => "rust",
            Door::C => "c",
        }
    }
}

/// A library that holds a class. Cheap to clone; all clones share it, and may
/// be used from any thread. Through [`Door::C`] it is unmapped when the last of
/// them, of its instances and of their responses is dropped, if [`UNMAPS`] and the
/// class say so.
#[derive(Clone)]
pub struct Module {
    pub(super) loaded: Arc<Loaded>,
}

impl Module {
    /// Load the class module at `path`. A path the loader has seen before may
    /// give the library it already has, whatever the file holds now: to load a
    /// replaced file, use a new path.
    ///
    /// A process of root's is given only what root alone can replace, see
    /// [`trust`](crate::trust): others could run what they like in it.
    ///
    /// # Errors
    /// Why this is no class module that this host can use. Nothing stays
    /// mapped, but for what `abi_stable` keeps, and where [`UNMAPS`] says so.
    pub fn load(path: &Path, door: Door) -> Result<Module, LoadError> {
        Module::open(path, door, false)
    }

    /// Load a module as [`Module::load`] does, also as root one that others can
    /// replace. For hosts whose policy is to trust them, as a developer does.
    ///
    /// # Errors
    /// As for [`Module::load`].
    pub fn load_untrusted(path: &Path, door: Door) -> Result<Module, LoadError> {
        Module::open(path, door, true)
    }

    fn open(path: &Path, door: Door, allow_unsafe: bool) -> Result<Module, LoadError> {
        let loaded = look_at(path, allow_unsafe).and_then(|()| match door {
            Door::Auto => load_either(path),
            Door::C => load_c(map(path)?),
            #[cfg(feature = "abi_stable")]
            Door::Rust => second::load(&absolute(path)),
            #[cfg(not(feature = "abi_stable"))]
            Door::Rust => Err(Fault::NoDoor),
        });
        let fail = |fault| LoadError { path: path.to_path_buf(), fault };
        let (class, library) = loaded.map_err(fail)?;
        let unmap = AtomicBool::new(UNMAPS);
        Ok(Module { loaded: Arc::new(Loaded { class, path: path.to_path_buf(), library, unmap }) })
    }

    /// Where it was loaded from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.loaded.path
    }

    /// The door that it was loaded through; never [`Door::Auto`], and [`Door::C`] for a class
    /// of the program itself, whose table is handed over as that door does it.
    #[must_use]
    pub fn door(&self) -> Door {
        match self.loaded.library {
            Keep::Closable(_) => Door::C,
            #[cfg(feature = "abi_stable")]
            Keep::ForEver => Door::Rust,
            #[cfg(feature = "module")]
            Keep::Own => Door::C,
        }
    }

    /// The namespace of the requests it answers.
    #[must_use]
    pub fn namespace(&self) -> &str {
        self.text(self.loaded.class.name_space)
    }

    /// The name of the requests it answers.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text(self.loaded.class.name)
    }

    /// The version it says it has.
    #[must_use]
    pub fn version(&self) -> &str {
        self.text(self.loaded.class.version)
    }

    /// What it says it is.
    #[must_use]
    pub fn description(&self) -> &str {
        self.text(self.loaded.class.description)
    }

    /// The contract it was built for: major and minor.
    #[must_use]
    pub fn abi(&self) -> (u32, u32) {
        (self.loaded.class.abi_major, self.loaded.class.abi_minor)
    }

    /// Does it declare that it may be unmapped?
    #[must_use]
    pub fn is_unload_safe(&self) -> bool {
        self.loaded.class.flags & ffi::UNLOAD_SAFE != 0
    }

    /// Is its library to be unmapped when its last user is dropped? Whatever is said
    /// here, one of a class that is not [fit](Module::is_unload_safe) for it is not;
    /// and nothing being said it is as [`UNMAPS`] has it. For hosts that keep what they
    /// could unmap, and for whoever tries what is not done.
    pub fn set_unmap(&self, unmap: bool) {
        self.loaded.unmap.store(unmap, Ordering::Relaxed);
    }

    fn text(&self, text: ffi::Str) -> &str {
        // SAFETY: the identity's texts live as long as the library, which
        // `self` keeps. That they are UTF-8 was seen at the handshake.
        unsafe { check::text(text) }.unwrap_or("")
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{} {} from {}", self.namespace(), self.name(), self.version(), self.path().display())
    }
}

/// Look at a file without loading it: is it a whole library for this machine?
/// [`Module::load`] asks the same first. For hosts that copy a file before they
/// load it, or wait until it has been written. Who can replace it is not asked.
///
/// # Errors
/// What the file is instead.
pub fn inspect(path: &Path) -> Result<(), LoadError> {
    look_at(path, true).map_err(|fault| LoadError { path: path.to_path_buf(), fault })
}

/// Is the file one that the system's loader can be handed?
fn look_at(path: &Path, allow_unsafe: bool) -> Result<(), Fault> {
    // Asked before it is opened: opening a pipe waits for its other end.
    if !fs::metadata(path).map_err(Fault::Unreadable)?.is_file() {
        return Err(Fault::NotALibrary("it is not a regular file".to_owned()));
    }
    // What was found until here tells which sentence is said, not whether it is safe.
    if !allow_unsafe && trust::effective_user() == 0 {
        let absolute = std::path::absolute(path).map_err(Fault::Unreadable)?;
        trust::file(&absolute, 0).map_err(Fault::Unsafe)?;
    }
    let file = File::open(path).map_err(Fault::Unreadable)?;
    elf::check(file).map_err(Fault::Unreadable)?.map_err(Fault::NotALibrary)
}

fn map(path: &Path) -> Result<Library, Fault> {
    // SAFETY: loading runs the library's initialisers. A host loads only
    // modules it trusts with its process; that is the meaning of loading.
    unsafe { Library::new(absolute(path)) }.map_err(|e| Fault::refused(&e))
}

/// Through the door that it has.
fn load_either(path: &Path) -> Result<(&'static Class, Keep), Fault> {
    let library = map(path)?;
    #[cfg(feature = "abi_stable")]
    if second::is_in(&library) {
        // What is mapped is not mapped again: it is this very library.
        let loaded = second::load(&absolute(path));
        let_go(library);
        return loaded;
    }
    load_c(library)
}

fn load_c(library: Library) -> Result<(&'static Class, Keep), Fault> {
    match handshake(&library) {
        Ok(class) => Ok((class, Keep::Closable(ManuallyDrop::new(library)))),
        Err(fault) => {
            let_go(library);
            Err(fault)
        }
    }
}

/// Give a library back that is of no use, where libraries are unmapped.
fn let_go(library: Library) {
    if !UNMAPS {
        std::mem::forget(library);
    }
}

fn handshake(library: &Library) -> Result<&'static Class, Fault> {
    // SAFETY: the contract gives the symbol of this name this type.
    let entry = unsafe { library.get::<ffi::EntryFn>(ffi::ENTRY) }
        .map_err(|_| Fault::NoEntry(ffi::ENTRY.to_owned()))?;
    // SAFETY: a module's entry function may be called from any thread.
    let table = unsafe { entry() };
    // SAFETY: what a module's entry returns is null or a table that lives as
    // long as the library, which `Loaded` keeps together with it. On an error
    // the library may be unmapped by the caller; the error's text is owned.
    unsafe { check::table(table) }
}

/// A name without a slash would be looked for in the system's library folders.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf())
}
