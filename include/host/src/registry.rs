//! The classes of a host, each served by one generation at a time. How they end is in
//! `ending`, what their actions need in `needs`, what is shown of them in `shown`.

mod ending;
mod meant;
mod needs;
#[cfg(test)]
mod own;
mod shown;

pub(crate) use needs::Needs;

use meant::Known;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use sysadm_class::host::{Misuse, Module, Request, Services};
use sysadm_class::{Level, Status};

use crate::answer::Answer;
use crate::candidate::{Candidate, Handed, Handover};
use crate::configs::{Config, Configs};
use crate::draining::Draining;
use crate::generation::{Generation, State};
use crate::history::History;
use crate::place::lock;
use crate::policy::Policy;
use crate::refused::{Obstacle, Refused};
use crate::seat::{Key, Seat, key};
use crate::stage::{Stage, Staged};

/// The classes of a host, by namespace and name without regard to case.
pub struct Registry {
    seats: RwLock<BTreeMap<Key, Arc<Seat>>>,
    history: Mutex<History>,
    /// What the change under way is, in words.
    busy: Mutex<Option<String>>,
    /// Then no change begins any more.
    is_ending: Arc<AtomicBool>,
    /// Then nothing is closed or unmapped any more.
    is_left: Arc<AtomicBool>,
    numbers: AtomicU64,
    stage: Stage,
    draining: Mutex<Draining>,
    policy: Policy,
    configs: Arc<Configs>,
    known: Known,
    services: Arc<dyn Services>,
}

/// What a swap, a roll back or a load did.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Swapped {
    /// The generation that serves now.
    pub generation: Arc<Generation>,
    /// The number of the one that served before.
    pub replaced: Option<u64>,
    /// For how long requests could not begin.
    pub publish: Duration,
    /// What was handed over.
    pub handed: Option<Handed>,
}

/// Ends the change under way when dropped.
struct Turn<'a>(&'a Registry);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *lock(&self.0.busy) = None;
    }
}

impl Registry {
    /// A registry without a class. `services` is what the instances of all
    /// generations are offered, and where it tells what happens to them.
    #[must_use]
    pub fn new(policy: Policy, stage: Stage, services: Arc<dyn Services>) -> Registry {
        Registry {
            seats: RwLock::default(),
            history: Mutex::default(),
            busy: Mutex::default(),
            is_ending: Arc::default(),
            is_left: Arc::default(),
            numbers: AtomicU64::new(1),
            stage,
            draining: Mutex::default(),
            policy,
            configs: Arc::default(),
            known: Known::default(),
            services,
        }
    }

    /// The same with what classes are created with that are loaded without a word on it.
    pub(crate) fn with_configs(mut self, configs: Configs) -> Registry {
        self.configs = Arc::new(configs);
        self
    }

    /// Tell the log what is not about a request.
    pub(crate) fn log(&self, level: Level, text: &str) {
        self.log_of(level, "modules", text, 0);
    }

    /// Tell the log.
    pub(crate) fn log_of(&self, level: Level, target: &str, text: &str, request: u64) {
        if self.services.log_enabled(level, target) {
            self.services.log(level, target, text, request);
        }
    }

    /// Answer a request by the generation that is current now.
    pub fn dispatch(&self, request: &Request<'_>) -> Answer {
        let seat = self.seat(&key(request.namespace, request.name));
        let Some(lease) = seat.and_then(|seat| seat.lease(request.id)) else {
            let why = format!("this host has no class {}/{}", request.namespace, request.name);
            return Answer::refused(Status::NotFound, &why);
        };
        let (answer, misuse) = Answer::by(lease, request);
        if let Some(Misuse(code)) = misuse {
            let (namespace, name) = (request.namespace, request.name);
            let text = format!("{namespace}/{name} broke the contract: dispatch answered {code}");
            self.services.log(Level::Error, "swap", &text, request.id);
        }
        answer
    }

    /// Load a class that is not here yet. `config` is what its generations are created
    /// with, until a swap brings another.
    ///
    /// # Errors
    /// Why it was not loaded.
    pub fn load(&self, path: &Path, config: &str) -> Result<Swapped, Refused> {
        self.load_by(path, Config::This(config.into()), |_| Ok(()))
    }

    /// The same with the configuration that the host was opened with for the class, or the
    /// class's own defaults.
    ///
    /// # Errors
    /// Why it was not loaded.
    pub fn load_configured(&self, path: &Path) -> Result<Swapped, Refused> {
        self.load_by(path, Config::ByClass(Arc::clone(&self.configs)), |_| Ok(()))
    }

    /// The same for who asks for it while the host serves. A class that nobody has configured may be the one that is
    /// configured under a name that no module has had: it would serve without what is denied there.
    pub(crate) fn load_asked(&self, path: &Path) -> Result<Swapped, Refused> {
        let config = Config::ByClass(Arc::clone(&self.configs));
        self.load_by(path, config, |module| self.known.meant(&self.configs, module))
    }

    fn load_by(
        &self,
        path: &Path,
        config: Config,
        judge: impl FnOnce(&Module) -> Result<(), Refused>,
    ) -> Result<Swapped, Refused> {
        let _turn = self.turn(&format!("load of {}", path.display()))?;
        // A class that is loaded and taken away again and again is kept each time.
        self.room()?;
        let generation = self.begin(self.take(path)?, config);
        let identity = |module: &Module| {
            self.known.add(module.namespace(), module.name());
            match self.seat(&key(module.namespace(), module.name())) {
                Some(seat) if seat.current().is_some() => {
                    let class = format!("{}/{}", seat.namespace, seat.name);
                    Err(Refused::new(Obstacle::Identity, format!("{class} is loaded already; swap it")))
                }
                _ => judge(module),
            }
        };
        let prepared = self.candidate(&generation).prepare(identity, None);
        self.known.add_refused(prepared.as_ref().err());
        let (live, _) = judged(&generation, prepared)?;
        let module = live.kept.module();
        let home = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let seat = Seat::new(module.namespace(), module.name(), home);
        let key = key(&seat.namespace, &seat.name);
        let seat = Arc::new(seat);
        let (publish, _) = self.let_serve(&seat, live, || {
            self.seats.write().unwrap_or_else(PoisonError::into_inner).insert(key, Arc::clone(&seat));
        })?;
        Ok(Swapped { generation, replaced: None, publish, handed: None })
    }

    /// Put the module at `path` in the place of `class`, or of the only one, with the
    /// configuration of what serves now.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub fn swap(&self, class: Option<(&str, &str)>, path: &Path) -> Result<Swapped, Refused> {
        self.swap_with(class, path, None)
    }

    /// The same with a configuration of its own: a version refuses keys that it does not
    /// know, so new ones come with the version that knows them.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub fn swap_with(
        &self,
        class: Option<(&str, &str)>,
        path: &Path,
        config: Option<&str>,
    ) -> Result<Swapped, Refused> {
        let seat = self.find(class)?;
        let _turn = self.turn(&format!("swap of {}/{} to {}", seat.namespace, seat.name, path.display()))?;
        self.room()?;
        let config = config.map(Arc::from);
        self.told(self.take(path).and_then(|staged| self.replace(&seat, staged, config, false)))
    }

    /// Put the version before in the place of the current one, with the configuration
    /// that it had. One that does not understand the newer one's state goes on without it.
    ///
    /// # Errors
    /// Why nothing was changed.
    pub fn roll_back(&self, class: Option<(&str, &str)>) -> Result<Swapped, Refused> {
        let seat = self.find(class)?;
        let _turn = self.turn(&format!("roll back of {}/{}", seat.namespace, seat.name))?;
        self.room()?;
        let none =
            || format!("{}/{} has no version before this one to go back to", seat.namespace, seat.name);
        let (previous, config) = seat.previous().ok_or_else(|| Refused::new(Obstacle::First, none()))?;
        let staged = self.stage.again(&previous, &self.policy);
        self.told(staged.and_then(|staged| self.replace(&seat, staged, Some(config), true)))
    }

    fn seat(&self, key: &Key) -> Option<Arc<Seat>> {
        self.seats.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    fn find(&self, class: Option<(&str, &str)>) -> Result<Arc<Seat>, Refused> {
        if let Some((namespace, name)) = class {
            return self.seat(&key(namespace, name)).ok_or_else(|| unknown(namespace, name));
        }
        let seats = self.seats.read().unwrap_or_else(PoisonError::into_inner);
        match (seats.values().next(), seats.len()) {
            (Some(seat), 1) => Ok(Arc::clone(seat)),
            (_, count) => {
                Err(Refused::new(Obstacle::Unknown, format!("this host has {count} classes; say which")))
            }
        }
    }

    /// One change at a time.
    fn turn(&self, what: &str) -> Result<Turn<'_>, Refused> {
        let mut busy = lock(&self.busy);
        // Under the lock: whoever ends it looks there once this is said.
        if self.is_ending.load(Ordering::Acquire) {
            return Err(Refused::new(Obstacle::Busy, "this host is ending".to_owned()));
        }
        if let Some(other) = &*busy {
            return Err(Refused::new(Obstacle::Busy, format!("another change is under way: {other}")));
        }
        *busy = Some(what.to_owned());
        Ok(Turn(self))
    }

    /// May one more be mapped?
    fn room(&self) -> Result<(), Refused> {
        let generations = self.generations();
        let count = generations.iter().filter(|g| g.is_mapped() && g.state() != State::Current).count();
        if count < self.policy.most_retained {
            return Ok(());
        }
        let why = format!(
            "{count} generations that do not serve any more are still mapped, as many as this host keeps; \
             start it anew to be rid of them"
        );
        Err(Refused::new(Obstacle::Full, why))
    }

    fn take(&self, path: &Path) -> Result<Staged, Refused> {
        // What is told of it later is told to who may have gone elsewhere.
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        self.stage.take(&path, &self.policy)
    }

    /// A new generation, which is shown from now on.
    fn begin(&self, staged: Staged, config: Config) -> Arc<Generation> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let generation = Arc::new(Generation::new(number, staged, config));
        lock(&self.history).add(&generation);
        generation
    }

    fn candidate<'a>(&'a self, generation: &'a Arc<Generation>) -> Candidate<'a> {
        let (is_ending, is_left) = (&self.is_ending, &*self.is_left);
        Candidate { generation, policy: &self.policy, services: &self.services, is_ending, is_left }
    }

    /// Tell the log what became of a swap: nobody may be waiting for the answer.
    fn told(&self, swapped: Result<Swapped, Refused>) -> Result<Swapped, Refused> {
        let (level, text) = match &swapped {
            Ok(swapped) => (Level::Info, serves(&swapped.generation)),
            Err(refused) => (Level::Warn, format!("refused: {refused}")),
        };
        self.services.log(level, "swap", &text, 0);
        swapped
    }

    /// `config`: if not that of what serves.
    fn replace(
        &self,
        seat: &Arc<Seat>,
        staged: Staged,
        config: Option<Arc<str>>,
        forgiving: bool,
    ) -> Result<Swapped, Refused> {
        let from = seat.current().ok_or_else(|| unknown(&seat.namespace, &seat.name))?;
        let config = config.unwrap_or_else(|| from.config());
        let generation = self.begin(staged, Config::This(config));
        let identity = |module: &Module| {
            if key(module.namespace(), module.name()) == key(&seat.namespace, &seat.name) {
                return Ok(());
            }
            let why = format!(
                "{} cannot be used: it is the class {}/{}, expected {}/{}",
                generation.path().display(),
                module.namespace(),
                module.name(),
                seat.namespace,
                seat.name
            );
            Err(Refused::new(Obstacle::Identity, why))
        };
        let handover = Handover { from, seat: Arc::clone(seat), forgiving };
        let prepared = self.candidate(&generation).prepare(identity, Some(handover));
        let (live, handed) = judged(&generation, prepared)?;
        let (publish, old) = self.let_serve(seat, live, || ())?;
        let replaced = old.as_ref().map(|old| old.value.generation.number());
        if let Some(old) = old {
            seat.remember(&old.value.generation);
            self.retire(old);
        }
        Ok(Swapped { generation, replaced, publish, handed })
    }
}

fn unknown(namespace: &str, name: &str) -> Refused {
    Refused::new(Obstacle::Unknown, format!("this host has no class {namespace}/{name}"))
}

fn serves(generation: &Generation) -> String {
    let (namespace, name) = generation.class().unwrap_or_default();
    format!(
        "{namespace}/{name} {} serves: generation {} from {}",
        generation.version().unwrap_or_default(),
        generation.number(),
        generation.path().display()
    )
}

/// Note that a candidate failed, if it did.
fn judged<T>(generation: &Generation, prepared: Result<T, Refused>) -> Result<T, Refused> {
    prepared.inspect_err(|refused| generation.enter(State::Failed, Some(refused.why.clone())))
}
