//! The rules alone: who has a place, who waits, who waits with whom. No clock, no thread
//! and no waiting in here, so that every order of events can be tried.
//!
//! Of each kind there are so many places. Who comes when all are taken waits in line, in
//! the order of coming. Who comes with a question that somebody in line has, too, goes
//! along with that one and is told the same answer; not with one who has a place, whose
//! program may have looked before this one asked. When who was to ask for others ends
//! without an answer, the first of those is in line itself, where it would have been from
//! the beginning.

use crate::config::{AtOnce, Turn};

/// A request's number, higher than of all that came before.
pub(super) type Ticket = u64;

/// Where a request stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Standing<A> {
    /// In line.
    Waits,
    /// With this one, for the same answer.
    With(Ticket),
    /// It has a place.
    Has,
    /// The answer is there.
    Told(A),
}

/// All of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rules<Q, A> {
    kinds: [Kind; Turn::ALL.len()],
    /// In the order of their numbers. A list, as the line is: a tree of its own makes the module
    /// larger by more than some thousand requests are worth.
    requests: Vec<(Ticket, Request<Q, A>)>,
    next: Ticket,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Kind {
    bound: usize,
    taken: usize,
    /// In the order of their numbers.
    line: Vec<Ticket>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Request<Q, A> {
    turn: Turn,
    /// What it asks, if it may be told another's answer.
    question: Option<Q>,
    standing: Standing<A>,
}

impl<Q: PartialEq, A: Clone> Rules<Q, A> {
    pub(super) fn new(bounds: AtOnce) -> Rules<Q, A> {
        let kinds = Turn::ALL.map(|turn| Kind { bound: bounds.of(turn), taken: 0, line: Vec::new() });
        Rules { kinds, requests: Vec::new(), next: 0 }
    }

    /// Somebody comes.
    pub(super) fn arrive(&mut self, turn: Turn, question: Option<Q>) -> Ticket {
        let ticket = self.next;
        self.next += 1;
        let kind = &self.kinds[turn as usize];
        let is_asked = |other: &&Ticket| {
            question.is_some() && self.request(**other).is_some_and(|other| other.question == question)
        };
        let standing = match kind.line.iter().find(is_asked) {
            Some(&other) => Standing::With(other),
            None => Standing::Waits,
        };
        let is_in_line = matches!(standing, Standing::Waits);
        self.requests.push((ticket, Request { turn, question, standing }));
        if is_in_line {
            self.kinds[turn as usize].line.push(ticket);
            self.grant(turn);
        }
        ticket
    }

    /// Where does it stand? None: it has left.
    pub(super) fn standing(&self, ticket: Ticket) -> Option<&Standing<A>> {
        self.request(ticket).map(|request| &request.standing)
    }

    /// Does anybody wait for its answer?
    pub(super) fn is_awaited(&self, ticket: Ticket) -> bool {
        self.with(ticket).next().is_some()
    }

    /// How many of this kind have a place, and how many wait.
    pub(super) fn count(&self, turn: Turn) -> (usize, usize) {
        let kind = &self.kinds[turn as usize];
        let is_here =
            |request: &Request<Q, A>| request.turn == turn && !matches!(request.standing, Standing::Told(_));
        let all = self.requests.iter().filter(|(_, request)| is_here(request)).count();
        (kind.taken, all - kind.taken)
    }

    /// It leaves, at whatever point: done, with an `answer` for those who wait for it; or early.
    /// Those are told whose standing has changed so that they should know.
    pub(super) fn leave(&mut self, ticket: Ticket, answer: Option<A>) -> Vec<Ticket> {
        let Ok(at) = self.at(ticket) else { return Vec::new() };
        let (_, left) = self.requests.remove(at);
        let kind = &mut self.kinds[left.turn as usize];
        match left.standing {
            Standing::Has => kind.taken -= 1,
            Standing::Waits => kind.line.retain(|other| *other != ticket),
            Standing::With(_) | Standing::Told(_) => return Vec::new(),
        }
        let mut with: Vec<Ticket> = self.with(ticket).collect();
        let mut told = Vec::new();
        if let Some(answer) = answer {
            self.set(&with, &Standing::Told(answer));
            told = with;
        } else if !with.is_empty() {
            let first = with.remove(0);
            self.set(&[first], &Standing::Waits);
            self.set(&with, &Standing::With(first));
            let line = &mut self.kinds[left.turn as usize].line;
            let at = line.partition_point(|other| *other < first);
            line.insert(at, first);
        }
        told.extend(self.grant(left.turn));
        told
    }

    fn at(&self, ticket: Ticket) -> Result<usize, usize> {
        self.requests.binary_search_by_key(&ticket, |(at, _)| *at)
    }

    fn request(&self, ticket: Ticket) -> Option<&Request<Q, A>> {
        self.at(ticket).ok().map(|at| &self.requests[at].1)
    }

    fn with(&self, ticket: Ticket) -> impl Iterator<Item = Ticket> {
        let is_with = move |one: &&(Ticket, Request<Q, A>)| matches!(one.1.standing, Standing::With(of) if of == ticket);
        self.requests.iter().filter(is_with).map(|(at, _)| *at)
    }

    fn set(&mut self, tickets: &[Ticket], standing: &Standing<A>) {
        for ticket in tickets {
            if let Ok(at) = self.at(*ticket) {
                self.requests[at].1.standing = standing.clone();
            }
        }
    }

    /// Give free places to the first in line.
    fn grant(&mut self, turn: Turn) -> Vec<Ticket> {
        let kind = &mut self.kinds[turn as usize];
        let free = kind.bound.saturating_sub(kind.taken).min(kind.line.len());
        kind.taken += free;
        let first: Vec<Ticket> = kind.line.drain(..free).collect();
        self.set(&first, &Standing::Has);
        first
    }
}

#[cfg(test)]
mod tests;
