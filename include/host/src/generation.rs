//! One generation of a class: what is known of it for as long as somebody asks,
//! and the loaded module itself for as long as somebody uses it.
//!
//! The two are apart because the record outlives the module, and because the
//! module must be owned by nobody else when it is closed. Requests hold a
//! [`Lease`], and how they are counted says `place`.

use std::fmt;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::SystemTime;

use serde_json::{Value, json};
use sysadm_class::host::{Door, Instance, Module};

use crate::configs::{Config, Configs};
use crate::described::Described;
use crate::mapped::is_mapped;
use crate::place::{Flight, Held, Hold, lock};
use crate::stage::Staged;

/// Where a generation is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum State {
    /// Its file is staged; it is being loaded.
    Staged,
    /// It is created, given the state, and asked for its health.
    Probing,
    /// It answers requests.
    Current,
    /// It was replaced and still answers what it began with.
    Draining,
    /// It was closed, and its library is not mapped any more.
    Retired,
    /// It does not serve any more, but its library stays mapped.
    Retained,
    /// It did not come to serve.
    Failed,
}

impl State {
    /// The word in a list.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            State::Staged => "staged",
            State::Probing => "probing",
            State::Current => "current",
            State::Draining => "draining",
            State::Retired => "retired",
            State::Retained => "retained",
            State::Failed => "failed",
        }
    }
}

/// What is known of a generation.
pub struct Generation {
    number: u64,
    staged: Arc<Staged>,
    /// What its instance is created with: it goes with the version that knows its keys.
    config: Config,
    life: Mutex<Life>,
    /// The requests it has in flight, by the host's numbers.
    flight: Arc<Flight>,
    answered: AtomicU64,
    failed: AtomicU64,
    mapped: AtomicBool,
    /// The system's loader is at its library.
    loading: AtomicBool,
    /// What it does without a request's number is wanted no more.
    given_up: AtomicBool,
    /// Its close has not returned.
    unclosed: AtomicBool,
    /// What its instance says of its actions.
    described: OnceLock<Option<Described>>,
}

struct Life {
    state: State,
    since: SystemTime,
    class: Option<(String, String)>,
    version: Option<String>,
    door: Option<Door>,
    why: Option<String>,
}

/// Without the configuration, which may hold what is for nobody else.
impl fmt::Debug for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "generation {} of {}, {}", self.number, self.path().display(), self.state().word())
    }
}

impl Generation {
    pub(crate) fn new(number: u64, staged: Staged, config: Config) -> Generation {
        let life = Life {
            state: State::Staged,
            since: SystemTime::now(),
            class: None,
            version: None,
            door: None,
            why: None,
        };
        Generation {
            number,
            staged: Arc::new(staged),
            config,
            life: Mutex::new(life),
            flight: Arc::default(),
            answered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            mapped: AtomicBool::new(false),
            loading: AtomicBool::new(false),
            given_up: AtomicBool::new(false),
            unclosed: AtomicBool::new(false),
            described: OnceLock::new(),
        }
    }

    /// Its number in this host, from 1.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Where it is in its life.
    #[must_use]
    pub fn state(&self) -> State {
        lock(&self.life).state
    }

    /// The version that its module says it has; `None` before it was loaded.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        lock(&self.life).version.clone()
    }

    /// The door that its module was loaded through; `None` before it was loaded.
    #[must_use]
    pub fn door(&self) -> Option<Door> {
        lock(&self.life).door
    }

    /// The namespace and the name; `None` before it was loaded.
    #[must_use]
    pub fn class(&self) -> Option<(String, String)> {
        lock(&self.life).class.clone()
    }

    /// The file it was made of.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.staged.source()
    }

    /// The private copy of it that is mapped.
    #[must_use]
    pub fn copy(&self) -> &Path {
        self.staged.path()
    }

    /// SHA-256 of that file.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.staged.digest()
    }

    /// How many requests it has answered, and how many of these badly: with a
    /// status of 500, or not at all.
    #[must_use]
    pub fn answered(&self) -> (u64, u64) {
        (self.answered.load(Ordering::Relaxed), self.failed.load(Ordering::Relaxed))
    }

    /// How many requests it is answering.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.flight.count()
    }

    /// Is its library mapped, or may it be?
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        self.mapped.load(Ordering::Acquire)
    }

    pub(crate) fn staged(&self) -> &Arc<Staged> {
        &self.staged
    }

    /// For the class that it has, as far as that is known.
    pub(crate) fn config(&self) -> Arc<str> {
        let life = lock(&self.life);
        self.config.of(life.class.as_ref().map(|(namespace, name)| (&**namespace, &**name)))
    }

    /// What to choose of, as long as it is not.
    pub(crate) fn configs(&self) -> Configs {
        self.config.choice()
    }

    pub(crate) fn identify(&self, module: &Module) {
        let mut life = lock(&self.life);
        life.class = Some((module.namespace().to_owned(), module.name().to_owned()));
        life.version = Some(module.version().to_owned());
        life.door = Some(module.door());
    }

    /// It is in another state now, and why, if that is worth a sentence.
    pub(crate) fn enter(&self, state: State, why: Option<String>) {
        let mut life = lock(&self.life);
        life.state = state;
        life.since = SystemTime::now();
        life.why = why;
    }

    /// Whatever it does that has no number of a request is to end.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Release);
    }

    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Acquire)
    }

    /// Its close does not return.
    pub(crate) fn leave_unclosed(&self) {
        self.unclosed.store(true, Ordering::Release);
    }

    /// Is something of it at work that was to have ended?
    pub(crate) fn is_held(&self) -> bool {
        self.in_flight() > 0 || self.unclosed.load(Ordering::Acquire)
    }

    /// Its library is about to be mapped.
    pub(crate) fn map(&self) {
        self.mapped.store(true, Ordering::Release);
    }

    /// Note whether the loader has still got its library.
    pub(crate) fn look_at_map(&self) {
        self.mapped.store(is_mapped(self.copy()), Ordering::Release);
    }

    /// The loader comes to its library, or has come back from it.
    pub(crate) fn enter_loading(&self, is_loading: bool) {
        self.loading.store(is_loading, Ordering::Release);
    }

    /// Has the loader not come back from its library?
    pub(crate) fn is_loading(&self) -> bool {
        self.loading.load(Ordering::Acquire)
    }

    pub(crate) fn count(&self, failed: bool) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.failed.fetch_add(failed.into(), Ordering::Relaxed);
    }

    /// As a list shows it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let (answered, failed) = self.answered();
        let in_flight = self.in_flight();
        let life = lock(&self.life);
        let since = life.since.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut shown = json!({
            "answered": answered,
            "copy": self.copy().to_string_lossy(),
            "digest": format!("sha256:{}", self.digest()),
            "failed": failed,
            "generation": self.number,
            "in_flight": in_flight,
            "mapped": self.is_mapped(),
            "path": self.path().to_string_lossy(),
            "since": since.as_secs(),
            "state": life.state.word(),
        });
        if let Some((namespace, name)) = &life.class {
            shown["class"] = format!("{namespace}/{name}").into();
        }
        if let Some(version) = &life.version {
            shown["version"] = version.as_str().into();
        }
        if let Some(door) = life.door {
            shown["door"] = door.word().into();
        }
        if let Some(why) = &life.why {
            shown["why"] = why.as_str().into();
        }
        shown
    }
}

/// A loaded module. Fields are dropped in their order, here and below: the
/// library outlives its instance, and is gone when that is noted.
pub(crate) struct Kept {
    module: Module,
    _mapped: Mapped,
}

/// Notes whether a library is unmapped, when it has been let go.
struct Mapped(Option<Arc<Generation>>);

impl Drop for Mapped {
    fn drop(&mut self) {
        if let Some(generation) = &self.0 {
            generation.look_at_map();
        }
    }
}

impl Kept {
    /// `unload`: may it be unmapped when this is dropped, if it says so itself? What
    /// `abi_stable` has looked into is not, whatever it says.
    pub(crate) fn new(module: Module, generation: &Arc<Generation>, unload: bool) -> Kept {
        let unload = unload && module.door() == Door::C && module.is_unload_safe();
        module.set_unmap(unload);
        Kept { module, _mapped: Mapped(unload.then(|| Arc::clone(generation))) }
    }

    pub(crate) fn module(&self) -> &Module {
        &self.module
    }
}

/// A generation that can answer. Dropped: closed, then let go.
pub(crate) struct Live {
    pub(crate) instance: Instance,
    pub(crate) kept: Kept,
    pub(crate) generation: Arc<Generation>,
}

impl Live {
    pub(crate) fn held(self) -> Held<Live> {
        let flight = Arc::clone(&self.generation.flight);
        Held::new(self, flight)
    }
}

impl Live {
    /// Ask the class what it says of its actions.
    pub(crate) fn ask_described(&self) {
        let told = self.instance.describe();
        let _ = self.generation.described.set(told.and_then(|told| Described::read(told.args())));
    }

    /// What the class says of its actions; `None` if it does not.
    pub(crate) fn described(&self) -> Option<&Described> {
        self.generation.described.get()?.as_ref()
    }
}

/// One request's hold on the generation that it began with.
pub(crate) type Lease = Hold<Live>;
