//! What a class answers: a response, or against the contract a code that says that
//! the call was none.

use std::fmt;
use std::sync::Arc;

use super::mapped::{Loaded, function};
use crate::Status;
use crate::ffi::{self, ResultCode};

/// The class answered that a call was none: the contract's code for it. Through
/// these types that is a defect of the class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misuse(pub ResultCode);

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the class broke the contract: a call answered {}", self.0)
    }
}

impl std::error::Error for Misuse {}

/// An answer. The bytes are the class's; they go back to it when this is
/// dropped, and keep its library mapped until then.
pub struct Response {
    raw: ffi::Response,
    loaded: Arc<Loaded>,
}

// SAFETY: release may be called on any thread, and the bytes do not change.
unsafe impl Send for Response {}
// SAFETY: as above.
unsafe impl Sync for Response {}

impl Response {
    /// How the request fared.
    #[must_use]
    pub fn status(&self) -> Status {
        Status::from_code(self.raw.status)
    }

    /// The response args, JSON; empty where there is none to give.
    #[must_use]
    pub fn args(&self) -> &[u8] {
        // SAFETY: the class's bytes, which stay until `release`.
        unsafe { self.raw.args.bytes() }
    }

    /// The args as text, for messages.
    #[must_use]
    pub fn text(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(self.args())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.status().code(), self.text())
    }
}

impl Drop for Response {
    fn drop(&mut self) {
        // SAFETY: filled by this class, given back once.
        unsafe { function!(self.loaded, release)(&mut self.raw) };
    }
}

/// Call with an empty response and own what comes back.
pub(super) fn respond(
    loaded: &Arc<Loaded>,
    call: impl FnOnce(*mut ffi::Response) -> ResultCode,
) -> Result<Response, Misuse> {
    let mut raw = ffi::Response::empty();
    match call(&mut raw) {
        ffi::OK => Ok(Response { raw, loaded: Arc::clone(loaded) }),
        code => Err(Misuse(code)),
    }
}
