//! The host's table as a class sees it: a copy, null functions left out, each
//! function callable with Rust types.
//!
//! The table is copied at create: an older host's is shorter than ours, and a
//! field that is not there must read as null.

use std::ffi::c_void;
use std::ptr::NonNull;

use crate::Level;
use crate::ffi::{self, Host, Str};

/// What the host offers. The functions behind it stay callable until close has
/// returned; that is the host's promise.
pub(super) struct HostRef {
    table: Host,
}

// SAFETY: the contract makes every function of the table callable from any
// thread, also concurrently; `user` is only ever handed back to them.
unsafe impl Send for HostRef {}
// SAFETY: as above.
unsafe impl Sync for HostRef {}

/// The part of a table before its first optional field.
const HEAD: usize = std::mem::offset_of!(Host, log_enabled);

impl HostRef {
    /// A table that is whole.
    pub(super) const fn of(table: Host) -> HostRef {
        HostRef { table }
    }

    /// Copy the host's table; null means a host that offers nothing.
    ///
    /// # Errors
    /// A sentence, for a table of another major or too short to be one.
    ///
    /// # Safety
    /// `host` is null or points to at least `struct_size` readable bytes, of
    /// which the first four are that size.
    pub(super) unsafe fn copy(host: *const Host) -> Result<HostRef, String> {
        if host.is_null() {
            return Ok(HostRef { table: Host::NONE });
        }
        // SAFETY: the first field is readable, by the caller's promise.
        let size = unsafe { host.cast::<u32>().read() } as usize;
        if size >= 2 * size_of::<u32>() {
            // SAFETY: long enough for the second field. Of another major nothing
            // else is known, so it is asked first.
            let major = unsafe { host.cast::<u32>().add(1).read() };
            if major != ffi::ABI_MAJOR {
                return Err(format!(
                    "host table is of ABI major {major}, this class speaks {}",
                    ffi::ABI_MAJOR
                ));
            }
        }
        if size < HEAD {
            return Err(format!("host table is {size} bytes long, at least {HEAD} are needed"));
        }
        let mut table = Host::NONE;
        // SAFETY: `size` bytes are readable there by the caller's promise, and
        // no more than our own table's size is written. Every byte pattern
        // that a host puts into the fields is a valid value of theirs: numbers,
        // a pointer, and functions of the declared types or null.
        unsafe {
            std::ptr::copy_nonoverlapping(
                host.cast::<u8>(),
                (&raw mut table).cast::<u8>(),
                whole_fields(size),
            );
        }
        Ok(HostRef { table })
    }

    pub(super) fn log_enabled(&self, level: Level, target: &str) -> bool {
        if self.table.log.is_none() {
            return false;
        }
        match self.table.log_enabled {
            // SAFETY: a function of the host's, called as the contract says.
            Some(f) => unsafe { f(self.table.user, level.code(), Str::new(target)) != 0 },
            None => true,
        }
    }

    pub(super) fn log(&self, level: Level, target: &str, message: &str, request_id: u64) {
        if let Some(f) = self.table.log {
            // SAFETY: as above; the texts live until the call returns.
            unsafe {
                f(self.table.user, level.code(), Str::new(target), Str::new(message), request_id);
            }
        }
    }

    pub(super) fn is_cancelled(&self, request_id: u64) -> bool {
        match self.table.is_cancelled {
            // SAFETY: as above.
            Some(f) => unsafe { f(self.table.user, request_id) != 0 },
            None => false,
        }
    }

    pub(super) fn wants_progress(&self) -> bool {
        self.table.progress.is_some()
    }

    pub(super) fn wants_events(&self) -> bool {
        self.table.emit_event.is_some()
    }

    pub(super) fn progress(&self, request_id: u64, json: &str) {
        if let Some(f) = self.table.progress {
            // SAFETY: as above.
            unsafe { f(self.table.user, request_id, Str::new(json)) };
        }
    }

    pub(super) fn emit_event(&self, name: &str, json: &str) {
        if let Some(f) = self.table.emit_event {
            // SAFETY: as above.
            unsafe { f(self.table.user, Str::new(name), Str::new(json)) };
        }
    }

    pub(super) fn extension(&self, id: &str) -> Option<NonNull<c_void>> {
        let f = self.table.get_extension?;
        // SAFETY: as above.
        let table = unsafe { f(self.table.user, Str::new(id)) };
        NonNull::new(table.cast_mut())
    }
}

/// How many bytes of a table of `size` bytes are whole fields that we know: a
/// function pointer that is cut in the middle is not there.
fn whole_fields(size: usize) -> usize {
    let step = size_of::<*const c_void>();
    let known = size.min(size_of::<Host>());
    HEAD + (known - HEAD) / step * step
}

#[cfg(test)]
mod tests {
    use super::*;

    unsafe extern "C" fn yes(_: *mut c_void, _: u64) -> i32 {
        1
    }

    #[test]
    fn fields_beyond_the_hosts_table_read_as_null() {
        let cut = std::mem::offset_of!(Host, progress) - 1;
        let host = Host { is_cancelled: Some(yes), struct_size: cut as u32, ..Host::NONE };
        // SAFETY: a whole table, which says that it is shorter.
        let copy = unsafe { HostRef::copy(&host) }.expect("same major");
        assert!(!copy.is_cancelled(1), "the pointer that is cut in the middle is not called");
        let host = Host { struct_size: (cut + 1) as u32, ..host };
        // SAFETY: as above.
        let copy = unsafe { HostRef::copy(&host) }.expect("same major");
        assert!(copy.is_cancelled(1));
    }

    #[test]
    fn another_major_and_a_stump_are_refused() {
        for (host, part) in [
            (Host { abi_major: 2, ..Host::NONE }, "major 2"),
            (Host { abi_major: 2, struct_size: 8, ..Host::NONE }, "major 2"),
            (Host { struct_size: 12, ..Host::NONE }, "12 bytes"),
            (Host { struct_size: 4, ..Host::NONE }, "4 bytes"),
        ] {
            // SAFETY: a whole table, which at most says that it is shorter.
            let error = unsafe { HostRef::copy(&host) }.err().expect("refused");
            assert!(error.contains(part), "{error}");
        }
    }
}
