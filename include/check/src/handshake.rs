//! The handshake with a table, step by step: each step is a test of its own, and
//! together they stand before every other.

use sysadm_class::ffi::{self, Class};

use crate::job::ensure;

/// The handshake as a whole, for all other tests.
///
/// # Errors
/// What is wrong with the table.
pub(crate) fn table(table: *const Class) -> Result<Class, String> {
    major(table)?;
    let class = long_enough(table)?;
    all_there(&class)?;
    named(&class)?;
    Ok(class)
}

pub(crate) fn major(table: *const Class) -> Result<(), String> {
    ensure!(!table.is_null(), "the entry function returned null");
    // SAFETY: not null; these two fields are there in every major.
    let [size, major] = unsafe { table.cast::<[u32; 2]>().read() };
    ensure!(size < 8 || major == ffi::ABI_MAJOR, "`abi_major` is {major}, expected {}", ffi::ABI_MAJOR);
    Ok(())
}

pub(crate) fn long_enough(table: *const Class) -> Result<Class, String> {
    major(table)?;
    // SAFETY: as above.
    let found = unsafe { table.cast::<u32>().read() } as usize;
    let expected = size_of::<Class>();
    ensure!(found >= expected, "`struct_size` is {found}, expected at least {expected}");
    // SAFETY: not null and long enough by its own word.
    Ok(unsafe { *table })
}

pub(crate) fn all_there(class: &Class) -> Result<(), String> {
    macro_rules! nulls {
        ($($name:ident),*) => { [$((stringify!($name), class.$name.is_none())),*] };
    }
    let functions = nulls!(
        create,
        dispatch,
        cancel,
        health,
        export_state,
        import_state,
        set_log_level,
        close,
        release,
        get_extension
    );
    let nulls: Vec<_> = functions.iter().filter(|(_, null)| *null).map(|(name, _)| *name).collect();
    ensure!(nulls.is_empty(), "functions that are null: {}", nulls.join(", "));
    Ok(())
}

pub(crate) fn named(class: &Class) -> Result<(), String> {
    let texts = [("name_space", class.name_space), ("name", class.name), ("version", class.version)];
    for (name, value) in texts {
        ensure!(text(value).is_some_and(|text| !text.is_empty()), "`{name}` is empty, null or not UTF-8");
    }
    Ok(())
}

pub(crate) fn text(value: ffi::Str) -> Option<&'static str> {
    if value.ptr.is_null() && value.len > 0 {
        return None;
    }
    // SAFETY: texts of the table, which stays mapped: tests of the handshake unmap nothing.
    std::str::from_utf8(unsafe { value.bytes() }).ok()
}
