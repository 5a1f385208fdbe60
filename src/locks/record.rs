//! What a claim holds, and the line in each file that it holds alone, kept up to date
//! while programs run.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io;
use std::rc::Rc;

use super::dir::{LockDir, is_no_room};
use super::file::Mode;
use super::line::{Holder, Line, Program};
use crate::process::{Step, again};

/// The files and what is to stand in them.
pub(super) struct Record {
    line: Line,
    /// Where they are, from the first on.
    dir: RefCell<Option<Rc<LockDir>>>,
    pub(super) held: RefCell<Vec<Held>>,
    /// The program that was started last, or one before it that has survived.
    program: Cell<Option<Program>>,
    /// What an administrator should know.
    told: RefCell<Vec<String>>,
    /// Is one of these that a line could not be written?
    is_unwritten: Cell<bool>,
}

/// A file that is locked.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) file: File,
    pub(super) name: String,
    pub(super) mode: Mode,
}

impl Held {
    /// Let it go; with its line, if what was started under it is not gone.
    pub(super) fn let_go(self, dir: &LockDir, with_line: bool) {
        // What fails here leaves a line about nobody, which the next holder
        // overwrites; there is nothing better to do about it.
        let _ = match self.mode {
            _ if with_line => Ok(()),
            Mode::Shared => Ok(()),
            Mode::Kept => again(|| self.file.set_len(0)),
            Mode::Removed => dir.remove(&self.name, &self.file),
        };
        // Closing would do, if the host had not forked meanwhile: the lock is the
        // open file's, of which the other process then has a descriptor, too.
        let _ = self.file.unlock();
    }
}

impl Record {
    pub(super) fn new(by: Holder<'_>) -> Record {
        Record {
            line: Line::new(by),
            dir: RefCell::default(),
            held: RefCell::default(),
            program: Cell::new(None),
            told: RefCell::default(),
            is_unwritten: Cell::new(false),
        }
    }

    /// Where they are, if that was needed yet.
    pub(super) fn dir(&self) -> Option<Rc<LockDir>> {
        self.dir.borrow().clone()
    }

    /// This is where they are.
    pub(super) fn be_in(&self, dir: LockDir) -> Rc<LockDir> {
        Rc::clone(self.dir.borrow_mut().insert(Rc::new(dir)))
    }

    /// Nothing is held there, and it is to be opened anew.
    pub(super) fn forget_dir(&self) {
        self.dir.replace(None);
    }

    /// Hold a file, and write into it what is not shared.
    pub(super) fn take(&self, held: Held) -> io::Result<()> {
        let written =
            if held.mode == Mode::Shared { Ok(()) } else { self.line.write(&held.file, self.program.get()) };
        let full = match written {
            Err(e) if is_no_room(&e) => Some(e),
            other => other.map(|()| None)?,
        };
        if let Some(e) = full {
            self.cannot_write(&held.name, &e);
        }
        self.held.borrow_mut().push(held);
        Ok(())
    }

    /// Put down what happens to a program.
    pub(super) fn note(&self, step: Step) {
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
                self.cannot_write(&held.name, &e);
            }
        }
    }

    /// Let everything go, in turn, so that who changes all jails comes after the last of
    /// them.
    pub(super) fn let_go(&self) {
        let Some(dir) = self.dir() else { return };
        // What was started and has survived keeps its locks by the lines in them.
        let goes_on = self.program.get().is_some_and(|program| program.living().is_some());
        while let Some(held) = self.held.borrow_mut().pop() {
            held.let_go(&dir, goes_on);
        }
    }

    /// Have the answer say this.
    pub(super) fn tell(&self, sentence: String) {
        let mut told = self.told.borrow_mut();
        if !told.contains(&sentence) {
            log::warn!("{sentence}");
            told.push(sentence);
        }
    }

    /// What an administrator should know although the locks were had.
    pub(super) fn told(&self) -> Vec<String> {
        if let Some(dir) = self.dir() {
            for held in self.held.borrow().iter() {
                if matches!(dir.has(&held.name, &held.file), Ok(false)) {
                    self.tell(format!(
                        "{} was taken away while it was held; who made it anew was not kept out",
                        dir.path().join(&held.name).display()
                    ));
                }
            }
        }
        self.told.borrow().clone()
    }

    fn cannot_write(&self, name: &str, error: &io::Error) {
        let Some(dir) = self.dir().filter(|_| !self.is_unwritten.replace(true)) else { return };
        self.tell(format!(
            "who is at it could not be written into {}: {error}; should this server end before what it has run, \
             others would not wait for that",
            dir.path().join(name).display()
        ));
    }
}
