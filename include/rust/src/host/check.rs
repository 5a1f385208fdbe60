//! The handshake: is what the entry function returned a class of this
//! contract? Both doors end here, so a table is judged by one set of rules.

use std::mem::{offset_of, size_of};

use super::error::Fault;
use crate::ffi::{self, Class, Str};

/// A field that 1.0 requires: its name and where it ends.
type Field = (&'static str, usize);

macro_rules! fields {
    ($($name:ident: $type:ty),* $(,)?) => {
        [$((stringify!($name), offset_of!(Class, $name) + size_of::<$type>())),*]
    };
}

type Fun = Option<unsafe extern "C" fn()>;

/// Every field of 1.0, in the table's order.
const FIELDS: [Field; 18] = fields! {
    struct_size: u32, abi_major: u32, abi_minor: u32, flags: u32,
    name_space: Str, name: Str, version: Str, description: Str,
    create: Fun, dispatch: Fun, cancel: Fun, health: Fun, export_state: Fun, import_state: Fun,
    set_log_level: Fun, close: Fun, release: Fun, get_extension: Fun,
};

macro_rules! functions {
    ($($name:ident),* $(,)?) => {
        [$((stringify!($name), |class: &Class| class.$name.is_none())),*]
    };
}

/// A function's name, with a question: is it null in this table?
type Null = (&'static str, fn(&Class) -> bool);

/// Every function of 1.0.
const FUNCTIONS: [Null; 10] = functions! {
    create, dispatch, cancel, health, export_state, import_state, set_log_level, close, release,
    get_extension,
};

/// Check a table and borrow it.
///
/// # Errors
/// Which field differs, what was expected and what was found.
///
/// # Safety
/// `table` is null, or points to a table as the contract has it: at least
/// `struct_size` readable bytes, of which the first eight are that size and
/// the major, constant for `'a`.
pub(super) unsafe fn table<'a>(table: *const Class) -> Result<&'a Class, Fault> {
    if table.is_null() {
        return Err(Fault::NullTable);
    }
    // SAFETY: not null; the first two fields are readable by the contract of
    // every major.
    let [size, major] = unsafe { table.cast::<[u32; 2]>().read() };
    if size >= 8 && major != ffi::ABI_MAJOR {
        return Err(Fault::OtherMajor { expected: ffi::ABI_MAJOR, found: major });
    }
    let found = size as usize;
    let expected = size_of::<Class>();
    if found < expected {
        // The last field ends with the structure, so one is found.
        let missing = FIELDS.iter().find(|(_, end)| *end > found).map_or("", |(name, _)| name);
        return Err(Fault::ShortTable { missing, expected, found });
    }
    // SAFETY: not null and long enough; every field is a number, a pointer or a
    // function or null, all of which any bytes the class put there are.
    let class = unsafe { &*table };
    if let Some((name, _)) = FUNCTIONS.iter().find(|(_, is_null)| is_null(class)) {
        return Err(Fault::NullFunction(name));
    }
    for (name, value, may_be_empty) in [
        ("name_space", class.name_space, false),
        ("name", class.name, false),
        ("version", class.version, false),
        ("description", class.description, true),
    ] {
        // SAFETY: texts of the table live as long as it does.
        if unsafe { text(value) }.is_none_or(|text| text.is_empty() && !may_be_empty) {
            return Err(Fault::BadIdentity(name));
        }
    }
    Ok(class)
}

/// The text, if it is UTF-8.
///
/// # Safety
/// As [`Str::bytes`].
pub(super) unsafe fn text<'a>(value: Str) -> Option<&'a str> {
    if value.ptr.is_null() && value.len != 0 {
        return None;
    }
    // SAFETY: the caller's promise.
    std::str::from_utf8(unsafe { value.bytes() }).ok()
}
