//! The shell iocage, development line of 2016-02-10: which word runs what, and what every command begins with.
//!
//! A command reads the machine through [`Session::view`] or changes it through [`Session::change`]; both first do what
//! the real program does before any command, which is to find its pool and to make missing datasets. What the real
//! program can do and this one cannot is refused by name, never imitated half-way.

use std::path::Path;

use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::State;
use crate::store::Store;

mod clean;
mod clone;
mod create;
mod defaults;
mod destroy;
mod df;
mod dump;
mod exec;
mod get;
mod limits;
mod list;
mod names;
mod pool;
mod properties;
mod regex;
mod set;
mod start;
mod stop;
mod table;
mod tags;
mod usage;

type Command = fn(&mut Session, &[String]) -> Outcome;

const COMMANDS: [(&str, Command); 15] = [
    ("activate", pool::activate),
    ("cap", limits::cap),
    ("clean", clean::clean),
    ("clone", clone::clone),
    ("create", create::create),
    ("deactivate", pool::deactivate),
    ("defaults", defaults::defaults),
    ("destroy", destroy::destroy),
    ("df", df::df),
    ("exec", exec::exec),
    ("get", get::get),
    ("list", list::list),
    ("set", set::set),
    ("start", start::start),
    ("stop", stop::stop),
];

/// Commands of the real program that are not simulated.
const NOT_SIMULATED: [&str; 25] = [
    "-v",
    "console",
    "export",
    "fetch",
    "import",
    "init-host",
    "inuse",
    "limits",
    "pkg",
    "promote",
    "rcboot",
    "rcshutdown",
    "reboot",
    "reset",
    "restart",
    "rollback",
    "runtime",
    "send",
    "snap",
    "snaplist",
    "snapmount",
    "snapremove",
    "snapshot",
    "snapumount",
    "uncap",
];

/// Runs one command line; answers the exit status.
pub(super) fn run(store: Store, program: &Path, words: &[String]) -> u8 {
    Session::run(store, program, |session| session.dispatch(words))
}

impl Session {
    fn dispatch(&mut self, words: &[String]) -> Outcome {
        let Some((command, rest)) = words.split_first() else {
            self.output.out(&usage::usage());
            return Ok(0);
        };
        match command.as_str() {
            "version" | "--version" => {
                self.output.out("iocage DEVELOP (2016-02-10)\n");
                Ok(0)
            }
            "help" => {
                self.output.out(&usage::help());
                Ok(0)
            }
            word if NOT_SIMULATED.contains(&word) => Err(not_simulated(word)),
            word => match COMMANDS.iter().find(|(name, _)| *name == word) {
                Some((_, run)) => run(self, rest),
                None => {
                    self.view()?;
                    self.output.out(&usage::usage());
                    Ok(0)
                }
            },
        }
    }

    /// The machine, after what precedes every command. Takes the lock alone only where that changes something.
    fn view(&mut self) -> Result<State, Stop> {
        let state = self.store.read().map_err(Stop::Broken)?;
        if pool::is_ready(&state) { Ok(state) } else { self.change(|state, _| Ok(state.clone())) }
    }

    /// Changes the machine, after what precedes every command, with no other process meanwhile.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut State, &mut Output) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let output = &mut self.output;
        self.store
            .change(|state| {
                pool::prepare(state, output)?;
                change(state, output)
            })
            .map_err(Stop::Broken)?
    }
}

/// iocage's own way to fail: a line on stderr and exit status 1.
fn die(output: &mut Output, message: &str) -> Stop {
    error(output, message);
    Stop::Exit(1)
}

fn error(output: &mut Output, message: &str) {
    output.err(&format!("  ERROR: {message}\n"));
}
