//! Each code that a class answers through this crate alone, produced.
#![cfg(feature = "module")]
#![allow(missing_docs)]

#[macro_use]
mod plain;

use std::collections::BTreeSet;
use std::ptr::{null, null_mut};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sysadm_class::codes;
use sysadm_class::ffi::{self, Host, Request, Response, Str};
use sysadm_class::module::{Call, RawClass, Reply, table};
use sysadm_class::{Identity, Status};

/// Waits until it is cancelled, if it is asked to, or panics.
struct Slow;

/// Told when a request is inside.
static INSIDE: Mutex<Option<Sender<()>>> = Mutex::new(None);

impl RawClass for Slow {
    const IDENTITY: Identity = Identity::new("test", "slow", "0.0.1", "").unload_safe();

    fn describe() -> Vec<u8> {
        b"{}".to_vec()
    }
    fn create(_: &[u8]) -> Result<Slow, Reply> {
        Ok(Slow)
    }
    fn dispatch(&self, call: &Call<'_>, args: &[u8]) -> Reply {
        assert!(args != b"panic", "as asked");
        if let Some(inside) = INSIDE.lock().unwrap_or_else(PoisonError::into_inner).take() {
            inside.send(()).expect("somebody waits");
            while !call.is_cancelled() {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
        Reply::bare(Status::Ok)
    }
    leaves_nothing!();
}

static CLASS: ffi::Class = table::<Slow>();

/// The status and the code of an answer, which is given back.
fn told(fill: impl FnOnce(*mut Response) -> ffi::ResultCode) -> (u32, String) {
    let mut response = Response::empty();
    assert_eq!(fill(&raw mut response), ffi::OK);
    let status = response.status;
    // SAFETY: filled by this class, and given back after the text was read.
    let args: serde_json::Value = unsafe {
        let args = serde_json::from_slice(response.args.bytes()).unwrap_or_default();
        CLASS.release.expect("there")(&raw mut response);
        args
    };
    (status, args["code"].as_str().unwrap_or_default().to_owned())
}

fn request(name: &'static str, args: &'static str) -> Request {
    Request {
        struct_size: size_of::<Request>() as u32,
        access: ffi::ACCESS_LIMITED,
        name_space: Str::new("test"),
        name: Str::new(name),
        args: Str::new(args),
        request_id: 1,
        timeout_ms: 0,
    }
}

fn create(host: *const Host) -> (*mut ffi::Instance, (u32, String)) {
    let mut instance = null_mut();
    // SAFETY: null or a table that lives; the place is valid.
    let told = told(|r| unsafe { CLASS.create.expect("there")(host, Str::EMPTY, &raw mut instance, r) });
    (instance, told)
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the host's own threads")]
fn each_code_is_produced_with_its_status() {
    let mut seen = BTreeSet::new();
    let other = Host { struct_size: 8, abi_major: 2, ..Host::NONE };
    seen.insert(create(&raw const other).1);

    let instance = create(null()).0 as usize;
    let ask = move |name, args| {
        let request = request(name, args);
        // SAFETY: an instance that is not freed: one that closes waits for the request inside.
        told(|r| unsafe { CLASS.dispatch.expect("there")(instance as *mut _, &raw const request, r) })
    };
    seen.insert(ask("other", "{}"));
    seen.insert(ask("slow", "panic"));

    let (sender, inside): (Sender<()>, Receiver<()>) = channel();
    *INSIDE.lock().expect("no panic") = Some(sender);
    std::thread::scope(|scope| {
        scope.spawn(move || ask("slow", "{}"));
        inside.recv().expect("it is inside");
        let close = scope.spawn(move || {
            // SAFETY: the last call on it but one that knows that a request is still inside.
            told(|r| unsafe { CLASS.close.expect("there")(instance as *mut _, 500, r) })
        });
        // Until the close has begun, requests are served.
        let closing = std::iter::repeat_with(|| ask("slow", "{}")).find(|told| told.0 != Status::Ok.code());
        seen.extend(closing);
        seen.insert(close.join().expect("no panic"));
    });
    let all = codes::ALL.map(|(code, status, _)| (status.code(), code.to_owned()));
    assert_eq!(seen, BTreeSet::from(all));
}
