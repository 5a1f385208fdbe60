//! Every order of events, for a few requests: they come, get places, are told answers, end well or
//! early, or give up while they wait, as all do when an instance is drained. All that can happen to
//! the rules happens under one mutex, one step after the other, so that these are all the
//! interleavings that there are.

use std::collections::{BTreeMap, BTreeSet};

use super::{Rules, Standing, Ticket};
use crate::config::{AtOnce, Turn};

/// An answer tells who gave it to which question.
type Answer = (Ticket, char);

/// What one of them asks.
type Ask = (Turn, Option<char>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct World {
    rules: Rules<char, Answer>,
    /// Who has come, and what it asks.
    here: BTreeMap<Ticket, Ask>,
    /// Of each that has a place, who had come when it got it: nobody else may be told its answer.
    witnesses: BTreeMap<Ticket, BTreeSet<Ticket>>,
    /// How many of the asks have come.
    come: usize,
}

/// What can happen.
#[derive(Clone, Copy, Debug)]
enum Event {
    Comes(Ask),
    /// It ends with an answer.
    Ends(Ticket),
    /// It is told, cancelled, late, or panics.
    Leaves(Ticket),
}

impl World {
    fn events(&self, asks: &[Ask]) -> Vec<Event> {
        let mut events: Vec<_> = asks.get(self.come).map(|ask| Event::Comes(*ask)).into_iter().collect();
        for &ticket in self.here.keys() {
            events.push(Event::Leaves(ticket));
            if self.rules.standing(ticket) == Some(&Standing::Has) {
                events.push(Event::Ends(ticket));
            }
        }
        events
    }

    fn after(&self, event: Event) -> World {
        let mut world = self.clone();
        let (rung, acting) = match event {
            Event::Comes(ask) => {
                let ticket = world.rules.arrive(ask.0, ask.1);
                world.here.insert(ticket, ask);
                world.come += 1;
                (Vec::new(), Some(ticket))
            }
            Event::Ends(ticket) => {
                let answer = self.here[&ticket].1.map(|question| (ticket, question));
                world.here.remove(&ticket);
                (world.rules.leave(ticket, answer), None)
            }
            Event::Leaves(ticket) => {
                world.here.remove(&ticket);
                (world.rules.leave(ticket, None), None)
            }
        };
        let present: BTreeSet<_> = world.here.keys().copied().collect();
        for &ticket in &present {
            let (before, now) = (self.rules.standing(ticket), world.rules.standing(ticket));
            let is_news = before != now && matches!(now, Some(Standing::Has | Standing::Told(_)));
            assert!(!is_news || acting == Some(ticket) || rung.contains(&ticket), "{ticket} is not rung for");
            if is_news && now == Some(&Standing::Has) {
                world.witnesses.insert(ticket, present.clone());
                let turn = self.here.get(&ticket).or(world.here.get(&ticket)).expect("here").0;
                let overtaken = present.iter().find(|&&other| {
                    let waits = world.rules.standing(other) == Some(&Standing::Waits);
                    other < ticket && waits && world.here[&other].0 == turn
                });
                assert_eq!(overtaken, None, "who comes first is first");
            }
        }
        world.witnesses.retain(|ticket, _| present.contains(ticket));
        world.check(self);
        world
    }

    fn check(&self, before: &World) {
        for turn in Turn::ALL {
            let kind = &self.rules.kinds[turn as usize];
            let of = |wanted: fn(&Standing<Answer>) -> bool| -> Vec<Ticket> {
                let all = self.rules.requests.iter();
                all.filter(|(_, one)| one.turn == turn && wanted(&one.standing)).map(|(at, _)| *at).collect()
            };
            assert!(kind.taken <= kind.bound);
            assert_eq!(of(|standing| *standing == Standing::Has).len(), kind.taken);
            assert_eq!(of(|standing| *standing == Standing::Waits), kind.line.clone(), "in order");
            assert!(kind.taken == kind.bound || kind.line.is_empty(), "nobody waits for what is free");
        }
        assert!(self.rules.requests.iter().map(|(ticket, _)| ticket).eq(self.here.keys()));
        for (&ticket, &(turn, question)) in &self.here {
            match self.rules.standing(ticket).expect("here") {
                Standing::With(other) => {
                    let (of, asks) = self.here[other];
                    assert!(*other < ticket && of == turn && asks == question && question.is_some());
                    // It joins nobody whose program was started before it came.
                    let is_old = self.witnesses.get(other).is_some_and(|seen| !seen.contains(&ticket));
                    assert!(!is_old, "{ticket} came after {other} was started");
                }
                Standing::Told((by, of)) => {
                    assert_eq!(Some(*of), question);
                    if let Some(seen) = before.witnesses.get(by) {
                        assert!(seen.contains(&ticket), "an answer older than the question");
                    }
                }
                Standing::Waits | Standing::Has => {}
            }
        }
    }
}

fn explore(bounds: AtOnce, asks: &[Ask]) -> (usize, usize) {
    let start =
        World { rules: Rules::new(bounds), here: BTreeMap::new(), witnesses: BTreeMap::new(), come: 0 };
    let (mut seen, mut left, mut told) = (BTreeSet::new(), vec![start], 0);
    while let Some(world) = left.pop() {
        let events = world.events(asks);
        if events.is_empty() {
            assert!(world.rules.kinds.iter().all(|kind| kind.taken == 0 && kind.line.is_empty()));
        }
        for event in events {
            let after = world.after(event);
            let is_told = |ticket: &Ticket| matches!(after.rules.standing(*ticket), Some(Standing::Told(_)));
            told += after.here.keys().filter(|ticket| is_told(ticket)).count();
            if seen.insert(after.clone()) {
                left.push(after);
            }
        }
    }
    (seen.len(), told)
}

#[test]
fn in_every_order_the_bounds_hold_and_nobody_is_forgotten() {
    use Turn::{Change, Read};
    let (a, b) = (Some('a'), Some('b'));
    let kinds = [(Read, a), (Read, b), (Read, None), (Change, None)];
    let (mut states, mut told) = (0, 0);
    let mut try_all = |read, asks: &[Ask]| {
        let (seen, heard) = explore(AtOnce::default().with(Read, read).with(Change, 1), asks);
        (states, told) = (states + seen, told + heard);
    };
    for number in 0..kinds.len().pow(4) {
        let asks: Vec<_> = (0..4).map(|at| kinds[number / kinds.len().pow(at) % kinds.len()]).collect();
        try_all(1, &asks);
    }
    try_all(1, &[(Read, a), (Read, a), (Read, b), (Read, a), (Read, a), (Read, b), (Read, a)]);
    try_all(2, &[(Read, a), (Read, b), (Read, a), (Read, a), (Read, b), (Read, a), (Read, a)]);
    try_all(2, &[(Read, a), (Change, None), (Read, a), (Read, None), (Change, None), (Read, a), (Read, b)]);
    println!("{states} states, {told} told");
    assert!(states > 10_000 && told > 1_000);
}

/// Of changes that take locks and a place, in the order of `action::claim`. Does some order end in
/// all waiting for each other? A place is given back while a lock is waited for, or, where
/// `keeps` says so, it is not.
fn gets_stuck(keeps: bool) -> bool {
    /// Lock the name, a place, lock what was found, a place, done.
    type Change = [usize; 2];
    const CHANGES: [Change; 3] = [[0, 1], [1, 1], [0, 1]];
    const PLACES: usize = 1;
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    struct Stand {
        step: [u8; 3],
        owner: [Option<usize>; 2],
        seated: [bool; 3],
    }
    let start = Stand { step: [0; 3], owner: [None; 2], seated: [false; 3] };
    let (mut seen, mut left) = (BTreeSet::new(), vec![start]);
    while let Some(stand) = left.pop() {
        let mut moved = false;
        for at in 0..3 {
            let mut next = stand.clone();
            let is_free = stand.seated.iter().filter(|seated| **seated).count() < PLACES;
            let lock = CHANGES[at][usize::from(stand.step[at] == 2)];
            let is_mine = stand.owner[lock].is_none_or(|owner| owner == at);
            match stand.step[at] {
                0 | 2 if is_mine => {
                    next.owner[lock] = Some(at);
                    next.step[at] += 1;
                }
                2 if !keeps && stand.seated[at] => next.seated[at] = false,
                1 | 3 if stand.seated[at] || is_free => {
                    next.seated[at] = true;
                    next.step[at] += 1;
                }
                4 => {
                    next.seated[at] = false;
                    next.owner = next.owner.map(|owner| owner.filter(|owner| *owner != at));
                    next.step[at] = 5;
                }
                _ => continue,
            }
            moved = true;
            if seen.insert(next.clone()) {
                left.push(next);
            }
        }
        if !moved && stand.step != [5; 3] {
            return true;
        }
    }
    false
}

#[test]
fn who_waits_for_a_lock_keeps_nobody_from_ending() {
    assert!(!gets_stuck(false));
    assert!(gets_stuck(true), "or this would prove nothing");
}

#[test]
fn the_kinds_are_apart() {
    let mut rules = Rules::<char, Answer>::new(AtOnce::default().with(Turn::Exec, 1).with(Turn::Long, 1));
    let full: Vec<_> = [Turn::Exec, Turn::Long].into_iter().map(|turn| rules.arrive(turn, None)).collect();
    let waits: Vec<_> = [Turn::Exec, Turn::Long].into_iter().map(|turn| rules.arrive(turn, None)).collect();
    for turn in [Turn::Change, Turn::Read, Turn::Health] {
        let ticket = rules.arrive(turn, None);
        assert_eq!(rules.standing(ticket), Some(&Standing::Has), "{turn:?}");
    }
    assert_eq!(rules.count(Turn::Exec), (1, 1));
    for (full, waits) in full.into_iter().zip(waits) {
        assert_eq!(rules.standing(waits), Some(&Standing::Waits));
        assert_eq!(rules.leave(full, None), [waits]);
    }
}
