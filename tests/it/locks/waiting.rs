//! Who waits for a lock stops waiting when the request ends: by its own deadline
//! or because nobody is interested any more.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::json;
use sysadm_class::Level;
use sysadm_class::host::{Door, Module, Services};

use super::asker::{DB, ask_within, begin, code, config, instance, machine, of, whole};
use crate::support::{DOORS, artifacts};

/// A host that loses interest when it is told to.
#[derive(Default)]
struct Fickle(AtomicBool);

impl Services for Fickle {
    fn log(&self, _: Level, _: &str, _: &str, _: u64) {}

    fn is_cancelled(&self, request_id: u64) -> bool {
        request_id == 7 && self.0.load(Ordering::Relaxed)
    }
}

#[test]
fn waiting_ends_with_the_request() {
    for door in DOORS {
        let machine = machine();
        let module = Module::load(&artifacts().module, door).expect("our module");
        let config = config(&machine, 60);
        let first = Arc::new(instance(door, &config));
        let fickle = Arc::new(Fickle::default());
        let services = Arc::clone(&fickle) as Arc<dyn Services>;
        let waits = Arc::new(module.create(services, &config).expect("good"));
        let hold = machine.hold("start");
        let started = begin(&first, of("startjail", "db"));
        machine.wait_for_call(&format!("[start][{DB}]"));
        // The caller's own deadline, which is shorter.
        let before = Instant::now();
        let answer = ask_within(&waits, &of("stopjail", "db"), Some(Duration::from_millis(300)));
        assert_eq!(code(&answer), "busy", "{answer}");
        assert!((300..30_000).contains(&before.elapsed().as_millis()), "{:?}", before.elapsed());
        // The host by the request's number, and by what it answers when it is asked.
        for end in [&(|| waits.cancel(7).expect("the contract is kept")) as &dyn Fn(), &|| {
            fickle.0.store(true, Ordering::Relaxed)
        }] {
            let waiting = begin(&waits, of("stopjail", "db"));
            thread::sleep(Duration::from_millis(300));
            assert!(!waiting.is_finished());
            let before = Instant::now();
            // It may not have come to wait yet.
            while !waiting.is_finished() && before.elapsed() < Duration::from_secs(30) {
                end();
                thread::sleep(Duration::from_millis(20));
            }
            let answer = waiting.join().expect("no panic");
            assert_eq!(code(&answer), "cancelled", "{answer}");
            assert!(before.elapsed() < Duration::from_secs(30), "{:?}", before.elapsed());
            fickle.0.store(false, Ordering::Relaxed);
        }
        drop(hold);
        assert_eq!(code(&started.join().expect("no panic")), "");
        let stops = machine.calls().iter().filter(|call| call.starts_with("[stop]")).count();
        assert_eq!(stops, 0, "who gave up did nothing");
    }
}

/// Where its time went: most of it behind the other's lock, and the programs' apart.
#[test]
fn who_waited_is_told_for_what() {
    let machine = machine();
    let first = Arc::new(instance(Door::C, &config(&machine, 30)));
    let hold = machine.hold("start");
    let started = begin(&first, of("startjail", "db"));
    machine.wait_for_call(&format!("[start][{DB}]"));
    let mut args = of("stopjail", "db");
    args["detail"] = json!(true);
    let stopped = {
        let first = Arc::clone(&first);
        thread::spawn(move || whole(&first, &args, None))
    };
    // On a busy machine it comes to the lock late.
    thread::sleep(Duration::from_millis(3500));
    drop(hold);
    started.join().expect("no panic");
    let answer = stopped.join().expect("no panic");
    let spent = |on: &str| answer["detail"]["spent_ms"][on].as_u64().unwrap_or_else(|| panic!("{answer}"));
    assert!(spent("lock") >= 600 && spent("programs") > 0, "{answer}");
    assert!(spent("ours") + spent("place") < spent("lock"), "{answer}");
}
