//! Nothing is lost: four threads send requests while another swaps between two
//! builds of the plugin, with real unloads. Every request is answered, rightly,
//! once, and counted by the generation that answered it; and in the end the
//! process is what it was.
//!
//! 150 swaps; with `SYSADM_SOAK=long` 1,000, and more to warm up.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::Status;
use sysadm_class::host::Door;
use sysadm_host::{Obstacle, Registry};

use super::stand::{is_mapped, policy, registry, send, small, two_versions};
use crate::support::process::{self, descriptors, mapped};
use crate::support::{Folder, Machine, alone, is_long};

const PLUGIN: (&str, &str) = ("sysadm", "iocage");
const WORKERS: usize = 4;

/// Resident memory in MB.
pub(super) fn resident() -> f64 {
    process::resident() as f64 / f64::from(1 << 20)
}

/// How long requests took, in buckets of an eighth of an octave: it must not
/// grow while memory is measured.
#[derive(Clone)]
struct Times([u64; 512]);

impl Times {
    fn new() -> Times {
        Times([0; 512])
    }
    fn add(&mut self, time: Duration) {
        let bucket = (time.as_nanos().max(1) as f64).log2() * 8.0;
        self.0[(bucket as usize).min(511)] += 1;
    }
    fn merge(&mut self, other: &Times) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }
    /// The time, in microseconds, that this share of the requests kept to.
    fn at(&self, share: f64) -> f64 {
        let wanted = (self.0.iter().sum::<u64>() as f64 * share).ceil() as u64;
        let mut sum = 0;
        let bucket = self.0.iter().position(|count| {
            sum += count;
            sum >= wanted
        });
        2f64.powf((bucket.expect("some") + 1) as f64 / 8.0) / 1000.0
    }
}

/// What all workers share.
struct Load<'a> {
    registry: &'a Registry,
    over: AtomicBool,
    swapping: AtomicBool,
    /// Sent, and the times without and with swapping: of requests that the class
    /// answers itself, and of those for which it runs iocage.
    sums: Mutex<(u64, [[Times; 2]; 2])>,
}

impl Load<'_> {
    /// Send requests until it is over, and check each answer.
    fn work(&self, worker: usize) {
        let jail = format!("w{worker}");
        let of = |action: &str| json!({"action": action, "jail": jail});
        // Requests with what they are answered: the status, and what stands in the
        // args. The jail is started and stopped in turn.
        let quick = [
            (json!({"action": "destroyjail"}), Status::Ok, "\"missing-key\"".to_owned()),
            (json!({"action": "startjail", "jail": "ALL"}), Status::Ok, "\"illegal-name\"".to_owned()),
            (json!({"action": "df", "detail": 5}), Status::Ok, "\"wrong-type\"".to_owned()),
            (
                json!({"action": "cleanall", "x": "limited"}),
                Status::Forbidden,
                "\"access-denied\"".to_owned(),
            ),
            (json!({"action": "nosuch"}), Status::BadRequest, "no action \\\"nosuch\\\"".to_owned()),
            (json!([]), Status::BadRequest, "\"bad-request\"".to_owned()),
        ];
        let slow = [
            (of("startjail"), Status::Ok, format!("({jail})\":\"\",\"+ Started")),
            (json!({"action": "listjails"}), Status::Ok, format!("\"state\":\"up\",\"tag\":\"{jail}\"")),
            (of("startjail"), Status::Ok, format!("({jail}) is already up")),
            (of("getjailsettings"), Status::Ok, format!("\"tag\":\"{jail}\"")),
            (of("stopjail"), Status::Ok, "Removing jail process OK".to_owned()),
            (json!({"action": "listjails"}), Status::Ok, format!("\"state\":\"down\",\"tag\":\"{jail}\"")),
            (json!({"action": "stopjail", "jail": "nosuch"}), Status::Ok, "\"unknown-jail\"".to_owned()),
            (json!({"action": "df"}), Status::Ok, format!("\"tag\":\"{jail}\"")),
        ];
        let (mut sent, mut times) = (0, [[Times::new(), Times::new()], [Times::new(), Times::new()]]);
        let (mut number, mut last) = (0_u64, 0);
        // A round is finished: the jail is left stopped.
        while !self.over.load(Ordering::Relaxed) {
            for runs in &slow {
                let cheap = quick.iter().cycle().take(40).map(|request| (0, request));
                for (kind, (args, status, part)) in cheap.chain([(1, runs)]) {
                    number += 1;
                    let swapping = usize::from(self.swapping.load(Ordering::Relaxed));
                    let (id, started) = (worker as u64 * 1_000_000_000 + number, Instant::now());
                    let answer = send(self.registry, PLUGIN, id, &args.to_string());
                    times[kind][swapping].add(started.elapsed());
                    sent += 1;
                    let text = String::from_utf8_lossy(answer.args());
                    assert!(answer.status == *status && text.contains(part), "{part}: {args}: {text}");
                    let generation = answer.generation().expect("one answered").number();
                    assert!(generation >= last, "{last} was replaced by {generation}");
                    last = generation;
                }
            }
        }
        let mut sums = self.sums.lock().expect("no panic");
        sums.0 += sent;
        for (sums, times) in sums.1.iter_mut().flatten().zip(times.iter().flatten()) {
            sums.merge(times);
        }
    }
}

/// What is in the way of a worker's panic being seen: the others going on.
struct Over<'a>(&'a AtomicBool);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn nothing_is_lost_in_many_swaps_under_load() {
    alone("swap::load::nothing_is_lost_in_many_swaps_under_load", swaps_under_load);
}

#[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
fn swaps_under_load() {
    let (warm, swaps, offers) = if is_long() { (100, 1000, 50) } else { (30, 120, 10) };
    let jails: Vec<Value> = (0..WORKERS).map(|worker| json!({"tag": format!("w{worker}")})).collect();
    let machine = Machine::new(&json!({"pools": [{"name": "tank", "active": true, "jails": jails}]}));
    let folder = Folder::new();
    let registry = registry(&folder, policy(Door::C));
    let files = two_versions(&folder);
    let bad = small(&folder, PLUGIN, "9", "fault = HEALTH_REFUSES");
    registry.load(&files[0], &machine.quick_config()).expect("loads");
    let open = descriptors();
    let load = Load {
        registry: &registry,
        over: AtomicBool::new(false),
        swapping: AtomicBool::new(false),
        sums: Mutex::new((0, [(); 2].map(|()| [(); 2].map(|()| Times::new())))),
    };
    let (mut before, mut published, mut took) = (0.0, Vec::new(), Vec::new());
    std::thread::scope(|scope| {
        let _over = Over(&load.over);
        let work = |worker| {
            let load = &load;
            scope.spawn(move || {
                let _over = Over(&load.over);
                load.work(worker);
            })
        };
        let workers: Vec<_> = (0..WORKERS).map(work).collect();
        std::thread::sleep(Duration::from_secs(if is_long() { 20 } else { 3 }));
        load.swapping.store(true, Ordering::Relaxed);
        for number in 1..=warm + swaps {
            let started = Instant::now();
            let swapped = registry.swap(None, &files[number % 2]).expect("a good version");
            took.push(started.elapsed());
            published.push(swapped.publish);
            if number == warm {
                assert!(registry.settle(Duration::from_secs(60)));
                before = resident();
            }
            if number == warm + swaps / 2 {
                for _ in 0..offers {
                    let refused = registry.swap(None, &bad).expect_err("a bad version");
                    assert_eq!(refused.obstacle, Obstacle::Health, "{refused}");
                }
            }
            assert!(!load.over.load(Ordering::Relaxed), "a worker has ended");
        }
        assert!(registry.settle(Duration::from_secs(60)));
        let after = resident();
        println!("resident after {warm} swaps {:.1} MB, after {} more {:.1} MB", before, swaps, after);
        // A version that stayed would be megabytes each time.
        assert!(after < before * 1.1 + 4.0, "memory grows: {before:?}, {after:?}");
        load.over.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.join().expect("every answer was right");
        }
    });
    assert!(registry.settle(Duration::from_secs(60)));
    // While requests run, their pipes come and go.
    assert_eq!(descriptors(), open);
    let (sent, times) = load.sums.into_inner().expect("no panic");
    assert_eq!(registry.answered(), (sent, 0), "sent, and counted by the generations");
    let stage = folder.0.join("stage");
    let mapped = mapped(stage.to_str().expect("ours"));
    assert_eq!(mapped.len(), 1, "{mapped:?}");
    assert!(is_mapped(registry.generations().last().expect("the current one")));

    published.sort();
    took.sort();
    println!(
        "{sent} requests sent, answered and counted; {} swaps, {offers} refused; a swap took {:?} (median), \
         publishing {:?} (p99)",
        warm + swaps,
        took[took.len() / 2],
        published[published.len() * 99 / 100]
    );
    for (what, [without, with]) in ["answered by the class", "for which iocage runs"].iter().zip(&times) {
        let ratio = |share| with.at(share) / without.at(share);
        println!(
            "requests {what}: p50 {:.0} us, p99 {:.0} us; while swapping p50 x{:.2}, p99 x{:.2}, longest x{:.2}",
            without.at(0.5),
            without.at(0.99),
            ratio(0.5),
            ratio(0.99),
            ratio(1.0)
        );
    }
}
