//! What later minors of the contract appended to its structures.
//!
//! Each type here begins with the one of [`crate::ffi`], which is that of 1.0 and stays
//! as it is: `abi_stable` compares those field by field and refuses, in both directions,
//! a module or a host that has one more. Functions keep their types, too, and are
//! handed a pointer to the longer one; what is behind the fields of 1.0 is read only
//! where `struct_size` says that it is there.

use crate::ffi::{self, Instance, Response, ResultCode, Str};

/// `sysadm_request_t` as of 1.1.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// The fields of 1.0. Its `struct_size` is that of the whole.
    pub first: ffi::Request,
    /// Who asks, for logs.
    pub caller: Str,
}

/// `sysadm_describe_t` as of 1.1.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Describe {
    /// The fields of 1.0. Its `struct_size` is that of the whole.
    pub first: ffi::Describe,
    /// Fill the response with the description of an instance.
    pub describe_here: Option<unsafe extern "C" fn(*mut Instance, *mut Response) -> ResultCode>,
}

impl Request {
    /// A request of which it is said who asks.
    #[must_use]
    pub const fn new(first: ffi::Request, caller: Str) -> Request {
        Request { first: ffi::Request { struct_size: size_of::<Request>() as u32, ..first }, caller }
    }

    /// As functions of the contract take it; valid as long as this is.
    #[must_use]
    pub const fn as_first(&self) -> *const ffi::Request {
        std::ptr::from_ref(self).cast()
    }

    /// Who asks by a request of any minor; empty where it has no such field.
    ///
    /// # Safety
    /// `request` points to as many readable bytes as its `struct_size` says, and to
    /// at least the fields of 1.0.
    #[must_use]
    pub unsafe fn caller_of(request: *const ffi::Request) -> Str {
        // SAFETY: the first field is readable by the caller's promise.
        let size = unsafe { request.cast::<u32>().read() } as usize;
        if size < size_of::<Request>() {
            return Str::EMPTY;
        }
        // SAFETY: as long as this type, as just seen.
        unsafe { (*request.cast::<Request>()).caller }
    }
}

/// Both begin where the one of 1.0 does, and have no padding before what they append.
const _: () = {
    assert!(std::mem::offset_of!(Request, first) == 0 && std::mem::offset_of!(Describe, first) == 0);
    assert!(std::mem::offset_of!(Request, caller) == size_of::<ffi::Request>());
    assert!(std::mem::offset_of!(Describe, describe_here) == size_of::<ffi::Describe>());
};
