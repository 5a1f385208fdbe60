//! The line that makes a module of a class: it stands alone, as it names the table
//! that is made of the trait beside it.

/// Export `$class` through both doors. To be used once, in the root of a
/// `cdylib`; the crate needs `abi_stable` among its dependencies.
#[macro_export]
macro_rules! export_class {
    ($class:ty) => {
        static SYSADM_CLASS: $crate::ffi::Class = $crate::module::table::<$class>();

        /// The C door: the class's table.
        // SAFETY: the name belongs to the contract; no other symbol of it can
        // be in a module, which exports one class.
        #[unsafe(no_mangle)]
        pub extern "C" fn sysadm_class_entry() -> *const $crate::ffi::Class {
            &raw const SYSADM_CLASS
        }

        /// The `abi_stable` door: the same table.
        #[abi_stable::export_root_module]
        fn sysadm_class_root() -> $crate::root::ModuleRef {
            use abi_stable::prefix_type::PrefixTypeTrait as _;
            $crate::root::Module { class: sysadm_class_entry }.leak_into_prefix()
        }
    };
}
