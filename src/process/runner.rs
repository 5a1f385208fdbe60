//! Running one command from its start to its end: the interface that everything above asks for, and the runner
//! behind it that really starts programs.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use super::child::{Child, Survivors};
use super::command::{Command, Step};
use super::drive::drive;
use super::error::StartError;
use super::living::Process;
use super::outcome::Outcome;
use super::spawn::{Spawned, spawn};

/// What runs a command. Everything above this module asks for a `Runner`, so that tests and fuzzers can drive it
/// with one that never starts a program.
pub trait Runner: Send + Sync {
    /// Runs `command` to its end and returns what became of it.
    ///
    /// Blocks the calling thread, at most for deadline, grace and linger of the command and two seconds. Any
    /// number of threads may call at once.
    ///
    /// # Errors
    ///
    /// [`StartError`] if nothing was started; a program that ran and failed is an [`Outcome`].
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError>;

    /// Starts `command`, and nothing more: what it prints waits in its pipe, and neither the clock nor the caller's
    /// wish is looked at, until [`Begun::end`]. So several programs work at once on one thread. None by a runner that
    /// cannot do so.
    ///
    /// # Errors
    ///
    /// As for [`run`](Self::run).
    fn begin(&self, command: &Command<'_>) -> Result<Option<Begun>, StartError> {
        let _ = command;
        Ok(None)
    }
}

/// How long is waited for one that was killed and that nobody asks for.
const GOING: Duration = Duration::from_millis(250);

/// A child that was started and is not seen to its end yet.
///
/// Dropped before that, it is killed and reaped, which takes a moment, and two seconds at most.
#[derive(Debug)]
pub struct Begun {
    child: Child,
    known: Option<Process>,
    spawned: Spawned,
    start: Instant,
}

impl Begun {
    /// Sees it to its end, as [`Runner::run`] does; the deadline counts from its start. `command` is what it was
    /// started with, or differs in who asks, watches and listens alone.
    #[must_use]
    pub fn end(self, command: &Command<'_>) -> Outcome {
        let Spawned { stdout, stderr, .. } = self.spawned;
        drive(self.child, self.known, stdout, stderr, command, self.start)
    }

    /// Ends several that nobody asks for any more, and returns the numbers of those that do not go: nobody waits
    /// longer for them than a quarter of a second, and they are reaped when a later run finds them gone.
    pub fn end_all(mut all: Vec<Begun>) -> Vec<i32> {
        all.iter_mut().for_each(|begun| begun.child.kill());
        let killed = Instant::now();
        loop {
            all.retain_mut(|begun| begun.child.reap().is_none());
            if all.is_empty() || killed.elapsed() >= GOING {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
        let left = all.iter().map(|begun| begun.child.pid()).collect();
        all.into_iter().for_each(|begun| begun.child.give_up());
        left
    }
}

/// The runner that really starts programs.
///
/// Keep one for as long as programs are run: it remembers the rare child that not even KILL ended in time, and
/// reaps it when a later run finds it gone.
#[derive(Debug, Default)]
pub struct System {
    survivors: Arc<Survivors>,
}

impl System {
    /// A runner with nothing to remember.
    #[must_use]
    pub fn new() -> Self {
        Self { survivors: Arc::new(Survivors::new()) }
    }

    fn start(&self, command: &Command<'_>) -> Result<Begun, StartError> {
        self.survivors.reap();
        if (command.cancel)() {
            return Err(StartError::Cancelled);
        }
        let start = Instant::now();
        let spawned = spawn(command)?;
        let child = Child::new(spawned.pid, &self.survivors);
        let known = command.watch.map(|watch| {
            let process = child.process();
            watch(Step::Started(process));
            process
        });
        Ok(Begun { child, known, spawned, start })
    }
}

impl Runner for System {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        self.start(command).map(|begun| begun.end(command))
    }

    fn begin(&self, command: &Command<'_>) -> Result<Option<Begun>, StartError> {
        self.start(command).map(Some)
    }
}
