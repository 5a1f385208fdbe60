//! One instance of the class: its configuration, and the way of a request from
//! its args to the response args.
//!
//! Who asks is a [`caller`](Caller); what the log is told of requests is said in `audit`.

mod audit;
mod caller;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Value, json};
use sysadm_class::kit::{Args, Asked, Failure, Request};
use sysadm_class::{Access, Status};

use crate::action::{self, ACTIONS, Action};
use crate::config::{Config, Generation, Turn};
use crate::error::{Code, Error, Quoted};
use crate::iocage::detect::{self, Detector};
use crate::iocage::direct::{Causes, Expected};
use crate::iocage::mounting;
use crate::iocage::{Dialect, Output, Progress, Session, Spent};
use crate::places::{Places, Question};
use crate::process::{Runner, System};
use crate::request::keys::{self, DETAIL, DRYRUN, JAIL};
use crate::state::Known;
use audit::{audit, named, refused};
pub use caller::Caller;

/// An instance. Used from many threads at once; it keeps nothing of a request that is
/// answered, only which iocage it met last.
pub struct Instance {
    config: Config,
    runner: Box<dyn Runner>,
    detector: Detector,
    causes: Causes,
    expected: Expected,
    places: Arc<Places>,
}

impl Instance {
    /// An instance of a configuration as a host gives it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn configured(config: &[u8]) -> Result<Instance, Error> {
        let config = Config::parse(config)?;
        if let Some(name) = config.denied.unknown_action(|name| action::find(name).is_some()) {
            let names: Vec<_> = ACTIONS.iter().map(Action::name).collect();
            let message = format!(
                "`deny_actions` holds {}, which is no action of this class; it has {}",
                Quoted(name),
                names.join(", ")
            );
            return Err(Error::about("deny_actions", Code::IllegalValue, message));
        }
        mounting::doubts(&config).for_each(|doubt| log::warn!("{doubt}"));
        Ok(Instance::new(config))
    }

    /// An instance that runs the configured iocage.
    #[must_use]
    pub fn new(config: Config) -> Instance {
        Instance::with_runner(config, Box::new(System::new()))
    }

    /// An instance whose programs are started by `runner`, or not at all.
    #[must_use]
    pub fn with_runner(config: Config, runner: Box<dyn Runner>) -> Instance {
        let places = Arc::new(Places::new(config.at_once));
        let (detector, causes, expected) = (Detector::default(), Causes::default(), Expected::default());
        Instance { config, runner, detector, causes, expected, places }
    }

    fn session<'a>(
        &'a self,
        caller: &'a Caller<'_>,
        started: Instant,
        turn: Turn,
        keep: bool,
    ) -> Session<'a> {
        Session {
            spent: Spent::since(started),
            places: &self.places,
            turn,
            place: RefCell::default(),
            is_cut: Cell::new(false),
            runner: &*self.runner,
            config: &self.config,
            cancelled: caller.cancelled,
            progress: None,
            tells_events: caller.event.is_some(),
            deadline: caller.deadline,
            request: caller.request,
            keep,
            stamp: Cell::new(None),
            version: RefCell::default(),
            causes: &self.causes,
            by_iocage: RefCell::default(),
            expected: &self.expected,
            ahead: RefCell::default(),
            read_until: Cell::new(None),
            seen: RefCell::default(),
            listings: RefCell::default(),
            guard: OnceCell::new(),
            last: RefCell::new(None),
            exec_limit: Cell::new(None),
            exit: Cell::new(None),
            is_unheard: Cell::new(false),
            plan: RefCell::default(),
            would_go: RefCell::default(),
            would_make: RefCell::default(),
            left: RefCell::default(),
            gone: RefCell::default(),
            changed: Cell::new(false),
            was_ended: Cell::new(false),
            look_until: Cell::new(None),
            watch: OnceCell::new(),
            survivor: Cell::new(None),
            remarks: RefCell::default(),
            room: Cell::new(0),
        }
    }

    /// What nobody may do here, for a description; `None` where that is nothing.
    #[must_use]
    pub fn denied(&self) -> Option<Value> {
        self.config.denied.to_json()
    }

    /// Which way what is looked up is had, for a description.
    #[must_use]
    pub fn direct(&self) -> Value {
        let causes: Vec<_> = self
            .causes
            .all()
            .into_iter()
            .map(|(cause, times, first)| json!({"cause": cause, "first": first, "times": times}))
            .collect();
        json!({"configured": self.config.direct.word(), "doubts": causes})
    }

    /// What is known of the iocage program, for a successor.
    #[must_use]
    pub fn known(&self) -> Option<Known> {
        self.detector.known().map(|(stamp, detected)| Known {
            program: self.config.iocage.clone(),
            stamp,
            detected,
        })
    }

    /// Take over what a predecessor knew, if it is about the same program.
    pub fn adopt(&self, known: Option<Known>) {
        if let Some(known) = known.filter(|known| known.program == self.config.iocage) {
            self.detector.learn(known.stamp, known.detected);
        }
    }

    /// Answer a request: the status and the response args.
    #[must_use]
    pub fn dispatch(&self, caller: &Caller<'_>, args: &[u8]) -> (Status, Vec<u8>) {
        let started = Instant::now();
        let mut request = match Request::of(&ACTIONS, args, caller.access) {
            Ok(request) => request,
            Err(failure) => return refused(&failure, caller),
        };
        let (action, named) = (request.action(), named(&request));
        let denied = &self.config.denied;
        let arguments = denied
            .refuse_action(action.name())
            .and_then(|()| Ok(request.read()?))
            .and_then(|read| denied.refuse_props(&keys::props(&read).value).map(|()| read));
        if let Ok(arguments) = &arguments
            && let needed = action::needs(action, arguments)
            && needed > caller.access
        {
            return refused(&Failure::needs(action, needed), caller);
        }
        let keep = arguments.as_ref().is_ok_and(|arguments| arguments.is_set(&DETAIL));
        let turn = arguments.as_ref().map_or(Turn::Read, |arguments| action::turn(action, arguments));
        let mut session = self.session(caller, started, turn, keep);
        if arguments.as_ref().is_ok_and(|arguments| arguments.is_set(&DRYRUN)) {
            session.plan.replace(Some(Vec::new()));
        }
        session.progress = (caller.progress)
            .map(|told| Progress::new(told, action.name(), jail_of(&arguments), caller.access, started));
        let question = (turn == Turn::Read && action.access() < Access::Full && !keep)
            .then(|| Question::new(caller.access, args))
            .flatten();
        let entered = match &arguments {
            // What is only looked up needs no lock before.
            Ok(_) if turn == Turn::Read => session.enter_with(question),
            _ => Ok(None),
        };
        if let Ok(Some(told)) = &entered {
            return (**told).clone();
        }
        let mut events = Vec::new();
        let outcome = entered.and(arguments).and_then(|arguments| {
            let dialect: Rc<dyn Dialect> = self.detector.dialect(&session)?.into();
            if caller.access < Access::Full {
                let name = action.name();
                guard(&session, Rc::clone(&dialect), move |what| {
                    Error::new(Code::AccessDenied, format!("{name} needs full access now: {what}"))
                });
            }
            let performed = action::perform(action, &session, &*dialect, &arguments);
            if session.tells_events {
                events = performed.events(action, &arguments, &session);
            }
            performed.outcome
        });
        if let Err(error) = &outcome
            && error.code == Code::AccessDenied
        {
            log::warn!("refused: {}{}", error.message, Asked(caller.name));
            let answer = (Status::Forbidden, json!(error).to_string().into_bytes());
            session.end(&answer);
            return answer;
        }
        if session.is_dry() {
            log::debug!("{} was planned and not done{}", action.name(), Asked(caller.name));
        } else {
            audit(action, named, caller, started, session.exit.get(), outcome.as_ref());
        }
        let (remarks, last) = (session.remarks.take(), session.last.take());
        // From here on nobody is asked: to write it all takes a moment. Who does not wait any more
        // is told what came of it, and not all that was printed.
        let room = session.room.get();
        let room = if session.still_wanted().is_ok() { room } else { room.min(LATE) };
        let answer = (
            Status::Ok,
            action::args(action.name(), outcome, remarks, last.map(|last| (last, &session.spent)), room),
        );
        session.end(&answer);
        if let Some(event) = caller.event {
            events.iter().for_each(event);
        }
        answer
    }

    /// What iocage would print for these words, as far as it is known without it; `None` where
    /// it would have to be asked. For what holds it against recordings.
    ///
    /// # Errors
    /// If a tool of the system fails.
    pub fn without_iocage(&self, caller: &Caller<'_>, words: &[&str]) -> Result<Option<Output>, Error> {
        let session = self.session(caller, Instant::now(), Turn::Read, false);
        let detected = self.detector.detect(&session)?;
        session.version.replace(Some(detected.version));
        detect::without_iocage(detected.generation, &session, words)
    }

    /// Tell whether iocage can be run: program, version, dialect, and the pool.
    /// A machine without a pool is one that can still be told to use one.
    #[must_use]
    pub fn health(&self, caller: &Caller<'_>) -> (Status, Vec<u8>) {
        let session = self.session(caller, Instant::now(), Turn::Health, false);
        if let Err(error) = session.enter() {
            return (Status::Unavailable, json!(error).to_string().into_bytes());
        }
        let program = self.config.iocage.to_string_lossy();
        // Where the dialect is configured, the version may be one that nobody knows.
        let found = match (self.config.dialect, self.detector.detect(&session)) {
            (Some(generation), Ok(detected)) => Ok((generation, Some(detected.version))),
            (Some(generation), Err(error)) if error.code == Code::UnknownIocage => Ok((generation, None)),
            (_, found) => found.map(|detected| (detected.generation, Some(detected.version))),
        };
        let (status, report) = match found {
            Ok((generation, version)) => {
                // As with any lookup: of a dialect that is configured as the shell iocage's none is known.
                let is_known = self.config.dialect != Some(Generation::Shell);
                session.version.replace(version.clone().filter(|_| is_known));
                // Who asks how the class is doing has nothing changed.
                guard(&session, detect::dialect(generation, version.as_deref()).into(), |what| {
                    let message = format!("iocage was not asked which pool is active: {what}");
                    Error::new(Code::NoPool, message)
                });
                let pool = detect::dialect(generation, version.as_deref()).active_pool(&session);
                let mut report = json!({
                    "dialect": generation.word(),
                    "iocage": program,
                    "pool": pool.as_ref().ok(),
                    "version": version,
                });
                if let Err(error) = pool {
                    report["problem"] = json!(error);
                }
                report["direct"] = json!({
                    "configured": self.config.direct.word(),
                    "doubt": session.by_iocage.take(),
                });
                let version = self.detector.known().and_then(|(_, detected)| detected.remark());
                let remarks: Vec<_> = version.into_iter().chain(mounting::doubts(&self.config)).collect();
                if !remarks.is_empty() {
                    report["remark"] = json!(remarks.join("; "));
                }
                (Status::Ok, report)
            }
            Err(error) => (Status::Unavailable, json!(error)),
        };
        (status, report.to_string().into_bytes())
    }
}

/// Have iocage run only where it would change nothing before it answers.
fn guard(session: &Session<'_>, dialect: Rc<dyn Dialect>, refused: impl Fn(&str) -> Error + 'static) {
    let guard = move |session: &Session<'_>, known: Option<&str>| {
        let found = known.map_or_else(|| dialect.would_change(session), |what| Some(what.to_owned()));
        found.map_or(Ok(()), |what| Err(refused(&what)))
    };
    // Nobody else has set it.
    let _ = session.guard.set(Box::new(guard));
}

/// How long an answer is for which nobody waits, beside the documented object.
const LATE: usize = 64 << 10;

/// The jail that a request is about, as it calls it.
fn jail_of(arguments: &Result<Args, Error>) -> Option<String> {
    Some(arguments.as_ref().ok()?.get(&JAIL)?.as_str().to_owned())
}
