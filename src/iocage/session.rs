//! One request's dealings with the iocage program: which program, within which
//! time, told to end by whom, and what it printed last.
//!
//! Everything a dialect runs goes through [`Session::run`], so that the
//! environment, the limits, the log line and the classing of what can go wrong
//! with any child stand in one place.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::config::{Config, Kind, Turn};
use crate::error::{Child, Code, Error};
use crate::iocage::direct::{Causes, Expected, Listing};
use crate::iocage::output::Output;
use crate::iocage::program::{Ahead, Program, Run, Seen};
use crate::iocage::progress::Progress;
use crate::iocage::ran::{ended, output_of, start_error};
use crate::iocage::spent::{On, Spent};
use crate::iocage::stamp::Stamp;
use crate::iocage::told;
use crate::iocage::trusted;
use crate::places::{Place, Places};
use crate::process::{Command, End, Limits, News, Runner, StartError, Step, Stopped};

/// How long output is read on after the child's end while others hold it open.
const LINGER: Duration = Duration::from_millis(250);
/// How long may be looked at what a change did or, if it was ended early, left.
/// Nobody may be waiting any more, but whoever reads the answer has to know.
const LOOK_AFTER: Duration = Duration::from_secs(3);
/// How much of a stream's end is kept when it is longer than the limit.
const TAIL: usize = 64 << 10;

/// A request takes at most this many times the memory of what it has read, with the
/// answer, and what is beside that.
const MULTIPLE: usize = 4;
/// What an answer may take of nothing much that was read.
const BESIDE: usize = 2 << 20;

/// What `problems` and `warnings` and the rest around an answer's object may take.
const AROUND: usize = 288 << 10;

/// What one request runs iocage with.
pub struct Session<'a> {
    /// What starts programs.
    pub runner: &'a dyn Runner,
    /// The instance's configuration.
    pub config: &'a Config,
    /// Has everybody lost interest?
    pub cancelled: &'a dyn Fn() -> bool,
    /// Who is told how it goes on, if anybody is.
    pub progress: Option<Progress<'a>>,
    /// Is somebody told of what has changed?
    pub tells_events: bool,
    /// The host's number for the request.
    pub request: u64,
    /// When the caller stops waiting.
    pub deadline: Option<Instant>,
    /// Is the text of the action's own run wanted afterwards?
    pub keep: bool,
    /// Where its time goes.
    pub spent: Spent,
    /// Where it waits its turn.
    pub places: &'a Arc<Places>,
    /// As what.
    pub turn: Turn,
    /// Its place, while it has one.
    pub place: RefCell<Option<Place>>,
    /// Was a program ended early, or not started, because of this caller's time or wish? Then
    /// what is answered is no other caller's.
    pub is_cut: Cell<bool>,
    /// The program that the dialect was chosen for; another one is not run.
    pub stamp: Cell<Option<Stamp>>,
    /// What that program says of its version, where it was asked.
    pub version: RefCell<Option<String>>,
    /// Why this instance has asked iocage what the system's tools might have told.
    pub causes: &'a Causes,
    /// The last of these in this request.
    pub by_iocage: RefCell<Option<String>>,
    /// Which pool was iocage's when it was looked for last.
    pub expected: &'a Expected,
    /// The programs that were started and are not asked for yet.
    pub ahead: RefCell<Vec<Ahead>>,
    /// Until when a question may take, by whichever way.
    pub read_until: Cell<Option<Instant>>,
    /// What the system's tools have told, while nothing else is done than to ask them.
    pub seen: RefCell<Vec<Seen>>,
    /// And what was read of it.
    pub listings: RefCell<Vec<Rc<Listing>>>,
    /// Asked before iocage is run for somebody who may only look.
    pub guard: OnceCell<Guard>,
    /// The last run that counted as the action's own, if it is wanted.
    pub last: RefCell<Option<Output>>,
    /// How long a command in a jail may run, if less than is configured.
    pub exec_limit: Cell<Option<Duration>>,
    /// The exit status of the last such run, wanted or not.
    pub exit: Cell<Option<i32>>,
    /// Is what the next program prints nobody's to hear while it does?
    pub is_unheard: Cell<bool>,
    /// What would be run, where nothing is that changes anything.
    pub plan: RefCell<Option<Vec<Vec<String>>>>,
    /// The datasets and snapshots that would go, where they are others than the jail's.
    pub would_go: RefCell<Vec<String>>,
    /// What would be made, where that is no jail that the request names.
    pub would_make: RefCell<Vec<String>>,
    /// The jails that a change has left although it failed, as `UUID (tag)`.
    pub left: RefCell<Vec<String>>,
    /// Those that went with another one or with a clean, done or not, by UUID or name.
    pub gone: RefCell<Vec<String>>,
    /// Has something been run that changes something?
    pub changed: Cell<bool>,
    /// Was the action's own run ended early, or the look at what came of it?
    pub was_ended: Cell<bool>,
    /// Until when may be looked at what it did, also if the request's time is over
    /// or it is cancelled: set when the action's own run was a change, or was ended.
    pub look_until: Cell<Option<Instant>>,
    /// Told what happens to each program that is run, if somebody must know of it
    /// before the request is answered.
    pub watch: OnceCell<Box<dyn Fn(Step)>>,
    /// A process that could not be ended and still runs.
    pub survivor: Cell<Option<i32>>,
    /// What should be looked at whatever becomes of the request, said once each.
    pub remarks: RefCell<told::Told>,
    /// How long the answer may be, as it is written: what is configured, or less where
    /// little was read.
    pub room: Cell<usize>,
}

/// Why iocage is not to be run for somebody, if it is not; it is told what iocage would
/// change, or finds that out.
pub type Guard = Box<dyn Fn(&Session<'_>, Option<&str>) -> Result<(), Error>>;

impl Session<'_> {
    /// Have the answer say this beside everything else, once.
    pub fn remark(&self, sentence: String) {
        let mut remarks = self.remarks.borrow_mut();
        if remarks.left_out() == 0 && !remarks.contains(&sentence) {
            remarks.push(sentence);
        }
    }

    /// Is anybody still waiting for what is only read? Asked by what may take long
    /// between two programs.
    ///
    /// # Errors
    /// Why nobody is.
    pub fn still_wanted(&self) -> Result<(), Error> {
        if (self.cancelled)() {
            return Err(Error::new(Code::Cancelled, "the request was cancelled before all was read"));
        }
        match self.deadline {
            Some(at) if Instant::now() >= at => {
                Err(Error::new(Code::TimedOut, "the request's time was over before all was read"))
            }
            _ => Ok(()),
        }
    }

    /// The error of [`Session::still_wanted`], asked about what a command that ended with 0
    /// has printed: it says how that ended.
    pub fn unwanted(&self, error: Error, child: Option<Box<Child>>) -> Error {
        // To write it all down is as much work.
        self.last.take();
        let message = format!("the command has ended with 0; {}", error.message);
        Error { message, child, ..error }
    }

    /// Run a program with `args` and wait for it.
    ///
    /// # Errors
    /// If it could not be started, was ended by somebody, or is another iocage
    /// than the one that the dialect was chosen for. Failing is an [`Output`].
    pub fn run(&self, run: Run<'_>, args: Vec<String>) -> Result<Output, Error> {
        let outcome = self.run_pinned(run, args);
        if run.own || !self.changed.get() || self.was_ended.get() {
            return outcome;
        }
        // The change is made, or not, and this was to tell which.
        outcome.map_err(|error| {
            self.was_ended.set(true);
            self.look_until.set(Some(Instant::now() + LOOK_AFTER));
            let message = format!("it was run, but what came of it is not known: {}", error.message);
            Error { message, ..error }
        })
    }

    fn run_pinned(&self, run: Run<'_>, args: Vec<String>) -> Result<Output, Error> {
        self.refuse_changed()?;
        let is_iocage = run.program == Program::Iocage;
        if is_iocage && let Some(guard) = self.guard.get() {
            guard(self, None)?;
        }
        if is_iocage {
            self.end_ahead();
        }
        let output = self.start(run, args);
        if is_iocage {
            self.read_until.set(None);
            self.forget();
        }
        let output = output?;
        if run.kind == Kind::Read {
            // Whose words are these? A change is judged by them, a table is not.
            self.refuse_changed()?;
        }
        Ok(output)
    }

    /// The error for a program that was replaced in the middle of a request.
    pub(super) fn refuse_changed(&self) -> Result<(), Error> {
        match self.stamp.get() {
            Some(stamp) if Stamp::of(&self.config.iocage) != Some(stamp) => Err(Error::new(
                Code::IocageChanged,
                format!(
                    "{} was replaced while this request was answered; nothing more was run{}",
                    self.config.iocage.display(),
                    if self.changed.get() { "" } else { ", repeat it" }
                ),
            )),
            _ => Ok(()),
        }
    }

    /// Let the answer be as long as goes with what was read, of which so much is held.
    pub(in crate::iocage) fn make_room(&self, read: usize, held: usize) {
        let room = (MULTIPLE * read + BESIDE).saturating_sub(held);
        let room = room.min(self.config.max_answer - AROUND);
        // Of several the one that printed most is what is answered.
        self.room.set(room.max(self.room.get()));
    }

    pub(super) fn path(&self, program: Program) -> &Path {
        match program {
            Program::Iocage => &self.config.iocage,
            Program::Zfs => &self.config.zfs,
            Program::Zpool => &self.config.zpool,
            Program::Jls => &self.config.jls,
            Program::Jexec => &self.config.jexec,
            Program::Ps => &self.config.ps,
            Program::Setfib => &self.config.setfib,
        }
    }

    /// Is there a file where the configuration has this program?
    pub fn has(&self, program: Program) -> bool {
        self.path(program).exists()
    }

    /// Look at a program that another one is to run.
    ///
    /// # Errors
    /// As for one that is run from here.
    pub fn trust(&self, program: Program) -> Result<(), Error> {
        trusted::refuse_unsafe(self.path(program), self.config.allow_unsafe_program)
    }

    /// Is nothing run that changes anything?
    pub fn is_dry(&self) -> bool {
        self.plan.borrow().is_some()
    }

    /// How long a program may take that is run now.
    ///
    /// # Errors
    /// If time is over.
    pub(super) fn limit(&self, run: Run<'_>) -> Result<Duration, Error> {
        let mut limit = self.config.timeouts.of(run.kind);
        if run.kind == Kind::Exec {
            limit = self.exec_limit.get().map_or(limit, |wanted| wanted.min(limit));
        }
        let look_until = self.look_until.get().filter(|_| !run.own);
        let was_ended = self.was_ended.get() && !run.own;
        let until = match self.deadline {
            _ if was_ended => look_until,
            Some(at) => look_until.map_or(Some(at), |look| Some(at.max(look))),
            None => None,
        };
        let read_until = self.read_until.get().filter(|_| run.kind == Kind::Read && !was_ended);
        let until = [until, read_until].into_iter().flatten().min();
        let deadline = until.map_or(limit, |at| limit.min(at.saturating_duration_since(Instant::now())));
        if deadline.is_zero() {
            // It would be started to be ended at once, half done.
            self.is_cut.set(true);
            let message =
                format!("the request's time was over before {} was run", self.path(run.program).display());
            return Err(Error::new(Code::TimedOut, message));
        }
        Ok(deadline)
    }

    /// What is run so.
    pub(super) fn command<'c>(
        &'c self,
        run: Run<'c>,
        args: Vec<String>,
        deadline: Duration,
        cancel: &'c dyn Fn() -> bool,
    ) -> Command<'c> {
        Command {
            env: run.env,
            stdin: run.stdin,
            deadline,
            // A question changes nothing that would need time to be put in order.
            grace: if self.was_ended.get() && !run.own { LINGER } else { self.config.grace },
            linger: LINGER,
            limits: Limits { head: self.config.max_output, tail: TAIL },
            cancel,
            watch: self.watch.get().map(AsRef::as_ref),
            ..Command::new(self.path(run.program), args)
        }
    }

    fn start(&self, run: Run<'_>, args: Vec<String>) -> Result<Output, Error> {
        let program = self.path(run.program);
        let ahead = self.begun(run.program, &args);
        if ahead.is_none() {
            self.trust(run.program)?;
        }
        if run.own
            && run.kind != Kind::Read
            && let Some(plan) = &mut *self.plan.borrow_mut()
        {
            plan.push([program.display().to_string()].into_iter().chain(args).collect());
            // Nobody is told: what is answered is the plan.
            return Err(Error::new(Code::NotDone, "nothing is run"));
        }
        let deadline = ahead.as_ref().map_or_else(|| self.limit(run), |ahead| Ok(ahead.deadline))?;
        let look_until = self.look_until.get().filter(|_| !run.own);
        let is_over = |look: Instant| Instant::now() >= look;
        let cancel = || {
            let is_unwanted = look_until.is_none_or(is_over) && (self.cancelled)();
            if is_unwanted {
                // Whoever is asked now may take all of its grace to end, and a host may end before that.
                self.end_ahead();
            }
            is_unwanted
        };
        log::debug!("run {} {args:?}", program.display());
        let running = (self.progress.as_ref()).map(|progress| {
            progress.begins(&program.to_string_lossy(), &args, run.kind, run.own && !self.is_unheard.take())
        });
        let listener = running.as_ref().map(|running| |news: &News<'_>| running.printed(news));
        let listener = listener.as_ref().map(|listener| listener as &dyn Fn(&News<'_>));
        let command = Command { listener, ..self.command(run, args, deadline, &cancel) };
        let ran = self.spent.on(On::Programs, || match ahead {
            Some(ahead) => Ok(ahead.begun.end(&command)),
            None => self.runner.run(&command),
        });
        let outcome = ran.map_err(|e| {
            self.is_cut.set(self.is_cut.get() || e == StartError::Cancelled);
            start_error(&e)
        })?;
        if let Some(running) = running {
            running.ended(outcome.end);
        }
        let is_cut = matches!(outcome.end, End::TimedOut(_) | End::Cancelled(_));
        self.is_cut.set(self.is_cut.get() || is_cut);
        let keep = run.own && self.keep && run.kind == Kind::Exec;
        let (end, left) = (outcome.end, outcome.left);
        let (output, read) = output_of(outcome, keep, run.kind != Kind::Exec);
        if run.own {
            let bytes = [&output.stdout_bytes, &output.stderr_bytes].into_iter().flatten();
            let held =
                output.stdout.len() + output.stderr.len() + bytes.map(|bytes| bytes.len()).sum::<usize>();
            self.make_room(read, held);
        }
        log::debug!("{} {} after {} ms", program.display(), end, output.duration.as_millis());
        if let End::TimedOut(Stopped::Survived(pid)) | End::Cancelled(Stopped::Survived(pid)) = end {
            self.survivor.set(Some(pid));
        }
        if left.is_some() {
            self.survivor.set(left);
        }
        let mut ended = ended(program, end, deadline, &output);
        if let (Some(error), Some(pid)) = (&mut ended, left) {
            error.message += &format!("; process {pid}, which it had started, still runs");
        }
        if let Some(child) = ended.as_mut().and_then(|error| error.child.as_mut())
            && run.kind == Kind::Exec
        {
            // What a command in a jail has printed is the caller's own.
            child.stdout = Some(Child::carried(&output.stdout));
        }
        if run.own {
            self.changed.set(self.changed.get() || run.kind != Kind::Read);
            self.exit.set(output.exit);
            self.was_ended.set(ended.is_some());
            if run.kind != Kind::Read || ended.is_some() {
                self.look_until.set(Some(Instant::now() + LOOK_AFTER));
            }
        }
        if run.own && self.keep {
            self.last.replace(Some(output.clone()));
        }
        ended.map_or(Ok(output), Err)
    }
}
