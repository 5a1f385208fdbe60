//! A swap under jobs: the old generation stays as long as its jobs run, and its requests only as
//! long as the policy has it.

use std::thread::{scope, sleep};
use std::time::Duration;

use serde_json::json;
use sysadm_class::Access;
use sysadm_class::host::{Module, Request};

use super::stand::{HELD, LONG, Stand, Worker, policy};
use crate::generation::State;
use crate::host::Host;
use crate::jobs::limits::JobLimits;
use crate::place::lock;
use crate::policy::Policy;
use crate::refused::Obstacle;

fn named(name: &str) -> String {
    json!({ "name": name }).to_string()
}

fn state_of(stand: &Stand, number: u64) -> String {
    let all = stand.host.registry.generations();
    let one = all.iter().find(|generation| generation.number() == number).expect("it is shown");
    one.state().word().to_owned()
}

/// What is answered to a request that takes ten minutes.
fn asked_for_long(host: &Host) -> String {
    let args = r#"{"action":"work","ms":600000}"#;
    host.ask(&Request::new("test", "worker", args, Access::Full)).text().into_owned()
}

#[test]
fn an_old_generation_drains_until_its_jobs_end_and_swaps_go_on() {
    let policy = Policy { drain: Duration::from_millis(50), cancel: Duration::from_millis(200), ..policy() };
    let stand = Stand::with(JobLimits { per_class: 8, ..JobLimits::default() }, policy, |_| ());
    let swap = |name: &str| stand.host.registry.adopt(&Module::of::<Worker>(), &named(name));
    let one = swap("one");
    let of_one = stand.work_in(one, 600_000);
    let two = swap("two");
    let of_two = stand.work_in(two, 8000);
    let three = swap("three");
    // A request of two has the policy's time, and its job goes on.
    sleep(Duration::from_millis(400));
    assert_eq!((&*state_of(&stand, one), &*state_of(&stand, two)), ("draining", "draining"));
    assert_eq!(state_of(&stand, three), "current");
    assert_eq!(stand.wait(&stand.work(0))["result"]["work"]["by"], "three");
    assert_eq!(stand.wait(&of_two)["result"]["work"]["by"], "two");
    stand.until_it("it is closed", || state_of(&stand, two) != "draining");
    // A kill reaches the generation that works on it.
    let killed = stand.dispatcher(json!({"action": "kill", "job_id": of_one, "wait": 60}));
    assert_eq!(killed["killed"]["became"][&of_one]["result"]["work"]["code"], "cancelled");
    stand.until_it("it is closed", || state_of(&stand, one) != "draining");
}

/// Looked for without a pause, while another swaps it.
#[test]
fn a_generation_is_found_by_its_request_at_every_moment_of_a_swap() {
    let stand = Stand::new(JobLimits::default());
    let registry = &stand.host.registry;
    for _ in 0..200 {
        let serves = registry.adopt(&Module::of::<Worker>(), "");
        let is_found = |request| registry.found(request).iter().any(|one| one.generation.number() == serves);
        scope(|scope| {
            // A request in flight: it is held until all have looked.
            let asked = registry.found(5).into_iter().find(|one| one.generation.number() == serves);
            assert!(asked.is_some(), "it serves");
            let swap = scope.spawn(|| registry.swap_own(&Module::of::<Worker>(), ""));
            loop {
                let is_over = swap.is_finished();
                assert!(is_found(5), "a cancel would be lost");
                assert!(is_found(0) || !registry.settle(Duration::ZERO), "it neither serves nor drains");
                if is_over {
                    break;
                }
            }
            assert!(swap.join().expect("no panic").is_ok() && !is_found(0));
            drop(asked);
        });
        assert!(registry.settle(LONG));
    }
}

#[test]
fn requests_of_an_old_generation_do_not_have_the_time_of_its_jobs() {
    let policy = Policy { drain: Duration::from_millis(100), ..policy() };
    let stand = Stand::with(JobLimits::default(), policy, |_| ());
    let job = stand.work_in(1, 6000);
    scope(|scope| {
        let asked = scope.spawn(|| asked_for_long(&stand.host));
        stand.until_it("it is asked", || stand.host.registry.generations()[0].in_flight() == 2);
        stand.host.registry.adopt(&Module::of::<Worker>(), "");
        assert!(asked.join().expect("no panic").contains("\"cancelled\""));
    });
    assert_eq!(stand.wait(&job)["result"]["work"]["for"], "root");
}

#[test]
fn the_end_of_a_host_ends_what_drained_already() {
    let policy = Policy { cancel: Duration::from_secs(20), ..policy() };
    let stand = Stand::with(JobLimits::default(), policy, |_| ());
    let job = stand.work_in(1, 600_000);
    scope(|scope| {
        let asked = scope.spawn(|| asked_for_long(&stand.host));
        stand.until_it("it is asked", || stand.host.registry.generations()[0].in_flight() == 2);
        stand.host.registry.adopt(&Module::of::<Worker>(), "");
        assert_eq!(state_of(&stand, 1), "draining");
        assert!(stand.host.shut_down(Duration::from_secs(16)), "all has ended in the time there is");
        assert!(asked.join().expect("no panic").contains("\"cancelled\""));
    });
    let last = stand.frames(&job).pop().expect("frames");
    assert_eq!(last["result"]["work"]["code"], "cancelled", "{last}");
}

/// A step inside the process cannot be broken off. All else ends meanwhile, and nothing is made to serve after it.
#[test]
fn a_swap_in_a_slow_step_keeps_nobody_from_ending() {
    let ends = |limit: Duration, is_hurried: bool, drain: Duration| {
        let policy = Policy { drain, cancel: Duration::from_millis(500), create: LONG, ..policy() };
        let stand = Stand::with(JobLimits::default(), policy, |_| ());
        let (host, held) = (&stand.host, lock(&HELD));
        scope(|scope| {
            let asked = scope.spawn(|| asked_for_long(host));
            let config = json!({"is_held": true}).to_string();
            let swap = scope.spawn(move || host.registry.swap_own(&Module::of::<Worker>(), &config));
            let is_created = || host.registry.generations().iter().any(|one| one.state() == State::Probing);
            stand.until_it("both go on", || is_created() && host.registry.generations()[0].in_flight() == 1);
            let ended = scope.spawn(move || host.shut_down(limit));
            if is_hurried {
                stand.until_it("it ends", || host.registry.classes().is_empty());
                host.hurry();
            }
            assert!(asked.join().expect("no panic").contains("\"cancelled\""));
            let ended = ended.join().expect("no panic");
            assert!(!swap.is_finished(), "it was not waited for");
            drop(held);
            let refused = swap.join().expect("no panic").expect_err("nothing serves any more");
            assert!(refused.obstacle == Obstacle::Busy && refused.why.contains("is ending"), "{refused}");
            assert!(host.registry.classes().is_empty());
            ended
        })
    };
    let short = Duration::from_millis(100);
    assert!(!ends(Duration::from_secs(1), false, LONG), "the swap goes on");
    // Not its whole step, whatever may be waited for: the time of all else is over.
    assert!(!ends(LONG, false, short) && !ends(LONG, true, LONG));
}

#[test]
fn the_limit_of_jobs_ends_the_wait_for_them() {
    let policy =
        Policy { drain: Duration::from_millis(50), job_limit: Duration::from_millis(400), ..policy() };
    let stand = Stand::with(JobLimits::default(), policy, |_| ());
    let one = stand.host.registry.generations()[0].number();
    let job = stand.work_in(one, 600_000);
    stand.host.registry.adopt(&Module::of::<Worker>(), "");
    let code = stand.wait(&job)["result"]["work"]["code"].clone();
    assert!(code == "timed-out" || code == "cancelled", "{code}");
    stand.until_it("it is closed", || state_of(&stand, one) != "draining");
}
