//! A machine in the memory of whoever asks it: the same programs, and no process is started.
//!
//! There is no signal, so a command that one has ended exits with what a shell would tell of it.

use std::path::{Path, PathBuf};

use crate::output::Output;
use crate::session::Session;
use crate::state::State;
use crate::store::Store;
use crate::{python, tools};

/// One machine.
pub struct Machine {
    store: Store,
    folder: PathBuf,
}

/// What a program answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Its exit status.
    pub exit: u8,
    /// Its standard output.
    pub stdout: Vec<u8>,
    /// Its standard error.
    pub stderr: Vec<u8>,
}

impl Machine {
    /// A machine in the state that this text is, as a state file is one, with its files below `folder`, which is there.
    ///
    /// # Errors
    /// A sentence: what is wrong with the text, or which file cannot be written.
    pub fn new(state: &str, folder: &Path) -> Result<Machine, String> {
        let mut state = State::from_json(state.as_bytes())?;
        state.complete();
        Ok(Machine { store: Store::held(folder, state, python::files)?, folder: folder.to_owned() })
    }

    /// Runs one of its programs, by the name that it has (`zfs`, `iocage`), with this to read; none, if it has no such.
    #[must_use]
    pub fn run(&self, program: &str, words: &[String], stdin: &[u8]) -> Option<Said> {
        let program = self.folder.join(program);
        let tool = tools::named(&program)?;
        let mut session = Session::new(self.store.clone(), &program);
        session.output = Output::kept(stdin);
        let exit = session.run(tool, words);
        let (stdout, stderr) = session.output.taken();
        Some(Said { exit, stdout, stderr })
    }

    /// The state as text.
    ///
    /// # Errors
    /// None of its own; a machine in memory can be read.
    pub fn state(&self) -> Result<String, String> {
        self.store.read().map(|state| state.to_json())
    }
}
