//! Where the time of a request goes: waiting for locks, for a place among those that have
//! programs running, the programs, and what is left, which is this class's own. An administrator to whom
//! a request is too slow can see from it whom to ask.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// What was spent so far.
#[derive(Debug)]
pub struct Spent {
    started: Instant,
    programs: Cell<Duration>,
    place: Cell<Duration>,
    lock: Cell<Duration>,
}

/// What time is spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Waiting for those who hold a lock.
    Lock,
    /// Waiting for a place.
    Place,
    /// Programs, from their start to the end of what they print.
    Programs,
}

impl Spent {
    /// The clock of a request that began then.
    #[must_use]
    pub fn since(started: Instant) -> Spent {
        Spent { started, programs: Cell::default(), place: Cell::default(), lock: Cell::default() }
    }

    /// Do something, and count the time that it takes, without what is counted meanwhile.
    pub fn on<R>(&self, what: On, f: impl FnOnce() -> R) -> R {
        let (begun, before) = (Instant::now(), self.counted());
        let result = f();
        let others = self.counted().saturating_sub(before);
        let sum = match what {
            On::Lock => &self.lock,
            On::Place => &self.place,
            On::Programs => &self.programs,
        };
        sum.set(sum.get() + begun.elapsed().saturating_sub(others));
        result
    }

    fn counted(&self) -> Duration {
        self.programs.get() + self.place.get() + self.lock.get()
    }

    /// In milliseconds: for locks, this class's own, for a place, for programs.
    #[must_use]
    pub fn milliseconds(&self) -> [u64; 4] {
        let ours = self.started.elapsed().saturating_sub(self.counted());
        let times = [self.lock.get(), ours, self.place.get(), self.programs.get()];
        times.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_within_is_counted_once() {
        let wait = |ms| std::thread::sleep(Duration::from_millis(ms));
        let spent = Spent::since(Instant::now());
        spent.on(On::Lock, || {
            wait(20);
            spent.on(On::Programs, || wait(40));
        });
        wait(10);
        let [lock, ours, place, programs] = spent.milliseconds();
        assert!(lock >= 20 && programs >= 40 && ours >= 10 && place == 0);
        assert!(
            lock + ours + programs <= spent.started.elapsed().as_millis() as u64,
            "none is counted twice"
        );
    }
}
