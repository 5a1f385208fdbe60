//! An instance of a loaded class, and what it is asked.

use std::ptr::NonNull;
use std::sync::Arc;
use std::time::Duration;

use super::error::CreateError;
use super::load::Module;
use super::mapped::{Loaded, function};
use super::response::{Misuse, Response, respond};
use super::services::{HostTable, Services};
use crate::ffi::{self, ResultCode, Str};
use crate::{Access, Level, Status, later};

/// One request. Made by [`Request::new`], for fields may be added.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Request<'a> {
    /// The namespace it names; compared without regard to ASCII case.
    pub namespace: &'a str,
    /// The name it names; likewise.
    pub name: &'a str,
    /// The args, a JSON object.
    pub args: &'a str,
    /// Unique among the requests in flight; 0 for none.
    pub id: u64,
    /// What the caller may do.
    pub access: Access,
    /// Who the caller is, for the class's log; empty where that is not said. A class
    /// of ABI 1.0 does not hear of it.
    pub caller: &'a str,
    /// How long the caller waits, to the millisecond; `None` for as long as the
    /// class does.
    pub timeout: Option<Duration>,
}

impl<'a> Request<'a> {
    /// A request for `namespace/name` by somebody who may do so much: without a number,
    /// a caller's name and a time limit, until they are set.
    #[must_use]
    pub const fn new(namespace: &'a str, name: &'a str, args: &'a str, access: Access) -> Request<'a> {
        Request { namespace, name, args, id: 0, access, caller: "", timeout: None }
    }

    /// The same with a number, unique among the requests in flight.
    #[must_use]
    pub const fn with_id(self, id: u64) -> Request<'a> {
        Request { id, ..self }
    }

    /// The same by a caller of this name.
    #[must_use]
    pub const fn of_caller(self, caller: &'a str) -> Request<'a> {
        Request { caller, ..self }
    }

    /// The same within a time, or for as long as the class does.
    #[must_use]
    pub const fn within(self, timeout: Option<Duration>) -> Request<'a> {
        Request { timeout, ..self }
    }
}

/// Milliseconds for the contract, where 0 means none: a shorter time than one
/// is rounded up.
fn milliseconds(time: Option<Duration>) -> u64 {
    time.map_or(0, |t| u64::try_from(t.as_millis()).unwrap_or(u64::MAX).max(1))
}

/// An instance. What takes `&self` may be called from any thread and from many
/// at once, [`Instance::dispatch`] above all; share it by reference or in an
/// `Arc`.
///
/// Closed when dropped, without waiting for anything, as nothing can be in
/// flight then; [`Instance::close`] also tells how it went.
pub struct Instance {
    // Fields are dropped in this order: the host's table must outlive close,
    // and the library everything.
    pointer: Option<NonNull<ffi::Instance>>,
    host: HostTable,
    loaded: Arc<Loaded>,
}

// SAFETY: the contract makes every function that takes an instance callable
// from any thread; those that must be alone take `self` or `&mut self` here.
unsafe impl Send for Instance {}
// SAFETY: as above.
unsafe impl Sync for Instance {}

impl Module {
    /// Make an instance. `config` is a JSON object, or empty for the defaults.
    /// Starts no program and does not block; from any thread.
    ///
    /// # Errors
    /// The class's own response if it refuses the configuration; otherwise a
    /// defect of the class.
    pub fn create(&self, services: Arc<dyn Services>, config: &str) -> Result<Instance, CreateError> {
        let host = HostTable::new(services);
        let mut pointer = std::ptr::null_mut();
        let create = function!(self.loaded, create);
        let response = respond(&self.loaded, |response| {
            // SAFETY: all pointers are valid for the call, the host's table
            // until after close.
            unsafe { create(host.pointer(), Str::new(config), &mut pointer, response) }
        })
        .map_err(|Misuse(code)| CreateError::Broken(code))?;
        if response.status() != Status::Ok {
            return Err(CreateError::Refused(response));
        }
        let pointer = Some(NonNull::new(pointer).ok_or(CreateError::NoInstance)?);
        Ok(Instance { pointer, host, loaded: Arc::clone(&self.loaded) })
    }

    /// What the class says of itself by the extension `sysadm.describe/1`;
    /// `None` if it has not got it.
    #[must_use]
    pub fn describe(&self) -> Option<Response> {
        let describe = self.describe_table()?.first.describe?;
        // SAFETY: the response is valid for the call.
        respond(&self.loaded, |response| unsafe { describe(response) }).ok()
    }

    /// The table of that extension; what a shorter one lacks is not there.
    fn describe_table(&self) -> Option<later::Describe> {
        let get_extension = function!(self.loaded, get_extension);
        // SAFETY: a text that is valid for the call.
        let table = unsafe { get_extension(Str::new(ffi::EXT_DESCRIBE)) }.cast::<ffi::Describe>();
        if table.is_null() {
            return None;
        }
        // SAFETY: the extension of this id is a table of this type, which
        // begins with its size and lives as long as the library.
        let size = unsafe { table.cast::<u32>().read() } as usize;
        if size < size_of::<ffi::Describe>() {
            return None;
        }
        if size < size_of::<later::Describe>() {
            // SAFETY: as above, and long enough for the fields of 1.0.
            return Some(later::Describe { first: unsafe { *table }, describe_here: None });
        }
        // SAFETY: as above, and as long as this.
        Some(unsafe { *table.cast::<later::Describe>() })
    }
}

impl Instance {
    fn raw(&self) -> *mut ffi::Instance {
        self.pointer.map_or(std::ptr::null_mut(), NonNull::as_ptr)
    }

    /// The module that it is of.
    #[must_use]
    pub fn module(&self) -> Module {
        Module { loaded: Arc::clone(&self.loaded) }
    }

    /// Answer a request, on this thread, which is blocked for as long as the
    /// work takes; the class's time limits end what takes too long, and the
    /// request's `timeout` does so sooner. A panic in the class is a response
    /// with [`Status::Internal`]. The thread has 512 KiB of stack left; what no
    /// memory means stands in `sysadm_class.h`.
    ///
    /// # Errors
    /// Only by a defect of the class; a refused request is a response.
    pub fn dispatch(&self, request: &Request<'_>) -> Result<Response, Misuse> {
        let dispatch = function!(self.loaded, dispatch);
        let first = ffi::Request {
            struct_size: 0,
            access: request.access.code(),
            name_space: Str::new(request.namespace),
            name: Str::new(request.name),
            args: Str::new(request.args),
            request_id: request.id,
            timeout_ms: milliseconds(request.timeout),
        };
        let raw = later::Request::new(first, Str::new(request.caller));
        // SAFETY: the instance is open, the texts are valid for the call.
        respond(&self.loaded, |response| unsafe { dispatch(self.raw(), raw.as_first(), response) })
    }

    /// End the requests in flight with this id early; they answer that they
    /// were cancelled. Does not wait. Ids that are not in flight, and 0, are
    /// ignored.
    ///
    /// # Errors
    /// Only by a defect of the class.
    pub fn cancel(&self, id: u64) -> Result<(), Misuse> {
        // SAFETY: the instance is open.
        done(unsafe { function!(self.loaded, cancel)(self.raw(), id) })
    }

    /// Keep messages above this level from the host's log; `None`: all.
    ///
    /// # Errors
    /// Only by a defect of the class.
    pub fn set_log_level(&self, level: Option<Level>) -> Result<(), Misuse> {
        let level = level.map_or(0, Level::code);
        // SAFETY: the instance is open.
        done(unsafe { function!(self.loaded, set_log_level)(self.raw(), level) })
    }

    /// Ask whether the class can do its work: [`Status::Ok`] or
    /// [`Status::Unavailable`], with args that say what was found. May start a
    /// program that reads, and blocks until it has ended or `timeout`, in whole
    /// milliseconds, is over.
    ///
    /// # Errors
    /// Only by a defect of the class.
    pub fn health(&self, timeout: Option<Duration>) -> Result<Response, Misuse> {
        let health = function!(self.loaded, health);
        // SAFETY: the instance is open, the response valid for the call.
        respond(&self.loaded, |r| unsafe { health(self.raw(), milliseconds(timeout), r) })
    }

    /// What the class says of itself under this instance's configuration; of one that
    /// knows no difference what [`Module::describe`] tells. `None` if it does not say.
    #[must_use]
    pub fn describe(&self) -> Option<Response> {
        let module = self.module();
        let Some(describe_here) = module.describe_table().and_then(|table| table.describe_here) else {
            return module.describe();
        };
        // SAFETY: the instance is open, the response valid for the call.
        respond(&self.loaded, |response| unsafe { describe_here(self.raw(), response) }).ok()
    }

    /// What another version should know when it takes over: a JSON object with
    /// `id` and `version`, for its [`Instance::import_state`].
    ///
    /// # Errors
    /// Only by a defect of the class.
    pub fn export_state(&self) -> Result<Response, Misuse> {
        let export_state = function!(self.loaded, export_state);
        // SAFETY: as above.
        respond(&self.loaded, |r| unsafe { export_state(self.raw(), r) })
    }

    /// Take over what another version said; before the first dispatch.
    /// [`Status::BadRequest`]: it was not understood, and nothing was changed.
    ///
    /// # Errors
    /// Only by a defect of the class.
    pub fn import_state(&mut self, state: &str) -> Result<Response, Misuse> {
        let import_state = function!(self.loaded, import_state);
        // SAFETY: as above; `&mut` keeps every other call away.
        respond(&self.loaded, |r| unsafe { import_state(self.raw(), Str::new(state), r) })
    }

    /// Close it and see how that went. Blocks for up to `drain`, in whole
    /// milliseconds, until requests in flight have ended, then cancels them and
    /// waits for that. [`Status::Ok`]: none had to be cancelled;
    /// [`Status::Unavailable`]: the args tell which.
    ///
    /// # Errors
    /// Only by a defect of the class.
    pub fn close(mut self, drain: Duration) -> Result<Response, Misuse> {
        self.end(drain)
    }

    fn end(&mut self, drain: Duration) -> Result<Response, Misuse> {
        let drain = u64::try_from(drain.as_millis()).unwrap_or(u64::MAX);
        let Some(pointer) = self.pointer.take() else {
            return Err(Misuse(ffi::E_CLOSED));
        };
        let close = function!(self.loaded, close);
        // SAFETY: the pointer was taken away, so this is its last call; `&mut`
        // keeps every other away.
        let closed = respond(&self.loaded, |response| unsafe { close(pointer.as_ptr(), drain, response) });
        if let Err(Misuse(ffi::E_INSIDE)) = closed {
            // These types let nobody close it from inside; but who is told so by a class
            // has an instance that lives and may call the host.
            self.host.keep();
            std::mem::forget(Arc::clone(&self.loaded));
        }
        closed
    }
}

fn done(code: ResultCode) -> Result<(), Misuse> {
    if code == ffi::OK { Ok(()) } else { Err(Misuse(code)) }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.pointer.is_some() {
            // Whoever wants to know how it went calls `close`.
            drop(self.end(Duration::ZERO));
        }
    }
}
