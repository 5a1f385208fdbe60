//! A mapped library and the table it holds: what modules, instances and responses
//! share, and the last of them lets go.

use std::mem::ManuallyDrop;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use libloading::Library;

use crate::ffi::{self, Class};

/// Does a host unmap a module that declares itself fit for it, when nobody uses it
/// any more? Not on FreeBSD: there std registers what a thread leaves to be destroyed
/// at its end as a pthread key, whose destructor is called whether it is still mapped
/// or not, so that one careless line in a module is a crash, where other systems keep
/// the library; and no module has been tried. What is not unmapped costs the module's
/// size with each replacement. All hosts follow this one rule; those in C and C++ have
/// it as `SYSADM_CLASS_UNMAPS` in `sysadm_class_host.h`.
pub const UNMAPS: bool = !cfg!(target_os = "freebsd");

/// The mapped library and its table. Dropped by whoever used it last.
pub(super) struct Loaded {
    pub(super) class: &'static Class,
    pub(super) path: PathBuf,
    pub(super) library: Keep,
    /// May it be unmapped, for all that this host knows?
    pub(super) unmap: AtomicBool,
}

/// How long a library stays.
pub(super) enum Keep {
    /// Unmapped on drop, if the class and the host say so.
    Closable(ManuallyDrop<Library>),
    /// Mapped as long as the process lives.
    #[cfg(feature = "abi_stable")]
    ForEver,
    /// None: the class is of this program.
    #[cfg(feature = "module")]
    Own,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if let Keep::Closable(library) = &mut self.library
            && self.class.flags & ffi::UNLOAD_SAFE != 0
            && self.unmap.load(Ordering::Relaxed)
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
