//! A mapped library and the table it holds: what modules, instances and responses
//! share, and the last of them lets go.

use std::mem::ManuallyDrop;
use std::path::PathBuf;

use libloading::Library;

use crate::ffi::{self, Class};

/// The mapped library and its table. Dropped by whoever used it last.
pub(super) struct Loaded {
    pub(super) class: &'static Class,
    pub(super) path: PathBuf,
    pub(super) library: Keep,
}

/// How long a library stays.
pub(super) enum Keep {
    /// Unmapped on drop, if the class may be.
    Closable(ManuallyDrop<Library>),
    /// Mapped as long as the process lives.
    ForEver,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if let Keep::Closable(library) = &mut self.library
            && self.class.flags & ffi::UNLOAD_SAFE != 0
        {
            // SAFETY: taken once, in drop; nobody uses the table any more, as
            // everything that does shares this value.
            drop(unsafe { ManuallyDrop::take(library) });
        }
    }
}

/// The function of this name, which the handshake has seen.
macro_rules! function {
    ($loaded:expr, $name:ident) => {
        $loaded.class.$name.expect(concat!(stringify!($name), " was there at the handshake"))
    };
}
pub(super) use function;
