//! The state of a machine: a file on disk that many processes share without losing or tearing anything, or memory of the
//! process that asks.
//!
//! One lock file beside the state: readers hold it shared, a change holds it alone from before the load until after the
//! rename. The state is written beside, synced and renamed, so a killed process leaves the old file or the new one,
//! never a torn one. The lock is advisory and its owner's death frees it. In memory it is a mutex.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::files::{self, Listing};
use crate::state::State;

/// The folder of one simulated machine.
#[derive(Clone)]
pub(crate) struct Store {
    folder: PathBuf,
    held: Option<Arc<Mutex<State>>>,
    listing: Listing,
}

impl Store {
    pub(crate) fn new(folder: impl Into<PathBuf>, listing: Listing) -> Store {
        Store { folder: folder.into(), held: None, listing }
    }

    /// A machine in memory, with its files, if it has any, below `folder`.
    ///
    /// # Errors
    /// A sentence, when the files cannot be written.
    pub(crate) fn held(
        folder: impl Into<PathBuf>,
        mut state: State,
        listing: Listing,
    ) -> Result<Store, String> {
        let store = Store::new(folder, listing);
        store.place(&mut state)?;
        files::sync(&state, listing, &store.root())?;
        Ok(Store { held: Some(Arc::new(Mutex::new(state))), ..store })
    }

    pub(crate) fn state_file(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    /// The machine as it is now.
    ///
    /// # Errors
    /// A sentence that names the file, when it is missing or is not a state.
    pub(crate) fn read(&self) -> Result<State, String> {
        if let Some(held) = &self.held {
            return Ok(held.lock().unwrap_or_else(PoisonError::into_inner).clone());
        }
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
        if let Some(held) = &self.held {
            let mut state = held.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = change(&mut state);
            files::sync(&state, self.listing, &self.root())?;
            return Ok(answer);
        }
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
    pub(crate) fn create(&self, mut state: State) -> Result<(), String> {
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join("lock"))
            .map_err(|error| self.about("create the lock of", &error))?;
        lock.lock().map_err(|error| self.about("lock", &error))?;
        self.place(&mut state)?;
        self.save(&state)
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
        let mut state = State::from_json(&text).map_err(|error| {
            format!("the state file `{}` is damaged: {error}", self.state_file().display())
        })?;
        state
            .check_complete()
            .map_err(|error| format!("the state file `{}`: {error}", self.state_file().display()))?;
        self.place(&mut state)?;
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
        write().map_err(|error: std::io::Error| self.about("write", &error))?;
        files::sync(state, self.listing, &self.root())
    }

    /// Makes the files those of the state, where it is older than they.
    ///
    /// # Errors
    /// A sentence that names what cannot be written.
    pub(crate) fn refresh(&self) -> Result<(), String> {
        files::sync(&self.read()?, self.listing, &self.root())
    }

    /// Below which the pools are mounted, if they are.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.join("mnt")
    }

    /// Tells the state where that is: a path without links, for it is a mountpoint.
    fn place(&self, state: &mut State) -> Result<(), String> {
        if state.mounted {
            let folder = fs::canonicalize(&self.folder).map_err(|error| self.about("find", &error))?;
            state.root =
                folder.join("mnt").to_str().ok_or("the machine's folder has no UTF-8 name")?.to_owned();
        }
        Ok(())
    }

    fn about(&self, action: &str, error: &std::io::Error) -> String {
        format!("cannot {action} the state file `{}`: {error}", self.state_file().display())
    }
}
