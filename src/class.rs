//! One instance of the class: its configuration, and the way of a request from
//! its args to the response args.

use std::cell::{Cell, OnceCell, RefCell};
use std::time::Instant;

use serde_json::json;
use sysadm_class::{Access, Status};

use crate::action::{self, Action, Answer};
use crate::config::Config;
use crate::error::{Code, Error, Quoted};
use crate::iocage::Session;
use crate::iocage::detect::{self, Detector};
use crate::process::{Runner, System};
use crate::request::{self, Arguments, Object};
use crate::state::Known;

/// An instance. Used from many threads at once; it keeps nothing of a request,
/// only which iocage it met last.
pub struct Instance {
    config: Config,
    runner: Box<dyn Runner>,
    detector: Detector,
}

/// What the class knows of the caller of a request.
pub struct Caller<'a> {
    /// What it may do.
    pub access: Access,
    /// The host's number for the request.
    pub request: u64,
    /// When it stops waiting.
    pub deadline: Option<Instant>,
    /// Has everybody lost interest?
    pub cancelled: &'a dyn Fn() -> bool,
}

impl Instance {
    /// An instance that runs the configured iocage.
    #[must_use]
    pub fn new(config: Config) -> Instance {
        Instance::with_runner(config, Box::new(System::new()))
    }

    /// An instance whose programs are started by `runner`, or not at all.
    #[must_use]
    pub fn with_runner(config: Config, runner: Box<dyn Runner>) -> Instance {
        Instance { config, runner, detector: Detector::default() }
    }

    fn session<'a>(&'a self, caller: &'a Caller<'_>, keep: bool) -> Session<'a> {
        Session {
            runner: &*self.runner,
            config: &self.config,
            cancelled: caller.cancelled,
            deadline: caller.deadline,
            request: caller.request,
            keep,
            stamp: Cell::new(None),
            last: RefCell::new(None),
            exec_limit: Cell::new(None),
            exit: Cell::new(None),
            changed: Cell::new(false),
            was_ended: Cell::new(false),
            look_until: Cell::new(None),
            watch: OnceCell::new(),
            survivor: Cell::new(None),
            remarks: RefCell::default(),
        }
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
        let refused = |error: Error| (Status::BadRequest, json!(error).to_string().into_bytes());
        let action = match named(args) {
            Ok(action) => action,
            Err(error) => return refused(error),
        };
        if action.access > caller.access {
            return denied(action, action.access);
        }
        let started = Instant::now();
        let mut object = match Object::parse(action.keys, args) {
            Ok(object) => object,
            Err(error) => return refused(error),
        };
        let arguments = Arguments::read(action.keys, action.switches, &mut object);
        if let Ok(arguments) = &arguments
            && action.needs(arguments) > caller.access
        {
            return denied(action, action.needs(arguments));
        }
        let keep = arguments.as_ref().is_ok_and(|arguments| arguments.detail);
        let session = self.session(caller, keep);
        let outcome = arguments.and_then(|arguments| {
            let dialect = self.detector.dialect(&session)?;
            if caller.access < Access::Full
                && let Some(what) = dialect.would_change(&session)
            {
                let message = format!("{} needs full access now: {what}", action.name);
                return Err(Error::new(Code::AccessDenied, message));
            }
            action::perform(action, &session, &*dialect, &arguments)
        });
        if let Err(error) = &outcome
            && error.code == Code::AccessDenied
        {
            log::warn!("refused: {}", error.message);
            return (Status::Forbidden, json!(error).to_string().into_bytes());
        }
        audit(action, &object, caller.access, started, session.exit.get(), outcome.as_ref());
        (Status::Ok, action::args(action.name, outcome, session.remarks.take(), session.last.take()))
    }

    /// Tell whether iocage can be run: program, version, dialect, and the pool.
    /// A machine without a pool is one that can still be told to use one.
    #[must_use]
    pub fn health(&self, caller: &Caller<'_>) -> (Status, Vec<u8>) {
        let session = self.session(caller, false);
        let program = self.config.iocage.to_string_lossy();
        // Where the dialect is configured, the version may be one that nobody knows.
        let found = match (self.config.dialect, self.detector.detect(&session)) {
            (Some(generation), Ok(detected)) => Ok((generation, Some(detected.version))),
            (Some(generation), Err(error)) if error.code == Code::UnknownIocage => Ok((generation, None)),
            (_, found) => found.map(|detected| (detected.generation, Some(detected.version))),
        };
        let (status, report) = match found {
            Ok((generation, version)) => {
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
                if let Some(remark) = self.detector.known().and_then(|(_, detected)| detected.remark()) {
                    report["remark"] = json!(remark);
                }
                (Status::Ok, report)
            }
            Err(error) => (Status::Unavailable, json!(error)),
        };
        (status, report.to_string().into_bytes())
    }
}

fn named(args: &[u8]) -> Result<&'static Action, Error> {
    let name = request::action(args)?;
    action::find(&name)
        .ok_or_else(|| Error::new(Code::BadRequest, format!("this class has no action {}", Quoted(&name))))
}

/// The answer to a caller who may not do it, and a line in the log.
fn denied(action: &Action, needed: Access) -> (Status, Vec<u8>) {
    let message = format!("{} needs {} access", action.name, needed.word());
    log::warn!("refused: {message}");
    (Status::Forbidden, json!(Error::new(Code::AccessDenied, message)).to_string().into_bytes())
}

/// One line for each change, whether it was made or not; the host adds the
/// request's number. No values of properties and no commands: they may hold
/// secrets. Of what the request names only what the action has a key for: the rest
/// has nothing to do with what was done. `exit` is that of iocage; a failed command's
/// own is in the error.
fn audit(
    action: &Action,
    object: &Object,
    access: Access,
    started: Instant,
    exit: Option<i32>,
    outcome: Result<&Answer, &Error>,
) {
    if action.access < Access::Full {
        return;
    }
    let has = |key: &&str| action.keys.iter().any(|known| known.name == *key);
    let named = ["jail", "pool"].into_iter().filter(has).find_map(|key| object.text(key));
    let made = outcome.map_or(String::new(), |answer| answer.made.join(", "));
    let on = match (named, made.is_empty()) {
        (Some(name), true) => Quoted(name).to_string(),
        (Some(name), false) => format!("{} as {}", Quoted(name), Quoted(&made)),
        (None, true) => Quoted("-").to_string(),
        (None, false) => Quoted(&made).to_string(),
    };
    let word = outcome.map_or_else(|error| error.code.word(), |_| "done");
    let exit = outcome.err().and_then(|error| error.child.as_ref()?.exit).or(exit);
    log::info!(
        "{} {on} {word}, exit {}, {} access, after {} ms",
        action.name,
        exit.map_or("-".to_owned(), |exit| exit.to_string()),
        access.word(),
        started.elapsed().as_millis()
    );
}
