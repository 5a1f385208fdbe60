//! The table's functions over a [`RawClass`]: each checks what the host passes,
//! keeps panics in, and writes the answer.

use std::ffi::c_void;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::answer::{DEFECT, answer, code, release};
use super::call::{Call, InFlight};
use super::class::RawClass;
use super::hostref::HostRef;
use super::logging::{self, Scope};
use super::panic;
use super::reply::Reply;
use crate::caught::caught;
use crate::ffi::{self, ResultCode, Str};
use crate::{Access, Level, Status, codes, later};

/// What an instance pointer points to. Held by an `Arc`, of which the pointer
/// is one owner and each running call another, so that `close` can free the
/// pointer's share while the last call is on its way out.
struct Instance<C> {
    class: C,
    host: HostRef,
    level: AtomicU32,
    in_flight: InFlight,
}

impl<C> Instance<C> {
    fn scope(&self, request_id: u64) -> Scope<'_> {
        Scope { host: &self.host, level: &self.level, request_id }
    }
}

/// The constant table of a class.
#[must_use]
pub const fn table<C: RawClass>() -> ffi::Class {
    ffi::Class {
        struct_size: size_of::<ffi::Class>() as u32,
        abi_major: ffi::ABI_MAJOR,
        abi_minor: ffi::ABI_MINOR,
        flags: if C::IDENTITY.unload_safe { ffi::UNLOAD_SAFE } else { 0 },
        name_space: Str::new(C::IDENTITY.namespace),
        name: Str::new(C::IDENTITY.name),
        version: Str::new(C::IDENTITY.version),
        description: Str::new(C::IDENTITY.description),
        create: Some(create::<C>),
        dispatch: Some(dispatch::<C>),
        cancel: Some(cancel::<C>),
        health: Some(health::<C>),
        export_state: Some(export_state::<C>),
        import_state: Some(import_state::<C>),
        set_log_level: Some(set_log_level::<C>),
        close: Some(close::<C>),
        release: Some(release),
        get_extension: Some(get_extension::<C>),
    }
}

/// The constant table of the extension `sysadm.describe/1` of a class.
#[must_use]
pub const fn describe_table<C: RawClass>() -> &'static later::Describe {
    struct Table<C>(C);
    impl<C: RawClass> Table<C> {
        const DESCRIBE: later::Describe = later::Describe {
            first: ffi::Describe {
                struct_size: size_of::<later::Describe>() as u32,
                flags: 0,
                describe: Some(describe::<C>),
            },
            describe_here: Some(describe_here::<C>),
        };
    }
    &Table::<C>::DESCRIBE
}

/// Share the instance behind a pointer for the length of a call.
///
/// # Safety
/// `instance` is null or was made by `create::<C>` and not yet closed.
unsafe fn share<C>(instance: *mut ffi::Instance) -> Result<Arc<Instance<C>>, ResultCode> {
    if instance.is_null() {
        return Err(ffi::E_NULL);
    }
    let pointer = instance.cast_const().cast::<Instance<C>>();
    // SAFETY: the pointer came from `Arc::into_raw` in `create` and the share
    // it stands for is alive until `close`.
    unsafe { Arc::increment_strong_count(pointer) };
    // SAFETY: takes over the share that was just added.
    Ok(unsafe { Arc::from_raw(pointer) })
}

unsafe extern "C" fn create<C: RawClass>(
    host: *const ffi::Host,
    config: Str,
    instance: *mut *mut ffi::Instance,
    response: *mut ffi::Response,
) -> ResultCode {
    if instance.is_null() {
        return ffi::E_NULL;
    }
    // SAFETY: not null, and the caller's to be written.
    unsafe { instance.write(std::ptr::null_mut()) };
    let make = || {
        panic::install();
        logging::install();
        // SAFETY: the host's table, by the contract; a copy is made.
        let host = match unsafe { HostRef::copy(host) } {
            Ok(host) => host,
            Err(why) => return Ok(Reply::of(codes::BAD_HOST, &why)),
        };
        let level = AtomicU32::new(Level::Trace.code());
        // SAFETY: borrowed text of the host's, valid for the call.
        let config = unsafe { config.bytes() };
        let scope = Scope { host: &host, level: &level, request_id: 0 };
        let class = match logging::within(&scope, || C::create(config)) {
            Ok(class) => class,
            Err(reply) => return Ok(reply),
        };
        let made = Arc::new(Instance { class, host, level, in_flight: InFlight::default() });
        // SAFETY: as above.
        unsafe { instance.write(Arc::into_raw(made).cast_mut().cast()) };
        Ok(Reply::bare(Status::Ok))
    };
    // SAFETY: the response is the host's, passed for this call.
    unsafe { answer(response, make) }
}

/// How much of a caller's name is looked at, in bytes: it is for a line of a log.
const NAMED: usize = 256;

/// Who asks, and within which bounds.
struct Asked<'a> {
    access: Access,
    caller: &'a str,
    request_id: u64,
    timeout: Option<Duration>,
}

impl Asked<'static> {
    /// The host itself, by something else than a request.
    const fn by_host(access: Access, timeout: Option<Duration>) -> Asked<'static> {
        Asked { access, caller: "", request_id: 0, timeout }
    }
}

/// Run `f` as a call on the instance, or answer that it is closing. A panic
/// inside is caught here, within the log scope, so that the hook's line and
/// the request id reach the host's log.
fn on_instance<C: RawClass>(
    instance: &Instance<C>,
    asked: &Asked<'_>,
    f: impl FnOnce(&Call<'_>) -> Reply,
) -> Reply {
    let Some(entered) = instance.in_flight.enter(asked.request_id) else {
        return Reply::of(codes::CLOSING, "this instance of the class is closing");
    };
    let call = Call {
        host: &instance.host,
        level: &instance.level,
        ended: Arc::clone(&entered.flag),
        started: Instant::now(),
        access: asked.access,
        caller: asked.caller,
        request_id: asked.request_id,
        deadline: asked.timeout.and_then(|t| Instant::now().checked_add(t)),
    };
    logging::within(&instance.scope(asked.request_id), || caught(|| f(&call)))
        .unwrap_or_else(|| Reply::of(codes::INTERNAL, DEFECT))
}

unsafe extern "C" fn dispatch<C: RawClass>(
    instance: *mut ffi::Instance,
    request: *const ffi::Request,
    response: *mut ffi::Response,
) -> ResultCode {
    let run = || {
        // SAFETY: an instance of the host's, by the contract.
        let instance = unsafe { share::<C>(instance) }?;
        if request.is_null() {
            return Err(ffi::E_NULL);
        }
        // SAFETY: not null; the first field is readable by the contract.
        let size = unsafe { request.cast::<u32>().read() };
        if (size as usize) < size_of::<ffi::Request>() {
            return Err(ffi::E_SIZE);
        }
        // SAFETY: at least as long as that of 1.0, as just checked.
        let (request, caller) = unsafe { (*request, later::Request::caller_of(request)) };
        // SAFETY: borrowed texts of the host's, valid for the call.
        let [namespace, name, args, caller] =
            [request.name_space, request.name, request.args, caller].map(|text| unsafe { text.bytes() });
        let ours = namespace.eq_ignore_ascii_case(C::IDENTITY.namespace.as_bytes())
            && name.eq_ignore_ascii_case(C::IDENTITY.name.as_bytes());
        if !ours {
            let here = format!("this is the class {}/{}", C::IDENTITY.namespace, C::IDENTITY.name);
            return Ok(Reply::of(codes::NOT_THIS_CLASS, &here));
        }
        let asked = Asked {
            access: Access::from_code(request.access),
            caller: &String::from_utf8_lossy(&caller[..caller.len().min(NAMED)]),
            request_id: request.request_id,
            timeout: timeout(request.timeout_ms),
        };
        Ok(on_instance(&instance, &asked, |call| instance.class.dispatch(call, args)))
    };
    // SAFETY: the response is the host's, passed for this call.
    unsafe { answer(response, run) }
}

unsafe extern "C" fn cancel<C: RawClass>(instance: *mut ffi::Instance, request_id: u64) -> ResultCode {
    let run = || {
        // SAFETY: an instance of the host's, by the contract.
        let instance = unsafe { share::<C>(instance) }?;
        if request_id != 0 {
            instance.in_flight.cancel(request_id);
        }
        Ok(())
    };
    code(caught(run))
}

unsafe extern "C" fn health<C: RawClass>(
    instance: *mut ffi::Instance,
    timeout_ms: u64,
    response: *mut ffi::Response,
) -> ResultCode {
    let run = || {
        // SAFETY: an instance of the host's, by the contract.
        let instance = unsafe { share::<C>(instance) }?;
        let asked = Asked::by_host(Access::Limited, timeout(timeout_ms));
        Ok(on_instance(&instance, &asked, |call| instance.class.health(call)))
    };
    // SAFETY: the response is the host's, passed for this call.
    unsafe { answer(response, run) }
}

unsafe extern "C" fn export_state<C: RawClass>(
    instance: *mut ffi::Instance,
    response: *mut ffi::Response,
) -> ResultCode {
    let run = || {
        // SAFETY: an instance of the host's, by the contract.
        let instance = unsafe { share::<C>(instance) }?;
        let asked = Asked::by_host(Access::Limited, None);
        Ok(on_instance(&instance, &asked, |call| instance.class.export_state(call)))
    };
    // SAFETY: the response is the host's, passed for this call.
    unsafe { answer(response, run) }
}

unsafe extern "C" fn import_state<C: RawClass>(
    instance: *mut ffi::Instance,
    state: Str,
    response: *mut ffi::Response,
) -> ResultCode {
    let run = || {
        // SAFETY: an instance of the host's, by the contract.
        let instance = unsafe { share::<C>(instance) }?;
        // SAFETY: borrowed text of the host's, valid for the call.
        let state = unsafe { state.bytes() };
        let asked = Asked::by_host(Access::Full, None);
        Ok(on_instance(&instance, &asked, |call| instance.class.import_state(call, state)))
    };
    // SAFETY: the response is the host's, passed for this call.
    unsafe { answer(response, run) }
}

unsafe extern "C" fn set_log_level<C: RawClass>(instance: *mut ffi::Instance, level: u32) -> ResultCode {
    let run = || {
        // SAFETY: an instance of the host's, by the contract.
        let instance = unsafe { share::<C>(instance) }?;
        let level = Level::from_code(level).map_or(0, Level::code);
        instance.level.store(level, Ordering::Relaxed);
        Ok(())
    };
    code(caught(run))
}

unsafe extern "C" fn close<C: RawClass>(
    instance: *mut ffi::Instance,
    drain_ms: u64,
    response: *mut ffi::Response,
) -> ResultCode {
    let run = || {
        if instance.is_null() {
            return Err(ffi::E_NULL);
        }
        let pointer = instance.cast_const().cast::<Instance<C>>();
        // SAFETY: an instance of the host's, by the contract; its share is not taken yet.
        if !unsafe { &*pointer }.in_flight.shut() {
            return Err(ffi::E_INSIDE);
        }
        // SAFETY: as above, and its last call: the share that the pointer stands for is
        // taken over and ends here.
        let instance = unsafe { Arc::from_raw(pointer) };
        let ended = instance.in_flight.drain(Duration::from_millis(drain_ms));
        logging::within(&instance.scope(0), || {
            if !ended.is_empty() {
                log::warn!("closed; requests that were still in flight and were cancelled: {}", ended.len());
            }
        });
        Ok(closed(&ended))
    };
    // SAFETY: the response is the host's, passed for this call.
    unsafe { answer(response, run) }
}

fn closed(ended: &[u64]) -> Reply {
    if ended.is_empty() {
        return Reply::bare(Status::Ok);
    }
    let args = serde_json::json!({
        "cancelled": ended,
        "code": codes::CANCELLED.0,
        "error": format!("requests that were still in flight and had to be cancelled: {}", ended.len()),
    });
    Reply { status: codes::CANCELLED.1, args: args.to_string().into_bytes() }
}

unsafe extern "C" fn get_extension<C: RawClass>(id: Str) -> *const c_void {
    // SAFETY: borrowed text of the host's, valid for the call.
    if unsafe { id.bytes() } == ffi::EXT_DESCRIBE.as_bytes() {
        return std::ptr::from_ref(describe_table::<C>()).cast();
    }
    std::ptr::null()
}

unsafe extern "C" fn describe<C: RawClass>(response: *mut ffi::Response) -> ResultCode {
    // The host may ask before it has created anything.
    panic::install();
    // SAFETY: the response is the host's, passed for this call.
    unsafe { answer(response, || Ok(Reply { status: Status::Ok, args: C::describe() })) }
}

unsafe extern "C" fn describe_here<C: RawClass>(
    instance: *mut ffi::Instance,
    response: *mut ffi::Response,
) -> ResultCode {
    let run = || {
        // SAFETY: an instance of the host's, by the contract.
        let instance = unsafe { share::<C>(instance) }?;
        let tell = |_: &Call<'_>| Reply { status: Status::Ok, args: instance.class.describe_here() };
        Ok(on_instance(&instance, &Asked::by_host(Access::Limited, None), tell))
    };
    // SAFETY: the response is the host's, passed for this call.
    unsafe { answer(response, run) }
}

/// The time a contract's millisecond count stands for; 0 is none.
fn timeout(ms: u64) -> Option<Duration> {
    (ms != 0).then(|| Duration::from_millis(ms))
}
