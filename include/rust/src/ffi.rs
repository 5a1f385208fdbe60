//! The contract as it lies in memory: `sysadm_class.h`, item by item.
//!
//! The header is the documentation; here stands only what Rust needs to say
//! the same. A test compiles the header and compares size, alignment and the
//! offset of every field with these types.
//!
//! Each type also derives `StableAbi` (feature `abi_stable`), so that the `abi_stable` door compares
//! the layout of these very types at load. They are the part released with 1.0:
//! what a later minor appends goes into a type of [`crate::later`] that begins
//! with the one here, never into this one, or hosts of 1.0 would refuse the newer
//! module, and it them.

use std::ffi::c_void;

#[cfg(feature = "abi_stable")]
use abi_stable::StableAbi;

/// The major of the contract; another major is another contract.
pub const ABI_MAJOR: u32 = 1;
/// The minor of the contract; raised when a table grows at its end.
pub const ABI_MINOR: u32 = 1;
/// The name of the one symbol a module exports for the C door.
pub const ENTRY: &str = "sysadm_class_entry";

/// What a call answers; see [`OK`], [`E_NULL`], [`E_SIZE`], [`E_CLOSED`], [`E_INSIDE`].
pub type ResultCode = i32;
/// The response is filled in.
pub const OK: ResultCode = 0;
/// A pointer that must not be null was null.
pub const E_NULL: ResultCode = -1;
/// A structure's `struct_size` is too small for 1.0.
pub const E_SIZE: ResultCode = -2;
/// The instance has been closed.
pub const E_CLOSED: ResultCode = -3;
/// Of 1.1: `close` by a thread that is inside a call on that instance; nothing was done.
pub const E_INSIDE: ResultCode = -4;

/// `access` of a request: the caller may read only.
pub const ACCESS_LIMITED: u32 = 0;
/// `access` of a request: the caller may do everything.
pub const ACCESS_FULL: u32 = 1;
/// `flags` of a class: it may be unmapped once its instances are closed.
pub const UNLOAD_SAFE: u32 = 1;
/// The id of the extension [`Describe`].
pub const EXT_DESCRIBE: &str = "sysadm.describe/1";

/// `sysadm_str_t`: borrowed UTF-8.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "abi_stable", derive(StableAbi))]
pub struct Str {
    /// May be null only if `len` is 0.
    pub ptr: *const u8,
    /// In bytes.
    pub len: usize,
}

/// `sysadm_request_t`: one request, borrowed by the class for the call.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "abi_stable", derive(StableAbi))]
pub struct Request {
    /// Size of this structure as the host knows it.
    pub struct_size: u32,
    /// [`ACCESS_LIMITED`] or [`ACCESS_FULL`].
    pub access: u32,
    /// The namespace the request names.
    pub name_space: Str,
    /// The name the request names.
    pub name: Str,
    /// The args, a JSON object.
    pub args: Str,
    /// Unique among the requests in flight; 0 for none.
    pub request_id: u64,
    /// Milliseconds from the call; 0 for none.
    pub timeout_ms: u64,
}

/// `sysadm_response_t`: one answer, given back through `release`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "abi_stable", derive(StableAbi))]
pub struct Response {
    /// Size of this structure as the host knows it.
    pub struct_size: u32,
    /// The status, as the sysadm envelope knows them.
    pub status: u32,
    /// The response args; the class's until released.
    pub args: Str,
    /// The class's own.
    pub owner: *mut c_void,
}

/// `sysadm_host_t`: what the host offers; see the header for each function.
#[allow(missing_docs)]
#[repr(C)]
#[derive(Clone, Copy)]
#[cfg_attr(feature = "abi_stable", derive(StableAbi))]
pub struct Host {
    pub struct_size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub flags: u32,
    pub user: *mut c_void,
    pub log_enabled: Option<unsafe extern "C" fn(*mut c_void, u32, Str) -> i32>,
    pub log: Option<unsafe extern "C" fn(*mut c_void, u32, Str, Str, u64)>,
    pub is_cancelled: Option<unsafe extern "C" fn(*mut c_void, u64) -> i32>,
    pub progress: Option<unsafe extern "C" fn(*mut c_void, u64, Str)>,
    pub emit_event: Option<unsafe extern "C" fn(*mut c_void, Str, Str)>,
    pub get_extension: Option<unsafe extern "C" fn(*mut c_void, Str) -> *const c_void>,
}

/// `sysadm_instance_t`: what it is, only the class knows.
pub type Instance = c_void;

/// `sysadm_class_t`: what the class offers; see the header for each function.
#[allow(missing_docs)]
#[repr(C)]
#[derive(Clone, Copy)]
#[cfg_attr(feature = "abi_stable", derive(StableAbi))]
pub struct Class {
    pub struct_size: u32,
    pub abi_major: u32,
    pub abi_minor: u32,
    pub flags: u32,
    pub name_space: Str,
    pub name: Str,
    pub version: Str,
    pub description: Str,
    pub create:
        Option<unsafe extern "C" fn(*const Host, Str, *mut *mut Instance, *mut Response) -> ResultCode>,
    pub dispatch: Option<unsafe extern "C" fn(*mut Instance, *const Request, *mut Response) -> ResultCode>,
    pub cancel: Option<unsafe extern "C" fn(*mut Instance, u64) -> ResultCode>,
    pub health: Option<unsafe extern "C" fn(*mut Instance, u64, *mut Response) -> ResultCode>,
    pub export_state: Option<unsafe extern "C" fn(*mut Instance, *mut Response) -> ResultCode>,
    pub import_state: Option<unsafe extern "C" fn(*mut Instance, Str, *mut Response) -> ResultCode>,
    pub set_log_level: Option<unsafe extern "C" fn(*mut Instance, u32) -> ResultCode>,
    pub close: Option<unsafe extern "C" fn(*mut Instance, u64, *mut Response) -> ResultCode>,
    pub release: Option<unsafe extern "C" fn(*mut Response)>,
    pub get_extension: Option<unsafe extern "C" fn(Str) -> *const c_void>,
}

// SAFETY: a class's table is constant: nothing writes to it or to the texts it
// points to from the moment the library is mapped until it is unmapped.
unsafe impl Sync for Class {}
// SAFETY: as above; reading it from another thread than the loading one is fine.
unsafe impl Send for Class {}

/// The type of the entry symbol [`ENTRY`].
pub type EntryFn = unsafe extern "C" fn() -> *const Class;

/// `sysadm_describe_t`, the extension [`EXT_DESCRIBE`].
#[repr(C)]
#[derive(Clone, Copy)]
#[cfg_attr(feature = "abi_stable", derive(StableAbi))]
pub struct Describe {
    /// Size of this structure as the class knows it.
    pub struct_size: u32,
    /// None yet.
    pub flags: u32,
    /// Fill the response with the description.
    pub describe: Option<unsafe extern "C" fn(*mut Response) -> ResultCode>,
}

impl Str {
    /// The empty text.
    pub const EMPTY: Str = Str { ptr: std::ptr::null(), len: 0 };

    /// Borrow `text`; the result is valid as long as `text` is, which the type
    /// does not tell.
    #[must_use]
    pub const fn new(text: &str) -> Str {
        Str { ptr: text.as_ptr(), len: text.len() }
    }

    /// The bytes it points to; empty for a null pointer, and for a length that no text
    /// in memory can have: a structure that was filled up with ones is not followed.
    ///
    /// # Safety
    /// `ptr` must be null or point to `len` bytes that stay as they are for `'a`.
    #[must_use]
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.ptr.is_null() || self.len == 0 || self.len > isize::MAX as usize {
            return &[];
        }
        // SAFETY: not null; the rest is the caller's promise.
        unsafe { std::slice::from_raw_parts(self.ptr, self.len) }
    }
}

impl Host {
    /// The table of a host that offers nothing.
    pub const NONE: Host = Host {
        struct_size: size_of::<Host>() as u32,
        abi_major: ABI_MAJOR,
        abi_minor: ABI_MINOR,
        flags: 0,
        user: std::ptr::null_mut(),
        log_enabled: None,
        log: None,
        is_cancelled: None,
        progress: None,
        emit_event: None,
        get_extension: None,
    };
}

impl Response {
    /// A response to be passed to a class: size set, all else empty.
    #[must_use]
    pub const fn empty() -> Response {
        Response {
            struct_size: size_of::<Response>() as u32,
            status: 0,
            args: Str::EMPTY,
            owner: std::ptr::null_mut(),
        }
    }
}
