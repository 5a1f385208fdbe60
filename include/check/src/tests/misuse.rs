//! Calls that are none, and structures and texts at the edge of what is allowed.
//! The header says what each of these is answered with.

use std::ptr::{null, null_mut};

use sysadm_class::ffi::{self, E_NULL, E_SIZE, Instance as Raw, Request, Response, ResultCode, Str};
use sysadm_class::later;

use crate::ears::Ears;
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Answer, Subject, borrow, function};

/// The five functions that take an instance and fill a response, alike.
type Fill<'a> = (&'static str, Box<dyn Fn(*mut Raw, *mut Response) -> ResultCode + 'a>);

fn fillers<'a>(subject: &'a Subject<'_>, request: &'a Request, with_close: bool) -> Vec<Fill<'a>> {
    let class = &subject.class;
    let mut all: Vec<Fill<'a>> = vec![
        // SAFETY: here and below: instance and response are null or valid, as the tests pass them,
        // and the request is valid for the call.
        ("dispatch", Box::new(|i, r| unsafe { function!(class, dispatch)(i, request, r) })),
        // SAFETY: as above.
        ("health", Box::new(|i, r| unsafe { function!(class, health)(i, 0, r) })),
        // SAFETY: as above.
        ("export_state", Box::new(|i, r| unsafe { function!(class, export_state)(i, r) })),
        // SAFETY: as above.
        ("import_state", Box::new(|i, r| unsafe { function!(class, import_state)(i, Str::EMPTY, r) })),
    ];
    if with_close {
        // SAFETY: as above; only with a null instance, for what frees has a test of its own.
        all.push(("close", Box::new(|i, r| unsafe { function!(class, close)(i, 0, r) })));
    }
    all
}

fn empty_request(subject: &Subject<'_>) -> Request {
    let [name_space, name] = subject.address().map(borrow);
    Request {
        struct_size: size_of::<Request>() as u32,
        access: ffi::ACCESS_LIMITED,
        name_space,
        name,
        args: Str::new("{}"),
        request_id: 1,
        timeout_ms: 0,
    }
}

/// Not filled in: as the host made it, so that releasing it does nothing.
fn untouched(what: &str, answer: &Answer, expected: ResultCode) -> Result<(), String> {
    ensure!(answer.code == expected, "{what} answered the code {}, expected {expected}", answer.code);
    let raw = &answer.raw;
    ensure!(
        raw.owner.is_null() && raw.args.len == 0 && raw.status == 0,
        "{what} answered {expected}, but filled the response in"
    );
    Ok(())
}

pub(crate) fn nulls(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let class = &subject.class;
    let instance = subject.create()?;
    let request = empty_request(&subject);
    for (name, call) in fillers(&subject, &request, true) {
        let what = format!("{name} with a null instance");
        untouched(&what, &subject.answer(|response| call(null_mut(), response)), E_NULL)?;
    }
    for (name, call) in fillers(&subject, &request, false) {
        let code = call(instance.pointer, null_mut());
        ensure!(code == E_NULL, "{name} with a null response answered the code {code}, expected {E_NULL}");
    }
    // SAFETY: what the header says is answered, not followed.
    let answer = subject.answer(|r| unsafe { function!(class, dispatch)(instance.pointer, null(), r) });
    untouched("dispatch with a null request", &answer, E_NULL)?;
    // SAFETY: as above.
    let codes =
        unsafe { [function!(class, cancel)(null_mut(), 1), function!(class, set_log_level)(null_mut(), 1)] };
    ensure!(codes == [E_NULL; 2], "cancel and set_log_level with a null instance answered {codes:?}");
    // SAFETY: null is allowed.
    unsafe { function!(class, release)(null_mut()) };
    let config = Str::new(&job.config);
    // SAFETY: as above.
    let answer = subject.answer(|r| unsafe { function!(class, create)(null(), config, null_mut(), r) });
    untouched("create with a null place for the instance", &answer, E_NULL)?;
    let mut pointer = instance.pointer;
    // SAFETY: the place is valid, the rest as above.
    let code = unsafe { function!(class, create)(null(), config, &raw mut pointer, null_mut()) };
    ensure!(code == E_NULL, "create with a null response answered the code {code}, expected {E_NULL}");
    ensure!(pointer.is_null(), "create failed, but did not set the instance to null");
    instance.close()?;
    Ok(Pass::Passed)
}

pub(crate) fn short(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let class = &subject.class;
    let instance = subject.create()?;
    let mut request = empty_request(&subject);
    for size in [0, 4, size_of::<Response>() as u32 - 1] {
        for (name, call) in fillers(&subject, &request, false) {
            let mut response = Response { struct_size: size, ..Response::empty() };
            let code = call(instance.pointer, &raw mut response);
            ensure!(
                code == E_SIZE,
                "{name} with a response of {size} bytes answered the code {code}, expected {E_SIZE}"
            );
            ensure!(
                response.status == 0 && response.owner.is_null() && response.struct_size == size,
                "{name} wrote to a response of {size} bytes"
            );
        }
        let mut response = Response { struct_size: size, ..Response::empty() };
        let mut pointer = instance.pointer;
        let config = Str::new(&job.config);
        // SAFETY: all pointers are valid or allowed to be null.
        let code = unsafe { function!(class, create)(null(), config, &raw mut pointer, &raw mut response) };
        ensure!(code == E_SIZE, "create with a response of {size} bytes answered the code {code}");
        ensure!(pointer.is_null(), "create failed, but did not set the instance to null");
    }
    for size in [0, 4, size_of::<Request>() as u32 - 1] {
        request.struct_size = size;
        // SAFETY: valid for the call, and longer than it says.
        let answer = subject
            .answer(|r| unsafe { function!(class, dispatch)(instance.pointer, &raw const request, r) });
        untouched(&format!("dispatch with a request of {size} bytes"), &answer, E_SIZE)?;
    }
    instance.close()?;
    Ok(Pass::Passed)
}

/// A structure with what a later minor appends to it.
#[repr(C)]
struct Longer<T> {
    known: T,
    more: [usize; 4],
}

const MORE: [usize; 4] = [usize::MAX; 4];

pub(crate) fn long(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let class = &subject.class;
    let host: &'static mut Longer<ffi::Host> =
        Box::leak(Box::new(Longer { known: ffi::Host::NONE, more: MORE }));
    host.known.struct_size = size_of_val(host) as u32;
    host.known.abi_minor = 99;
    let instance = subject.create_with((&raw const *host).cast())?;
    // As long as the longest that is known, and then some: a pointer that the contract
    // has is one that may be followed.
    let mut request =
        Longer { known: later::Request::new(empty_request(&subject), Str::new("somebody")), more: MORE };
    request.known.first.struct_size = size_of_val(&request) as u32;
    let mut response = Longer { known: Response::empty(), more: MORE };
    response.known.struct_size = size_of_val(&response) as u32;
    // SAFETY: valid for the call; as long as they say.
    let code = unsafe {
        function!(class, dispatch)(instance.pointer, (&raw const request).cast(), (&raw mut response).cast())
    };
    ensure!(code == ffi::OK, "dispatch with structures of a later minor answered the code {code}");
    ensure!(response.known.status != 0, "dispatch with structures of a later minor set no status");
    ensure!(response.more == MORE, "dispatch wrote to the response beyond the fields of 1.0");
    ensure!(
        response.known.struct_size as usize == size_of_val(&response),
        "dispatch changed the response's `struct_size`"
    );
    // SAFETY: filled in by the class.
    unsafe { function!(class, release)((&raw mut response).cast()) };
    ensure!(response.more == MORE, "release wrote to the response beyond the fields of 1.0");
    instance.close()?;
    Ok(Pass::Passed)
}

/// Bytes that end where a page ends behind which nothing can be read, and that
/// are gone when this is dropped.
struct Guarded {
    map: *mut libc::c_void,
    length: usize,
    bytes: Str,
}

impl Guarded {
    fn new(bytes: &[u8]) -> Result<Guarded, String> {
        // SAFETY: asks for a number.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap_or(4096);
        let front = bytes.len().div_ceil(page).max(1) * page;
        let (access, kind) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANON);
        // SAFETY: a new mapping, wherever the system likes.
        let map = unsafe { libc::mmap(null_mut(), front + page, access, kind, -1, 0) };
        ensure!(map != libc::MAP_FAILED, "no memory for the test");
        // SAFETY: within the mapping, which is zeroed and ours; then its front is made constant,
        // and the page behind it is taken away.
        unsafe {
            let start = map.cast::<u8>().add(front - bytes.len());
            start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
            libc::mprotect(map, front, libc::PROT_READ);
            libc::mprotect(map.cast::<u8>().add(front).cast(), page, libc::PROT_NONE);
            Ok(Guarded { map, length: front + page, bytes: Str { ptr: start, len: bytes.len() } })
        }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: made by `new`; whoever still reads it is at fault, which is what is tested.
        unsafe { libc::munmap(self.map, self.length) };
    }
}

/// Callers' names that would be lines of their own if they were believed. The first is no UTF-8,
/// and a class may look no further.
const CALLERS: [&[u8]; 2] =
    [b"mallory\xff\n\x1b[2J", "mallory\n\r\x0b\x0c\x1b[2J\u{85}\u{2028}\u{2029}INFO all is well".as_bytes()];

pub(crate) fn bounds(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let config = Guarded::new(job.config.as_bytes())?;
    let (answer, pointer) = subject.create_raw(Ears::new().table(), config.bytes);
    answer.expect("create", &[200])?;
    let instance = crate::subject::Instance { subject: &subject, pointer };
    drop(config);
    let given = job.requests.iter().map(|request| (request.as_bytes(), ffi::ACCESS_FULL));
    let broken: [&[u8]; 4] = [b"", b"{", b"{\"action\":\"", b"[1"];
    let asked = given.chain(broken.map(|args| (args, ffi::ACCESS_LIMITED)));
    for ((args, access), caller) in asked.flat_map(|ask| CALLERS.map(|caller| (ask, caller))) {
        let [name_space, name] = subject.address();
        let texts =
            [Guarded::new(name_space)?, Guarded::new(name)?, Guarded::new(args)?, Guarded::new(caller)?];
        let [name_space, name, args, caller] = [0, 1, 2, 3].map(|at: usize| texts[at].bytes);
        let first = Request { access, name_space, name, args, ..empty_request(&subject) };
        let request = later::Request::new(first, caller);
        // SAFETY: valid for the call.
        let answer = subject.answer(|r| unsafe {
            function!(subject.class, dispatch)(instance.pointer, request.as_first(), r)
        });
        drop(texts);
        // The answer is read after the texts are gone: it must not borrow from them.
        answer.well_formed("dispatch")?;
    }
    for state in [instance.export().bytes(), b"", b"{", b"{\"id\":\""] {
        let state = Guarded::new(state)?;
        // SAFETY: valid for the call.
        let answer = subject
            .answer(|r| unsafe { function!(subject.class, import_state)(instance.pointer, state.bytes, r) });
        answer.expect("import_state", &[200, 400])?;
    }
    instance.export().well_formed("export_state")?;
    instance.close()?;
    Ok(Pass::Passed)
}
