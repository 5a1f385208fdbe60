//! The table of jobs: who may run, who waits, what is kept. Rules alone: nothing in here has a
//! thread or looks at a clock, all that happens is told to it together with the time, and what is
//! to be done then is what it answers. So all orders in which things can happen can be tried, which
//! its tests do.
//!
//! A job waits, runs and is finished, in this order; one that is ended before it runs is finished
//! at once. What is told of it goes out between these steps, on a thread of the caller's, and may
//! take long there: so a job is not begun before it was [announced](Table::announce), and its place
//! is not free before it [leaves](Table::leave).

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::limits::JobLimits;
use super::shares::{Amount, By, Kept, left, shares, surplus, used};
use super::time::{Moment, millis};

/// The number of a job, from 0 in the order in which they came.
pub(crate) type Number = u64;

/// What a job counts for beside its args and its answer.
const OVERHEAD: usize = 1 << 10;

/// Where a job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Waiting,
    Running,
    Finished,
}

/// By what a repeated request is known: whose it is, and a digest of what it asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// Caller, access and class, and the word that the client chose.
    pub(crate) word: (String, bool, Arc<str>, String),
    pub(crate) digest: [u8; 32],
}

/// A job that is to be one.
pub(crate) struct New<P> {
    pub(crate) class: Arc<str>,
    pub(crate) by: By,
    pub(crate) key: Option<Key>,
    /// How long its args are.
    pub(crate) bytes: usize,
    pub(crate) payload: P,
}

/// A job.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Entry<P> {
    pub(crate) payload: P,
    pub(crate) phase: Phase,
    pub(crate) queued: Moment,
    pub(crate) started: Option<Moment>,
    pub(crate) finished: Option<Moment>,
    class: Arc<str>,
    by: By,
    key: Option<Key>,
    bytes: usize,
    is_killed: bool,
    is_announced: bool,
    has_place: bool,
}

impl<P> Entry<P> {
    /// Is it finished, and was all told of it?
    fn may_go(&self) -> bool {
        self.phase == Phase::Finished && !self.has_place && self.is_announced
    }
}

/// What became of a new one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    New(Number),
    /// It is this one, asked for again.
    Same(Number),
}

/// Why there is no job.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// As many wait as may; try again after so many seconds.
    Full(u64),
    /// The key is that of a job with other args.
    OtherArgs(Number),
    /// It has more bytes than all of his together may have.
    TooLong,
    /// Nothing new is taken.
    Closed,
}

/// What a kill met.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Killed {
    /// It is finished, or there is none.
    Not,
    /// It waited, and is finished now.
    Waiting(Ended),
    /// It runs, and is to be told.
    Running,
}

/// A job that ended before it ran, and was it announced? If not, who does it tells its end, too.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ended(pub(crate) Number, pub(crate) bool);

/// The jobs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Table<P> {
    entries: BTreeMap<Number, Entry<P>>,
    next: Number,
    /// Those that are finished, the first to be so first.
    ended: VecDeque<Number>,
    /// How long they run, as far as is known.
    pace: u64,
    is_closed: bool,
    bounds: Bounds,
}

/// The limits, in this table's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Bounds {
    running: usize,
    per_class: usize,
    waiting: usize,
    queue: u64,
    kept: usize,
    keep: u64,
    bytes: usize,
}

impl<P> Table<P> {
    pub(crate) fn new(limits: &JobLimits) -> Table<P> {
        let bounds = Bounds {
            running: limits.running.max(1),
            per_class: limits.per_class.max(1),
            waiting: limits.waiting,
            queue: millis(limits.queue),
            kept: limits.kept,
            keep: millis(limits.keep),
            bytes: limits.bytes,
        };
        let (entries, ended) = (BTreeMap::new(), VecDeque::new());
        Table { entries, next: 0, ended, pace: 0, is_closed: false, bounds }
    }

    pub(crate) fn get(&self, job: Number) -> Option<&Entry<P>> {
        self.entries.get(&job)
    }

    /// All of them, in the order in which they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Number, &Entry<P>)> {
        self.entries.iter().map(|(number, entry)| (*number, entry))
    }

    fn of(&self, phase: Phase) -> impl Iterator<Item = (Number, &Entry<P>)> {
        self.iter().filter(move |(_, entry)| entry.phase == phase)
    }

    /// The bytes of what is finished, and of all else.
    pub(crate) fn bytes(&self) -> (usize, usize) {
        self.entries.values().fold((0, 0), |(kept, live), entry| match entry.phase {
            Phase::Finished => (kept + entry.bytes, live),
            _ => (kept, live + entry.bytes),
        })
    }

    /// Is nothing new taken?
    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// Has everything ended and left?
    pub(crate) fn is_idle(&self) -> bool {
        self.entries.values().all(|entry| entry.phase == Phase::Finished && !entry.has_place)
    }

    /// A new job, which waits. It is not begun before it is announced.
    pub(crate) fn submit(&mut self, new: New<P>, now: Moment) -> Result<Taken, Refusal> {
        self.forget(now);
        if self.is_closed {
            return Err(Refusal::Closed);
        }
        if let Some(key) = &new.key {
            let mut others = self.iter().filter_map(|(number, entry)| Some((number, entry.key.as_ref()?)));
            if let Some((number, other)) = others.find(|(_, other)| other.word == key.word) {
                let is_same = other.digest == key.digest;
                return if is_same { Ok(Taken::Same(number)) } else { Err(Refusal::OtherArgs(number)) };
            }
        }
        let bytes = new.bytes.saturating_add(OVERHEAD);
        let by = &new.by;
        if shares(by, self.bounds.bytes).into_iter().any(|most| bytes > most) {
            return Err(Refusal::TooLong);
        }
        // Who may begin at once does not wait, though it is not announced yet.
        let free = self.free(&new.class, by);
        let waiting = used(by, self.of(Phase::Waiting).map(|(_, entry)| (&entry.by, 1)));
        let mut room = shares(by, self.bounds.waiting).into_iter().zip(waiting);
        let is_full = room.any(|(most, used)| used >= most.saturating_add(free));
        let live = self.entries.values().filter(|entry| entry.phase != Phase::Finished);
        if is_full || left(by, self.bounds.bytes, live.map(|entry| (&entry.by, entry.bytes))) < bytes {
            return Err(Refusal::Full(self.retry_after(now)));
        }
        let number = self.next;
        self.next += 1;
        let entry = Entry {
            payload: new.payload,
            phase: Phase::Waiting,
            queued: now,
            started: None,
            finished: None,
            class: new.class,
            by: new.by,
            key: new.key,
            bytes,
            is_killed: false,
            is_announced: false,
            has_place: false,
        };
        self.entries.insert(number, entry);
        Ok(Taken::New(number))
    }

    /// In how many seconds it may be worth to come again: when one of those that run may have
    /// ended, if they take as long as others did.
    fn retry_after(&self, now: Moment) -> u64 {
        let oldest = self.of(Phase::Running).filter_map(|(_, entry)| entry.started).min();
        let pace = self.pace.max(now.saturating_sub(oldest.unwrap_or(now)));
        (pace / self.bounds.running as u64).div_ceil(1000).clamp(1, 3600)
    }

    /// It was announced, and may begin; `true` if it has ended before that.
    pub(crate) fn announce(&mut self, job: Number) -> bool {
        self.entries.get_mut(&job).is_some_and(|entry| {
            entry.is_announced = true;
            entry.phase == Phase::Finished
        })
    }

    /// How many of this class, and of his, might be begun, if none waited.
    fn free(&self, class: &str, by: &By) -> usize {
        let places = self.entries.values().filter(|entry| entry.has_place);
        let of_class = places.clone().filter(|entry| *entry.class == *class);
        let in_all = left(by, self.bounds.running, places.map(|entry| (&entry.by, 1)));
        in_all.min(left(by, self.bounds.per_class, of_class.map(|entry| (&entry.by, 1))))
    }

    /// The next one that runs, from now on, if one may: the first that waits of a class, and of
    /// somebody, with not as many running as may.
    pub(crate) fn start(&mut self, now: Moment) -> Option<Number> {
        let mut waiting = self.of(Phase::Waiting).filter(|(_, entry)| entry.is_announced);
        let (number, _) = waiting.find(|(_, entry)| self.free(&entry.class, &entry.by) > 0)?;
        drop(waiting);
        let entry = self.entries.get_mut(&number)?;
        (entry.phase, entry.started, entry.has_place) = (Phase::Running, Some(now), true);
        Some(number)
    }

    /// One that ran has its answer, and counts for so many bytes. Its place is taken until it leaves.
    pub(crate) fn end(&mut self, job: Number, bytes: usize, now: Moment) {
        let Some(entry) = self.entries.get_mut(&job).filter(|entry| entry.phase == Phase::Running) else {
            return;
        };
        let took = now.saturating_sub(entry.started.unwrap_or(now));
        // The last ones count for more than those of yesterday.
        self.pace = (self.pace / 4).saturating_mul(3).saturating_add(took / 4);
        self.finish(job, bytes, now);
        self.forget(now);
    }

    fn finish(&mut self, job: Number, bytes: usize, now: Moment) {
        if let Some(entry) = self.entries.get_mut(&job) {
            (entry.phase, entry.finished) = (Phase::Finished, Some(now));
            entry.bytes = bytes.saturating_add(OVERHEAD);
            self.ended.push_back(job);
        }
    }

    /// All was told of it: its place is free.
    pub(crate) fn leave(&mut self, job: Number, now: Moment) {
        if let Some(entry) = self.entries.get_mut(&job).filter(|entry| entry.phase == Phase::Finished) {
            entry.has_place = false;
        }
        self.forget(now);
    }

    /// It is wanted no more.
    pub(crate) fn kill(&mut self, job: Number, now: Moment) -> Killed {
        let Some(entry) = self.entries.get_mut(&job) else { return Killed::Not };
        match entry.phase {
            Phase::Finished => Killed::Not,
            Phase::Running => {
                entry.is_killed = true;
                Killed::Running
            }
            Phase::Waiting => {
                entry.is_killed = true;
                let is_announced = entry.is_announced;
                self.finish(job, 0, now);
                Killed::Waiting(Ended(job, is_announced))
            }
        }
    }

    /// Those that have waited for too long: they are finished now.
    pub(crate) fn expire(&mut self, now: Moment) -> Vec<Ended> {
        let queue = self.bounds.queue;
        self.end_waiting(now, |entry| entry.queued.saturating_add(queue) <= now)
    }

    /// Take nothing new, and end what waits.
    pub(crate) fn close(&mut self, now: Moment) -> Vec<Ended> {
        self.is_closed = true;
        self.end_waiting(now, |_| true)
    }

    fn end_waiting(&mut self, now: Moment, is_over: impl Fn(&Entry<P>) -> bool) -> Vec<Ended> {
        let over = self.of(Phase::Waiting).filter(|(_, entry)| is_over(entry));
        let over: Vec<_> = over.map(|(number, entry)| Ended(number, entry.is_announced)).collect();
        for Ended(job, _) in &over {
            self.finish(*job, 0, now);
        }
        over
    }

    /// Those that run and are wanted no more: killed, or for longer than `limit`.
    pub(crate) fn unwanted(&self, limit: u64, now: Moment) -> Vec<Number> {
        let is_late =
            |entry: &Entry<P>| entry.started.is_some_and(|started| started.saturating_add(limit) <= now);
        self.of(Phase::Running)
            .filter(|(_, entry)| entry.is_killed || is_late(entry))
            .map(|(number, _)| number)
            .collect()
    }

    /// When after `now` the next one will have waited for too long, or run for `limit`.
    pub(crate) fn due(&self, limit: u64, now: Moment) -> Option<Moment> {
        let due = |(_, entry): (Number, &Entry<P>)| match entry.phase {
            Phase::Waiting => Some(entry.queued.saturating_add(self.bounds.queue)),
            Phase::Running => Some(entry.started?.saturating_add(limit)),
            Phase::Finished => None,
        };
        self.iter().filter_map(due).filter(|due| *due > now).min()
    }

    /// Forget what is kept no longer: what is old, and then what is too much.
    pub(crate) fn forget(&mut self, now: Moment) {
        let keep = self.bounds.keep;
        let is_old = |ended: Moment| ended.saturating_add(keep) <= now;
        let is_over = |entry: &Entry<P>| entry.may_go() && entry.finished.is_some_and(is_old);
        self.entries.retain(|_, entry| !is_over(entry));
        self.ended.retain(|job| self.entries.contains_key(job));
        while let Some(at) = self.surplus() {
            if let Some(job) = self.ended.remove(at) {
                self.entries.remove(&job);
            }
        }
    }

    fn surplus(&self) -> Option<usize> {
        let kept = self.ended.iter().filter_map(|job| self.entries.get(job)).map(|entry| Kept {
            by: &entry.by,
            has_key: entry.key.is_some(),
            bytes: entry.bytes,
            may_go: entry.may_go(),
        });
        surplus(Amount { count: self.bounds.kept, bytes: self.bounds.bytes }, &kept.collect::<Vec<_>>())
    }
}

#[cfg(test)]
mod tests;
