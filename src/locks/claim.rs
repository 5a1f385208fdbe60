//! What one request holds, and how it comes by it: file by file, or where the disk has
//! no room for one by more than that file.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::path::Path;
use std::rc::Rc;
use std::time::{Instant, SystemTime};

use super::dir::{LockDir, cannot_lock, is_no_room};
use super::file::{EXEC, EXECS, Mode, POOL, of_commands, of_jail, of_release, of_template, try_lock};
use super::line::{Found, Holder};
use super::record::{Held, Record};
use super::wait::{Awaited, InTheWay, Patience, Wait};
use crate::error::{Code, Error, Quoted};
use crate::process::Step;

/// What one request holds, let go when it is dropped.
pub struct Claim<'a> {
    path: &'a Path,
    patience: Patience<'a>,
    pub(super) record: Rc<Record>,
    /// The folder itself is locked, for want of room.
    has_folder: Cell<bool>,
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

/// What became of one.
enum Taken {
    /// It is held. Was it waited for?
    Held(bool),
    /// There is none, and no room to make one.
    NoRoom(io::Error),
}

/// Of a file that is in nobody's way but its own holder's.
const NONE: &dyn Fn(&str) -> bool = &|_| false;
/// Asked before a lock is waited for whose waiting always makes sense.
const WAIT: &dyn Fn() -> Result<(), Error> = &|| Ok(());

impl<'a> Claim<'a> {
    /// A claim that holds nothing yet and waits `until` then, or until everybody
    /// has lost interest. Before it waits it calls `idle`: whatever else the request
    /// holds, others may need to come to an end.
    #[must_use]
    pub fn new(
        folder: &'a Path,
        by: Holder<'_>,
        until: Instant,
        cancelled: &'a dyn Fn() -> bool,
        idle: &'a dyn Fn(),
    ) -> Claim<'a> {
        let patience = Patience { until, cancelled, idle, told: None };
        Claim { path: folder, patience, record: Rc::new(Record::new(by)), has_folder: Cell::new(false) }
    }

    /// The same, which tells at each look what it waits for.
    #[must_use]
    pub fn telling(mut self, told: &'a dyn Fn(&Awaited<'_>)) -> Claim<'a> {
        self.patience.told = Some(told);
        self
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
        self.record.told()
    }

    /// Exclude every other change.
    ///
    /// # Errors
    /// [`Code::Busy`] with who holds it, [`Code::Cancelled`], or
    /// [`Code::CannotLock`]; as for all of these.
    pub fn pool(&mut self) -> Result<(), Error> {
        // What is left of a change to one jail is in its way, of a command in one not.
        let others = |file: &str| file != POOL && !file.starts_with(EXEC);
        let wanted = Wanted { file: POOL, mode: Mode::Kept, what: "the pool", others: &others };
        self.lock_all(&wanted)
    }

    /// Exclude changes to all jails.
    #[allow(clippy::missing_errors_doc)]
    pub fn among_others(&mut self) -> Result<(), Error> {
        self.lock_all(&Wanted { file: POOL, mode: Mode::Shared, what: "the pool", others: NONE })
    }

    /// Exclude other changes to the jail of this name, or to be of this name. Was
    /// it waited for? Then the jail may not be what it was.
    #[allow(clippy::missing_errors_doc)]
    pub fn jail(&mut self, name: &str) -> Result<bool, Error> {
        self.lock_one(&of_jail(name), Mode::Removed, &jail(name))
    }

    /// Exclude nobody, but be seen by who wants to change all jails.
    #[allow(clippy::missing_errors_doc)]
    pub fn unnamed(&mut self) -> Result<(), Error> {
        self.lock_one(&format!("new-{}", unique()), Mode::Removed, "a new jail").map(|_| ())
    }

    /// Make jails of the release of this name, beside others; or be `alone` with it, to fetch it.
    #[allow(clippy::missing_errors_doc)]
    pub fn release(&mut self, name: &str, alone: bool) -> Result<(), Error> {
        let mode = if alone { Mode::Removed } else { Mode::Shared };
        self.lock_one(&of_release(name), mode, &format!("release {}", Quoted(name))).map(|_| ())
    }

    /// Make jails of the template of this name, beside others; or be `alone` with it, to change it. Was it waited for? Then it
    /// may not be what it was.
    #[allow(clippy::missing_errors_doc)]
    pub fn template(&mut self, name: &str, alone: bool) -> Result<bool, Error> {
        let mode = if alone { Mode::Removed } else { Mode::Shared };
        self.lock_one(&of_template(name), mode, &format!("template {}", Quoted(name)))
    }

    /// Run a command in the jail of this name, beside others. Was it waited for?
    #[allow(clippy::missing_errors_doc)]
    pub fn command(&mut self, name: &str) -> Result<bool, Error> {
        let (file, what) = (of_commands(name), jail(name));
        if self.holds(&file) {
            return Ok(false);
        }
        // What is shared has no place for a line about each.
        let own = format!("{file}.{}", unique());
        let mut waited = false;
        for (file, mode) in [(EXECS, Mode::Shared), (&file, Mode::Shared), (&own, Mode::Removed)] {
            // A command makes no room, and held alone what it shares would keep out who does.
            match self.take(&Wanted { file, mode, what: &what, others: NONE }, WAIT)? {
                Taken::Held(was_waited) => waited |= was_waited && mode == Mode::Shared,
                Taken::NoRoom(error) => return Err(cannot_lock(&self.path.join(file), &error)),
            }
        }
        Ok(waited)
    }

    /// Exclude commands in the jail of this name. `before` is asked before one is waited
    /// for, and its error is the claim's. Was everything let go meanwhile? Then the jail
    /// may not be what it was.
    #[allow(clippy::missing_errors_doc)]
    pub fn no_command(&mut self, name: &str, before: &dyn Fn() -> Result<(), Error>) -> Result<bool, Error> {
        let (file, what) = (of_commands(name), jail(name));
        let each = format!("{file}.");
        let others = |file: &str| file.starts_with(&each);
        let wanted = Wanted { file: &file, mode: Mode::Removed, what: &what, others: &others };
        match self.take(&wanted, before)? {
            Taken::Held(_) => Ok(false),
            // Nobody is in the jail, and nobody comes in as long as the commands of all are excluded.
            Taken::NoRoom(_) if self.has_alone(EXECS) => Ok(false),
            Taken::NoRoom(error) => {
                self.start_anew(&error);
                self.no_commands()?;
                self.pool()?;
                Ok(true)
            }
        }
    }

    /// Exclude commands in all jails. To be asked first, so that no change waits for a
    /// command that does not end.
    #[allow(clippy::missing_errors_doc)]
    pub fn no_commands(&mut self) -> Result<(), Error> {
        let others = |file: &str| file != EXECS && file.starts_with(EXEC);
        self.lock_all(&Wanted { file: EXECS, mode: Mode::Removed, what: "the pool", others: &others })
    }

    fn holds(&self, name: &str) -> bool {
        self.record.held.borrow().iter().any(|held| held.name == name)
    }

    /// Is one of the files of all held alone, or the folder while there is no such file?
    fn has_alone(&self, name: &str) -> bool {
        let is_held = |held: &Held| held.name == name && held.mode != Mode::Shared;
        let is_there = || self.record.dir().is_some_and(|dir| dir.missing().is_none() && dir.has_any(name));
        self.record.held.borrow().iter().any(is_held) || (self.has_folder.get() && !is_there())
    }

    /// Lock the file of one jail or release; where there is no room for it, the file of all.
    fn lock_one(&mut self, file: &str, mode: Mode, what: &str) -> Result<bool, Error> {
        match self.take(&Wanted { file, mode, what, others: NONE }, WAIT)? {
            Taken::Held(waited) => Ok(waited),
            Taken::NoRoom(_) if self.has_alone(POOL) => Ok(false),
            Taken::NoRoom(error) => {
                self.start_anew(&error);
                self.pool()?;
                Ok(true)
            }
        }
    }

    /// Lock a file of all; where there is no room for it, the folder.
    fn lock_all(&mut self, wanted: &Wanted<'_>) -> Result<(), Error> {
        loop {
            let error = match self.take(wanted, WAIT)? {
                Taken::Held(_) => return Ok(()),
                Taken::NoRoom(error) => error,
            };
            if self.has_folder.get() {
                return Ok(());
            }
            self.tell_of(&error);
            let mut wait = Wait::new(&self.patience, wanted.what);
            let dir = dir_of(&self.record, self.path, &mut wait)?;
            let failed = |error: io::Error| cannot_lock(self.path, &error);
            loop {
                match dir.lock() {
                    Some(Ok(true)) => break,
                    Some(Ok(false)) => wait.once(&InTheWay::Survivor("another request is at it"))?,
                    Some(Err(e)) => return Err(failed(e)),
                    None => {
                        let message = format!(
                            "cannot lock {}: {error}; where there is no room for it the folder would be locked, but \
                             others may read it and could lock it, too; make its mode 0700",
                            self.path.join(wanted.file).display()
                        );
                        return Err(Error::new(Code::CannotLock, message));
                    }
                }
            }
            // Whoever made it in the meantime has looked whether the folder is locked, before it was.
            let is_there =
                if dir.missing().is_some() { self.path.exists() } else { dir.has_any(wanted.file) };
            if !is_there {
                self.has_folder.set(true);
                return Ok(());
            }
            dir.unlock();
            if dir.missing().is_some() {
                // Nothing can be held yet in a folder that was not there.
                self.record.forget_dir();
            }
        }
    }

    /// Let everything go, for more is to be locked than was thought.
    fn start_anew(&mut self, error: &io::Error) {
        self.tell_of(error);
        self.record.let_go();
    }

    fn tell_of(&self, error: &io::Error) {
        self.record.tell(format!(
            "there was no room for a lock in {}: {error}; all other changes were kept out instead, but none of a \
             version of this class that does not know of this, and should this server end before what it has run, \
             others would not wait for that",
            self.path.display()
        ));
    }

    /// Lock a file.
    fn take(&self, wanted: &Wanted<'_>, before: &dyn Fn() -> Result<(), Error>) -> Result<Taken, Error> {
        let Wanted { file: name, mode, what, others } = *wanted;
        // The second of two open files would wait for the first.
        if self.holds(name) {
            return Ok(Taken::Held(false));
        }
        let mut wait = Wait::new(&self.patience, what);
        let dir = dir_of(&self.record, self.path, &mut wait)?;
        if let Some(error) = dir.missing() {
            return Ok(Taken::NoRoom(error));
        }
        let failed = |error: io::Error| cannot_lock(&self.path.join(name), &error);
        let waits = |wait: &mut Wait<'_, '_>, who: &InTheWay<'_>| {
            if !wait.has_begun {
                before()?;
            }
            wait.once(who)
        };
        let search = || dir.any_holder(others);
        let held = loop {
            let file = match dir.file(name) {
                Err(error) if is_no_room(&error) => return Ok(Taken::NoRoom(error)),
                file => file.map_err(failed)?,
            };
            while !try_lock(&file, mode).map_err(failed)? {
                waits(&mut wait, &InTheWay::Holder(&file, &search))?;
            }
            if !dir.has(name, &file).map_err(failed)? {
                continue;
            }
            if let Some(who) = self.in_the_way(&dir, &file, name, others).map_err(failed)? {
                // The kernel's lock is free, and what it stood for goes on. Others may look, too.
                let _ = file.unlock();
                waits(&mut wait, &InTheWay::Survivor(&who))?;
                continue;
            }
            break Held { file, name: name.to_owned(), mode };
        };
        self.record.take(held).map_err(failed)?;
        if wait.is_older() {
            self.record.tell(format!(
                "an older version of this class works with {}, too: it waits for no command in a jail, and for \
                 nothing that outlives the server which has run it",
                dir.path().display()
            ));
        }
        Ok(Taken::Held(wait.has_begun))
    }

    /// Who is in the way although this file was to be had.
    fn in_the_way(
        &self,
        dir: &LockDir,
        file: &File,
        name: &str,
        others: &dyn Fn(&str) -> bool,
    ) -> io::Result<Option<String>> {
        if [POOL, EXECS].contains(&name) && !self.has_folder.get() && !dir.is_free()? {
            return Ok(Some("another request is at it, for which the disk has no room".to_owned()));
        }
        let survivor = Found::read(file).and_then(|found| found.survivor());
        Ok(survivor.or_else(|| dir.any_survivor(others)))
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        self.record.let_go();
        if let Some(dir) = self.record.dir().filter(|_| self.has_folder.get()) {
            dir.unlock();
        }
    }
}

/// The folder, opened when it is first needed.
fn dir_of(record: &Record, path: &Path, wait: &mut Wait<'_, '_>) -> Result<Rc<LockDir>, Error> {
    if let Some(dir) = record.dir() {
        return Ok(dir);
    }
    let who = InTheWay::Survivor("another request is at it, for which the disk has no room");
    let dir = LockDir::open(path, &mut || wait.once(&who))?;
    Ok(record.be_in(dir))
}

fn jail(name: &str) -> String {
    format!("jail {}", Quoted(name))
}

/// What no other file is called.
fn unique() -> String {
    let now = SystemTime::UNIX_EPOCH.elapsed().map_or(0, |since| since.as_nanos());
    format!("{}-{now}", std::process::id())
}
