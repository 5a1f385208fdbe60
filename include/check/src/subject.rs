//! The class under test, called through its table as raw as a C host calls it.
//!
//! Nothing is undone on an early return: a test ends with its process, and a
//! class that is at fault might turn the cleaning up into a crash that hides
//! the sentence about the fault.

use std::ffi::{CStr, CString, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::NonNull;

use serde::de::IgnoredAny;
use sysadm_class::Status;
use sysadm_class::ffi::{self, Class, Host, Request, Response, ResultCode, Str};
use sysadm_class::once::{self, Fault};

use crate::ears::Ears;
use crate::handshake;
use crate::job::{Job, ensure};

/// A library, mapped until it is closed.
pub(crate) struct Library(NonNull<c_void>);

impl Library {
    /// Map the file.
    ///
    /// # Errors
    /// The loader's own words.
    pub(crate) fn open(path: &Path) -> Result<Library, String> {
        let name = c_path(path);
        // SAFETY: a terminated text. The initialisers of the library run: that is what the
        // user asked for, and why this process does nothing else.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        NonNull::new(handle).map(Library).ok_or_else(loader_says)
    }

    /// Where a symbol is.
    pub(crate) fn symbol(&self, name: &str) -> Option<NonNull<c_void>> {
        let name = CString::new(name).ok()?;
        // SAFETY: the handle is open, the text terminated.
        NonNull::new(unsafe { libc::dlsym(self.0.as_ptr(), name.as_ptr()) })
    }

    /// What the entry function returns.
    ///
    /// # Errors
    /// If there is no such function.
    pub(crate) fn entry(&self) -> Result<*const Class, String> {
        let symbol = self.symbol(ffi::ENTRY).ok_or_else(|| format!("there is no symbol `{}`", ffi::ENTRY))?;
        // SAFETY: the contract gives the symbol of this name this type.
        let entry = unsafe { std::mem::transmute::<*mut c_void, ffi::EntryFn>(symbol.as_ptr()) };
        // SAFETY: it takes nothing and may be called at any time.
        Ok(unsafe { entry() })
    }

    /// Let it go.
    ///
    /// # Errors
    /// The loader's own words.
    pub(crate) fn close(self) -> Result<(), String> {
        // SAFETY: open, and closed once as `self` is taken; the caller uses nothing of it any more.
        if unsafe { libc::dlclose(self.0.as_ptr()) } == 0 { Ok(()) } else { Err(loader_says()) }
    }
}

fn c_path(path: &Path) -> CString {
    // A path from the command line holds no zeros.
    CString::new(path.as_os_str().as_bytes()).unwrap_or_default()
}

fn loader_says() -> String {
    // SAFETY: returns null or a terminated text that stays until the next call of the loader here.
    let text = unsafe { libc::dlerror() };
    if text.is_null() {
        return "the loader does not say why".to_owned();
    }
    // SAFETY: as above.
    unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned()
}

/// A loaded class whose table has passed the handshake.
pub(crate) struct Subject<'j> {
    pub(crate) job: &'j Job,
    pub(crate) class: Class,
    library: Library,
}

/// The function of this name, which the handshake has seen.
macro_rules! function {
    ($class:expr, $name:ident) => {
        $class.$name.expect(concat!(stringify!($name), " was there at the handshake"))
    };
}
pub(crate) use function;

impl<'j> Subject<'j> {
    /// Load the module.
    ///
    /// # Errors
    /// Why its table cannot be used.
    pub(crate) fn load(job: &'j Job) -> Result<Subject<'j>, String> {
        let library = Library::open(&job.module)?;
        let class = handshake::table(library.entry()?)?;
        Ok(Subject { job, class, library })
    }

    /// May it be unmapped?
    pub(crate) fn is_unload_safe(&self) -> bool {
        self.class.flags & ffi::UNLOAD_SAFE != 0
    }

    /// Is what it tells an object that has no key twice? The contract says so from 1.1 on.
    pub(crate) fn is_strict(&self) -> bool {
        self.class.abi_minor > 0
    }

    /// Unmap it, if it may be.
    ///
    /// # Errors
    /// The loader's own words.
    pub(crate) fn unload(self) -> Result<(), String> {
        if self.is_unload_safe() { self.library.close() } else { Ok(()) }
    }

    /// The class's namespace and name, checked by the handshake.
    pub(crate) fn address(&self) -> [&'static [u8]; 2] {
        // SAFETY: texts of the table, which live as long as the library is mapped; tests that
        // unmap it do not ask any more.
        [self.class.name_space, self.class.name].map(|text| unsafe { text.bytes() })
    }

    /// Fill a response by a call.
    pub(crate) fn answer(&self, call: impl FnOnce(*mut Response) -> ResultCode) -> Answer {
        let mut raw = Response::empty();
        let code = call(&raw mut raw);
        Answer { code, raw, is_strict: self.is_strict(), release: function!(self.class, release) }
    }

    /// Call create.
    pub(crate) fn create_raw(&self, host: *const Host, config: Str) -> (Answer, *mut ffi::Instance) {
        // Not null, so that it is seen whether it was set.
        let mut pointer = NonNull::dangling().as_ptr();
        let answer = self.answer(|response| {
            // SAFETY: the host's table is null or lives for ever, the rest is valid for the call.
            unsafe { function!(self.class, create)(host, config, &raw mut pointer, response) }
        });
        (answer, pointer)
    }

    /// Make an instance with the configuration that was given.
    ///
    /// # Errors
    /// If the class does not want to.
    pub(crate) fn create_with(&self, host: *const Host) -> Result<Instance<'_>, String> {
        let (answer, pointer) = self.create_raw(host, Str::new(&self.job.config));
        answer.well_formed("create")?;
        ensure!(
            answer.raw.status == 200,
            "create answered {} to the configuration {:?}: {}",
            answer.raw.status,
            self.job.config,
            answer.excerpt()
        );
        ensure!(
            !pointer.is_null() && pointer != NonNull::dangling().as_ptr(),
            "create answered 200, but set no instance"
        );
        Ok(Instance { subject: self, pointer })
    }

    /// The same with a host that listens.
    ///
    /// # Errors
    /// As above.
    pub(crate) fn create(&self) -> Result<Instance<'_>, String> {
        self.create_with(Ears::new().table())
    }
}

/// One request.
#[derive(Clone, Copy)]
pub(crate) struct Ask<'a> {
    pub(crate) address: [&'a [u8]; 2],
    pub(crate) args: &'a [u8],
    pub(crate) id: u64,
    pub(crate) access: u32,
    /// 0: none.
    pub(crate) timeout_ms: u64,
}

/// Borrow bytes as the contract has them; valid as long as they are.
pub(crate) fn borrow(bytes: &[u8]) -> Str {
    Str { ptr: bytes.as_ptr(), len: bytes.len() }
}

/// An instance. Not closed when dropped; see above.
pub(crate) struct Instance<'s> {
    pub(crate) subject: &'s Subject<'s>,
    pub(crate) pointer: *mut ffi::Instance,
}

// SAFETY: the contract lets every thread call; what must be alone, tests leave alone.
unsafe impl Send for Instance<'_> {}
// SAFETY: as above.
unsafe impl Sync for Instance<'_> {}
// SAFETY: the library's handle is a name for the loader, which any thread may use.
unsafe impl Sync for Subject<'_> {}

impl Instance<'_> {
    /// A request of the class's own namespace and name.
    pub(crate) fn ask<'a>(&self, args: &'a [u8], access: u32) -> Ask<'a> {
        Ask { address: self.subject.address(), args, id: 1, access, timeout_ms: 0 }
    }

    /// Send a request.
    pub(crate) fn dispatch(&self, ask: &Ask<'_>) -> Answer {
        let request = Request {
            struct_size: size_of::<Request>() as u32,
            access: ask.access,
            name_space: borrow(ask.address[0]),
            name: borrow(ask.address[1]),
            args: borrow(ask.args),
            request_id: ask.id,
            timeout_ms: ask.timeout_ms,
        };
        // SAFETY: the instance is open, the texts are valid for the call.
        self.subject.answer(|response| unsafe {
            function!(self.subject.class, dispatch)(self.pointer, &raw const request, response)
        })
    }

    /// Send args with full access.
    pub(crate) fn send(&self, args: &str) -> Answer {
        self.dispatch(&self.ask(args.as_bytes(), ffi::ACCESS_FULL))
    }

    /// Send what is no good request: with limited access, lest a class that
    /// understands it somehow does it.
    pub(crate) fn send_garbage(&self, args: &[u8]) -> Answer {
        self.dispatch(&self.ask(args, ffi::ACCESS_LIMITED))
    }

    /// Call cancel.
    pub(crate) fn cancel(&self, id: u64) -> ResultCode {
        // SAFETY: the instance is open.
        unsafe { function!(self.subject.class, cancel)(self.pointer, id) }
    }

    /// Call health.
    pub(crate) fn health(&self, timeout_ms: u64) -> Answer {
        // SAFETY: the instance is open, the response valid for the call.
        self.subject.answer(|r| unsafe { function!(self.subject.class, health)(self.pointer, timeout_ms, r) })
    }

    /// Call export_state.
    pub(crate) fn export(&self) -> Answer {
        // SAFETY: as above.
        self.subject.answer(|r| unsafe { function!(self.subject.class, export_state)(self.pointer, r) })
    }

    /// Call import_state.
    pub(crate) fn import(&self, state: &[u8]) -> Answer {
        // SAFETY: as above; the text is valid for the call, and tests make no other call meanwhile.
        self.subject.answer(|r| unsafe {
            function!(self.subject.class, import_state)(self.pointer, borrow(state), r)
        })
    }

    /// Call set_log_level.
    pub(crate) fn log_level(&self, level: u32) -> ResultCode {
        // SAFETY: the instance is open.
        unsafe { function!(self.subject.class, set_log_level)(self.pointer, level) }
    }

    /// Close it without waiting, and see that this is answered.
    ///
    /// # Errors
    /// If it is not answered as it should be.
    pub(crate) fn close(self) -> Result<(), String> {
        // SAFETY: the instance is open, and this is its last call.
        let answer =
            self.subject.answer(|r| unsafe { function!(self.subject.class, close)(self.pointer, 0, r) });
        answer.well_formed("close")?;
        ensure!(
            matches!(answer.raw.status, 200 | 503),
            "close answered {}, which may be 200 or 503",
            answer.raw.status
        );
        Ok(())
    }
}

/// What a call answered; given back when dropped.
pub(crate) struct Answer {
    pub(crate) code: ResultCode,
    pub(crate) raw: Response,
    /// May it have no key twice?
    is_strict: bool,
    release: unsafe extern "C" fn(*mut Response),
}

impl Answer {
    /// The args.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: filled in by the class (or empty), and not yet released.
        unsafe { self.raw.args.bytes() }
    }

    /// The beginning of the args, to be shown.
    pub(crate) fn excerpt(&self) -> String {
        const LONGEST: usize = 120;
        let bytes = self.bytes();
        format!("{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]))
    }

    /// Is it an answer as the contract has it, and no defect?
    ///
    /// # Errors
    /// What is wrong with it; `what` begins the sentence.
    pub(crate) fn well_formed(&self, what: &str) -> Result<(), String> {
        let status = self.raw.status;
        ensure!(self.code == ffi::OK, "{what} answered the code {}, expected 0", self.code);
        ensure!(
            self.raw.struct_size as usize == size_of::<Response>(),
            "{what} changed the response's `struct_size` to {}",
            self.raw.struct_size
        );
        ensure!(
            Status::ALL.iter().any(|known| known.code() == status),
            "{what} answered the status {status}, which is none"
        );
        ensure!(status != 500, "{what} answered 500, which is a defect: {}", self.excerpt());
        ensure!(
            !self.raw.args.ptr.is_null() || self.raw.args.len == 0,
            "{what} answered a null pointer with length {}",
            self.raw.args.len
        );
        let bytes = self.bytes();
        // Not a `Value`: an answer may be nested more deeply than that allows.
        // White space before it is JSON.
        let is_object =
            bytes.trim_ascii_start().starts_with(b"{") && serde_json::from_slice::<IgnoredAny>(bytes).is_ok();
        ensure!(
            bytes.is_empty() || (is_object && std::str::from_utf8(bytes).is_ok()),
            "{what} answered {status} with args that are no JSON object: {}",
            self.excerpt()
        );
        // Of what is nested too deeply for that it cannot be told.
        if let (true, Err(Fault::Twice(key))) = (self.is_strict, once::read(bytes)) {
            return Err(format!("{what} answered the key {key:?} twice: {}", self.excerpt()));
        }
        Ok(())
    }

    /// Is it well-formed and of one of these statuses?
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn expect(&self, what: &str, statuses: &[u32]) -> Result<(), String> {
        self.well_formed(what)?;
        ensure!(
            statuses.contains(&self.raw.status),
            "{what} answered {}, expected {}: {}",
            self.raw.status,
            statuses.iter().map(u32::to_string).collect::<Vec<_>>().join(" or "),
            self.excerpt()
        );
        Ok(())
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        // SAFETY: the structure is ours, and releasing what was not filled in does nothing.
        unsafe { (self.release)(&raw mut self.raw) };
    }
}
