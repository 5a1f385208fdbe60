//! What the system's loader says of a library, whatever its class declares.
//!
//! A module that promises that it may be unmapped, but leaves a thread-local
//! destructor behind or was linked with `nodelete`, stays mapped when it is
//! closed, and nobody is told. So the loader is asked.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Is the library of this path mapped in this process?
#[must_use]
pub fn is_mapped(path: &Path) -> bool {
    // What has a zero in its path was never opened.
    let Ok(name) = CString::new(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: a terminated text; with NOLOAD nothing is mapped that was not.
    let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_NOLOAD) };
    if !handle.is_null() {
        // SAFETY: gives back what dlopen has just given.
        unsafe { libc::dlclose(handle) };
    }
    !handle.is_null()
}
