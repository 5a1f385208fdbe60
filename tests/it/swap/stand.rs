//! What these tests stand on: limits, registries, modules in several versions, and
//! what answers.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sysadm_class::host::{Door, Request, Services, Silent};
use sysadm_class::{Access, Level};
use sysadm_host::{Answer, Generation, Policy, Prober, Registry, Stage};

use crate::support::process::mapped;
use crate::support::{C11, Folder, artifacts, compile, module_with_forced_panic};

pub(super) const LONG: Duration = Duration::from_secs(60);

/// Limits that only something that hangs comes to, on the slowest machine. What
/// may be unmapped is, on every platform: these tests are the proof that it can be. And
/// nothing is tried in another process first: it would be refused by that.
pub(super) fn policy(door: Door) -> Policy {
    let policy = Policy { create: LONG, state: LONG, probe: LONG, ..Policy::new(door) };
    Policy { prober: Prober::None, unload: true, drain: LONG, cancel: LONG, ..policy }
}

/// For what does hang.
pub(super) fn impatient() -> Policy {
    let short = Duration::from_secs(2);
    Policy { create: short, state: short, probe: Duration::from_millis(1500), ..policy(Door::C) }
}

pub(super) fn registry_with(folder: &Folder, policy: Policy, services: Arc<dyn Services>) -> Registry {
    let stage = Stage::open(&folder.0.join("stage")).expect("a folder of our own");
    Registry::new(policy, stage, services)
}

/// What a registry told, a line each.
#[derive(Default)]
pub(super) struct Told(pub(super) Mutex<Vec<String>>);

impl Services for Told {
    fn log(&self, level: Level, _: &str, message: &str, _: u64) {
        self.0.lock().expect("no panic").push(format!("{} {message}", level.word()));
    }
}

pub(super) fn registry(folder: &Folder, policy: Policy) -> Registry {
    registry_with(folder, policy, Arc::new(Silent))
}

/// The small class of `table.c` as the class `SPACE/NAME`, with one thing
/// spoiled by a statement.
pub(super) fn small(folder: &Folder, (space, name): (&str, &str), version: &str, spoil: &str) -> PathBuf {
    let file: String = spoil.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let path = folder.0.join(format!("{space}-{name}-{version}-{file}.so"));
    let defines = [
        format!("-DSPOIL={spoil}"),
        format!("-DSPACE=\"{space}\""),
        format!("-DNAME=\"{name}\""),
        format!("-DVERSION=\"{version}\""),
    ];
    let arguments = ["-shared", "-fPIC", "-fvisibility=hidden"].map(str::to_owned);
    compile(C11, "tests/c/broken/table.c", &path, &[&arguments[..], &defines].concat());
    path
}

pub(super) const CLASS: (&str, &str) = ("test", "swapped");
pub(super) const GOOD: &str = "(void)0";

/// The plugin in two versions, without their symbols, as they are shipped.
pub(super) fn two_versions(folder: &Folder) -> [PathBuf; 2] {
    let strip = |from: &Path, name: &str| {
        let to = folder.0.join(name);
        let done = Command::new("strip").arg("-o").arg(&to).arg(from).status().expect("strip");
        assert!(done.success());
        to
    };
    [strip(&artifacts().module, "one.so"), strip(module_with_forced_panic(), "two.so")]
}

pub(super) fn send(registry: &Registry, (namespace, name): (&str, &str), id: u64, args: &str) -> Answer {
    let access = if args.contains("\"limited\"") { Access::Limited } else { Access::Full };
    registry.dispatch(&Request::new(namespace, name, args, access).with_id(id))
}

/// The version that answers.
pub(super) fn version(registry: &Registry) -> String {
    let answer = send(registry, CLASS, 7, "{}");
    let args: serde_json::Value = serde_json::from_slice(answer.args()).expect("JSON");
    args["version"].as_str().expect("a version").to_owned()
}

/// Is its library mapped?
pub(super) fn is_mapped(generation: &Generation) -> bool {
    !mapped(generation.copy().to_str().expect("our own name")).is_empty()
}
