//! Who asks: a field that ABI 1.1 appended to the request. It is read where the
//! request says that it is there, and not a byte of it where it does not.
#![cfg(feature = "module")]
#![allow(missing_docs)]

#[macro_use]
mod plain;

use std::ptr::{null, null_mut};

use sysadm_class::ffi::{self, Request, Response, Str};
use sysadm_class::module::{Call, RawClass, Reply, table};
use sysadm_class::{Identity, Status, later};

/// Answers who asked.
struct Who;

impl RawClass for Who {
    const IDENTITY: Identity = Identity::new("test", "who", "0.0.1", "").unload_safe();

    fn describe() -> Vec<u8> {
        b"{}".to_vec()
    }
    fn create(_: &[u8]) -> Result<Who, Reply> {
        Ok(Who)
    }
    fn dispatch(&self, call: &Call<'_>, _: &[u8]) -> Reply {
        Reply { status: Status::Ok, args: call.caller.as_bytes().to_vec() }
    }
    leaves_nothing!();
}

static CLASS: ffi::Class = table::<Who>();

/// The code, and what was answered.
fn asked(instance: *mut ffi::Instance, request: &later::Request) -> (ffi::ResultCode, String) {
    let mut response = Response::empty();
    // SAFETY: an open instance, a request that is as long as it says, a response that lives and
    // is given back.
    unsafe {
        let code = CLASS.dispatch.expect("there")(instance, request.as_first(), &raw mut response);
        let text = String::from_utf8(response.args.bytes().to_vec()).expect("UTF-8");
        CLASS.release.expect("there")(&raw mut response);
        (code, text)
    }
}

#[test]
fn it_is_there_where_the_request_says_so() {
    let mut instance = null_mut();
    let mut response = Response::empty();
    // SAFETY: no host, and places that live.
    unsafe {
        CLASS.create.expect("there")(null(), Str::EMPTY, &raw mut instance, &raw mut response);
        CLASS.release.expect("there")(&raw mut response);
    }
    let first = Request {
        struct_size: 0,
        access: ffi::ACCESS_FULL,
        name_space: Str::new("test"),
        name: Str::new("who"),
        args: Str::new("{}"),
        request_id: 1,
        timeout_ms: 0,
    };
    assert_eq!(
        asked(instance, &later::Request::new(first, Str::new("alice"))),
        (ffi::OK, "alice".to_owned())
    );
    assert_eq!(asked(instance, &later::Request::new(first, Str::EMPTY)), (ffi::OK, String::new()));
    // What is no UTF-8 is mended, and what is long is cut before it is looked at.
    let odd = Str { ptr: b"a\xffb".as_ptr(), len: 3 };
    assert_eq!(asked(instance, &later::Request::new(first, odd)).1, "a\u{fffd}b");
    let long = "x".repeat(1 << 20);
    assert_eq!(asked(instance, &later::Request::new(first, Str::new(&long))).1.len(), 256);

    // A host of 1.0, and one that is cut in the middle: behind what they say lies nothing
    // that may be followed.
    let wild = Str { ptr: std::ptr::without_provenance(8), len: usize::MAX };
    for size in [size_of::<Request>(), size_of::<Request>() + 8, size_of::<later::Request>() - 1] {
        let mut request = later::Request::new(first, wild);
        request.first.struct_size = size as u32;
        assert_eq!(asked(instance, &request), (ffi::OK, String::new()), "{size}");
    }
    // One that says that it is there, but was filled up with ones, as the plugin-check of
    // before 1.1 has it for a later minor: no text is as long as that.
    let ones = Str { ptr: std::ptr::without_provenance(usize::MAX), len: usize::MAX };
    assert_eq!(asked(instance, &later::Request::new(first, ones)), (ffi::OK, String::new()));
    // Too short is what is too short for 1.0.
    let mut request = later::Request::new(first, wild);
    request.first.struct_size = size_of::<Request>() as u32 - 1;
    assert_eq!(asked(instance, &request).0, ffi::E_SIZE);

    let mut response = Response::empty();
    // SAFETY: its last call.
    unsafe {
        CLASS.close.expect("there")(instance, 0, &raw mut response);
        CLASS.release.expect("there")(&raw mut response);
    }
}
