//! The Python iocage 1.13: which word runs what, and what every command begins with.
//!
//! A command line goes through click, which refuses what it does not know with exit status 2; in between, before the
//! words of a command are looked at, the program finds its pool and makes what is missing there. What the real program
//! can do and this one cannot is refused by name, never imitated half-way. Some failures of the real program are a
//! Python traceback; here only its first and last line are said, for the stack in between is nobody's business.

use std::path::Path;

use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::{Pool, State};
use crate::store::Store;

mod clean;
mod click;
mod clone;
mod commands;
mod create;
mod destroy;
mod df;
mod exec;
mod get;
mod list;
mod make;
mod names;
mod network;
mod pool;
mod properties;
mod set;
mod start;
mod stop;
mod table;
mod usage;
mod validate;
mod zfs;

pub(super) use zfs::zfs;

/// What a command may do with the machine.
struct Call<'a> {
    session: &'a mut Session,
    /// The program must not choose a pool by itself (`IOCAGE_SKIP`).
    skip: bool,
    words: click::Words,
}

/// Runs one command line; answers the exit status.
pub(super) fn run(store: Store, program: &Path, words: &[String]) -> u8 {
    Session::run(store, program, |session| dispatch(session, words))
}

fn dispatch(session: &mut Session, words: &[String]) -> Outcome {
    let mut rest = words;
    let name = loop {
        let Some((word, after)) = rest.split_first() else {
            // With the click of that time, no command at all is a misuse.
            session.output.err(usage::MAIN);
            return Ok(2);
        };
        rest = after;
        match word.as_str() {
            "--version" | "-v" => {
                session.output.out("Version\t1.13\n");
                return Ok(0);
            }
            "--help" => {
                session.output.out(usage::MAIN);
                return Ok(0);
            }
            // Only of use for a migration.
            "--force" | "-f" => {}
            "--debug" | "-D" => return Err(not_simulated(word)),
            option if option.starts_with('-') => {
                return Err(usage::misuse(session, "", "COMMAND [ARGS]...", &click::no_such(option)));
            }
            name => break name,
        }
    };
    let Some(command) = commands::COMMANDS.iter().find(|command| command.name == name) else {
        if usage::NOT_SIMULATED.contains(&name) {
            return Err(not_simulated(name));
        }
        let error = format!("No such command '{name}'.");
        return Err(usage::misuse(session, "", "COMMAND [ARGS]...", &error));
    };
    // Three words with the program's own, one of them `help`: a jail of that name cannot be addressed.
    if words.len() == 2 && words.iter().any(|word| word == "help") {
        session.output.out(&usage::of_command(command, ""));
        return Ok(0);
    }
    let skip = words.iter().any(|word| {
        ["--help", "activate", "-v", "--version", "--rc"].contains(&word.as_str()) || word.contains("clean")
    });
    let mut call = Call { session, skip, words: click::Words::default() };
    if name != "activate" {
        call.view()?;
    }
    match click::parse(command, rest) {
        Ok(words) if words.has("help") => {
            let text = usage::of_command(command, &format!("iocage {name}"));
            call.out(&text);
            Ok(0)
        }
        Ok(words) => {
            call.words = words;
            (command.run)(&mut call)
        }
        Err(error) => Err(usage::misuse(call.session, name, command.usage, &error)),
    }
}

impl Call<'_> {
    /// The machine, after what precedes every command. Takes the lock alone only where that changes something.
    fn view(&mut self) -> Result<State, Stop> {
        let state = self.session.store.read().map_err(Stop::Broken)?;
        if pool::is_ready(&state, self.skip) { Ok(state) } else { self.change(|state, _| Ok(state.clone())) }
    }

    /// Changes the machine, after what precedes every command, with no other process meanwhile.
    fn change<T>(
        &mut self,
        change: impl FnOnce(&mut State, &mut Output) -> Result<T, Stop>,
    ) -> Result<T, Stop> {
        let (output, skip) = (&mut self.session.output, self.skip);
        self.session
            .store
            .change(|state| {
                pool::prepare(state, skip, output)?;
                change(state, output)
            })
            .map_err(Stop::Broken)?
    }

    fn out(&mut self, text: &str) {
        self.session.output.out(text);
    }

    fn err(&mut self, text: &str) {
        self.session.output.err(text);
    }

    /// iocage's own way to fail: a message on stderr and exit status 1.
    fn fail(&mut self, message: &str) -> Stop {
        fail(&mut self.session.output, message)
    }

    /// A question of click's, which goes to stdout; the end of stdin ends the command.
    fn confirm(&mut self, question: &str) -> Result<bool, Stop> {
        loop {
            let Some(answer) = self.session.ask(&format!("\n{question} [y/N]: "))? else {
                self.err("Aborted!\n");
                return Err(Stop::Exit(1));
            };
            match answer.to_lowercase().as_str() {
                "y" | "yes" | "t" | "true" | "1" | "on" => return Ok(true),
                "" | "n" | "no" | "f" | "false" | "0" | "off" => return Ok(false),
                _ => self.out("Error: invalid input\n"),
            }
        }
    }
}

fn fail(output: &mut Output, message: &str) -> Stop {
    output.err(&format!("{message}\n"));
    Stop::Exit(1)
}

/// An exception that nobody has caught.
fn traceback(output: &mut Output, last: &str) -> Stop {
    fail(output, &format!("Traceback (most recent call last):\n{last}"))
}

/// The active pool of a machine that was prepared.
fn active(state: &State) -> &Pool {
    state.pools.iter().find(|pool| pool.active).expect("`prepare` left a pool active")
}

fn active_mut(state: &mut State) -> &mut Pool {
    state.pools.iter_mut().find(|pool| pool.active).expect("`prepare` left a pool active")
}
