//! Running one command from its start to its end: the interface that everything above asks for, and the runner
//! behind it that really starts programs.

use std::time::Instant;

use super::child::{Child, Survivors};
use super::command::{Command, Step};
use super::drive::drive;
use super::error::StartError;
use super::outcome::Outcome;
use super::spawn::spawn;

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
}

/// The runner that really starts programs.
///
/// Keep one for as long as programs are run: it remembers the rare child that not even KILL ended in time, and
/// reaps it when a later run finds it gone.
#[derive(Debug, Default)]
pub struct System {
    survivors: Survivors,
}

impl System {
    /// A runner with nothing to remember.
    #[must_use]
    pub const fn new() -> Self {
        Self { survivors: Survivors::new() }
    }
}

impl Runner for System {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
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
        Ok(drive(child, known, spawned.stdout, spawned.stderr, command, start))
    }
}
