//! How jobs and requests end, and what does not end them.

use std::fs;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use serde_json::json;
use sysadm_class::host::{Module, Request};
use sysadm_class::{Access, Status};

use super::stand::{CLOSED, HELD, LONG, Stand, Worker, policy};
use crate::generation::State;
use crate::host::Host;
use crate::jobs::limits::JobLimits;
use crate::place::lock;
use crate::policy::{Policy, WhenGone};
use crate::setup::Setup;

#[test]
fn a_kill_ends_what_runs_and_what_waits_and_tells_what_became_of_it() {
    let stand = Stand::new(JobLimits { running: 1, ..JobLimits::default() });
    let (one, two, three) = (stand.work(600_000), stand.work(0), stand.work(0));
    stand.until_it("it runs", || stand.state(&one) == "running");
    let list = stand.list();
    assert_eq!((&list[&two]["state"], &list[&two]["queue_position"]), (&json!("waiting"), &json!("0")));
    assert_eq!(list[&three]["queue_position"], "1");
    let killed = stand.dispatcher(json!({"action": "kill", "job_id": two}));
    assert_eq!(killed, json!({"killed": {"jobs": [two]}}));
    let job = stand.wait(&two);
    assert_eq!(job["result"]["work"]["code"], "cancelled");
    assert!(job.get("time_started").is_none(), "it was not begun");
    let killed = stand.dispatcher(json!({"action": "kill", "job_id": [one, two, "x"], "wait": 60}));
    let killed = &killed["killed"];
    assert_eq!(killed["jobs"], json!([one]));
    assert_eq!(killed["not_killed"], json!({two: "finished", "x": "no-such-job"}));
    assert_eq!(killed["became"][&one]["result"]["work"]["code"], "cancelled", "{killed}");
    assert_eq!(stand.wait(&three)["result"]["work"]["for"], "root", "its place is free");
    for (args, code) in [
        (json!({"action": "show", "job_id": "x"}), "no-such-job"),
        (json!({"action": "show"}), "missing-key"),
        (json!({"action": "wait", "job_id": one, "seconds": 601}), "wrong-type"),
        (json!({"action": "kill", "job_id": [1]}), "wrong-type"),
    ] {
        let answer = stand.dispatcher(args.clone());
        assert_eq!(answer[args["action"].as_str().expect("a text")]["code"], code, "{answer}");
    }
}

#[test]
fn what_is_too_much_is_refused_and_told_when_to_come_again() {
    let stand = Stand::new(JobLimits { per_class: 1, waiting: 1, ..JobLimits::default() });
    let one = stand.work(600_000);
    stand.until_it("it runs", || stand.state(&one) == "running");
    let two = stand.work(0);
    let refused = stand.ask("test/worker", json!({"action": "work", "async": true}));
    assert_eq!(refused["work"]["code"], "queue-full");
    assert!(refused["work"]["retry_after"].as_u64().is_some_and(|seconds| seconds >= 1), "{refused}");
    // Another class has its own places.
    stand.ask("test/raw", json!({"action": "x", "async": true}));
    stand.dispatcher(json!({"action": "kill", "job_id": one}));
    stand.wait(&two);
}

/// It has no number by which it could be cancelled, and its programs would outlive the host.
#[test]
fn a_look_at_the_health_ends_with_the_host() {
    let policy = Policy { drain: Duration::from_millis(100), ..policy() };
    let stand = Stand::with(JobLimits::default(), policy, |_| ());
    let looks = || stand.host.modules().generations().iter().any(|generation| generation.in_flight() > 0);
    scope(|threads| {
        let health = threads.spawn(|| stand.host.modules().healths());
        stand.until_it("it looks", looks);
        let begun = Instant::now();
        assert!(stand.host.shut_down(LONG) && begun.elapsed() < LONG / 4, "{:?}", begun.elapsed());
        let raw = health.join().expect("no panic").pop().expect("the class");
        assert_eq!((raw.0.as_str(), raw.1), ("test/raw", Status::Unavailable), "{}", raw.2);
        assert!(raw.2.contains("cancelled"), "{}", raw.2);
    });
}

#[test]
fn an_end_that_takes_too_long_can_be_hurried() {
    let stand = Stand::with(JobLimits::default(), Policy { job_limit: LONG, ..policy() }, |_| ());
    let job = stand.work(600_000);
    stand.until_it("it runs", || stand.state(&job) == "running");
    let (begun, host) = (Instant::now(), &stand.host);
    scope(|threads| {
        let health = threads.spawn(|| host.modules().healths());
        let request = threads.spawn(|| {
            let args = json!({"action": "work", "ms": 600_000}).to_string();
            host.ask(&Request::new("test", "worker", &args, Access::Full)).text().into_owned()
        });
        stand.until_it("all have begun", || {
            host.modules().generations().iter().map(|generation| generation.in_flight()).sum::<usize>() == 3
        });
        let ended = threads.spawn(|| host.shut_down(LONG * 2));
        sleep(Duration::from_millis(100));
        assert!(!ended.is_finished(), "they have their time");
        host.hurry();
        assert!(ended.join().expect("no panic"), "all has ended");
        assert!(request.join().expect("no panic").contains("cancelled"));
        assert_eq!(health.join().expect("no panic")[0].1, Status::Unavailable);
    });
    assert!(begun.elapsed() < LONG / 2, "{:?}", begun.elapsed());
}

/// Nobody's jobs are kept from being by those of somebody who may do little.
#[test]
fn one_with_limited_access_takes_neither_the_places_nor_what_is_kept() {
    let stand = Stand::new(JobLimits { kept: 10, waiting: 16, ..JobLimits::default() });
    let keyed = json!({"action": "work", "async": true, "async_key": "k"});
    let begin = || stand.ask("test/worker", keyed.clone())["work"]["started_dispatcher_id"].clone();
    let id = begin();
    stand.wait(id.as_str().expect("an id"));
    let look = |ms: u64, caller: &str| {
        let args = json!({"action": "look", "async": true, "ms": ms});
        let answer = stand.ask_as("test/worker", &args, caller, Access::Limited);
        answer.read::<serde_json::Value>().expect("JSON")["look"].clone()
    };
    for _ in 0..40 {
        let job = look(0, "mallory");
        stand.wait(job["started_dispatcher_id"].as_str().expect("an id"));
    }
    assert_eq!(begin(), id, "it is known still");
    let desk = &stand.host.jobs.as_ref().expect("jobs").desk;
    stand.until_it("all places are free", || desk.state().table.is_idle());
    // One runs, for of four places one is his, and so many wait; of another as many, and then it is half.
    for caller in ["mallory", ""] {
        let took = (0..100).take_while(|_| look(600_000, caller)["code"] != "queue-full").count();
        assert_eq!(took, 5, "{caller:?}");
    }
    assert_eq!(look(600_000, "third")["code"], "queue-full");
    assert_eq!(stand.wait(&stand.work(0))["result"]["work"]["for"], "root");
    let ids: Vec<_> = stand.list().keys().cloned().collect();
    stand.dispatcher(json!({"action": "kill", "job_id": ids, "wait": 60}));
}

#[test]
fn one_that_is_not_kept_is_told_whole_to_who_waits_for_it() {
    let stand = Stand::new(JobLimits { kept: 0, running: 1, ..JobLimits::default() });
    let (runs, waits) = (stand.work(600_000), stand.work(0));
    stand.until_it("it runs", || stand.state(&runs) == "running");
    let killed = stand.dispatcher(json!({"action": "kill", "job_id": [waits, runs], "wait": 60}));
    for (id, keys) in [
        (&runs, &["time_queued", "time_started", "time_finished"][..]),
        (&waits, &["time_queued", "time_finished"]),
    ] {
        let job = &killed["killed"]["became"][id];
        assert_eq!(job["result"]["work"]["code"], "cancelled", "{job}");
        assert!(keys.iter().all(|key| job[key].is_string()), "{job}");
    }
}

#[test]
fn what_waits_or_runs_for_too_long_ends() {
    let limits = JobLimits { per_class: 1, queue: Duration::from_millis(100), ..JobLimits::default() };
    let stand = Stand::new(limits);
    let (one, two) = (stand.work(600_000), stand.work(0));
    assert_eq!(stand.wait(&two)["result"]["work"]["code"], "queue-timeout");
    stand.dispatcher(json!({"action": "kill", "job_id": one, "wait": 60}));
    let policy = Policy { job_limit: Duration::from_millis(100), ..policy() };
    let stand = Stand::with(limits, policy, |_| ());
    assert_eq!(stand.wait(&stand.work(600_000))["result"]["work"]["code"], "timed-out");
}

/// One listener does not return from the frames of one job, and others do not wait for it. When it
/// does, it panics, and counts as not called.
#[test]
fn a_slow_listener_slows_its_own_job() {
    static SLOW: Mutex<Option<String>> = Mutex::new(None);
    let stand = Stand::with(JobLimits::default(), policy(), |event| {
        let is_slow =
            || lock(&SLOW).as_ref().is_some_and(|id| event["process_details"]["process_id"] == **id);
        if is_slow() {
            while is_slow() {
                sleep(Duration::from_millis(1));
            }
            std::panic::resume_unwind(Box::new(()));
        }
    });
    let slow = stand.work(100);
    *lock(&SLOW) = Some(slow.clone());
    for _ in 0..20 {
        stand.wait(&stand.work(0));
    }
    assert!(lock(&SLOW).is_some());
    *lock(&SLOW) = None;
    stand.wait(&slow);
}

#[test]
fn a_read_ends_with_its_client_and_a_change_does_not() {
    let ends = |when_gone, action: &str, ms: u64| {
        let stand = Stand::with(JobLimits::default(), Policy { when_gone, ..policy() }, |_| ());
        let args = json!({"action": action, "ms": ms}).to_string();
        let request = Request::new("test", "worker", &args, Access::Full).with_id(7);
        scope(|scope| {
            let asked = scope.spawn(|| stand.host.ask(&request).text().into_owned());
            stand.until_it("it is asked", || stand.host.registry.generations()[0].in_flight() > 0);
            sleep(Duration::from_millis(20));
            let is_over = stand.host.client_gone(7);
            let answer = asked.join().expect("no panic");
            assert_eq!(answer.contains("\"cancelled\""), is_over, "{answer}");
            is_over
        })
    };
    assert!(ends(WhenGone::EndReads, "look", 600_000) && !ends(WhenGone::EndReads, "work", 300));
    assert!(ends(WhenGone::EndAll, "work", 600_000) && !ends(WhenGone::GoOn, "look", 300));
}

#[test]
fn a_request_that_waits_for_a_job_is_cancelled_without_it() {
    let stand = Stand::new(JobLimits::default());
    let id = stand.work(600_000);
    let args = json!({"action": "wait", "job_id": id, "seconds": 60}).to_string();
    let request = Request::new("rpc", "dispatcher", &args, Access::Full).with_id(7);
    scope(|scope| {
        let begun = Instant::now();
        let asked = scope.spawn(|| stand.host.ask(&request).text().into_owned());
        while !asked.is_finished() {
            stand.host.cancel(7);
            sleep(Duration::from_millis(5));
        }
        assert!(asked.join().expect("no panic").contains("\"running\""));
        assert!(begun.elapsed() < Duration::from_secs(30));
    });
    stand.dispatcher(json!({"action": "kill", "job_id": id, "wait": 60}));
}

#[test]
fn the_end_of_a_host_ends_its_jobs() {
    let policy = Policy { drain: Duration::from_secs(10), ..policy() };
    let stand = Stand::with(JobLimits { running: 2, ..JobLimits::default() }, policy, |_| ());
    let (short, long) = (stand.work(1000), stand.work(600_000));
    // On a busy machine the short one may be over by then.
    let are_worked_on = || {
        let in_flight = stand.host.registry.generations()[0].in_flight();
        in_flight == 2 || (in_flight == 1 && stand.state(&short) == "finished")
    };
    stand.until_it("they are worked on", are_worked_on);
    let waits = stand.work(600_000);
    assert!(stand.host.shut_down(LONG));
    let end = |id: &str| {
        let last = stand.frames(id).pop().expect("frames");
        assert_eq!(last["state"], "finished", "{last}");
        last["result"]["work"].clone()
    };
    assert_eq!(end(&short)["for"], "root");
    assert_eq!((&end(&long)["code"], &end(&waits)["code"]), (&json!("cancelled"), &json!("cancelled")));
    let jobs = stand.host.jobs.as_ref().expect("jobs");
    assert_eq!(jobs.desk.state().threads, 0, "no thread is left");
    let late = stand.ask_as("test/worker", &json!({"action": "work", "async": true}), "root", Access::Full);
    assert_eq!(late.status, Status::Unavailable);
}

#[test]
fn a_host_that_wants_nothing_any_more_wants_no_jobs() {
    let stand = Stand::new(JobLimits::default());
    let id = stand.work(600_000);
    stand.until_it("it runs", || stand.state(&id) == "running");
    stand.is_over.store(true, Ordering::Release);
    stand.until_it("it ends", || stand.state(&id) == "finished");
    stand.is_over.store(false, Ordering::Release);
    assert_eq!(stand.wait(&id)["result"]["work"]["code"], "cancelled");
}

/// Nor does it hold up those that end before they begin.
#[test]
fn a_slow_listener_keeps_nobody_from_ending() {
    static HELD: Mutex<bool> = Mutex::new(true);
    let limits = JobLimits { running: 1, queue: Duration::from_millis(200), ..JobLimits::default() };
    let stand = Stand::with(limits, policy(), |event| {
        while event["state"] == "finished" && *lock(&HELD) {
            sleep(Duration::from_millis(1));
        }
    });
    let (runs, first, second) = (stand.work(600_000), stand.work(0), stand.work(0));
    for waits in [&first, &second, &stand.work(0)] {
        assert_eq!(stand.wait(waits)["result"]["work"]["code"], "queue-timeout");
    }
    stand.dispatcher(json!({"action": "kill", "job_id": runs, "wait": 60}));
    assert_eq!(stand.frames(&runs).last().expect("some")["state"], "running", "nobody was told of its end");
    *lock(&HELD) = false;
    stand.until_it("all is told", || stand.frames(&second).last().is_some_and(|f| f["state"] == "finished"));
}

/// A class that does not hear of it keeps its job until it has an answer; others end in their time.
#[test]
fn a_class_that_hears_nothing_holds_up_nobody() {
    let policy =
        Policy { job_limit: Duration::from_millis(200), cancel: Duration::from_millis(200), ..policy() };
    let limits = JobLimits { running: 1, queue: Duration::from_millis(500), ..JobLimits::default() };
    let stand = Stand::with(limits, policy, |_| ());
    let deaf = stand.begin(json!({"action": "deaf", "ms": 9000}));
    let waits = stand.work(0);
    assert_eq!(stand.wait(&waits)["result"]["work"]["code"], "queue-timeout");
    let killed = stand.dispatcher(json!({"action": "kill", "job_id": deaf, "wait": 1}));
    assert_eq!(killed["killed"]["became"][&deaf]["state"], "running");
    assert_eq!(stand.wait(&deaf)["result"]["deaf"], "done", "what it says is what became of it");
}

/// What is given up is at work until the process ends, and only the copies go before.
#[test]
fn a_host_that_is_left_ends_nothing_and_keeps_no_copies() {
    let folder = std::env::temp_dir().join(format!("sysadm-host-left-{}", std::process::id()));
    let setup = Setup::new(&folder).policy(policy()).jobs(JobLimits::default());
    let host = Host::open(setup).expect("opened");
    host.registry.adopt(&Module::of::<Worker>(), "");
    let registry = Arc::clone(&host.registry);
    let is_at_work = || registry.generations()[0].in_flight() == 1;
    let own =
        || fs::read_dir(&folder).expect("there").flatten().filter(|entry| entry.path().is_dir()).count();
    // It ends by itself, as nobody ends it.
    let args = r#"{"action":"work","ms":30000,"async":true}"#;
    let begun = Instant::now();
    assert_eq!(host.ask(&Request::new("test", "worker", args, Access::Full)).status, Status::Ok);
    while !is_at_work() {
        assert!(begun.elapsed() < LONG, "it never begins");
        sleep(Duration::from_millis(2));
    }
    assert_eq!(own(), 1);
    for _ in 0..2 {
        host.leave();
        assert_eq!(own(), 0);
    }
    let late = host.ask(&Request::new("test", "worker", args, Access::Full));
    assert_eq!(late.status, Status::Unavailable);
    let begun = Instant::now();
    drop(host);
    assert!(begun.elapsed() < LONG / 4 && is_at_work(), "{:?}", begun.elapsed());
    fs::remove_dir_all(&folder).expect("removed");
}

/// Neither what has been replaced and drains, nor what is on its way to serve.
#[test]
fn a_host_that_is_left_in_a_swap_closes_nothing() {
    let is_closed = |name: &str| lock(&CLOSED).iter().any(|closed| closed == name);
    let folder = std::env::temp_dir().join(format!("sysadm-host-left-in-swap-{}", std::process::id()));
    let host = Host::open(Setup::new(&folder).policy(policy())).expect("opened");
    let adopt = |name: &str| host.registry.adopt(&Module::of::<Worker>(), &json!({"name": name}).to_string());
    let first = adopt("left, replaced");
    let state = |number: u64| {
        let all = host.registry.generations();
        all.iter().find(|one| one.number() == number).expect("it is shown").state()
    };
    scope(|scope| {
        let held = lock(&HELD);
        let asked = scope.spawn(|| {
            let args = r#"{"action":"work","ms":1000}"#;
            host.ask(&Request::new("test", "worker", args, Access::Full)).text().into_owned()
        });
        let until_it = |what: &str, is_so: &dyn Fn() -> bool| {
            let begun = Instant::now();
            while !is_so() {
                assert!(begun.elapsed() < LONG, "{what}: never");
                sleep(Duration::from_millis(2));
            }
        };
        until_it("it is asked", &|| host.registry.generations()[0].in_flight() == 1);
        adopt("left, serves");
        assert_eq!(state(first), State::Draining);
        let swap = scope.spawn(|| {
            let config = json!({"name": "left, new", "is_held": true}).to_string();
            host.registry.swap_own(&Module::of::<Worker>(), &config)
        });
        until_it("it is created", &|| {
            host.registry.generations().len() == 3 && state(first + 2) == State::Probing
        });
        for left in [scope.spawn(|| host.leave()), scope.spawn(|| host.leave())] {
            left.join().expect("it does not panic");
        }
        assert!(!fs::read_dir(&folder).expect("there").flatten().any(|entry| entry.path().is_dir()));
        drop(held);
        let refused = swap.join().expect("no panic").expect_err("nothing serves any more");
        assert!(refused.why.contains("is ending"), "{refused}");
        assert!(host.registry.swap_own(&Module::of::<Worker>(), "").is_err());
        assert!(asked.join().expect("no panic").contains("\"work\""), "what was at work has ended by itself");
        until_it("it drains no more", &|| state(first) == State::Retained);
    });
    drop(host);
    for name in ["left, replaced", "left, serves", "left, new"] {
        assert!(!is_closed(name), "{name}");
    }
    fs::remove_dir_all(&folder).expect("removed");
}
