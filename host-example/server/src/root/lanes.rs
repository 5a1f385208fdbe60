//! Where work is done: threads for each kind of it, so that what hangs in one kind holds up no other, and never those that
//! read and write for clients.
//!
//! Each kind has a number of threads, made when there is something to do and gone when there was nothing for a while, and a queue that is
//! bounded: one more is told to come again. Of both together those with limited access have at most half,
//! or they could keep an administrator out.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sysadm_host::Access;

/// How long a thread waits for more.
const LINGER: Duration = Duration::from_secs(10);

/// A kind of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    /// Checks of passwords, which take a processor and memory on purpose.
    Logins,
    /// Looks into the system's lists of users, for which nobody who guesses passwords is to make others wait.
    Peers,
    /// What the host knows itself, and no class is asked for: jobs, modules, descriptions and figures. Where a class hangs, that is what one looks at.
    Own,
    /// What only reads.
    Reads,
    /// What changes something, and is done soon.
    Changes,
    /// What takes longer than one likes to wait.
    Long,
    /// Waiting for a job.
    Waits,
}

impl Lane {
    /// All of them, as the metrics show them.
    pub(crate) const ALL: [Lane; 7] =
        [Lane::Logins, Lane::Peers, Lane::Own, Lane::Reads, Lane::Changes, Lane::Long, Lane::Waits];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Lane::Logins => "logins",
            Lane::Peers => "peers",
            Lane::Own => "own",
            Lane::Reads => "reads",
            Lane::Changes => "changes",
            Lane::Long => "long",
            Lane::Waits => "waits",
        }
    }
}

type Work = Box<dyn FnOnce() + Send>;

/// All lanes.
pub(crate) struct Lanes(Vec<Arc<Queue>>);

struct Queue {
    name: &'static str,
    threads: usize,
    waiting: usize,
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<(Access, Work)>,
    /// Threads there are, and those of them without work.
    threads: usize,
    idle: usize,
    /// What waits and is worked on.
    all: usize,
    /// Of those with limited access: what waits and is worked on, and of that what is worked on.
    limited: usize,
    limited_busy: usize,
    is_over: bool,
}

/// There is no place for one more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Lanes {
    /// So many threads of each kind, and so many that wait.
    pub(crate) fn new(threads: impl Fn(Lane) -> usize, waiting: usize) -> Lanes {
        let queue = |lane: Lane| Queue {
            name: lane.word(),
            threads: threads(lane),
            waiting,
            state: Mutex::default(),
            more: Condvar::new(),
        };
        Lanes(Lane::ALL.into_iter().map(|lane| Arc::new(queue(lane))).collect())
    }

    /// Have it done, by whoever comes to it; what panics harms nobody else.
    pub(crate) fn submit(
        &self,
        lane: Lane,
        access: Access,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<(), Full> {
        self.0[lane as usize].submit(access, Box::new(work))
    }

    /// How much is worked on and waits, of each.
    pub(crate) fn load(&self) -> Vec<(Lane, usize, usize)> {
        let load = |lane: Lane| {
            let state = self.0[lane as usize].state();
            (lane, state.all - state.queue.len(), state.queue.len())
        };
        Lane::ALL.into_iter().map(load).collect()
    }

    /// Nothing more is begun; what waits is dropped. Whoever works is not waited for.
    pub(crate) fn close(&self) {
        for queue in &self.0 {
            let mut state = queue.state();
            state.is_over = true;
            let dropped = std::mem::take(&mut state.queue);
            state.all -= dropped.len();
            drop(state);
            queue.more.notify_all();
            drop(dropped);
        }
    }
}

impl Queue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn submit(self: &Arc<Queue>, access: Access, work: Work) -> Result<(), Full> {
        let mut state = self.state();
        let is_limited = access < Access::Full;
        let is_full = state.all >= self.threads + self.waiting;
        let is_beyond = is_limited && state.limited >= (self.threads + self.waiting).div_ceil(2);
        if state.is_over || is_full || is_beyond {
            return Err(Full);
        }
        state.queue.push_back((access, work));
        state.all += 1;
        state.limited += usize::from(is_limited);
        let is_short = state.idle < state.queue.len() && state.threads < self.threads;
        if is_short {
            state.threads += 1;
        }
        drop(state);
        if is_short && self.start().is_err() {
            // Those that are there come to it; without any it would wait for ever.
            let mut state = self.state();
            state.threads -= 1;
            if state.threads == 0 {
                let lost = state.queue.pop_back();
                state.all -= 1;
                state.limited -= usize::from(is_limited);
                drop(state);
                drop(lost);
                return Err(Full);
            }
        }
        self.more.notify_one();
        Ok(())
    }

    fn start(self: &Arc<Queue>) -> std::io::Result<()> {
        let queue = Arc::clone(self);
        let thread = std::thread::Builder::new().name(format!("sysadmd {}", self.name));
        thread.spawn(move || queue.work()).map(drop)
    }

    /// What a thread does.
    fn work(&self) {
        let mut state = self.state();
        loop {
            if let Some((access, work)) = self.take(&mut state) {
                drop(state);
                // Whoever waits for its end hears of it when what it holds is dropped.
                drop(std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)));
                state = self.state();
                let is_limited = usize::from(access < Access::Full);
                state.all -= 1;
                state.limited -= is_limited;
                state.limited_busy -= is_limited;
                // One of those that were passed over may be begun now.
                self.more.notify_one();
                continue;
            }
            if state.is_over {
                break;
            }
            let begun = Instant::now();
            state.idle += 1;
            let (again, _) = self
                .more
                .wait_timeout_while(state, LINGER, |state| self.next(state).is_none() && !state.is_over)
                .unwrap_or_else(PoisonError::into_inner);
            state = again;
            state.idle -= 1;
            if self.next(&state).is_none()
                && begun.elapsed() >= LINGER
                && (state.queue.is_empty() || state.threads > 1)
            {
                break;
            }
        }
        state.threads -= 1;
    }

    /// Which is next: with limited access none while half of the threads are busy with such.
    fn next(&self, state: &State) -> Option<usize> {
        let has_room = state.limited_busy < self.threads.div_ceil(2);
        state.queue.iter().position(|(access, _)| has_room || *access >= Access::Full)
    }

    fn take(&self, state: &mut State) -> Option<(Access, Work)> {
        let next = self.next(state)?;
        let (access, work) = state.queue.remove(next)?;
        state.limited_busy += usize::from(access < Access::Full);
        Some((access, work))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn lanes(threads: usize, waiting: usize) -> Lanes {
        Lanes::new(|_| threads, waiting)
    }

    #[test]
    fn what_hangs_in_one_lane_holds_up_no_other() {
        let lanes = lanes(2, 4);
        let (release, hangs) = mpsc::channel::<()>();
        let hangs = Arc::new(Mutex::new(hangs));
        for _ in 0..2 {
            let hangs = Arc::clone(&hangs);
            lanes
                .submit(Lane::Long, Access::Full, move || {
                    let _ = hangs.lock().expect("no panic").recv();
                })
                .expect("room");
        }
        let (done, told) = mpsc::channel();
        lanes.submit(Lane::Reads, Access::Full, move || done.send(()).expect("heard")).expect("room");
        told.recv_timeout(Duration::from_secs(60)).expect("a read is done");
        // Two are worked on; four wait; one more does not.
        let room = (0..10).filter(|_| lanes.submit(Lane::Long, Access::Full, || ()).is_ok()).count();
        assert_eq!(room, 4);
        drop(release);
    }

    #[test]
    fn those_with_limited_access_leave_room() {
        let lanes = lanes(2, 4);
        let (release, hangs) = mpsc::channel::<()>();
        let hangs = Arc::new(Mutex::new(hangs));
        let hang = || {
            let hangs = Arc::clone(&hangs);
            move || {
                let _ = hangs.lock().expect("no panic").recv();
            }
        };
        let room = (0..10).filter(|_| lanes.submit(Lane::Reads, Access::Limited, hang()).is_ok()).count();
        assert_eq!(room, 3, "half of six");
        let (done, told) = mpsc::channel();
        for _ in 0..3 {
            let done = done.clone();
            lanes.submit(Lane::Reads, Access::Full, move || done.send(()).expect("heard")).expect("room");
        }
        told.recv_timeout(Duration::from_secs(60)).expect("a thread is left for who has full access");
        drop(release);
    }

    #[test]
    fn a_panic_ends_its_own_work_alone() {
        let lanes = lanes(1, 1);
        lanes.submit(Lane::Reads, Access::Full, || panic!("a defect")).expect("room");
        let (done, told) = mpsc::channel();
        while lanes
            .submit(Lane::Reads, Access::Full, {
                let done = done.clone();
                move || {
                    let _ = done.send(());
                }
            })
            .is_err()
        {}
        told.recv_timeout(Duration::from_secs(60)).expect("the next is done");
        lanes.close();
        assert_eq!(lanes.submit(Lane::Reads, Access::Full, || ()), Err(Full));
    }
}
