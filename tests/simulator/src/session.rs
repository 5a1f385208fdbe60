//! One call of a simulated program: where its machine is, what it says, and how it ends. The rules of a generation,
//! such as what precedes every command, are in that generation's room.

use std::path::Path;

use crate::output::Output;
use crate::store::Store;

/// The exit status for what is the simulator's own failure, never iocage's (`EX_SOFTWARE` of sysexits).
pub(crate) const BROKEN: u8 = 70;

/// Why a command ends early.
pub(crate) enum Stop {
    /// It has said everything and exits so.
    Exit(u8),
    /// The simulator itself cannot go on.
    Broken(String),
}

/// How a command ends: an exit status.
pub(crate) type Outcome = Result<u8, Stop>;

/// One call.
pub(crate) struct Session {
    pub(crate) store: Store,
    /// `argv[0]`, which some of the shell's own messages begin with.
    pub(crate) program: String,
    pub(crate) output: Output,
    /// The signal by which the program is to end when all is said, as the command that it has run has.
    pub(crate) killed_by: Option<u8>,
}

impl Session {
    pub(crate) fn new(store: Store, program: &Path) -> Session {
        Session { store, program: program.display().to_string(), output: Output::default(), killed_by: None }
    }

    /// Runs one command line; answers the exit status. What was said is still to be written.
    pub(crate) fn run(
        &mut self,
        tool: impl FnOnce(&mut Session, &[String]) -> Outcome,
        words: &[String],
    ) -> u8 {
        match tool(self, words) {
            Ok(status) | Err(Stop::Exit(status)) => status,
            Err(Stop::Broken(error)) => {
                self.output.err(&format!("iocage-sim: {error}\n"));
                BROKEN
            }
        }
    }

    /// Writes what was said, asks nothing more of the lock, and reads one line of the answer; none at the end of stdin.
    pub(crate) fn ask(&mut self, question: &str) -> Result<Option<String>, Stop> {
        self.output.out(question);
        self.flush()?;
        let read = self.output.read_line();
        let answer = read.map_err(|error| Stop::Broken(format!("cannot read the answer: {error}")))?;
        Ok((!answer.is_empty()).then(|| answer.trim().to_owned()))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        self.output.flush().map_err(|error| Stop::Broken(format!("cannot write the answer: {error}")))
    }
}

pub(crate) fn not_simulated(what: &str) -> Stop {
    Stop::Broken(format!("not simulated: {what}"))
}
