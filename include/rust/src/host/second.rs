//! Opening a library through its second door: the one part of the loader that knows
//! `abi_stable`, and is not there without the feature of that name.

use std::path::Path;

use abi_stable::library::{
    LibraryError, ROOT_MODULE_LOADER_NAME_WITH_NUL, RawLibrary, lib_header_from_raw_library,
};
use libloading::Library;

use super::check;
use super::error::Fault;
use super::mapped::Keep;
use crate::ffi::Class;
use crate::root::ModuleRef;

/// Has this library a root module?
pub(super) fn is_in(library: &Library) -> bool {
    // SAFETY: whether there is such a symbol is all that is asked; it is not used.
    unsafe { library.get::<*const ()>(ROOT_MODULE_LOADER_NAME_WITH_NUL.as_bytes()) }.is_ok()
}

/// The class behind the root module of the library at an absolute path.
pub(super) fn load(path: &Path) -> Result<(&'static Class, Keep), Fault> {
    let library = RawLibrary::load_at(path).map_err(fault)?;
    // Never dropped from here on: once layouts were compared, abi_stable holds
    // references into the library.
    let library: &'static RawLibrary = Box::leak(Box::new(library));
    // SAFETY: the library stays mapped for ever.
    let header = unsafe { lib_header_from_raw_library(library) }.map_err(fault)?;
    let root = header.init_root_module::<ModuleRef>().map_err(fault)?;
    // SAFETY: what a module's entry returns is null or a table that lives as long as
    // the library; this one is never unmapped.
    let class = unsafe { check::table(root.class()()) }?;
    Ok((class, Keep::ForEver))
}

/// What `abi_stable` says, as one of our faults.
fn fault(error: LibraryError) -> Fault {
    match error {
        LibraryError::OpenError { err, .. } => Fault::refused(&*err),
        LibraryError::GetSymbolError { symbol, .. } => {
            Fault::NoEntry(String::from_utf8_lossy(&symbol).trim_end_matches('\0').to_owned())
        }
        LibraryError::IncompatibleVersionNumber { expected_version, actual_version, .. } => {
            Fault::OtherMajor { expected: expected_version.major, found: actual_version.major }
        }
        other => Fault::Layout(other.to_string()),
    }
}
