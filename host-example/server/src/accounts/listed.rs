//! The file as it is shown to people, by `sysadmctl user list` and `token list`. To look at it takes no lock, for another file takes its place
//! in one step, and so nothing is made where there is none.

use std::path::{Path, PathBuf};

use super::file::{self, AccountsError};
use super::names::{Name, TokenId};
use super::rights::{Allowed, Role};
use super::stored::{Stored, StoredToken};

/// What the file had when it was read.
pub struct Listed {
    pub(super) path: PathBuf,
    pub(super) stored: Stored,
}

impl Listed {
    /// Read the file at `path`.
    ///
    /// # Errors
    /// There is none, or it cannot be taken.
    pub fn read(path: &Path) -> Result<Listed, AccountsError> {
        let (text, _) = file::read(path)?;
        let malformed =
            |why| AccountsError::Malformed(format!("{} is no file of accounts: {why}", path.display()));
        Ok(Listed { path: path.to_path_buf(), stored: Stored::read(&text).map_err(malformed)? })
    }

    /// The accounts: name, role, whether there is a password, actions.
    pub fn accounts(&self) -> impl Iterator<Item = (&Name, Role, bool, Option<&Allowed>)> {
        self.stored
            .accounts
            .iter()
            .map(|(name, account)| (name, account.role, account.password.is_some(), account.actions.as_ref()))
    }

    /// The tokens, by their ids.
    pub fn tokens(&self) -> impl Iterator<Item = (&TokenId, &StoredToken)> {
        self.stored.tokens.iter()
    }

    /// That there is an account of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn has(&self, name: &Name) -> Result<(), String> {
        self.stored.accounts.contains_key(name).then_some(()).ok_or_else(|| unknown(name, &self.path))
    }

    /// That there is none yet.
    ///
    /// # Errors
    /// There is one.
    pub fn lacks(&self, name: &Name) -> Result<(), String> {
        let there = || format!("there is an account {name} already, in {}", self.path.display());
        (!self.stored.accounts.contains_key(name)).then_some(()).ok_or_else(there)
    }
}

/// That there is no such account there.
pub(super) fn unknown(name: &Name, path: &Path) -> String {
    let shown = path.display();
    format!("there is no account {name} in {shown}; `sysadmctl user list` shows them")
}
