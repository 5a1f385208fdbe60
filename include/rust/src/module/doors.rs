//! The line that makes a module of a class: it stands alone, as it names the table
//! that is made of the trait beside it.

/// Export `$class` through both doors, or, where this crate is built without its
/// feature `abi_stable`, through the C door alone. To be used once, in the root of
/// a `cdylib`.
#[macro_export]
macro_rules! export_class {
    ($class:ty) => {
        static SYSADM_CLASS: $crate::ffi::Class = $crate::module::table::<$class>();

        /// The C door: the class's table.
        // SAFETY: the name belongs to the contract; no other symbol of it can
        // be in a module, which exports one class.
        #[unsafe(no_mangle)]
        extern "C" fn sysadm_class_entry() -> *const $crate::ffi::Class {
            &raw const SYSADM_CLASS
        }

        $crate::export_second_door!($class);
    };
}

/// The part of [`export_class!`](crate::export_class) that is there with the feature: it
/// is looked at where this crate is compiled, not where the class is.
#[cfg(feature = "abi_stable")]
#[doc(hidden)]
#[macro_export]
macro_rules! export_second_door {
    ($class:ty) => {
        impl $crate::root::Entry for $class {
            const CLASS: extern "C" fn() -> *const $crate::ffi::Class = sysadm_class_entry;
        }

        /// The `abi_stable` door: the same table.
        // SAFETY: the name is `abi_stable`'s own, for the one root module of a library.
        #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
        static SYSADM_CLASS_ROOT: $crate::abi_stable::library::LibHeader = $crate::root::header::<$class>();
    };
}

/// Without the feature there is nothing more to export.
#[cfg(not(feature = "abi_stable"))]
#[doc(hidden)]
#[macro_export]
macro_rules! export_second_door {
    ($class:ty) => {};
}
