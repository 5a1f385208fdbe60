//! One call of a command: its words, and the machine, after what precedes every command.

use super::failure::fail;
use super::pool::{self, active, active_mut};
use super::words::Words;
use crate::output::Output;
use crate::session::{Session, Stop};
use crate::state::{Jail, State};

/// What a command may do with the machine.
pub(super) struct Call<'a> {
    pub(super) session: &'a mut Session,
    /// The program must not choose a pool by itself (`IOCAGE_SKIP`).
    pub(super) skip: bool,
    pub(super) words: Words,
}

impl Call<'_> {
    /// The machine, after what precedes every command. Takes the lock alone only where that changes something.
    pub(super) fn view(&mut self) -> Result<State, Stop> {
        let state = self.session.store.read().map_err(Stop::Broken)?;
        if pool::is_ready(&state, self.skip) { Ok(state) } else { self.change(|state, _| Ok(state.clone())) }
    }

    /// The same for a command that reads the configurations of these jails: a dataset that is not mounted is, then.
    pub(super) fn mounted(&mut self, is_read: impl Fn(&Jail) -> bool) -> Result<State, Stop> {
        let state = self.view()?;
        let is_meant = |jail: &Jail| jail.is_unmounted && !jail.is_unmountable() && is_read(jail);
        if !active(&state).jails.iter().any(is_meant) {
            return Ok(state);
        }
        self.change(|state, _| {
            for jail in active_mut(state).jails.iter_mut().filter(|jail| is_meant(jail)) {
                jail.is_unmounted = false;
            }
            Ok(state.clone())
        })
    }

    /// Changes the machine, after what precedes every command, with no other process meanwhile.
    pub(super) fn change<T>(
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

    pub(super) fn out(&mut self, text: &str) {
        self.session.output.out(text);
    }

    pub(super) fn err(&mut self, text: &str) {
        self.session.output.err(text);
    }

    /// iocage's own way to fail: a message on stderr and exit status 1.
    pub(super) fn fail(&mut self, message: &str) -> Stop {
        fail(&mut self.session.output, message)
    }

    /// A question of click's, which goes to stdout; the end of stdin ends the command.
    pub(super) fn confirm(&mut self, question: &str) -> Result<bool, Stop> {
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
