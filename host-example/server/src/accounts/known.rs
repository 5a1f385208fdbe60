//! The accounts as they stood in the file at one moment, which a server asks who somebody is. It is read anew and
//! exchanged as a whole when the file has changed; nothing of it changes by itself.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::SystemTime;

use super::file::{self, AccountsError, Stamp};
use super::names::{Name, TokenId};
use super::rights::Rights;
use super::secret::{self, PasswordHash};
use super::stored::{Stored, StoredAccount, StoredToken};
use super::time::When;

/// Who somebody is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Account {
    /// His name.
    pub name: Name,
    /// What he may do.
    pub rights: Rights,
}

/// What a session stands on: it ends with that.
#[derive(Clone)]
pub struct Grounds(Stands);

#[derive(Clone)]
enum Stands {
    Password(PasswordHash),
    Token(TokenId),
}

/// Without what is secret.
impl std::fmt::Debug for Grounds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.0 {
            Stands::Password(_) => "a password",
            Stands::Token(_) => "a token",
        })
    }
}

/// All of them.
#[derive(Default)]
pub struct Accounts {
    accounts: BTreeMap<Name, (Account, Option<PasswordHash>)>,
    tokens: BTreeMap<TokenId, StoredToken>,
    stamp: Option<Stamp>,
}

/// Without what is secret.
impl std::fmt::Debug for Accounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Accounts")
            .field("accounts", &self.accounts.keys())
            .field("tokens", &self.tokens.keys())
            .finish_non_exhaustive()
    }
}

impl Accounts {
    /// Nobody, of whom each log-in costs as much as any other.
    #[must_use]
    pub fn none() -> Accounts {
        Accounts::default()
    }

    /// Those in the file at `path`.
    ///
    /// # Errors
    /// The file is not there, or others can read or write it, or it is none of accounts; a sentence about what to do.
    pub fn load(path: &Path) -> Result<Accounts, AccountsError> {
        let (text, stamp) = file::read(path)?;
        let stored = Stored::read(&text).map_err(|why| {
            AccountsError::Malformed(format!("{} is no file of accounts: {why}", path.display()))
        })?;
        let account = |(name, stored): (Name, StoredAccount)| {
            let rights = Rights { access: stored.role.access(), actions: stored.actions };
            (name.clone(), (Account { name, rights }, stored.password))
        };
        let accounts = stored.accounts.into_iter().map(account).collect();
        Ok(Accounts { accounts, tokens: stored.tokens, stamp: Some(stamp) })
    }

    /// Which file it was; none of [`Accounts::none`]. Another [`Stamp::now`] is a reason to load it anew.
    #[must_use]
    pub fn stamp(&self) -> Option<Stamp> {
        self.stamp
    }

    /// Whether there is nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// The account of that name, of which it was proved before that it is his.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Account> {
        self.accounts.get(name).map(|(account, _)| account)
    }

    /// Whose name and password these are. It takes some 27 ms and 19 MiB, whoever it is, and even if there is nobody of that name: it is
    /// not for a thread that answers others.
    #[must_use]
    pub fn by_password(&self, name: &str, password: &str) -> Option<&Account> {
        let found = self.accounts.get(name);
        let hash = found.and_then(|(_, hash)| hash.as_ref());
        secret::is_password(hash, password).then_some(found).flatten().map(|(account, _)| account)
    }

    /// What a session of him stands on who has shown his password.
    #[must_use]
    pub fn grounds_of_password(&self, name: &str) -> Option<Grounds> {
        let (_, hash) = self.accounts.get(name)?;
        hash.clone().map(|hash| Grounds(Stands::Password(hash)))
    }

    /// What a session of him stands on who has shown this token.
    #[must_use]
    pub fn grounds_of_token(&self, token: &str) -> Option<Grounds> {
        let (id, _) = self.tokens.get_key_value(secret::id_of(token)?)?;
        Some(Grounds(Stands::Token(id.clone())))
    }

    /// Who he is now whose session stands on this; `None` if he has another password by now, the token was revoked or has
    /// expired, or he is not there any more.
    #[must_use]
    pub fn still(&self, name: &str, grounds: &Grounds, now: SystemTime) -> Option<&Account> {
        let (account, hash) = self.accounts.get(name)?;
        let is_so = match &grounds.0 {
            Stands::Password(then) => hash.as_ref() == Some(then),
            Stands::Token(id) => self.tokens.get(id).is_some_and(|token| {
                token.account.as_str() == name && token.expires.is_none_or(|expires| When::of(now) < expires)
            }),
        };
        is_so.then_some(account)
    }

    /// Whose token this is, unless it has expired at that moment.
    #[must_use]
    pub fn by_token(&self, token: &str, now: SystemTime) -> Option<&Account> {
        let found = secret::id_of(token).and_then(|id| self.tokens.get(id));
        let is_it = secret::is_token(found.map(|token| &token.hash), token);
        let found = is_it.then_some(found).flatten()?;
        let lives = found.expires.is_none_or(|expires| When::of(now) < expires);
        lives.then(|| self.get(found.account.as_str())).flatten()
    }
}
