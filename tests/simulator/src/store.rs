//! The state file on disk: how many processes share it without losing or tearing anything.
//!
//! One lock file beside the state: readers hold it shared, a change holds it alone from before the load until after the
//! rename. The state is written beside, synced and renamed, so a killed process leaves the old file or the new one,
//! never a torn one. The lock is advisory and its owner's death frees it.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use crate::state::State;

/// The folder of one simulated machine.
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    pub(crate) fn new(folder: impl Into<PathBuf>) -> Store {
        Store { folder: folder.into() }
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    /// The machine as it is now.
    ///
    /// # Errors
    /// A sentence that names the file, when it is missing or is not a state.
    pub(crate) fn read(&self) -> Result<State, String> {
        let lock = self.lock_file()?;
        lock.lock_shared().map_err(|error| self.about("lock", &error))?;
        self.load()
    }

    /// Changes the machine: no other process reads or changes it meanwhile.
    /// What `change` made of the state is saved whatever it answers, for a command that fails half-way leaves its
    /// traces on a real machine, too.
    ///
    /// # Errors
    /// A sentence that names the file, when it cannot be read or written.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> Result<T, String> {
        let lock = self.lock_file()?;
        lock.lock().map_err(|error| self.about("lock", &error))?;
        let mut state = self.load()?;
        let before = state.clone();
        let answer = change(&mut state);
        if state != before {
            self.save(&state)?;
        }
        Ok(answer)
    }

    /// Makes the first state of a machine; the folder must exist.
    ///
    /// # Errors
    /// A sentence, when the folder cannot be written.
    pub(crate) fn create(&self, state: &State) -> Result<(), String> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join("lock"))
            .map_err(|error| self.about("create the lock of", &error))?;
        lock.lock().map_err(|error| self.about("lock", &error))?;
        self.save(state)
    }

    /// Notes that a real iocage would have let the shell of root evaluate `text`: one line in the file `evaluated`.
    ///
    /// # Errors
    /// A sentence, when the folder cannot be written.
    pub(crate) fn note_evaluated(&self, text: &str) -> Result<(), String> {
        OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("evaluated"))
            .and_then(|mut file| file.write_all(format!("{}\n", text.replace('\n', "\\n")).as_bytes()))
            .map_err(|error| self.about("write `evaluated` of", &error))
    }

    fn lock_file(&self) -> Result<File, String> {
        // The lock file is made by `create`; a missing one means that this folder holds no machine.
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.folder.join("lock"))
            .map_err(|error| self.about("open the lock of", &error))
    }

    fn load(&self) -> Result<State, String> {
        let text = fs::read(self.state_file()).map_err(|error| self.about("read", &error))?;
        let state = State::from_json(&text).map_err(|error| {
            format!("the state file `{}` is damaged: {error}", self.state_file().display())
        })?;
        state
            .check_complete()
            .map_err(|error| format!("the state file `{}`: {error}", self.state_file().display()))?;
        Ok(state)
    }

    fn save(&self, state: &State) -> Result<(), String> {
        let beside = self.folder.join("state.json.new");
        let write = || {
            let mut file = File::create(&beside)?;
            file.write_all(state.to_json().as_bytes())?;
            file.sync_all()?;
            fs::rename(&beside, self.state_file())
        };
        write().map_err(|error: std::io::Error| self.about("write", &error))
    }

    fn about(&self, action: &str, error: &std::io::Error) -> String {
        format!("cannot {action} the state file `{}`: {error}", self.state_file().display())
    }
}
