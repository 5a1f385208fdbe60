//! Every order in which requests and jobs of a generation can end, by themselves, when they are
//! cancelled, or not at all, while time passes.

use std::collections::BTreeSet;

use super::*;
use crate::numbers::FIRST_JOB;

const REQUESTS: u64 = 2;
const JOBS: u64 = 5;
const PATIENCE: u64 = 2;
/// What all have when they are to hurry.
const GRACE: u64 = 1;
/// By then all was decided.
const LAST: u64 = JOBS + PATIENCE + 1;

fn seconds(time: u64) -> Duration {
    Duration::from_secs(time)
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct World {
    drain: Drain,
    now: u64,
    flight: BTreeSet<u64>,
    /// When each was cancelled.
    cancelled: std::collections::BTreeMap<u64, u64>,
    stuck: BTreeSet<Kind>,
    closed: bool,
    /// When all were told to hurry, which happens once.
    hurried: Option<u64>,
}

impl World {
    /// How long a kind may go on, as far as is known, if it was not cancelled before.
    fn limit(&self, kind: Kind) -> u64 {
        let limit = match kind {
            Kind::Requests => REQUESTS,
            Kind::Jobs => JOBS,
        };
        self.hurried.map_or(limit, |at| limit.min(at))
    }

    /// What the reaper does until it waits, and then what can happen.
    fn after(mut self) -> Vec<World> {
        loop {
            let flight: Vec<_> = self.flight.iter().copied().collect();
            match self.drain.step(seconds(self.now), &flight) {
                Step::Done => {
                    assert!(self.flight.is_empty(), "it is closed under nobody");
                    self.closed = true;
                    return vec![self];
                }
                Step::Cancel(which) => {
                    assert!(!which.is_empty());
                    for request in which {
                        assert!(self.now >= self.limit(Kind::of(request)), "not before its time");
                        assert_eq!(self.cancelled.insert(request, self.now), None, "once");
                    }
                }
                Step::Stuck(kind) => {
                    assert!(self.stuck.insert(kind), "it is said once");
                    let all = self.flight.iter().filter(|request| Kind::of(**request) == kind);
                    assert!(all.map(|request| self.cancelled[request] + PATIENCE).max() <= Some(self.now));
                }
                Step::Wait(pause) => {
                    assert!(!pause.is_zero(), "it does not spin");
                    self.check();
                    break;
                }
            }
        }
        let mut next = Vec::new();
        for request in self.flight.clone() {
            let mut world = self.clone();
            world.flight.remove(&request);
            next.push(world);
        }
        if self.hurried.is_none() {
            let mut world = self.clone();
            world.hurried = Some(self.now + GRACE);
            world.drain.hurry(seconds(self.now + GRACE));
            next.push(world);
        }
        if self.now < LAST {
            self.now += 1;
            next.push(self);
        }
        next
    }

    fn check(&self) {
        for request in &self.flight {
            let kind = Kind::of(*request);
            let limit = self.limit(kind);
            assert_eq!(self.cancelled.contains_key(request), self.now >= limit, "{request} at {}", self.now);
            assert_eq!(self.stuck.contains(&kind), self.now >= limit + PATIENCE);
        }
    }
}

#[test]
fn in_every_order_each_has_its_time_and_nothing_is_closed_under_it() {
    let drain = Drain::new(seconds(REQUESTS), seconds(JOBS), seconds(PATIENCE));
    let flight = BTreeSet::from([1, 2, FIRST_JOB, FIRST_JOB + 1]);
    let start = World {
        drain,
        now: 0,
        flight,
        cancelled: Default::default(),
        stuck: BTreeSet::new(),
        closed: false,
        hurried: None,
    };
    let (mut seen, mut left, mut closed) = (BTreeSet::new(), vec![start], 0);
    while let Some(world) = left.pop() {
        for after in world.after() {
            closed += usize::from(after.closed);
            if !after.closed && seen.insert(after.clone()) {
                left.push(after);
            }
        }
    }
    assert!(seen.len() > 100 && closed > 10, "{} states, {closed} ends", seen.len());
}

/// A swap while one drains is another generation's: nothing of it is here. But how long it is waited
/// for is told to whoever waits.
#[test]
fn one_that_never_ends_is_waited_for_without_an_end() {
    let mut drain = Drain::new(seconds(1), seconds(9), seconds(1));
    assert_eq!(drain.step(seconds(0), &[7]), Step::Wait(seconds(1)));
    assert_eq!(drain.step(seconds(1), &[7, FIRST_JOB]), Step::Cancel(vec![7]));
    assert_eq!(drain.step(seconds(1), &[7, FIRST_JOB]), Step::Wait(seconds(1)));
    assert_eq!(drain.step(seconds(2), &[7]), Step::Stuck(Kind::Requests));
    assert_eq!(drain.step(seconds(2), &[7]), Step::Wait(Duration::MAX));
    assert_eq!(drain.step(seconds(2), &[7, FIRST_JOB]), Step::Wait(seconds(7)));
    assert_eq!(drain.step(seconds(3), &[]), Step::Done);
}
