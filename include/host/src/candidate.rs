//! A generation on its way to serve: load, identity, create, state, health; all of it
//! tried in another process before, where the policy has a program for that.
//!
//! Each step gets what it needs by value and gives it back, so that a step that
//! does not return keeps it: the library of a function that is still running
//! stays mapped. A step that fails drops it, which closes and unmaps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::Value;
use sysadm_class::Level;
use sysadm_class::host::{Instance, Module, Services};

use crate::bounded::{Unfinished, within};
use crate::generation::{Generation, Kept, Live, State};
use crate::offered;
use crate::policy::Policy;
use crate::probe::{Probe, Work};
use crate::prober::{INSTALLED, Prober, try_by};
use crate::refused::{Obstacle, Refused};
use crate::said::{refusal, told};
use crate::seat::Seat;

/// How much later than the class's own time limit for its health we lose
/// patience: the class can tell more about it.
const GRACE: Duration = Duration::from_millis(500);

/// What a swap hands from the old generation to the new one.
pub(crate) struct Handover {
    /// The old one.
    pub(crate) from: Arc<Generation>,
    /// Where it serves. It is held for as long as it is asked alone: else a host that ends would wait for it while the new one
    /// takes its time.
    pub(crate) seat: Arc<Seat>,
    /// Go on without the state, if the new one refuses it?
    pub(crate) forgiving: bool,
}

/// The state that was handed over: its id and its version, and why it was not
/// taken, if it was not.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Handed {
    /// Whose it is.
    pub id: String,
    /// Its format.
    pub version: u64,
    /// The new one's refusal, in a swap that goes on without.
    pub refused: Option<String>,
}

/// Everything that making a generation ready needs.
pub(crate) struct Candidate<'a> {
    pub(crate) generation: &'a Arc<Generation>,
    pub(crate) policy: &'a Policy,
    pub(crate) services: &'a Arc<dyn Services>,
    /// Does the host end? Then nothing new is wanted any more.
    pub(crate) is_ending: &'a Arc<AtomicBool>,
    /// Is it left as it is? Then nothing is closed.
    pub(crate) is_left: &'a AtomicBool,
}

impl Candidate<'_> {
    /// All steps, in order. `identity` judges who it says it is. Without a
    /// predecessor there is no state, and nobody asks for its health: a class that
    /// cannot work yet is better than none.
    pub(crate) fn prepare(
        &self,
        identity: impl FnOnce(&Module) -> Result<(), Refused>,
        handover: Option<Handover>,
    ) -> Result<(Live, Option<Handed>), Refused> {
        self.rehearse(handover.as_ref())?;
        let kept = self.load()?;
        self.generation.identify(kept.module());
        identity(kept.module())?;
        self.generation.enter(State::Probing, None);
        let live = self.describe(self.create(kept)?)?;
        let Some(handover) = handover else { return Ok((live, None)) };
        let (live, handed) = self.hand_over(live, handover)?;
        Ok((self.ask_health(live)?, Some(handed)))
    }

    /// Have it tried by another process, which may end by it.
    fn rehearse(&self, handover: Option<&Handover>) -> Result<(), Refused> {
        let (policy, generation) = (self.policy, self.generation);
        let Some(program) = policy.prober.program() else {
            if policy.prober == Prober::Installed && handover.is_some() {
                let path = generation.path().display();
                let text = format!("{path} is loaded untried: there is no {INSTALLED}");
                self.services.log(Level::Warn, "swap", &text, 0);
            }
            return Ok(());
        };
        let work = match handover {
            None => None,
            Some(handover) => Some(Work {
                class: handover.from.class().unwrap_or_default(),
                state: self.export(handover)?,
                forgiving: handover.forgiving,
                health: policy.probe,
                requests: policy.probe_requests.clone(),
            }),
        };
        let probe = Probe {
            module: generation.copy().to_path_buf(),
            shown: generation.path().to_path_buf(),
            door: policy.door,
            allow_unsafe: policy.allow_unsafe_module,
            config: generation.config().to_string(),
            configs: generation.configs(),
            work,
            limit: policy.rehearsal,
        };
        try_by(program, &probe, &generation.copy().with_extension("probe"), self.is_ending)
    }

    fn load(&self) -> Result<Kept, Refused> {
        let (generation, door) = (Arc::clone(self.generation), self.policy.door);
        let unload = self.policy.unload;
        // Asked of the copy, too: its folder may lie in one of somebody else's.
        let load = if self.policy.allow_unsafe_module { Module::load_untrusted } else { Module::load };
        let load = move || {
            let path = generation.staged().path().to_path_buf();
            generation.map();
            generation.enter_loading(true);
            let loaded = load(&path, door);
            generation.enter_loading(false);
            match loaded {
                Ok(module) => Ok(Kept::new(module, &generation, unload)),
                Err(error) => {
                    // What `abi_stable` has looked into, it keeps.
                    generation.look_at_map();
                    Err(error.of_original(generation.path()).to_string())
                }
            }
        };
        self.step(Obstacle::Load, "loading it", self.policy.create, load)?
            .map_err(|why| Refused::new(Obstacle::Load, why))
    }

    pub(crate) fn create(&self, kept: Kept) -> Result<Live, Refused> {
        let (generation, config) = (Arc::clone(self.generation), self.generation.config());
        let services = offered::to(self.generation, self.services, self.is_ending);
        let create = move || {
            let made = kept.module().create(services, &config);
            // A refusal is copied and given back first: it keeps the library mapped.
            made.map_err(|e| refusal(&e)).map(|instance| Live { instance, kept, generation })
        };
        self.step(Obstacle::Create, "its create", self.policy.create, create)?
            .map_err(|why| self.refused(Obstacle::Create, &why))
    }

    /// What it says of its actions, which is asked once, and before it serves: who asks for it later waits for no class.
    pub(crate) fn describe(&self, live: Live) -> Result<Live, Refused> {
        let ask = move || {
            live.ask_described();
            live
        };
        self.step(Obstacle::Create, "its describe", self.policy.create, ask)
    }

    fn hand_over(&self, mut live: Live, handover: Handover) -> Result<(Live, Handed), Refused> {
        let (old, forgiving) = (handover.from.number(), handover.forgiving);
        let state = self.export(&handover)?;
        let mut handed = describe(&state);
        let import = move || {
            let imported = told(live.instance.import_state(&state));
            (live, imported)
        };
        let (live, imported) = self.step(Obstacle::Hand, "its import_state", self.policy.state, import)?;
        match imported {
            Ok(_) => {}
            Err(why) if forgiving => handed.refused = Some(why),
            Err(why) => {
                self.discard(live);
                let text = format!("it does not take over the state of generation {old}: {why}");
                return Err(self.refused(Obstacle::Hand, &text));
            }
        }
        Ok((live, handed))
    }

    /// What the one that serves has to say to its successor.
    fn export(&self, handover: &Handover) -> Result<String, Refused> {
        let from = handover.seat.lease(0).filter(|_| !self.is_ending.load(Ordering::Acquire));
        // Nothing but the end of the host takes it away while it is swapped.
        let Some(from) = from else { return Err(self.unwanted(())) };
        let what = format!("export_state of generation {}, which serves now,", handover.from.number());
        within(self.policy.state, move || told(from.instance.export_state()))
            .map_err(|e| Refused::new(Obstacle::Hand, format!("{what} {e}; it goes on serving")))?
            .map_err(|why| Refused::new(Obstacle::Hand, format!("{what} failed: {why}; it goes on serving")))
    }

    fn ask_health(&self, live: Live) -> Result<Live, Refused> {
        let limit = self.policy.probe;
        let probe = move || {
            let health = told(live.instance.health(Some(limit)));
            (live, health)
        };
        let (live, health) = self.step(Obstacle::Health, "its health", limit.saturating_add(GRACE), probe)?;
        match health {
            Ok(_) => Ok(live),
            Err(why) => {
                self.discard(live);
                Err(self.refused(Obstacle::Health, &format!("it says that it cannot work: {why}")))
            }
        }
    }

    /// Close what will not serve. If that does not end either, it is left to it.
    fn discard(&self, made: impl Send + 'static) {
        if self.is_left.load(Ordering::Acquire) {
            return std::mem::forget(made);
        }
        let _ = within(self.policy.cancel, move || drop(made));
    }

    /// The host ends: close what was made so far, and say so.
    pub(crate) fn unwanted(&self, made: impl Send + 'static) -> Refused {
        self.discard(made);
        let shown = self.generation.path().display();
        Refused::new(Obstacle::Busy, format!("{shown} was not let serve: this host is ending"))
    }

    /// Run a step, for no longer than `limit`, if the host has not come to end in the one before: nobody waits for the
    /// generation then, and the end waits for the change.
    fn step<T: Send + 'static>(
        &self,
        obstacle: Obstacle,
        what: &str,
        limit: Duration,
        f: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Refused> {
        if self.is_ending.load(Ordering::Acquire) {
            return Err(self.unwanted(f));
        }
        within(limit, f).map_err(|e| {
            let kept = if matches!(e, Unfinished::Overdue(_)) { "; it stays mapped" } else { "" };
            self.refused(obstacle, &format!("{what} {e}{kept}"))
        })
    }

    fn refused(&self, obstacle: Obstacle, why: &str) -> Refused {
        Refused::new(obstacle, format!("{} cannot be used: {why}", self.generation.path().display()))
    }
}

fn describe(state: &str) -> Handed {
    let state: Value = serde_json::from_str(state).unwrap_or_default();
    Handed {
        id: state["id"].as_str().unwrap_or_default().to_owned(),
        version: state["version"].as_u64().unwrap_or_default(),
        refused: None,
    }
}

/// Close an instance and tell what was left running, if anything was.
pub(crate) fn close(instance: Instance, limit: Duration) -> Option<String> {
    told(instance.close(limit)).err()
}
