//! What one request holds: the files it has locked, each under the rules of `file`,
//! and in those that it holds alone its line, kept up to date while programs run.

use std::cell::{Cell, RefCell};
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::{Duration, Instant, SystemTime};

use super::file::{
    EXEC, EXECS, Held, Mode, POOL, any_holder, any_survivor, cannot_lock, check_folder, is_at, of_commands,
    of_jail, open, try_lock,
};
use super::line::{Found, Holder, Line, Program};
use crate::error::{Code, Error, Quoted};
use crate::process::Step;

/// How long between two looks at a lock that is not free.
const LOOK: Duration = Duration::from_millis(25);

/// What one request holds, let go when it is dropped.
pub struct Claim<'a> {
    folder: &'a Path,
    until: Instant,
    cancelled: &'a dyn Fn() -> bool,
    pub(super) record: Rc<Record>,
}

/// The files and what is to stand in them.
pub(super) struct Record {
    line: Line,
    pub(super) held: RefCell<Vec<Held>>,
    /// The program that was started last, or one before it that has survived.
    program: Cell<Option<Program>>,
    /// A line that could not be written.
    unwritten: RefCell<Option<String>>,
}

/// A file that is wanted.
struct Wanted<'a> {
    file: &'a str,
    mode: Mode,
    /// What is busy where it is not to be had.
    what: &'a str,
    /// The other files that tell who is in the way, by their names.
    others: &'a dyn Fn(&str) -> bool,
}

/// Of a file that is in nobody's way but its own holder's.
const NONE: &dyn Fn(&str) -> bool = &|_| false;
/// Asked before a lock is waited for whose waiting always makes sense.
const WAIT: &dyn Fn() -> Result<(), Error> = &|| Ok(());

impl<'a> Claim<'a> {
    /// A claim that holds nothing yet and waits `until` then, or until everybody
    /// has lost interest.
    #[must_use]
    pub fn new(
        folder: &'a Path,
        by: Holder<'_>,
        until: Instant,
        cancelled: &'a dyn Fn() -> bool,
    ) -> Claim<'a> {
        let record = Rc::new(Record {
            line: Line::new(by),
            held: RefCell::default(),
            program: Cell::new(None),
            unwritten: RefCell::default(),
        });
        Claim { folder, until, cancelled, record }
    }

    /// What is to be told of each program that is run under this claim.
    #[must_use]
    pub fn watch(&self) -> Box<dyn Fn(Step)> {
        let record = Rc::clone(&self.record);
        Box::new(move |step| record.note(step))
    }

    /// What an administrator should know although the locks were had.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.record.unwritten.borrow().iter().cloned().collect()
    }

    /// Exclude every other change.
    ///
    /// # Errors
    /// [`Code::Busy`] with who holds it, [`Code::Cancelled`], or
    /// [`Code::CannotLock`]; as for all of these.
    pub fn pool(&mut self) -> Result<(), Error> {
        check_folder(self.folder)?;
        // What is left of a change to one jail is in its way, of a command in one not.
        let others = |file: &str| file != POOL && !file.starts_with(EXEC);
        self.lock(&Wanted { file: POOL, mode: Mode::Kept, what: "the pool", others: &others }, WAIT)
            .map(|_| ())
    }

    /// Exclude changes to all jails.
    #[allow(clippy::missing_errors_doc)]
    pub fn among_others(&mut self) -> Result<(), Error> {
        check_folder(self.folder)?;
        self.lock(&Wanted { file: POOL, mode: Mode::Shared, what: "the pool", others: NONE }, WAIT)
            .map(|_| ())
    }

    /// Exclude other changes to the jail of this name, or to be of this name. Was
    /// it waited for? Then the jail may not be what it was.
    #[allow(clippy::missing_errors_doc)]
    pub fn jail(&mut self, name: &str) -> Result<bool, Error> {
        let (file, what) = (of_jail(name), jail(name));
        self.lock(&Wanted { file: &file, mode: Mode::Removed, what: &what, others: NONE }, WAIT)
    }

    /// Exclude nobody, but be seen by who wants to change all jails.
    #[allow(clippy::missing_errors_doc)]
    pub fn unnamed(&mut self) -> Result<(), Error> {
        let file = format!("new-{}", unique());
        self.lock(&Wanted { file: &file, mode: Mode::Removed, what: "a new jail", others: NONE }, WAIT)
            .map(|_| ())
    }

    /// Run a command in the jail of this name, beside others. Was it waited for?
    #[allow(clippy::missing_errors_doc)]
    pub fn command(&mut self, name: &str) -> Result<bool, Error> {
        check_folder(self.folder)?;
        let (file, what) = (of_commands(name), jail(name));
        if self.holds(&self.folder.join(&file)) {
            return Ok(false);
        }
        let mut waited = false;
        for file in [EXECS, &file] {
            waited |= self.lock(&Wanted { file, mode: Mode::Shared, what: &what, others: NONE }, WAIT)?;
        }
        // What is shared has no place for a line about each.
        let own = format!("{file}.{}", unique());
        self.lock(&Wanted { file: &own, mode: Mode::Removed, what: &what, others: NONE }, WAIT)?;
        Ok(waited)
    }

    /// Exclude commands in the jail of this name. `before` is asked before one is waited
    /// for, and its error is the claim's.
    #[allow(clippy::missing_errors_doc)]
    pub fn no_command(&mut self, name: &str, before: &dyn Fn() -> Result<(), Error>) -> Result<(), Error> {
        let (file, what) = (of_commands(name), jail(name));
        let each = format!("{file}.");
        let others = |file: &str| file.starts_with(&each);
        self.lock(&Wanted { file: &file, mode: Mode::Removed, what: &what, others: &others }, before)
            .map(|_| ())
    }

    /// Exclude commands in all jails.
    #[allow(clippy::missing_errors_doc)]
    pub fn no_commands(&mut self) -> Result<(), Error> {
        check_folder(self.folder)?;
        let others = |file: &str| file != EXECS && file.starts_with(EXEC);
        let wanted = Wanted { file: EXECS, mode: Mode::Removed, what: "the pool", others: &others };
        self.lock(&wanted, WAIT).map(|_| ())
    }

    fn holds(&self, path: &Path) -> bool {
        self.record.held.borrow().iter().any(|held| held.path == path)
    }

    /// Lock a file, and say whether that was waited for.
    fn lock(&mut self, wanted: &Wanted<'_>, before: &dyn Fn() -> Result<(), Error>) -> Result<bool, Error> {
        let Wanted { file, mode, what, others } = *wanted;
        let path = self.folder.join(file);
        // The second of two open files would wait for the first.
        if self.holds(&path) {
            return Ok(false);
        }
        let failed = |error: io::Error| cannot_lock(&path, &error);
        let mut waited = false;
        let mut wait = |who: &dyn Fn() -> Option<String>| {
            if !std::mem::replace(&mut waited, true) {
                before()?;
            }
            self.wait(what, who)
        };
        let held = loop {
            let file = open(&path).map_err(failed)?;
            while !try_lock(&file, mode).map_err(failed)? {
                let holder = || Found::read(&file).map(|found| found.holder());
                wait(&|| holder().or_else(|| any_holder(self.folder, others)))?;
            }
            if !is_at(&file, &path).map_err(failed)? {
                continue;
            }
            let survivor = Found::read(&file).and_then(|found| found.survivor());
            let Some(who) = survivor.or_else(|| any_survivor(self.folder, others)) else {
                break Held { file, path: path.clone(), mode };
            };
            // The kernel's lock is free, and what it stood for goes on. Others may look, too.
            let _ = file.unlock();
            wait(&|| Some(who.clone()))?;
        };
        self.record.take(held).map_err(failed)?;
        Ok(waited)
    }

    /// Wait until the next look.
    fn wait(&self, what: &str, who: &dyn Fn() -> Option<String>) -> Result<(), Error> {
        if (self.cancelled)() {
            return Err(Error::new(
                Code::Cancelled,
                format!("the request was cancelled while {what} was busy; nothing was done"),
            ));
        }
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let who = who().unwrap_or_else(|| "another request is at it".to_owned());
            return Err(Error::new(Code::Busy, format!("{what} is busy: {who}; nothing was done")));
        }
        std::thread::sleep(LOOK.min(left));
        Ok(())
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        // What was started and has survived keeps its locks by the lines in them.
        let goes_on = self.record.program.get().is_some_and(|program| program.living().is_some());
        // In turn, so that who changes all jails comes after the last of them.
        while let Some(held) = self.record.held.borrow_mut().pop() {
            held.let_go(goes_on);
        }
    }
}

impl Record {
    /// Hold a file, and write into it what is not shared.
    fn take(&self, held: Held) -> io::Result<()> {
        let written =
            if held.mode == Mode::Shared { Ok(()) } else { self.line.write(&held.file, self.program.get()) };
        let full = match written {
            Err(e) if matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                Some(e)
            }
            other => other.map(|()| None)?,
        };
        if let Some(e) = full {
            self.cannot_write(&held, &e);
        }
        self.held.borrow_mut().push(held);
        Ok(())
    }

    /// Put down what happens to a program.
    fn note(&self, step: Step) {
        let before = self.program.get();
        let program = match (step, before) {
            // The older one is still there, and what is asked after it changes nothing.
            (Step::Started(_), Some(before)) if before.living().is_some() => return,
            (Step::Started(process), _) => Program { process, is_killed: false },
            (Step::Killed, Some(before)) => Program { is_killed: true, ..before },
            (Step::Killed, None) => return,
        };
        self.program.set(Some(program));
        for held in self.held.borrow().iter().filter(|held| held.mode != Mode::Shared) {
            if let Err(e) = self.line.write(&held.file, Some(program)) {
                self.cannot_write(held, &e);
            }
        }
    }

    fn cannot_write(&self, held: &Held, error: &io::Error) {
        let told = format!(
            "who is at it could not be written into {}: {error}; should this server end before what it has run, \
             others would not wait for that",
            held.path.display()
        );
        if self.unwritten.replace(Some(told.clone())).is_none() {
            log::warn!("{told}");
        }
    }
}

fn jail(name: &str) -> String {
    format!("jail {}", Quoted(name))
}

/// What no other file is called.
fn unique() -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    format!("{}-{now}", std::process::id())
}
