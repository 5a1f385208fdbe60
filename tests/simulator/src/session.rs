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
}

impl Session {
    /// Runs one command line; answers the exit status.
    pub(crate) fn run(store: Store, program: &Path, command: impl FnOnce(&mut Session) -> Outcome) -> u8 {
        let mut session =
            Session { store, program: program.display().to_string(), output: Output::default() };
        let status = match command(&mut session) {
            Ok(status) | Err(Stop::Exit(status)) => status,
            Err(Stop::Broken(error)) => {
                session.output.err(&format!("iocage-sim: {error}\n"));
                BROKEN
            }
        };
        match session.output.flush() {
            Ok(()) => status,
            Err(error) => {
                // Nobody may be left to read this, and a panic over it would help nobody.
                let _ = std::io::Write::write_fmt(
                    &mut std::io::stderr(),
                    format_args!("iocage-sim: cannot write the answer: {error}\n"),
                );
                BROKEN
            }
        }
    }

    /// Writes what was said, asks nothing more of the lock, and reads one line of the answer; none at the end of stdin.
    pub(crate) fn ask(&mut self, question: &str) -> Result<Option<String>, Stop> {
        self.output.out(question);
        self.flush()?;
        let mut answer = String::new();
        let read = std::io::stdin()
            .read_line(&mut answer)
            .map_err(|error| Stop::Broken(format!("cannot read the answer: {error}")))?;
        Ok((read > 0).then(|| answer.trim().to_owned()))
    }

    pub(crate) fn flush(&mut self) -> Result<(), Stop> {
        self.output.flush().map_err(|error| Stop::Broken(format!("cannot write the answer: {error}")))
    }
}

pub(crate) fn not_simulated(what: &str) -> Stop {
    Stop::Broken(format!("not simulated: {what}"))
}
