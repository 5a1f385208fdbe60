//! What a key of a request is: its name, the type of its value, and whether it
//! has to be there. Which keys an action has, the table of actions says; this is
//! what such a row is made of, and all that reading a request knows of an action.

use super::value::Takes;

/// The longest name that is read; what is longer, no grammar takes.
const NAME: usize = 4096;

/// A key of an action.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// The word in a request.
    pub name: &'static str,
    /// What it takes.
    pub kind: KeyType,
    /// Must it be there?
    pub required: bool,
    /// A key that may be there instead of it, but not beside it.
    pub instead: Option<&'static str>,
    /// A sentence.
    pub summary: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyType {
    /// The UUID, tag or name of one jail.
    Jail,
    /// The name of a pool.
    Pool,
    /// The name of a user.
    User,
    /// The name of a property.
    Property,
    /// Words of the form `name=value`.
    Props,
    /// Words that the action has.
    Switches,
    /// The words of a command.
    Command,
    /// The same, each a string.
    Argv,
    /// A number of seconds.
    Seconds,
    /// `true` or `false`: is the program's text wanted?
    Detail,
    /// `true` or `false`: may a release be downloaded?
    Fetch,
    /// `true` or `false`: may more go than what is named?
    Force,
}

impl KeyType {
    /// The longest text of several words, in bytes. The words that are taken are much
    /// shorter, all together.
    pub(super) const MAX_WORDS: usize = 640 << 10;

    /// What is read of its value.
    pub(super) fn takes(self) -> Takes {
        match self {
            KeyType::Jail | KeyType::Pool | KeyType::User | KeyType::Property => Takes::Text(NAME),
            KeyType::Props | KeyType::Switches | KeyType::Command => Takes::Text(KeyType::MAX_WORDS),
            KeyType::Argv => Takes::Strings,
            KeyType::Seconds | KeyType::Detail | KeyType::Fetch | KeyType::Force => Takes::Plain,
        }
    }

    /// The type in a description.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            KeyType::Detail | KeyType::Fetch | KeyType::Force => "boolean",
            KeyType::Argv => "array of strings",
            KeyType::Seconds => "number",
            _ => "string",
        }
    }
}
