//! A host runs for months: what each request left behind would add up. After a
//! warm-up, 100,000 requests that start nothing and 1,000 that run iocage leave
//! memory and descriptors as they were.
//!
//!     SYSADM_SOAK=long cargo test -p sysadm-iocage --test it soak
//!
//! is the long form: 1,000,000 and 10,000.

use std::time::Instant;

use sysadm_class::Access;
use sysadm_class::host::{Instance, Module, Request, Silent};

use crate::support::process::{children, descriptors, eventually, resident};
use crate::support::{DOORS, Faulty, alone, artifacts, is_long};

/// Requests that start nothing, each refused in a way of its own.
const CHEAP: [&str; 8] = [
    r#"{"action":"nosuch"}"#,
    "[]",
    r#"{"action":"listjails""#,
    r#"{"action":"destroyjail"}"#,
    r#"{"action":"destroyjail","jail":"a b"}"#,
    r#"{"action":"createjail","props":"notes=$(id)"}"#,
    r#"{"action":"getjailsettings","jail":"test","switches":"-r"}"#,
    r#"{"action":"df","detail":"a string that is longer than any that is kept inline"}"#,
];

/// Requests that run iocage, one program each: well, and into every kind of
/// failure that takes no time.
const RUNS: [&str; 6] = [
    r#"{"action":"df"}"#,
    r#"{"action":"listjails","detail":true}"#,
    r#"{"action":"getdefaultsettings"}"#,
    r#"{"action":"cleanall"}"#,
    r#"{"action":"deactivatepool","pool":"tank"}"#,
    r#"{"action":"activatepool"}"#,
];
/// In turn.
const PLANS: [&str; 5] =
    ["none after @0", "signal:9 within @0+", "exit:1 after @0+", "bytes within @0+", "empty after @0+"];

/// What the allocator may keep beside: pages that it has not given back yet.
const ALLOWANCE: u64 = 1 << 20;

fn dispatch(instance: &Instance, args: &str) {
    let request = Request::new("sysadm", "iocage", args, Access::Full).with_id(1);
    let response = instance.dispatch(&request).expect("the contract is kept");
    assert!(!response.args().is_empty(), "{args}");
}

/// Do `count` of `work`, after a tenth of that to warm up, and see that memory,
/// descriptors and children are as they were.
fn soak(what: &str, count: usize, work: impl Fn(usize)) {
    (0..count / 10).for_each(&work);
    let (memory, open) = (resident(), descriptors());
    let started = Instant::now();
    (0..count).for_each(&work);
    let (grown, took) = (resident(), started.elapsed().as_secs_f64());
    println!("{count} {what} in {took:.1} s: {memory} bytes, then {grown}");
    assert!(grown < memory + memory / 25 + ALLOWANCE, "{what}: {memory} bytes, then {grown}");
    assert_eq!(descriptors(), open, "{what}");
    eventually("no child is left", || children().is_empty());
}

#[test]
fn nothing_adds_up() {
    alone("soak::nothing_adds_up", || {
        let factor = if is_long() { 10 } else { 1 };
        for door in DOORS {
            let module = Module::load(&artifacts().module, door).expect("our module");
            let faulty = Faulty::new(PLANS[0]);
            let config = faulty.config(60, 1 << 20);
            let create = || module.create(std::sync::Arc::new(Silent), &config).expect("an instance");
            let instance = create();
            soak("requests that start nothing", 100_000 * factor, |number| {
                dispatch(&instance, CHEAP[number % CHEAP.len()]);
            });
            soak("runs of iocage", 1_000 * factor, |number| {
                if number % RUNS.len() == 0 {
                    faulty.plan(PLANS[number / RUNS.len() % PLANS.len()]);
                    // It would be read by each call.
                    let _ = std::fs::remove_file(faulty.file("calls"));
                }
                dispatch(&instance, RUNS[number % RUNS.len()]);
            });
            soak("instances", 1_000 * factor, |_| dispatch(&create(), CHEAP[0]));
        }
    });
}
