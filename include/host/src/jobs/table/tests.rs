//! Every order of events, for a few jobs: they are submitted, announced, begun, killed, answered and
//! leave, time passes, and the host closes. All that can happen to the table happens under one
//! mutex, one step after the other, so that these are all the interleavings that there are.

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;

/// A moment at which all that waited since 0 has waited for too long, and what ended at 0 is forgotten.
const LATE: Moment = 1000;

const LIMITS: JobLimits = JobLimits {
    running: 2,
    per_class: 1,
    waiting: 1,
    queue: Duration::from_secs(1),
    kept: 2,
    keep: Duration::from_secs(1),
    bytes: 4 * (OVERHEAD + 10),
    answer: 10,
};

/// What one of them asks for: a class, perhaps with a key, and other args.
type Ask = (&'static str, Option<char>, u8);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct World {
    table: Table<()>,
    now: Moment,
    /// How many of the asks were made.
    asked: usize,
    refused: usize,
    /// The jobs, of which each is to have its end once, with what the table is to have of each.
    told: BTreeMap<Number, Seen>,
}

/// What was seen of one from outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    class: &'static str,
    key: Option<(char, u8)>,
    announced: bool,
    begun: bool,
    ends: u8,
    end_told: bool,
    left: bool,
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Asks(Ask),
    Announced(Number),
    Answered(Number),
    Leaves(Number),
    Killed(Number),
    TimePasses,
    Closes,
}

impl World {
    fn events(&self, asks: &[Ask]) -> Vec<Event> {
        let mut events: Vec<_> = asks.get(self.asked).map(|ask| Event::Asks(*ask)).into_iter().collect();
        for (&job, seen) in &self.told {
            if !seen.announced {
                events.push(Event::Announced(job));
            }
            if seen.ends == 0 {
                events.push(Event::Killed(job));
                if seen.begun {
                    events.push(Event::Answered(job));
                }
            } else if seen.begun && !seen.left {
                events.push(Event::Leaves(job));
            }
        }
        events.extend((self.now < LATE).then_some(Event::TimePasses));
        events.extend((!self.table.is_closed).then_some(Event::Closes));
        events
    }

    fn after(&self, event: Event) -> World {
        let mut world = self.clone();
        world.step(event);
        // As the host does after each: begin what may be begun.
        while let Some(job) = world.table.start(world.now) {
            let overtaken = world.table.of(Phase::Waiting).find(|(other, entry)| {
                *other < job && entry.is_announced && *entry.class == *world.told[&job].class
            });
            assert_eq!(overtaken, None, "of a class who comes first is first");
            let seen = world.told.get_mut(&job).expect("known");
            assert!(seen.announced && !seen.begun && seen.ends == 0 && !world.table.is_closed);
            seen.begun = true;
        }
        world.check();
        world
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Asks((class, key, args)) => {
                self.asked += 1;
                let word = |key: char| ("me".to_owned(), true, class.into(), key.to_string());
                let of_key = key.map(|key| Key { word: word(key), digest: [args; 32] });
                let new = New { class: class.into(), key: of_key, bytes: 10, payload: () };
                let here = self.table.iter().find(|(job, _)| {
                    let seen = &self.told[job];
                    key.is_some() && seen.class == class && seen.key.map(|(key, _)| key) == key
                });
                let here = here.map(|(job, _)| (job, self.told[&job].key.map(|(_, args)| args)));
                match (self.table.submit(new, self.now), here) {
                    (Err(Refusal::Closed), _) => assert!(self.table.is_closed),
                    (Ok(Taken::Same(job)), Some((before, same))) => {
                        assert!(job == before && same == Some(args));
                    }
                    (Err(Refusal::OtherArgs(job)), Some((before, same))) => {
                        assert!(job == before && same != Some(args));
                    }
                    (Err(Refusal::Full(seconds)), _) => {
                        self.refused += 1;
                        assert!((1..=3600).contains(&seconds));
                        let live = self.table.iter().filter(|(_, entry)| entry.phase != Phase::Finished);
                        assert!(live.count() >= LIMITS.waiting);
                    }
                    (Ok(Taken::New(job)), here) => {
                        // Asking looks at the time, too.
                        assert!(here.is_none_or(|(before, _)| self.table.get(before).is_none()));
                        let key = key.map(|key| (key, args));
                        assert_eq!(self.told.insert(job, Seen { class, key, ..Seen::default() }), None);
                    }
                    other => panic!("{other:?}"),
                }
            }
            Event::Announced(job) => {
                let has_ended = self.table.announce(job);
                let seen = self.told.get_mut(&job).expect("known");
                assert!(!seen.end_told && has_ended == (seen.ends > 0), "it is there until it is announced");
                (seen.announced, seen.end_told) = (true, has_ended);
            }
            Event::Answered(job) => {
                self.table.end(job, 10, self.now);
                let seen = self.told.get_mut(&job).expect("known");
                (seen.ends, seen.end_told) = (seen.ends + 1, true);
            }
            Event::Leaves(job) => {
                self.table.leave(job, self.now);
                self.told.get_mut(&job).expect("known").left = true;
            }
            Event::Killed(job) => match self.table.kill(job, self.now) {
                Killed::Waiting(ended) => self.ended(vec![ended]),
                Killed::Running => assert!(self.table.unwanted(u64::MAX, self.now).contains(&job)),
                Killed::Not => panic!("it had not ended"),
            },
            Event::TimePasses => {
                self.now = LATE;
                let ended = self.table.expire(self.now);
                self.ended(ended);
                assert_eq!(self.table.of(Phase::Waiting).count(), 0);
            }
            Event::Closes => {
                let ended = self.table.close(self.now);
                self.ended(ended);
            }
        }
    }

    /// Those that ended before they began.
    fn ended(&mut self, jobs: Vec<Ended>) {
        for Ended(job, was_announced) in jobs {
            let seen = self.told.get_mut(&job).expect("known");
            assert!(seen.announced == was_announced && !seen.begun && !seen.end_told);
            (seen.ends, seen.end_told) = (seen.ends + 1, was_announced);
        }
    }

    fn check(&self) {
        let table = &self.table;
        let places: Vec<_> = table.entries.values().filter(|entry| entry.has_place).collect();
        assert!(places.len() <= LIMITS.running);
        for class in ["a", "b"] {
            assert!(places.iter().filter(|entry| *entry.class == *class).count() <= LIMITS.per_class);
        }
        // Who may run at once does not wait and has no place in the line.
        assert!(table.of(Phase::Waiting).count() <= LIMITS.waiting + LIMITS.running);
        let (kept, live) = table.bytes();
        assert!(live <= LIMITS.bytes && kept <= 2 * LIMITS.bytes);
        let kept: Vec<_> = table.of(Phase::Finished).collect();
        let told = kept.iter().filter(|(_, entry)| entry.is_announced && !entry.has_place);
        assert!(told.count() <= LIMITS.kept + 1 || table.ended.len() <= LIMITS.kept + LIMITS.running);
        assert_eq!(kept.len(), table.ended.len());
        for (job, seen) in &self.told {
            let entry = table.get(*job);
            assert!(seen.ends <= 1, "it ends once");
            match (seen.begun, seen.ends) {
                (false, 0) => {
                    let entry = entry.expect("what waits is here");
                    assert_eq!(entry.phase, Phase::Waiting);
                    let may_run = entry.is_announced && table.free(&entry.class) > 0;
                    assert!(!may_run, "nobody waits for what is free");
                }
                (true, 0) => {
                    let entry = entry.expect("what runs is here");
                    assert!(entry.phase == Phase::Running && entry.has_place);
                }
                _ => {
                    assert!(entry.is_none_or(|entry| entry.phase == Phase::Finished));
                    let is_told = seen.announced && (!seen.begun || seen.left);
                    assert!(is_told || entry.is_some(), "it is here until all is told");
                }
            }
        }
    }
}

/// How many states there are, and in how many of them somebody was refused.
fn explore(asks: &[Ask]) -> (usize, usize) {
    let start = World { table: Table::new(&LIMITS), now: 0, asked: 0, refused: 0, told: BTreeMap::new() };
    let (mut seen, mut left) = (BTreeSet::new(), vec![start]);
    while let Some(world) = left.pop() {
        let events = world.events(asks);
        if events.is_empty() {
            let is_whole = |seen: &Seen| seen.ends == 1 && seen.end_told && seen.announced;
            assert!(world.told.values().all(is_whole), "each has its end, and it was told");
            assert!(world.table.is_idle());
        }
        for event in events {
            let after = world.after(event);
            if seen.insert(after.clone()) {
                left.push(after);
            }
        }
    }
    (seen.len(), seen.iter().filter(|world| world.refused > 0).count())
}

#[test]
fn in_every_order_each_job_ends_once_and_the_bounds_hold() {
    let (mut states, mut refused) = (0, 0);
    for asks in [
        // Two classes, more than may wait.
        &[("a", None, 0), ("a", None, 0), ("a", None, 0)][..],
        &[("a", None, 0), ("b", None, 0), ("b", None, 0)],
        // The same again, and with other args; the same word for another class.
        &[("a", Some('k'), 1), ("a", Some('k'), 1), ("a", Some('k'), 2)],
        &[("a", Some('k'), 1), ("b", Some('k'), 2), ("a", Some('k'), 1)],
    ] {
        let (all, full) = explore(asks);
        (states, refused) = (states + all, refused + full);
    }
    println!("{states} states, {refused} with one that was refused");
    assert!(states > 10_000 && refused > 100, "{states}, {refused}");
}

#[test]
fn what_is_kept_is_bounded_in_number_bytes_and_time() {
    let limits = JobLimits { kept: 3, bytes: 10 * OVERHEAD, keep: Duration::from_secs(10), ..LIMITS };
    let mut table = Table::new(&limits);
    let run = |table: &mut Table<()>, bytes, now| {
        let new = New { class: "a".into(), key: None, bytes: 0, payload: () };
        let Ok(Taken::New(job)) = table.submit(new, now) else { panic!("a new one") };
        assert!(!table.announce(job) && table.start(now) == Some(job));
        table.end(job, bytes, now);
        table.leave(job, now);
        job
    };
    let kept = |table: &Table<()>| table.iter().map(|(job, _)| job).collect::<Vec<_>>();
    for now in 0..5 {
        run(&mut table, 0, now);
    }
    assert_eq!(kept(&table), [2, 3, 4]);
    // With what each counts for beside, there is room for one of these and one of those.
    run(&mut table, 8 * OVERHEAD, 5);
    assert_eq!(kept(&table), [4, 5]);
    table.forget(10_004);
    assert_eq!(kept(&table), [5]);
    table.forget(10_005);
    assert_eq!((kept(&table), table.bytes()), (vec![], (0, 0)));
}
