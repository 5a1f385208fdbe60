//! Who there is, what he may do, and how he proves who he is: the file of accounts and tokens, which root alone can
//! write and nobody else can read.
//!
//! ```json
//! {
//!   "accounts": {"alice": {"role": "full", "password": "$argon2id$v=19$m=19456,t=2,p=1$...", "actions": ["sysadm/iocage/*"]}},
//!   "tokens": {"5f0c22a31b9e": {"account": "alice", "hash": "...", "created": "2026-11-26T18:30:00Z",
//!                               "expires": null, "note": "backup script"}}
//! }
//! ```
//!
//! Of an account only the role has to be there. Without `password` nobody logs in by one, with `actions` it may do these alone, each
//! within its role. Of a token the file has the SHA-256, which nothing leads back from: there are 256 random bits in it,
//! so that nothing slower is needed. Of a password it has argon2id, which is slow on purpose.
//!
//! The server reads: [`Accounts`] is the file as it stood at one moment, and [`Stamp`] tells whether it is another
//! one now. `sysadmctl` shows what is [`Listed`], and writes: an [`Editor`] holds the lock, changes all it wants to, and puts a new file in the place of the
//! old. What the file may hold is said once, by the types of `stored`; `names`, `rights`, `secret` and `time` are what
//! these are made of.

mod editor;
mod file;
mod known;
mod listed;
mod names;
mod rights;
mod secret;
mod stored;
mod time;

pub use editor::{EditError, Editor};
pub use file::{AccountsError, Stamp};
pub use known::{Account, Accounts, Grounds};
pub use listed::Listed;
pub use names::{Name, TokenId};
pub use rights::{Allowed, Rights, Role};
pub use secret::{MOST_PASSWORD, is_acceptable};
pub use stored::StoredToken;
pub use time::When;

#[cfg(test)]
mod tests;
