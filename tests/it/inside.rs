//! `close` on the thread of a running call, from a function of the host's: an error,
//! and not a wait without end. Through both doors, raw, and by hosts in C and C++.

use std::ffi::c_void;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

use serde_json::json;
use sysadm_class::abi_stable::library::{RawLibrary, lib_header_from_raw_library};
use sysadm_class::ffi::{self, Class, Host, Request, Response, Str};
use sysadm_class::host::Door;
use sysadm_class::root::ModuleRef;

use crate::support::{C11, CXX17, DOORS, Folder, Machine, artifacts, compile, module_in_c};

const START: &str = r#"{"action":"startjail","jail":"test"}"#;
const GET: &str = r#"{"action":"getjailsettings","jail":"test"}"#;

fn machine() -> Machine {
    let tank = json!({"name": "tank", "active": true, "jails": [{"tag": "test"}]});
    Machine::new(&json!({"pools": [tank]}))
}

/// The table behind a door, for ever mapped.
fn table(door: Door) -> &'static Class {
    let path: &Path = &artifacts().module;
    let library: &'static RawLibrary = Box::leak(Box::new(RawLibrary::load_at(path).expect("it loads")));
    let table = match door {
        Door::Rust => {
            // SAFETY: the library stays mapped.
            let header = unsafe { lib_header_from_raw_library(library) }.expect("its header");
            header.init_root_module::<ModuleRef>().expect("the same types").class()()
        }
        Door::C => {
            // SAFETY: the contract gives the symbol this type.
            let entry = unsafe { library.get::<ffi::EntryFn>(b"sysadm_class_entry\0") }.expect("its entry");
            // SAFETY: it may be called at any time.
            unsafe { entry() }
        }
        other => panic!("{other:?} is no door of its own"),
    };
    // SAFETY: a table of 1.1, which lives as long as the library.
    unsafe { &*table }
}

/// What the host's functions do: they close the instance, and count.
#[derive(Default)]
struct Inside {
    class: Option<&'static Class>,
    instance: AtomicUsize,
    refused: AtomicU32,
    other: AtomicU32,
}

impl Inside {
    fn close(&self) -> ffi::ResultCode {
        let (class, mut response) = (self.class.expect("set"), Response::empty());
        let instance = std::ptr::with_exposed_provenance_mut(self.instance.load(Ordering::SeqCst));
        // SAFETY: the instance is open; this returns without having closed it, or the test fails.
        unsafe { class.close.expect("there")(instance, 60_000, &raw mut response) }
    }
}

unsafe extern "C" fn log(user: *mut c_void, _: u32, _: Str, _: Str, _: u64) {
    // SAFETY: of the table below, which outlives the instance.
    let inside = unsafe { &*user.cast_const().cast::<Inside>() };
    if inside.instance.load(Ordering::SeqCst) != 0 {
        let counted = if inside.close() == ffi::E_INSIDE { &inside.refused } else { &inside.other };
        counted.fetch_add(1, Ordering::SeqCst);
    }
}

fn dispatch(class: &Class, instance: usize, args: &str) -> u32 {
    let request = Request {
        struct_size: size_of::<Request>() as u32,
        access: ffi::ACCESS_FULL,
        name_space: class.name_space,
        name: class.name,
        args: Str::new(args),
        request_id: 7,
        timeout_ms: 0,
    };
    let (mut response, pointer) = (Response::empty(), std::ptr::with_exposed_provenance_mut(instance));
    // SAFETY: the instance is open, the request valid for the call.
    let code = unsafe { class.dispatch.expect("there")(pointer, &raw const request, &raw mut response) };
    assert_eq!(code, ffi::OK);
    let status = response.status;
    // SAFETY: filled by this class, once.
    unsafe { class.release.expect("there")(&raw mut response) };
    status
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn close_from_inside_is_refused_through_both_doors() {
    for door in DOORS {
        let machine = machine();
        let inside: &'static Inside =
            Box::leak(Box::new(Inside { class: Some(table(door)), ..Inside::default() }));
        let class = inside.class.expect("set");
        let host: &'static Host = Box::leak(Box::new(Host {
            user: std::ptr::from_ref(inside).cast_mut().cast(),
            log: Some(log),
            ..Host::NONE
        }));
        let (mut pointer, mut response) = (std::ptr::null_mut(), Response::empty());
        let config = machine.config();
        // SAFETY: all is valid for the call, the table for ever.
        let code = unsafe {
            class.create.expect("there")(host, Str::new(&config), &raw mut pointer, &raw mut response)
        };
        assert_eq!((code, response.status), (ffi::OK, 200));
        let instance = pointer.expose_provenance();
        inside.instance.store(instance, Ordering::SeqCst);
        for args in [START, GET] {
            assert_eq!(dispatch(class, instance, args), 200, "{args}");
        }
        let refused = inside.refused.load(Ordering::SeqCst);
        assert!(refused > 2 && inside.other.load(Ordering::SeqCst) == 0);

        // And by a close that itself has something to log.
        let hold = machine.hold("stop");
        let stops =
            std::thread::spawn(move || dispatch(class, instance, r#"{"action":"stopjail","jail":"test"}"#));
        machine.wait_for_command("stop");
        let mut response = Response::empty();
        // SAFETY: the last call on it, by the contract; one is known to be inside.
        let code = unsafe { class.close.expect("there")(pointer, 0, &raw mut response) };
        assert_eq!((code, response.status), (ffi::OK, 503));
        assert_eq!(stops.join().expect("it returns"), 200);
        drop(hold);
        assert!(inside.refused.load(Ordering::SeqCst) > refused && inside.other.load(Ordering::SeqCst) == 0);
    }
}

#[test]
fn close_from_inside_is_refused_to_hosts_in_c_and_cpp() {
    let folder = Folder::new();
    for (language, source) in [(C11, "tests/c/inside.c"), (CXX17, "tests/cpp/inside.cpp")] {
        let machine = machine();
        let program = folder.0.join(language.0);
        compile(language, source, &program, &["-pthread", "-ldl"]);
        let request = if language == C11 { START } else { GET };
        let output = Command::new(&program)
            .arg(&artifacts().module)
            .args([&machine.config(), request])
            .output()
            .expect("it runs");
        let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && said.ends_with("well\n"), "{source}: {said}{log}");
    }
}

/// Of a class in C that counts its calls itself, as an author would begin.
#[test]
fn close_from_inside_is_refused_by_the_template_in_c() {
    let folder = Folder::new();
    let program = folder.0.join("inside");
    compile(C11, "tests/c/inside.c", &program, &["-pthread", "-ldl"]);
    let module = module_in_c(&folder, "include/template/c/count.c", "count.so", &["-pthread"]);
    let request = r#"{"action":"count","to":2}"#;
    let output = Command::new(&program).arg(module).args(["", request]).output().expect("it runs");
    let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let answer = "{\"count\":{\"counted\":2}}\n";
    assert!(output.status.success() && *said == format!("{answer}{answer}well\n"), "{said}{log}");
}
