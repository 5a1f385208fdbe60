//! Classes of the program itself, for tests of what goes on around classes: nothing is
//! copied, tried or loaded, and all else is as with modules.

use std::sync::Arc;

use sysadm_class::host::Module;

use super::{Registry, judged};
use crate::configs::Config;
use crate::generation::{Kept, Live, State};
use crate::offered;
use crate::refused::Refused;
use crate::seat::{Seat, key};
use crate::stage::Staged;

impl Registry {
    /// Let this class serve; in the place of the one that does, if one does. Tells its
    /// generation's number.
    pub(crate) fn adopt(&self, module: &Module, config: &str) -> u64 {
        let generation = self.begin(Staged::own(), Config::This(config.into()));
        let instance = module
            .create(offered::to(&generation, &self.services, &self.is_ending), config)
            .expect("an instance");
        let kept = Kept::new(module.clone(), &generation, false);
        generation.identify(module);
        let live = Live { instance, kept, generation: Arc::clone(&generation) };
        live.ask_described();
        let key = key(module.namespace(), module.name());
        let mut seats = self.seats.write().expect("no panic");
        let seat = seats
            .entry(key)
            .or_insert_with(|| Arc::new(Seat::new(module.namespace(), module.name(), "own".into())));
        let old = self.exchange(seat, Some(live)).1;
        drop(seats);
        generation.enter(State::Current, None);
        if let Some(old) = old {
            self.retire(old);
        }
        generation.number()
    }

    /// The same as a swap does it, step by step, with the time limits and the looks at whether the host ends.
    pub(crate) fn swap_own(&self, module: &Module, config: &str) -> Result<u64, Refused> {
        let _turn = self.turn("swap of the program's own")?;
        let seat = self.find(Some((module.namespace(), module.name())))?;
        let generation = self.begin(Staged::own(), Config::This(config.into()));
        generation.identify(module);
        generation.enter(State::Probing, None);
        let kept = Kept::new(module.clone(), &generation, false);
        let candidate = self.candidate(&generation);
        let live = judged(&generation, candidate.create(kept).and_then(|live| candidate.describe(live)))?;
        if let Some(old) = self.let_serve(&seat, live, || ())?.1 {
            self.retire(old);
        }
        Ok(generation.number())
    }
}
