//! The second door: an `abi_stable` root module.
//!
//! It holds one function, which hands out the same table as the C symbol. What
//! this door adds is the check that comes before: `abi_stable` compares the
//! layout of every type in [`crate::ffi`], field by field, with the host's own,
//! and refuses a module that was built against something else.

use abi_stable::StableAbi;
use abi_stable::library::{
    CheckTypeLayout, LibHeader, ROOT_MODULE_LOADER_NAME, RootModule, RootModuleResult,
};
use abi_stable::prefix_type::{PrefixRefTrait, PrefixTypeTrait};
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::{RResult, RStr};

use crate::ffi;

/// What the root module exports; further fields may follow in later minors.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = ModuleRef)))]
#[sabi(missing_field(panic))]
pub struct Module {
    /// The class's table, constant, for as long as the library is mapped.
    #[sabi(last_prefix_field)]
    pub class: extern "C" fn() -> *const ffi::Class,
}

impl RootModule for ModuleRef {
    abi_stable::declare_root_module_statics! {ModuleRef}

    const BASE_NAME: &'static str = "sysadm_class";
    const NAME: &'static str = "sysadm_class";
    // The contract's version, not the crate's: what a host must agree with is
    // the former. A test compares it with `ABI_MAJOR` and `ABI_MINOR`.
    const VERSION_STRINGS: VersionStrings = VersionStrings { version: RStr::from_str("1.1.0") };
}

/// A class that is exported: what `export_class!` makes of it.
pub trait Entry {
    /// The C door's function, which this door leads to, too.
    const CLASS: extern "C" fn() -> *const ffi::Class;
}

/// What a module exports, under the name that [`export_class!`](crate::export_class) gives it.
///
/// It is what the attribute `abi_stable::export_root_module` writes, but for two things: that
/// wants `abi_stable` among the dependencies of each crate that exports a class, also of one that
/// does without this door and is built together with one that does not; and it
/// keeps the module in a global for `get_module`, which no class asks.
#[must_use]
pub const fn header<E: Entry>() -> LibHeader {
    // SAFETY: `root` answers a `ModuleRef`, without its type.
    unsafe { LibHeader::from_constructor::<ModuleRef>(root::<E>, CheckTypeLayout::Yes) }
}

extern "C" fn root<E: Entry>() -> RootModuleResult {
    let module = Module { class: E::CLASS }.leak_into_prefix();
    // SAFETY: whoever is given it compares layouts first, and takes it for a `ModuleRef` again.
    RResult::ROk(unsafe { module.to_prefix_ref().cast() })
}

/// Attributes take nothing but a literal, so the name is written out in `export_class!`.
const _: () = {
    let (named, wanted) = (b"_1as_0lib_1header_0root_bmodule_bloader", ROOT_MODULE_LOADER_NAME.as_bytes());
    assert!(named.len() == wanted.len());
    let mut i = 0;
    while i < named.len() {
        assert!(named[i] == wanted[i]);
        i += 1;
    }
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_module_carries_the_version_of_the_contract() {
        let version = ModuleRef::VERSION_STRINGS.version;
        assert_eq!(version.as_str(), format!("{}.{}.0", ffi::ABI_MAJOR, ffi::ABI_MINOR));
    }
}
