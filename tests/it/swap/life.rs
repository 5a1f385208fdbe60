//! What becomes of generations: drained, retired or retained, gone back to,
//! taken away; and what keeps a swap from beginning.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sysadm_class::Status;
use sysadm_class::host::{Door, Services};
use sysadm_host::{Generation, Obstacle, Policy, Registry, State};

use super::stand::{
    CLASS, GOOD, LONG, Told, impatient, is_mapped, policy, registry, registry_with, send, small,
    two_versions, version,
};
use crate::support::{Folder, Machine, alone, is_long, module_in_c, without_tools, write_program};

fn states(registry: &Registry) -> Vec<State> {
    registry.generations().iter().map(|generation| generation.state()).collect()
}

fn wait_for(generation: &Generation, state: State) {
    let deadline = Instant::now() + LONG;
    while generation.state() != state {
        assert!(Instant::now() < deadline, "{state:?} does not come: {}", generation.to_json());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn versions(folder: &Folder) -> [PathBuf; 3] {
    ["1", "2", "3"].map(|version| small(folder, CLASS, version, GOOD))
}

/// A generation that answers a request which takes its time, the module for another one, and what will be answered.
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn one_that_is_slow(
    folder: &Folder,
    registry: &Arc<Registry>,
) -> (Arc<Generation>, PathBuf, JoinHandle<String>) {
    let slow = small(folder, CLASS, "1", "fault = DISPATCH_WAITS");
    let one = registry.load(&slow, "").expect("loads").generation;
    // Compiled before: that may take as long as the request waits.
    let two = small(folder, CLASS, "2", GOOD);
    let other = Arc::clone(registry);
    let slow = std::thread::spawn(move || version(&other));
    while one.in_flight() == 0 {
        std::thread::yield_now();
    }
    (one, two, slow)
}

#[test]
fn a_request_is_answered_by_the_generation_it_began_with() {
    let folder = Folder::new();
    let registry = Arc::new(registry(&folder, policy(Door::C)));
    let (one, two, slow) = one_that_is_slow(&folder, &registry);
    let two = registry.swap(None, &two).expect("swaps");
    assert_eq!((two.replaced, two.generation.state()), (Some(1), State::Current));
    assert_eq!((one.state(), one.in_flight(), is_mapped(&one)), (State::Draining, 1, true));
    assert_eq!(version(&registry), "2");
    assert_eq!(slow.join().expect("no panic"), "1");
    wait_for(&one, State::Retired);
    assert!(!is_mapped(&one) && !one.is_mapped());
    assert_eq!((one.answered(), two.generation.answered()), ((1, 0), (1, 0)));
}

/// The bytes of an answer are its maker's, which stays until they are given back.
#[test]
fn an_answer_that_is_still_held_keeps_its_generation() {
    let folder = Folder::new();
    let registry = registry(&folder, policy(Door::C));
    let [one, two, _] = versions(&folder);
    let one = registry.load(&one, "").expect("loads").generation;
    let answer = send(&registry, CLASS, 7, "{}");
    registry.swap(None, &two).expect("swaps");
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(one.state(), State::Draining);
    assert_eq!(answer.args(), b"{\"version\":\"1\"}");
    drop(answer);
    wait_for(&one, State::Retired);
}

#[test]
fn what_does_not_drain_is_retained_with_a_reason_until_it_does() {
    let folder = Folder::new();
    let short = Duration::from_millis(100);
    let registry = Arc::new(registry(&folder, Policy { drain: short, cancel: short, ..policy(Door::C) }));
    let (one, two, slow) = one_that_is_slow(&folder, &registry);
    registry.swap(None, &two).expect("swaps");
    wait_for(&one, State::Retained);
    let why = one.to_json()["why"].as_str().expect("a reason").to_owned();
    assert!(why.contains("requests in flight: 1") && why.contains("0.1 s"), "{why}");
    assert!(is_mapped(&one));
    assert_eq!(slow.join().expect("no panic"), "1");
    wait_for(&one, State::Retired);
    assert!(!is_mapped(&one));
}

#[test]
fn what_does_not_close_is_retained_with_a_reason() {
    let folder = Folder::new();
    let registry = registry(&folder, Policy { cancel: Duration::from_millis(300), ..policy(Door::C) });
    let hangs = small(&folder, CLASS, "1", "fault = CLOSE_HANGS");
    let one = registry.load(&hangs, "").expect("loads").generation;
    registry.swap(None, &small(&folder, CLASS, "2", GOOD)).expect("swaps");
    wait_for(&one, State::Retained);
    assert_eq!(one.to_json()["why"], "its close did not return within 0.3 s");
    assert!(is_mapped(&one) && one.is_mapped());
    assert_eq!(version(&registry), "2");
    assert!(!registry.shut_down(Duration::from_secs(10)), "it has not come to its end");
}

/// Nor is one that is refused held up by it for longer than that.
#[test]
fn what_is_refused_and_does_not_close_is_left_behind() {
    let folder = Folder::new();
    let registry = registry(&folder, Policy { cancel: Duration::from_millis(300), ..policy(Door::C) });
    registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("loads");
    let begin = Instant::now();
    let hangs = small(&folder, CLASS, "2", "fault = SICK_AND_CLOSE_HANGS");
    let refused = registry.swap(None, &hangs).expect_err("it is sick");
    assert_eq!(refused.obstacle, Obstacle::Health, "{refused}");
    assert!(begin.elapsed() < LONG, "{:?}", begin.elapsed());
    assert_eq!(version(&registry), "1");
}

#[test]
fn what_a_class_leaves_when_it_is_closed_is_told() {
    let (folder, told) = (Folder::new(), Arc::new(Told::default()));
    let services = Arc::clone(&told) as Arc<dyn Services>;
    let registry = registry_with(&folder, policy(Door::C), services);
    let one =
        registry.load(&small(&folder, CLASS, "1", "fault = CLOSE_LEAVES"), "").expect("loads").generation;
    registry.swap(None, &small(&folder, CLASS, "2", GOOD)).expect("swaps");
    wait_for(&one, State::Retired);
    let told = told.0.lock().expect("no panic");
    let line = "warn generation 1 was closed: a request is left";
    assert!(told.iter().any(|said| said == line), "{told:?}");
}

/// A cancel that does not return is no reason to wait for ever either.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn what_cannot_be_cancelled_is_retained_with_a_reason() {
    let folder = Folder::new();
    let short = Duration::from_millis(100);
    let registry = Arc::new(registry(&folder, Policy { drain: short, cancel: short, ..policy(Door::C) }));
    let hangs = small(&folder, CLASS, "1", "fault = CANCEL_HANGS");
    let one = registry.load(&hangs, "").expect("loads").generation;
    let two = small(&folder, CLASS, "2", GOOD);
    let other = Arc::clone(&registry);
    let slow = std::thread::spawn(move || version(&other));
    while one.in_flight() == 0 {
        std::thread::yield_now();
    }
    registry.swap(None, &two).expect("swaps");
    wait_for(&one, State::Retained);
    assert!(one.to_json()["why"].as_str().expect("a reason").contains("requests in flight: 1"));
    assert_eq!(slow.join().expect("no panic"), "1");
    let deadline = Instant::now() + LONG;
    while one.to_json()["why"] != "somebody still holds it" {
        assert!(Instant::now() < deadline, "{}", one.to_json());
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(is_mapped(&one) && one.is_mapped());
}

/// The host believes the loader and not the class.
#[test]
fn what_stays_mapped_although_it_says_otherwise_is_retained_and_counted() {
    let folder = Folder::new();
    let pinned = ["1", "2"].map(|version| {
        let defines = [format!("-DVERSION=\"{version}\""), "-DNAME=\"swapped\"".to_owned()];
        let arguments = ["-Wl,-z,nodelete", &defines[0], &defines[1]];
        module_in_c(&folder, "tests/c/broken/table.c", &format!("pinned-{version}.so"), &arguments)
    });
    let registry = registry(&folder, Policy { most_retained: 1, ..policy(Door::C) });
    let one = registry.load(&pinned[0], "").expect("loads").generation;
    registry.swap(None, &pinned[1]).expect("swaps");
    wait_for(&one, State::Retained);
    assert!(one.to_json()["why"].as_str().expect("a reason").contains("the system's loader keeps it"));
    assert!(is_mapped(&one) && one.is_mapped());
    assert_eq!(registry.swap(None, &pinned[0]).expect_err("one is the most").obstacle, Obstacle::Full);
    assert_eq!(version(&registry), "2");
}

#[test]
fn what_may_not_be_unmapped_is_retained_and_too_many_are_refused() {
    let folder = Folder::new();
    let not_safe = small(&folder, CLASS, "1", "table.flags = 0");
    for (unload, first, part) in
        [(true, &not_safe, "does not declare"), (false, &versions(&folder)[0], "unmaps nothing")]
    {
        let registry = registry(&folder, Policy { unload, most_retained: 1, ..policy(Door::C) });
        let one = registry.load(first, "").expect("loads").generation;
        registry.swap(None, &versions(&folder)[1]).expect("swaps");
        wait_for(&one, State::Retained);
        assert!(one.to_json()["why"].as_str().expect("a reason").contains(part));
        assert!(is_mapped(&one) && one.is_mapped());
        let refused = registry.swap(None, &versions(&folder)[2]).expect_err("one is the most");
        assert_eq!(refused.obstacle, Obstacle::Full);
        assert!(refused.why.starts_with("1 generations"), "{refused}");
        assert_eq!(version(&registry), "2");
        // Nor is there a way round by taking away and loading.
        registry.unload(None).expect("unloads");
        assert_eq!(registry.load(first, "").expect_err("two are mapped").obstacle, Obstacle::Full);
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn one_swap_at_a_time() {
    let folder = Folder::new();
    let registry = Arc::new(registry(&folder, impatient()));
    let [one, two, _] = versions(&folder);
    registry.load(&one, "").expect("loads");
    let (slow, other) = (small(&folder, CLASS, "9", "fault = HEALTH_HANGS"), Arc::clone(&registry));
    let first = std::thread::spawn(move || other.swap(None, &slow).err());
    while registry.generations().len() < 2 {
        std::thread::yield_now();
    }
    let refused = registry.swap(None, &two).expect_err("the first is under way");
    assert_eq!(refused.obstacle, Obstacle::Busy);
    assert!(refused.why.contains("another change is under way: swap of test/swapped to "), "{refused}");
    assert!(registry.list()["busy"].as_str().expect("told").starts_with("swap of"));
    assert_eq!(first.join().expect("no panic").expect("refused").obstacle, Obstacle::Health);
    registry.swap(None, &two).expect("now it is its turn");
    assert_eq!(registry.list()["busy"], serde_json::Value::Null);
}

/// The end of a host in the middle of a swap: nothing goes on serving behind it.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn nothing_comes_of_a_swap_that_is_under_way_at_the_end() {
    let folder = Folder::new();
    let registry = Arc::new(registry(&folder, impatient()));
    let one = registry.load(&small(&folder, CLASS, "1", GOOD), "").expect("loads").generation;
    let (slow, other) = (small(&folder, CLASS, "9", "fault = HEALTH_HANGS"), Arc::clone(&registry));
    let swap = std::thread::spawn(move || other.swap(None, &slow).err());
    while registry.list()["busy"].is_null() {
        std::thread::yield_now();
    }
    // Whether that is time enough goes by the step that it is in.
    let _ = registry.shut_down(Duration::from_millis(10));
    assert_eq!(registry.classes().len(), 0, "the class is taken away meanwhile");
    // In the step that hangs, or before it, or before it had looked which class it is.
    let refused = swap.join().expect("no panic").expect("refused").obstacle;
    assert!(matches!(refused, Obstacle::Health | Obstacle::Busy | Obstacle::Unknown), "{refused:?}");
    assert!(registry.shut_down(LONG));
    assert_eq!((one.state(), registry.classes().len()), (State::Retired, 0));
}

#[test]
fn roll_back_goes_to_the_file_of_the_version_before_even_if_that_is_gone() {
    let folder = Folder::new();
    let registry = registry(&folder, policy(Door::C));
    // Its import_state refuses, which keeps it from taking over, but not back.
    let one = small(&folder, CLASS, "1", "fault = IMPORT_REFUSES");
    let [_, two, _] = versions(&folder);
    registry.load(&one, "").expect("loads");
    let refused = registry.roll_back(None).expect_err("nothing to go back to");
    assert!(refused.why.contains("no version before"), "{refused}");
    assert_eq!(refused.obstacle, Obstacle::First);
    registry.swap(None, &two).expect("swaps");
    assert_eq!(registry.list()["classes"][0]["previous"]["version"], "1");
    std::fs::remove_file(&one).expect("removed");
    std::fs::write(&two, "overwritten").expect("written");
    let back = registry.roll_back(None).expect("goes back");
    assert_eq!(back.handed.expect("a state").refused.as_deref(), Some("a strange handwriting"));
    assert_eq!((back.generation.path(), version(&registry).as_str()), (one.as_path(), "1"));
    registry.roll_back(None).expect("and forth");
    assert_eq!(version(&registry), "2");
    registry.settle(LONG);
    assert_eq!(states(&registry), [State::Retired, State::Retired, State::Retired, State::Current]);
}

#[test]
fn a_class_is_taken_away_and_loaded_again() {
    let folder = Folder::new();
    let registry = registry(&folder, policy(Door::C));
    let [one, two, _] = versions(&folder);
    registry.load(&one, "").expect("loads");
    let refused = registry.load(&two, "").expect_err("it is here");
    assert!(refused.why.contains("test/swapped is loaded already; swap it"), "{refused}");
    registry.unload(Some(("TEST", "Swapped"))).expect("unloads");
    assert!(registry.settle(LONG));
    assert_eq!(send(&registry, CLASS, 7, "{}").status, Status::NotFound);
    for refused in [
        registry.unload(Some(CLASS)).err(),
        registry.swap(Some(CLASS), &two).err(),
        registry.roll_back(Some(CLASS)).err(),
    ] {
        let refused = refused.expect("not here");
        assert_eq!(
            (refused.obstacle, &*refused.why),
            (Obstacle::Unknown, "this host has no class test/swapped")
        );
    }
    registry.load(&two, "").expect("loads");
    registry.load(&small(&folder, ("test", "other"), "7", GOOD), "").expect("beside it");
    assert!(registry.unload(None).expect_err("which?").why.contains("2 classes; say which"));
    assert_eq!(version(&registry), "2");
}

/// Thirty generations through the door that never unmaps; `SYSADM_SOAK=long`: a
/// hundred.
#[test]
fn the_rust_door_retains_every_generation() {
    alone("swap::life::the_rust_door_retains_every_generation", || {
        let count = if is_long() { 100 } else { 30 };
        let (folder, machine) =
            (Folder::new(), Machine::new(&serde_json::json!({"pools": [{"name": "tank", "active": true}]})));
        let files = two_versions(&folder);
        let policy = Policy { most_retained: count + 1, ..policy(Door::Rust) };
        let registry = registry(&folder, policy);
        let plugin = ("sysadm", "iocage");
        registry.load(&files[0], &machine.quick_config()).expect("loads");
        registry.swap(None, &files[1]).expect("swaps");
        let before = super::load::resident();
        for number in 0..count {
            registry.swap(None, &files[number % 2]).expect("swaps");
            let answer = send(&registry, plugin, 7, r#"{"action":"listjails"}"#);
            assert_eq!((answer.status, answer.args()), (Status::Ok, &b"{\"listjails\":{}}"[..]));
        }
        assert!(registry.settle(LONG));
        let mapped = registry.generations().iter().filter(|g| is_mapped(g)).count();
        assert_eq!(mapped, count + 2);
        let retained = states(&registry).iter().filter(|state| **state == State::Retained).count();
        assert_eq!(retained, count + 1);
        let told = registry.list().to_string();
        assert!(told.contains("the door of Rust, whose modules cannot be unmapped"), "{told}");
        assert_eq!(registry.swap(None, &files[0]).expect_err("the cap").obstacle, Obstacle::Full);
        let growth = (super::load::resident() - before) / count as f64;
        println!("abi_stable door: {count} generations retained, {growth:.2} MB resident each");
        assert!(growth < 8.0, "{growth} MB a generation");
    });
}

/// A request that outlives the patience of a swap is cancelled, and says so.
#[test]
#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn what_does_not_drain_is_cancelled() {
    let (folder, machine) = (Folder::new(), Machine::new(&serde_json::json!({"pools": [{"name": "tank"}]})));
    let slow = folder.0.join("iocage");
    let text = "#!/bin/sh\ncase \"$1\" in defaults) exec sleep 600;; esac\nexec IOCAGE \"$@\"\n";
    write_program(&slow, &text.replace("IOCAGE", &machine.iocage_text()));
    let limits = Policy { drain: Duration::from_millis(100), ..policy(Door::C) };
    let registry = Arc::new(registry(&folder, limits));
    let [one, two] = two_versions(&folder);
    let config = without_tools(serde_json::json!({ "iocage": slow })).to_string();
    let one = registry.load(&one, &config).expect("loads").generation;
    let other = Arc::clone(&registry);
    let request = std::thread::spawn(move || {
        let answer = send(&other, ("sysadm", "iocage"), 7, r#"{"action":"getdefaultsettings"}"#);
        String::from_utf8_lossy(answer.args()).into_owned()
    });
    while one.in_flight() == 0 {
        std::thread::yield_now();
    }
    registry.swap(None, &two).expect("swaps");
    let answer = request.join().expect("no panic");
    assert!(answer.contains(r#""code":"cancelled""#), "{answer}");
    wait_for(&one, State::Retired);
}
