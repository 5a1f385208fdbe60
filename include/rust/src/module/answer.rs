//! Where an answer is written and taken back: the host's response, into which one
//! reply goes, also where a panic was caught, and whose memory stays the class's.

use super::reply::Reply;
use crate::caught::caught;
use crate::codes;
use crate::ffi::{self, ResultCode, Str};

/// What is answered where a panic was caught.
pub(super) const DEFECT: &str = "the class failed by a defect of its own; the host's log says where";

/// May an answer be written to `response`?
///
/// # Safety
/// `response` is null or points to at least four readable bytes.
unsafe fn check_response(response: *mut ffi::Response) -> Result<(), ResultCode> {
    if response.is_null() {
        return Err(ffi::E_NULL);
    }
    // SAFETY: not null, and its first field is readable by the caller's promise.
    let size = unsafe { response.cast::<u32>().read() };
    if (size as usize) < size_of::<ffi::Response>() { Err(ffi::E_SIZE) } else { Ok(()) }
}

/// Run `f` and write its reply, or the one for a panic.
///
/// # Safety
/// `response` is null, or points to a response whose `struct_size` is set and
/// true, which nobody else touches during the call.
pub(super) unsafe fn answer(
    response: *mut ffi::Response,
    f: impl FnOnce() -> Result<Reply, ResultCode>,
) -> ResultCode {
    // SAFETY: by the caller's promise.
    if let Err(code) = unsafe { check_response(response) } {
        return code;
    }
    let reply = match caught(f) {
        Some(Ok(reply)) => reply,
        Some(Err(code)) => return code,
        None => Reply::of(codes::INTERNAL, DEFECT),
    };
    let owner = Box::new(reply.args);
    let args = Str { ptr: owner.as_ptr(), len: owner.len() };
    // SAFETY: not null and large enough, as checked; exclusively ours during
    // the call. `args` points into the vector that `owner` keeps.
    unsafe {
        let struct_size = (*response).struct_size;
        response.write(ffi::Response {
            struct_size,
            status: reply.status.code(),
            args,
            owner: Box::into_raw(owner).cast(),
        });
    }
    ffi::OK
}

/// Takes back what [`answer`] has written.
pub(super) unsafe extern "C" fn release(response: *mut ffi::Response) {
    // SAFETY: null, or a response of the host's.
    if unsafe { check_response(response) }.is_err() {
        return;
    }
    // SAFETY: not null and large enough, as checked; exclusively ours.
    let response = unsafe { &mut *response };
    let owner = response.owner;
    *response = ffi::Response { struct_size: response.struct_size, ..ffi::Response::empty() };
    if !owner.is_null() {
        // SAFETY: only `answer` sets an owner, to a boxed vector, and it has
        // just been taken away, so this happens once.
        drop(unsafe { Box::from_raw(owner.cast::<Vec<u8>>()) });
    }
}

/// The code for a call without a response; a defect cannot be told more.
pub(super) fn code(outcome: Option<Result<(), ResultCode>>) -> ResultCode {
    match outcome {
        Some(Err(code)) => code,
        Some(Ok(())) | None => ffi::OK,
    }
}
