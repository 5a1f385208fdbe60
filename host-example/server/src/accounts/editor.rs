//! Changes to the file, as `sysadmctl user` and `token` make them.
//!
//! An editor has the lock from when it reads until it is dropped, so that of two people who change something at once
//! neither loses it. What it changes is in memory until [`Editor::save`] writes all of it to a new file and renames that: a server that reads
//! meanwhile has the old one or the new one, and so has whoever comes after a power failure. The lock is a file of its own, for the
//! one that is replaced cannot be it.

use std::fmt;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::file::{self, AccountsError};
use super::listed::{Listed, unknown};
use super::names::{Name, TokenId};
use super::rights::{Allowed, Role};
use super::secret::{PasswordHash, new_token};
use super::stored::{Stored, StoredAccount, StoredToken};
use super::time::When;

/// How long another editor is waited for: none of them waits for a person.
const PATIENCE: Duration = Duration::from_secs(10);
const MOST_NOTE: usize = 200;

/// Why nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EditError {
    /// The file as it is cannot be taken.
    File(AccountsError),
    /// There is no such account or token, or one too many; a sentence.
    Name(String),
    /// What was given is not acceptable; a sentence.
    Value(String),
    /// It could not be locked or written; a sentence. The old file is as it was.
    NotWritten(String),
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EditError::File(why) => why.fmt(f),
            EditError::Name(why) | EditError::Value(why) | EditError::NotWritten(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for EditError {}

impl From<AccountsError> for EditError {
    fn from(why: AccountsError) -> EditError {
        EditError::File(why)
    }
}

/// The file, to be changed.
pub struct Editor {
    listed: Listed,
    /// Is given back when it is closed.
    _lock: File,
}

/// What it has, as it is to be.
impl Deref for Editor {
    type Target = Listed;
    fn deref(&self) -> &Listed {
        &self.listed
    }
}

impl Editor {
    /// Lock the file at `path` and read it. One that is not there has nothing in it yet.
    ///
    /// # Errors
    /// The file cannot be taken, or somebody else is at it.
    pub fn open(path: &Path) -> Result<Editor, EditError> {
        file::may_be_made(path)?;
        let lock = lock(path)?;
        let listed = match Listed::read(path) {
            Err(AccountsError::Missing(_)) => Listed { path: path.to_path_buf(), stored: Stored::default() },
            read => read?,
        };
        Ok(Editor { listed, _lock: lock })
    }

    /// Put what was changed in the place of the file.
    ///
    /// # Errors
    /// It could not be written, and the old one is there still.
    pub fn save(self) -> Result<(), EditError> {
        let not =
            |why: String| EditError::NotWritten(format!("{} was not changed: {why}", self.path.display()));
        let text = self.stored.text().map_err(not)?;
        file::write(&self.path, &text).and_then(file::Written::take_place).map_err(|why| not(why.to_string()))
    }

    /// A new account, which has no password yet and may do all that its role gives.
    ///
    /// # Errors
    /// There is one of that name.
    pub fn add(&mut self, name: Name, role: Role) -> Result<(), EditError> {
        self.lacks(&name).map_err(EditError::Name)?;
        self.listed.stored.accounts.insert(name, StoredAccount { role, password: None, actions: None });
        Ok(())
    }

    /// Remove an account and its tokens; how many these were.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn remove(&mut self, name: &Name) -> Result<usize, EditError> {
        self.account(name)?;
        self.listed.stored.accounts.remove(name);
        let before = self.stored.tokens.len();
        self.listed.stored.tokens.retain(|_, token| token.account != *name);
        Ok(before - self.stored.tokens.len())
    }

    /// Give an account another role.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn set_role(&mut self, name: &Name, role: Role) -> Result<(), EditError> {
        self.account(name)?.role = role;
        Ok(())
    }

    /// Give an account another list of actions, or none.
    ///
    /// # Errors
    /// There is none of that name.
    pub fn set_actions(&mut self, name: &Name, actions: Option<Allowed>) -> Result<(), EditError> {
        self.account(name)?.actions = actions;
        Ok(())
    }

    /// Give an account another password, or none: then it is used by its tokens alone.
    ///
    /// # Errors
    /// There is none of that name, or the password is not acceptable.
    pub fn set_password(&mut self, name: &Name, password: Option<&str>) -> Result<(), EditError> {
        let account = self.account(name)?;
        if password.is_some_and(|password| password.eq_ignore_ascii_case(name.as_str())) {
            return Err(EditError::Value("a password is not the account's name".to_owned()));
        }
        account.password = password.map(PasswordHash::new).transpose().map_err(EditError::Value)?;
        Ok(())
    }

    /// A new token of an account: its id and its text, which is told here and never again.
    ///
    /// # Errors
    /// There is no such account, or the note is not acceptable.
    pub fn add_token(
        &mut self,
        account: &Name,
        note: &str,
        now: SystemTime,
        life: Option<Duration>,
    ) -> Result<(TokenId, String), EditError> {
        self.account(account)?;
        if note.chars().count() > MOST_NOTE || note.chars().any(char::is_control) {
            let why = format!("a note is one line of at most {MOST_NOTE} characters");
            return Err(EditError::Value(why));
        }
        let (id, text, hash) = new_token().map_err(EditError::NotWritten)?;
        let created = When::of(now);
        let expires = life.map(|life| created.after(life));
        let token = StoredToken { account: account.clone(), hash, created, expires, note: note.to_owned() };
        self.listed.stored.tokens.insert(id.clone(), token);
        Ok((id, text))
    }

    /// Remove a token; whose it was.
    ///
    /// # Errors
    /// There is none of that id.
    pub fn revoke(&mut self, id: &TokenId) -> Result<Name, EditError> {
        let token = self.listed.stored.tokens.remove(id);
        let none = || EditError::Name(format!("there is no token {id} in {}", self.listed.path.display()));
        token.map(|token| token.account).ok_or_else(none)
    }

    fn account(&mut self, name: &Name) -> Result<&mut StoredAccount, EditError> {
        let Listed { path, stored } = &mut self.listed;
        stored.accounts.get_mut(name).ok_or_else(|| EditError::Name(unknown(name, path)))
    }
}

fn lock(path: &Path) -> Result<File, EditError> {
    let shown = path.display();
    let file = file::lock_file(path).map_err(|why| match why.kind() {
        ErrorKind::PermissionDenied => {
            AccountsError::Unreadable(format!("{shown} is not to be changed by this user: {why}")).into()
        }
        _ => EditError::NotWritten(format!("the lock of {shown} cannot be opened: {why}")),
    })?;
    let begun = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(20))
            }
            Err(TryLockError::WouldBlock) => {
                let why = format!("somebody else is changing {shown}; try again");
                return Err(EditError::NotWritten(why));
            }
            Err(TryLockError::Error(why)) => {
                return Err(EditError::NotWritten(format!("{shown} cannot be locked: {why}")));
            }
        }
    }
}
