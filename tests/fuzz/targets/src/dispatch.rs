//! The targets that go the whole way: from a request's args to the response
//! args, by an instance whose programs are never started.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sysadm_class::{Access, Status};
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Direct, Generation};

use crate::tools::Tools;
use crate::{judge, oracle, scenario, seeds};

/// What any input of a fuzzer's size may take, on a busy machine without
/// optimisation. It is there to see what grows faster than its input.
pub(crate) const LONG: Duration = Duration::from_secs(10);

/// Where the locks of one input lie and the files of its machine: nobody beside it waits
/// for them, and nothing of them stays.
pub(crate) struct Place(pub(crate) PathBuf);

impl Place {
    pub(crate) fn new() -> Place {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Place(std::env::temp_dir().join(format!("sysadm-iocage-fuzz-{}-{number}", std::process::id())))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        Tools::clear(&self.0);
    }
}

/// The whole input as args, to a machine in good health.
pub(crate) fn args(bytes: &[u8]) {
    for generation in [Generation::Shell, Generation::Python] {
        both_ways(generation, b"", |_| bytes);
    }
}

/// A scenario on the shell iocage.
pub(crate) fn shell(bytes: &[u8]) {
    both_ways(Generation::Shell, bytes, |request| request);
}

/// A scenario on the Python iocage.
pub(crate) fn python(bytes: &[u8]) {
    both_ways(Generation::Python, bytes, |request| request);
}

/// With iocage asked whatever it is, and with the system's tools asked first.
fn both_ways<'b>(generation: Generation, bytes: &'b [u8], args: impl Fn(&'b [u8]) -> &'b [u8]) {
    for direct in [Direct::Off, Direct::Auto] {
        let place = Place::new();
        let tools = (direct == Direct::Auto).then(|| seeds::tools(generation, place.0.join("machine")));
        let (request, machine) = scenario::read(bytes, generation, tools);
        answer(generation, direct, &place, args(request), &machine);
    }
}

fn answer(generation: Generation, direct: Direct, place: &Place, args: &[u8], machine: &scenario::Machine) {
    let config = Config {
        // Nothing is started, so nothing need be there.
        allow_unsafe_program: true,
        // What is not asked for its version is not known without it.
        dialect: (direct == Direct::Off).then_some(generation),
        direct,
        lock_dir: place.0.join("locks"),
        ..crate::tools::nowhere()
    };
    let instance = Instance::with_runner(config, Box::new(machine.clone()));
    for access in [Access::Limited, Access::Full] {
        let caller = Caller { access, ..Caller::ANYBODY };
        let start = Instant::now();
        let (status, response) = instance.dispatch(&caller, args);
        assert!(start.elapsed() < LONG, "{:?} for {} bytes", start.elapsed(), args.len());
        let calls = machine.calls();
        let is_changed = calls.iter().any(oracle::is_change);
        assert!(access == Access::Full || !is_changed, "a limited caller changed something: {calls:?}");
        let verdict = judge::response(status, &response, args);
        if let Some((request, is_done)) = verdict {
            oracle::check(generation, &request, is_done, &calls, &response);
            return;
        }
        // Who may only read is told, from what the tools tell, that a question would change
        // something; they may tell that after iocage was asked something else already.
        let is_late = status == Status::Forbidden
            && String::from_utf8_lossy(&response).contains(" needs full access now: ");
        let is_none = calls.is_empty() || is_late;
        assert!(is_none, "ran something for a request that is none: {calls:?}");
        if status != Status::Forbidden {
            return;
        }
    }
}
