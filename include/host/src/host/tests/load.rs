//! Many jobs of many clients, killed at any moment.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::{Value, json};
use sysadm_class::host::Module;

use super::stand::{LONG, Stand, Worker};
use crate::jobs::limits::JobLimits;
use crate::place::lock;

const CLIENTS: u64 = 16;

/// Numbers that look like chance and are the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// Is what a list shows possible, and within the bounds?
fn look(stand: &Stand, limits: &JobLimits, finished: &mut BTreeSet<String>) {
    let list = stand.list();
    let count = |state: &str| list.values().filter(|job| job["state"] == state).count();
    assert!(count("running") <= limits.running.min(limits.per_class));
    assert!(count("waiting") <= limits.waiting + limits.per_class);
    // And those of which is still told: that they ended, or that they wait.
    let told = limits.running + CLIENTS as usize;
    assert!(count("finished") <= limits.kept + told, "{}", count("finished"));
    for (id, job) in &list {
        let has = |key: &str| job.get(key).is_some();
        match job["state"].as_str().expect("a state") {
            "waiting" => assert!(has("queue_position") && !has("time_started"), "{job}"),
            "running" => assert!(has("time_started") && !has("time_finished"), "{job}"),
            "finished" => {
                assert!(has("time_finished"), "{job}");
                finished.insert(id.clone());
            }
            other => panic!("{other}"),
        }
        assert!(job["state"] == "finished" || !finished.contains(id), "none begins again: {job}");
    }
    let desk = &stand.host.jobs.as_ref().expect("jobs").desk;
    let (kept, live) = desk.state().table.bytes();
    assert!(kept <= limits.bytes && live <= limits.bytes, "{kept} {live}");
}

fn storm(limits: JobLimits, jobs: u64, beside: impl Fn(&Stand) + Sync) -> Stand {
    let stand = Stand::new(limits);
    let ids = Mutex::new(Vec::<String>::new());
    let is_over = AtomicBool::new(false);
    scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (stand, ids) = (&stand, &ids);
                scope.spawn(move || {
                    let mut chance = Chance(client * 7919 + 1);
                    for n in (0..jobs).filter(|n| n % CLIENTS == client) {
                        let id = loop {
                            let args =
                                json!({"action": "work", "ms": chance.below(20), "async": true, "n": n});
                            let mut answer = stand.ask("test/worker", args);
                            match answer["work"]["started_dispatcher_id"].take() {
                                Value::String(id) => break id,
                                _ => assert_eq!(answer["work"]["code"], "queue-full", "{answer}"),
                            }
                            sleep(Duration::from_millis(5));
                        };
                        lock(ids).push(id.clone());
                        let is_killed = chance.below(2) == 0;
                        if is_killed {
                            sleep(Duration::from_micros(chance.below(30_000)));
                            stand.dispatcher(json!({"action": "kill", "job_id": id}));
                        }
                        if chance.below(4) == 0 {
                            let seen =
                                stand.dispatcher(json!({"action": "wait", "job_id": id, "seconds": 60}));
                            let seen = &seen["wait"];
                            // Of those that are not kept any more nothing is known.
                            assert!(seen["code"] == "no-such-job" || seen["state"] == "finished", "{seen}");
                            let code = &seen["result"]["work"]["code"];
                            assert!(code.is_null() || (is_killed && code == "cancelled"), "{seen}");
                        }
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            let mut finished = BTreeSet::new();
            while !is_over.load(Ordering::Acquire) {
                look(&stand, &limits, &mut finished);
                sleep(Duration::from_millis(3));
            }
        });
        scope.spawn(|| {
            while !is_over.load(Ordering::Acquire) {
                beside(&stand);
            }
        });
        let ended: Vec<_> = clients.into_iter().map(|client| client.join()).collect();
        is_over.store(true, Ordering::Release);
        assert!(ended.into_iter().all(|client| client.is_ok()));
    });
    let desk = &stand.host.jobs.as_ref().expect("jobs").desk;
    stand.until_it("all end", || desk.state().table.is_idle() && desk.state().threads == 0);
    let ids = ids.into_inner().expect("no panic");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len() as u64, jobs, "each has an id of its own");
    // Each was told in order, and its end once, with an answer.
    let mut frames = BTreeMap::<String, Vec<Value>>::new();
    for event in lock(&stand.events).drain(..) {
        let id = event["process_details"]["process_id"].as_str().or(event["process_id"].as_str());
        frames.entry(id.expect("an id").to_owned()).or_default().push(event);
    }
    for id in &ids {
        let states: Vec<_> =
            frames[id].iter().map(|frame| frame["state"].as_str().expect("a state")).collect();
        let (first, last) = (states[0], states[states.len() - 1]);
        assert_eq!((first, last), ("pending", "finished"), "{states:?}");
        assert!(states[1..states.len() - 1].iter().all(|state| *state == "running"), "{states:?}");
        let result = &frames[id][states.len() - 1]["result"]["work"];
        assert!(result["code"] == "cancelled" || result["for"] == "root", "{result}");
    }
    stand
}

#[test]
fn a_thousand_jobs_of_sixteen_clients_end_each_in_an_answer() {
    let limits = JobLimits { kept: 100, waiting: 20, bytes: 1 << 20, ..JobLimits::default() };
    let stand = storm(limits, 1000, |_| sleep(Duration::from_millis(5)));
    assert!(stand.list().len() <= 100);
    let most = stand.ask("test/worker", json!({"action": "most"}))["most"].as_u64().expect("a number");
    assert!((2..=4).contains(&most), "{most} at once");
}

#[test]
fn swaps_under_many_jobs_lose_none() {
    let swap = |stand: &Stand| {
        stand.host.registry.adopt(&Module::of::<Worker>(), "");
        sleep(Duration::from_millis(10));
    };
    let stand = storm(JobLimits { waiting: 20, ..JobLimits::default() }, 500, swap);
    assert!(stand.host.registry.settle(LONG), "each old one has gone");
    let (answered, failed) = stand.host.registry.answered();
    assert!(answered > 100 && failed == 0, "{answered} {failed}");
}

/// What is forgotten is gone, and what is counted is what is there.
#[test]
fn large_answers_push_each_other_out() {
    let limits = JobLimits { bytes: 2 << 20, answer: 512 << 10, per_class: 1, ..JobLimits::default() };
    let stand = Stand::new(limits);
    let jobs = &stand.host.jobs.as_ref().expect("jobs").desk;
    let text = "x".repeat(300 << 10);
    let run = |text: &str| {
        let answer = stand.ask("test/raw", json!({"action": "x", "async": true, "text": text}));
        let id = answer["x"]["started_dispatcher_id"].as_str().expect("an id").to_owned();
        let job = jobs
            .state()
            .table
            .iter()
            .find(|(_, entry)| entry.payload.id == id)
            .map(|(_, entry)| std::sync::Arc::downgrade(&entry.payload));
        (stand.wait(&id), job.expect("it is there"))
    };
    let weak: Vec<_> = (0..40).map(|_| run(&text).1).collect();
    stand.until_it("all was told", || jobs.state().threads == 0);
    let here: Vec<_> = weak.iter().filter_map(std::sync::Weak::upgrade).collect();
    assert_eq!(here.len(), 6, "as many as there is room for");
    assert_eq!(stand.list().len(), 6);
    let bytes: usize = here.iter().map(|job| job.answer().expect("finished").args.len()).sum();
    let (kept, live) = jobs.state().table.bytes();
    assert!(live == 0 && (bytes..=bytes + (6 << 11)).contains(&kept), "{kept} counted, {bytes} there");
    // What is longer than may be kept is told in its place.
    let (job, _) = run(&"x".repeat(512 << 10));
    assert_eq!(job["result"]["x"]["code"], "answer-too-long");
    // And what does not fit at all is not begun.
    let wide = JobLimits { bytes: 100 << 10, ..limits };
    let stand = Stand::new(wide);
    let answer = stand.ask("test/raw", json!({"action": "x", "async": true, "text": text}));
    assert_eq!(answer["x"]["code"], "too-long");
}
