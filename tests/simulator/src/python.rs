//! The Python iocage, 1.13 and 1.10: which word runs what, and what every command begins with.
//!
//! A command line goes through click, which refuses what it does not know with exit status 2; in between, before the
//! words of a command are looked at, the program finds its pool and makes what is missing there. What the real program
//! can do and this one cannot is refused by name, never imitated half-way. Some failures of the real program are a
//! Python traceback; here only its first and last line are said, for the stack in between is nobody's business.

use crate::session::{Outcome, Session, Stop, not_simulated};

mod activate;
mod call;
mod clean;
mod click;
mod clone;
mod command;
mod commands;
mod create;
mod destroy;
mod df;
mod exec;
mod export;
mod failure;
mod fetch;
mod files;
mod fstab;
mod get;
mod import;
mod kernel;
mod list;
mod make;
mod names;
mod network;
mod pool;
mod properties;
mod rename;
mod restart;
mod running;
mod set;
mod snapshot;
mod start;
mod stop;
mod storage;
mod table;
mod update;
mod usage;
mod validate;
mod words;

pub(super) use files::files;
pub(super) use kernel::prisons;
pub(super) use pool::mark;
pub(super) use storage::{MARK, datasets};

use call::Call;
use words::Words;

pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
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
                let version = session.store.read().map_err(Stop::Broken)?.version;
                session.output.out(&format!("Version\t{}\n", version.word()));
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
    let mut call = Call { session, skip, words: Words::default() };
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
