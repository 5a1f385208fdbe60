//! A version that is no good does not come to serve: each is refused with a
//! sentence of its own, and the running one goes on answering as if nothing had
//! been.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use sysadm_class::Status;
use sysadm_class::host::{Door, UNMAPS};
use sysadm_host::{Obstacle, Registry, State};

use super::stand::{CLASS, GOOD, impatient, is_mapped, policy, registry, send, small, two_versions, version};
use crate::support::{C11, Folder, Machine, compile};

/// Spoiled versions of the class: the obstacle, what the sentence says, and
/// whether the library stays mapped, because it is still running.
const SPOILED: &[(&str, Obstacle, &str, bool)] = &[
    ("return NULL", Obstacle::Load, "returned null, not a table", false),
    ("table.abi_major = 7", Obstacle::Load, "`abi_major` is 7, expected 1", false),
    ("table.struct_size = 0", Obstacle::Load, "`struct_size` is 0,", false),
    (
        "table.struct_size = offsetof(sysadm_class_t, get_extension)",
        Obstacle::Load,
        "`get_extension` is the first field",
        false,
    ),
    ("table.close = NULL", Obstacle::Load, "null for the function `close`", false),
    ("table.name.len = 0", Obstacle::Load, "`name` is empty", false),
    ("table.name.len -= 1", Obstacle::Identity, "it is the class test/swappe, expected test/swapped", false),
    ("fault = CREATE_REFUSES", Obstacle::Create, "its create refused: no mood to start", false),
    ("fault = CREATE_BREAKS_WORD", Obstacle::Create, "create answered -3", false),
    ("fault = CREATE_GIVES_NOTHING", Obstacle::Create, "without an instance", false),
    ("fault = CREATE_HANGS", Obstacle::Create, "its create did not return within 2 s; it stays mapped", true),
    (
        "fault = DESCRIBE_HANGS",
        Obstacle::Create,
        "its describe did not return within 2 s; it stays mapped",
        true,
    ),
    ("fault = IMPORT_REFUSES", Obstacle::Hand, "of generation 1: a strange handwriting", false),
    ("fault = IMPORT_HANGS", Obstacle::Hand, "its import_state did not return within 2 s", true),
    ("fault = HEALTH_REFUSES", Obstacle::Health, "it says that it cannot work: a headache", false),
    ("fault = HEALTH_HANGS", Obstacle::Health, "its health did not return within 2 s", true),
];

/// Files that are no module at all.
fn other_files(folder: &Folder) -> Vec<(PathBuf, Obstacle, &'static str, bool)> {
    let file = |name: &str| folder.0.join(name);
    fs::write(file("text.so"), "a text\n").expect("written");
    let good = small(folder, CLASS, "2", GOOD);
    let whole = fs::read(&good).expect("there");
    fs::write(file("cut.so"), &whole[..whole.len() / 2]).expect("written");
    compile(C11, "tests/c/broken/no_entry.c", &file("no_entry.so"), &["-shared", "-fPIC"]);
    vec![
        (file("nosuch.so"), Obstacle::Load, "no such file", false),
        (folder.0.clone(), Obstacle::Load, "not a regular file", false),
        (file("text.so"), Obstacle::Load, "not an ELF file", false),
        (file("cut.so"), Obstacle::Load, "cut short", false),
        (file("no_entry.so"), Obstacle::Load, "no entry symbol `sysadm_class_entry`", false),
    ]
}

/// Ask version 1 for as long as `body` runs; how often it answered.
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn while_asked(registry: &Registry, body: impl FnOnce()) -> u64 {
    let (over, count) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let answer = send(registry, CLASS, 8, "{}");
                assert_eq!((answer.status, answer.args()), (Status::Ok, &b"{\"version\":\"1\"}"[..]));
                count.fetch_add(1, Ordering::Relaxed);
            }
        });
        body();
        over.store(true, Ordering::Relaxed);
    });
    count.into_inner()
}

#[test]
fn each_broken_version_is_refused_and_the_old_one_goes_on() {
    let folder = Folder::new();
    let registry = registry(&folder, impatient());
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("a good one");
    let mut rows = other_files(&folder);
    rows.extend(SPOILED.iter().map(|(spoil, obstacle, part, mapped)| {
        (small(&folder, CLASS, "2", spoil), *obstacle, *part, *mapped)
    }));
    let (mut sentences, mut asked) = (Vec::new(), 0);
    for (path, obstacle, part, mapped) in rows {
        let before = registry.generations().len();
        let (path_text, mut refused) = (path.display().to_string(), None);
        asked += while_asked(&registry, || refused = registry.swap(None, &path).err());
        let refused = refused.expect("a broken version");
        assert_eq!(refused.obstacle, obstacle, "{refused}");
        assert!(refused.why.contains(part) && refused.why.contains(&path_text), "{part:?}: {refused}");
        assert!(!refused.why.contains("/stage/"), "the installed file is meant: {refused}");
        assert_eq!(version(&registry), "1");
        sentences.push(refused.why.replace(&path_text, ""));
        // What came as far as being staged is shown.
        if let Some(generation) = registry.generations().get(before) {
            assert_eq!(generation.state(), State::Failed);
            assert_eq!(generation.to_json()["why"], refused.why.as_str());
            // Where nothing is unmapped, neither is what was refused at the handshake.
            let mapped = mapped || !UNMAPS && obstacle == Obstacle::Load;
            assert_eq!((generation.is_mapped(), is_mapped(generation)), (mapped, mapped), "{refused}");
        } else {
            assert_eq!(obstacle, Obstacle::Load, "{refused}");
        }
    }
    let count = sentences.len();
    sentences.sort();
    sentences.dedup();
    assert_eq!(sentences.len(), count, "a sentence for each");
    assert_eq!(registry.answered(), (asked + count as u64, 0));
    assert!(asked > count as u64);
    // And a good one is still taken, for the three that hang are few.
    registry.swap(None, &small(&folder, CLASS, "3", GOOD)).expect("a good one");
    assert_eq!(version(&registry), "3");
}

/// A later minor is no broken version: its new fields are not looked at.
#[test]
fn a_version_of_a_later_minor_is_taken() {
    let folder = Folder::new();
    let registry = registry(&folder, impatient());
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("a good one");
    let later = "table.abi_minor = 9; table.struct_size = sizeof table + 8; table.flags |= 0x10";
    registry.swap(None, &small(&folder, CLASS, "2", later)).expect("a later minor");
    assert_eq!(version(&registry), "2");
}

#[test]
fn a_running_version_that_does_not_hand_over_its_state_goes_on() {
    for (spoil, part) in [
        ("fault = EXPORT_REFUSES", "failed: nothing to declare; it goes on serving"),
        ("fault = EXPORT_HANGS", "did not return within 2 s; it goes on serving"),
    ] {
        let folder = Folder::new();
        let registry = registry(&folder, impatient());
        registry.load(&small(&folder, CLASS, "1", spoil), "").expect("loads");
        let refused = registry.swap(None, &small(&folder, CLASS, "2", GOOD)).expect_err("no state");
        assert_eq!(refused.obstacle, Obstacle::Hand);
        assert!(
            refused.why.contains("export_state of generation 1") && refused.why.contains(part),
            "{refused}"
        );
        assert_eq!(version(&registry), "1");
        // What hangs in there holds generation 1 until the process ends; it is
        // not waited for.
        std::mem::forget(registry);
    }
}

#[test]
fn a_broken_version_does_not_take_the_plugins_place_through_either_door() {
    let (folder, machine) = (Folder::new(), Machine::new(&serde_json::json!({"pools": [{"name": "tank"}]})));
    let plugin = ("sysadm", "iocage");
    for door in [Door::Rust, Door::C] {
        let registry = Arc::new(registry(&folder, policy(door)));
        registry.load(&two_versions(&folder)[0], &machine.config()).expect("the plugin");
        for (path, _, part, _) in other_files(&folder) {
            let refused = registry.swap(Some(plugin), &path).expect_err(part);
            let rust = "no entry symbol `_1as_";
            assert!(
                refused.why.contains(part) || door == Door::Rust && refused.why.contains(rust),
                "{refused}"
            );
        }
        let bad = small(&folder, plugin, "9", "fault = HEALTH_REFUSES");
        registry.swap(Some(plugin), &bad).expect_err("no entry, or no health");
        let answer = send(&registry, plugin, 7, r#"{"action":"destroyjail"}"#);
        assert_eq!(answer.status, Status::Ok);
        assert!(String::from_utf8_lossy(answer.args()).contains("Missing required keys"));
    }
}
