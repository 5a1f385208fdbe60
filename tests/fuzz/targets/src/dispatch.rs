//! The targets that go the whole way: from a request's args to the response
//! args, by an instance whose programs are never started.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sysadm_class::{Access, Status};
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Generation};

use crate::{judge, oracle, scenario};

/// What any input of a fuzzer's size may take, on a busy machine without
/// optimisation. It is there to see what grows faster than its input.
const LONG: Duration = Duration::from_secs(10);

/// Where the locks of one input lie: nobody beside it waits for them, and nothing of them stays.
struct Locks(PathBuf);

impl Locks {
    fn new() -> Locks {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Locks(std::env::temp_dir().join(format!("sysadm-iocage-fuzz-{}-{number}", std::process::id())))
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        // It is there if something was locked.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The whole input as args, to a machine in good health.
pub(crate) fn args(bytes: &[u8]) {
    for generation in [Generation::Shell, Generation::Python] {
        let (_, machine) = scenario::read(b"", generation);
        answer(generation, bytes, &machine);
    }
}

/// A scenario on the shell iocage.
pub(crate) fn shell(bytes: &[u8]) {
    scenario(Generation::Shell, bytes);
}

/// A scenario on the Python iocage.
pub(crate) fn python(bytes: &[u8]) {
    scenario(Generation::Python, bytes);
}

fn scenario(generation: Generation, bytes: &[u8]) {
    let (request, machine) = scenario::read(bytes, generation);
    answer(generation, request, &machine);
}

fn answer(generation: Generation, args: &[u8], machine: &scenario::Machine) {
    let locks = Locks::new();
    // Nothing is started, so nothing need be there.
    let config = Config {
        allow_unsafe_program: true,
        dialect: Some(generation),
        lock_dir: locks.0.clone(),
        ..Config::default()
    };
    let instance = Instance::with_runner(config, Box::new(machine.clone()));
    for access in [Access::Limited, Access::Full] {
        let caller = Caller { name: "", request: 1, access, deadline: None, cancelled: &|| false };
        let start = Instant::now();
        let (status, response) = instance.dispatch(&caller, args);
        assert!(start.elapsed() < LONG, "{:?} for {} bytes", start.elapsed(), args.len());
        let calls = machine.calls();
        let is_changed = calls.iter().any(|call| oracle::is_change(&call.words));
        assert!(access == Access::Full || !is_changed, "a limited caller changed something: {calls:?}");
        let verdict = judge::response(status, &response, args);
        if let Some((request, is_done)) = verdict {
            oracle::check(generation, &request, is_done, &calls, &response);
            return;
        }
        // Who may only read is told, from what ZFS tells, that a question would change something.
        let is_look = |line: &str| status == Status::Forbidden && line.starts_with("zfs list ");
        let is_none = calls.iter().all(|call| is_look(&call.line));
        assert!(is_none, "ran something for a request that is none: {calls:?}");
        if status != Status::Forbidden {
            return;
        }
    }
}
