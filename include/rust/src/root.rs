//! The second door: an `abi_stable` root module.
//!
//! It holds one function, which hands out the same table as the C symbol. What
//! this door adds is the check that comes before: `abi_stable` compares the
//! layout of every type in [`crate::ffi`], field by field, with the host's own,
//! and refuses a module that was built against something else.

use abi_stable::StableAbi;
use abi_stable::library::RootModule;
use abi_stable::sabi_types::VersionStrings;
use abi_stable::std_types::RStr;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_module_carries_the_version_of_the_contract() {
        let version = ModuleRef::VERSION_STRINGS.version;
        assert_eq!(version.as_str(), format!("{}.{}.0", ffi::ABI_MAJOR, ffi::ABI_MINOR));
    }
}
