//! The shell iocage, development line of 2016-02-10: which word runs what, and what every command begins with.
//!
//! A command reads or changes the machine through `call`, which first does what the real program does before any
//! command. What the real program can do and this one cannot is refused by name, never imitated half-way.

use crate::session::{Outcome, Session, not_simulated};

mod call;
mod clean;
mod clone;
mod create;
mod defaults;
mod destroy;
mod df;
mod dump;
mod exec;
mod failure;
mod fetch;
mod get;
mod kernel;
mod limits;
mod list;
mod names;
mod pool;
mod properties;
mod regex;
mod set;
mod snapshot;
mod start;
mod stop;
mod storage;
mod table;
mod tags;
mod update;
mod usage;

pub(super) use kernel::prisons;
pub(super) use storage::datasets;

type Command = fn(&mut Session, &[String]) -> Outcome;

const COMMANDS: [(&str, Command); 18] = [
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
    ("fetch", fetch::fetch),
    ("get", get::get),
    ("list", list::list),
    ("set", set::set),
    ("snapshot", snapshot::snapshot),
    ("start", start::start),
    ("stop", stop::stop),
    ("update", update::update),
];

/// Commands of the real program that are not simulated.
const NOT_SIMULATED: [&str; 23] = [
    "-v",
    "console",
    "export",
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
    "snapumount",
    "uncap",
];

pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
    session.dispatch(words)
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
}
