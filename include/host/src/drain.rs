//! How long what a generation has begun may go on when the generation is to go: requests for the policy's
//! time for them, jobs for theirs, which is longer. Then each is cancelled, and has some time to end.
//!
//! Rules alone, as of the jobs' table: what is in flight and what time it is are told to it, and the
//! reaper does what it says. Nothing new comes in flight meanwhile.

use std::time::Duration;

use crate::numbers::is_job;

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing is in flight: it can go.
    Done,
    /// Look again when something has landed, or after so long.
    Wait(Duration),
    /// Cancel these.
    Cancel(Vec<u64>),
    /// These were cancelled and do not end: say so, and go on.
    Stuck(Kind),
}

/// What is in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Requests,
    Jobs,
}

impl Kind {
    fn of(request: u64) -> Kind {
        if is_job(request) { Kind::Jobs } else { Kind::Requests }
    }

    /// The word for several.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Kind::Requests => "requests",
            Kind::Jobs => "jobs",
        }
    }
}

/// One kind, and how far its end is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    kind: Kind,
    limit: Duration,
    /// When they were cancelled.
    cancelled: Option<Duration>,
    is_stuck: bool,
}

/// The end of one generation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Drain {
    parts: [Part; 2],
    patience: Duration,
}

impl Drain {
    /// Requests may go on for so long, jobs for so long; `patience`: what they have to end when they
    /// are cancelled.
    pub(crate) fn new(requests: Duration, jobs: Duration, patience: Duration) -> Drain {
        let part = |kind, limit| Part { kind, limit, cancelled: None, is_stuck: false };
        Drain { parts: [part(Kind::Requests, requests), part(Kind::Jobs, jobs)], patience }
    }

    /// How long this kind may go on.
    pub(crate) fn limit(&self, kind: Kind) -> Duration {
        self.parts[kind as usize].limit
    }

    /// What was not cancelled yet may go on no longer than so long after it began.
    pub(crate) fn hurry(&mut self, most: Duration) {
        for part in self.parts.iter_mut().filter(|part| part.cancelled.is_none()) {
            part.limit = part.limit.min(most);
        }
    }

    /// What to do, so long after it began, while these are in flight.
    pub(crate) fn step(&mut self, since: Duration, flight: &[u64]) -> Step {
        if flight.is_empty() {
            return Step::Done;
        }
        let mut pause = Duration::MAX;
        for part in &mut self.parts {
            let mine = || flight.iter().copied().filter(|request| Kind::of(*request) == part.kind);
            if mine().next().is_none() {
                continue;
            }
            let due = match part.cancelled {
                None if since >= part.limit => {
                    let mine = mine().collect();
                    part.cancelled = Some(since);
                    return Step::Cancel(mine);
                }
                None => part.limit,
                Some(_) if part.is_stuck => continue,
                Some(at) if since >= at.saturating_add(self.patience) => {
                    part.is_stuck = true;
                    return Step::Stuck(part.kind);
                }
                Some(at) => at.saturating_add(self.patience),
            };
            pause = pause.min(due.saturating_sub(since));
        }
        Step::Wait(pause)
    }
}

#[cfg(test)]
mod tests;
