//! What precedes every command: to find the pool, and to make the datasets that are missing on it.

use super::pool;
use crate::output::Output;
use crate::session::{Session, Stop};
use crate::state::State;

impl Session {
    /// The machine, after what precedes every command. Takes the lock alone only where that changes something.
    pub(super) fn view(&mut self) -> Result<State, Stop> {
        let state = self.store.read().map_err(Stop::Broken)?;
        if pool::is_ready(&state) { Ok(state) } else { self.change(|state, _| Ok(state.clone())) }
    }

    /// Changes the machine, after what precedes every command, with no other process meanwhile.
    pub(super) fn change<T>(
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
