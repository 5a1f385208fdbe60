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

/// What one of them asks for: a class, perhaps with a key, and other args; and who, if he has limited access.
type Ask = (&'static str, Option<char>, u8, Option<&'static str>);

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
    by: Option<&'static str>,
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
                let (its, seen) = (&world.told[other], &world.told[&job]);
                *other < job && entry.is_announced && (its.class, its.by) == (seen.class, seen.by)
            });
            assert_eq!(overtaken, None, "of a class and of one who comes first is first");
            let seen = world.told.get_mut(&job).expect("known");
            assert!(seen.announced && !seen.begun && seen.ends == 0 && !world.table.is_closed);
            seen.begun = true;
        }
        world.check();
        world.check_forgotten(self);
        world
    }

    /// What went was old, or nothing was left of somebody who has more than his share.
    fn check_forgotten(&self, before: &World) {
        let bounds = self.table.bounds;
        let kept = |by: Option<&str>| self.kept(|seen| seen.by.is_some() && (by.is_none() || by == seen.by));
        let is_over = |seen: &Seen| {
            let share = |(count, bytes): (usize, usize), of: usize| {
                count > (bounds.kept / of).max(1) || bytes > (bounds.bytes / of).max(1)
            };
            seen.by.is_some() && (share(kept(seen.by), 4) || share(kept(None), 2))
        };
        let stays = |is_such: &dyn Fn(&Seen) -> bool| {
            self.table.iter().any(|(job, entry)| entry.may_go() && is_such(&self.told[&job]))
        };
        for (job, _) in before.table.iter().filter(|(job, _)| self.table.get(*job).is_none()) {
            let seen = &self.told[&job];
            if self.now < LATE && !is_over(seen) && seen.by.is_none() {
                assert!(!stays(&is_over), "who has more than his share loses it first");
                let (keyed, _) = self.kept(|seen| seen.key.is_some());
                let is_protected = seen.key.is_some() && keyed < (bounds.kept / 2).max(1);
                let is_plain = |seen: &Seen| seen.key.is_none() && seen.by.is_none();
                assert!(!is_protected || !stays(&is_plain), "what has a key is the last");
            }
        }
    }

    /// How many of such are kept, and their bytes.
    fn kept(&self, is_such: impl Fn(&Seen) -> bool) -> (usize, usize) {
        let such = self.table.of(Phase::Finished).filter(|(job, _)| is_such(&self.told[job]));
        such.fold((0, 0), |(count, bytes), (_, entry)| (count + 1, bytes + entry.bytes))
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Asks((class, key, args, by)) => {
                self.asked += 1;
                let me = by.unwrap_or("root").to_owned();
                let word = |key: char| (me, by.is_none(), class.into(), key.to_string());
                let of_key = key.map(|key| Key { word: word(key), digest: [args; 32] });
                let whose = by.map(Into::into);
                let new = New { class: class.into(), by: whose, key: of_key, bytes: 10, payload: () };
                let here = self.table.iter().find(|(job, _)| {
                    let seen = &self.told[job];
                    key.is_some()
                        && (seen.class, seen.by) == (class, by)
                        && seen.key.map(|(key, _)| key) == key
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
                        let live: Vec<_> =
                            self.table.iter().filter(|(_, entry)| entry.phase != Phase::Finished).collect();
                        let bounds = self.table.bounds;
                        assert!(by.is_some() || live.len() >= bounds.waiting);
                        let of_others = live.iter().filter(|(_, entry)| entry.by.is_some()).count();
                        let is_bound = of_others < live.len();
                        assert!(by.is_some() || of_others == 0 || bounds.waiting < 2 || is_bound);
                    }
                    (Ok(Taken::New(job)), here) => {
                        // Asking looks at the time, too.
                        assert!(here.is_none_or(|(before, _)| self.table.get(before).is_none()));
                        let key = key.map(|key| (key, args));
                        assert_eq!(self.told.insert(job, Seen { class, by, key, ..Seen::default() }), None);
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
        let bounds = table.bounds;
        let places: Vec<_> = table.entries.values().filter(|entry| entry.has_place).collect();
        let within = |most: usize, entries: &[&Entry<()>], more: usize| {
            let count =
                |is_such: &dyn Fn(&By) -> bool| entries.iter().filter(|entry| is_such(&entry.by)).count();
            let most_of = |of: usize| (most / of).max(1) + more;
            assert!(entries.len() <= most + more && count(&|by| by.is_some()) <= most_of(2));
            for name in ["m", "n"] {
                assert!(count(&|by| by.as_deref() == Some(name)) <= most_of(4), "{name}");
            }
        };
        within(bounds.running, &places, 0);
        for class in ["a", "b"] {
            let of_class: Vec<_> = places.iter().copied().filter(|entry| *entry.class == *class).collect();
            within(bounds.per_class, &of_class, 0);
        }
        // Who may run at once does not wait and has no place in the line.
        let waiting: Vec<_> = table.of(Phase::Waiting).map(|(_, entry)| entry).collect();
        within(bounds.waiting, &waiting, bounds.running);
        let (kept, live) = table.bytes();
        assert!(live <= bounds.bytes && kept <= 2 * bounds.bytes);
        let kept: Vec<_> = table.of(Phase::Finished).collect();
        // Whoever asks next finds no more than is kept, but for what is about to be told.
        let mut asked = table.clone();
        asked.forget(self.now);
        let is_within = asked.ended.len() <= bounds.kept && asked.bytes().0 <= bounds.bytes;
        assert!(is_within || !asked.entries.values().any(Entry::may_go));
        assert_eq!(kept.len(), table.ended.len());
        for (job, seen) in &self.told {
            let entry = table.get(*job);
            assert!(seen.ends <= 1, "it ends once");
            match (seen.begun, seen.ends) {
                (false, 0) => {
                    let entry = entry.expect("what waits is here");
                    assert_eq!(entry.phase, Phase::Waiting);
                    let may_run = entry.is_announced && table.free(&entry.class, &entry.by) > 0;
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
fn explore(limits: &JobLimits, asks: &[Ask]) -> (usize, usize) {
    let start = World { table: Table::new(limits), now: 0, asked: 0, refused: 0, told: BTreeMap::new() };
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
#[expect(clippy::disallowed_methods, reason = "a host's test")]
fn in_every_order_each_job_ends_once_and_the_bounds_hold() {
    let plain = |class| (class, None, 0, None);
    let keyed = |class, args| (class, Some('k'), args, None);
    let by = |name| ("a", None, 0, Some(name));
    // More classes at once, and one place in the line more than those with limited access have.
    let wide = JobLimits { per_class: 2, ..LIMITS };
    let line = JobLimits { running: 1, waiting: 2, ..LIMITS };
    let all = [
        // Two classes, more than may wait.
        (LIMITS, &[plain("a"), plain("a"), plain("a")][..]),
        (LIMITS, &[plain("a"), plain("b"), plain("b")]),
        // The same again, and with other args; the same word for another class.
        (LIMITS, &[keyed("a", 1), keyed("a", 1), keyed("a", 2)]),
        (LIMITS, &[keyed("a", 1), keyed("b", 2), keyed("a", 1)]),
        // Those with limited access, in each other's way and not in that of others.
        (wide, &[by("m"), by("m"), keyed("a", 1)]),
        (wide, &[keyed("a", 1), by("m"), by("n")]),
        (wide, &[keyed("a", 1), plain("a"), plain("b")]),
        (line, &[by("m"), by("m"), by("m"), plain("a")]),
        (LIMITS, &[("a", Some('k'), 1, Some("m")), ("a", Some('k'), 1, Some("n")), keyed("a", 1)]),
    ];
    // None has to do with another, and together they are what a run of these tests waits for: by two threads.
    let explored = |part: &[(JobLimits, &[Ask])]| {
        let each = part.iter().map(|(limits, asks)| explore(limits, asks));
        each.fold((0, 0), |(states, refused), (all, full)| (states + all, refused + full))
    };
    let (first, second) = all.split_at(all.len() / 2);
    let (states, refused) = std::thread::scope(|scope| {
        let first = scope.spawn(|| explored(first));
        let (second, first) = (explored(second), first.join().expect("no panic"));
        (first.0 + second.0, first.1 + second.1)
    });
    println!("{states} states, {refused} with one that was refused");
    assert!(states > 10_000 && refused > 100, "{states}, {refused}");
}

#[test]
fn what_is_kept_is_bounded_in_number_bytes_and_time() {
    let limits = JobLimits { kept: 3, bytes: 10 * OVERHEAD, keep: Duration::from_secs(10), ..LIMITS };
    let mut table = Table::new(&limits);
    let run = |table: &mut Table<()>, bytes, now| {
        let new = New { class: "a".into(), by: None, key: None, bytes: 0, payload: () };
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
