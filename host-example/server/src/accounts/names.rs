//! What an account and a token are called. Both stand in log lines, in requests and on command lines, so they are plain
//! words; nothing in them needs to be quoted anywhere.

use serde::{Deserialize, Serialize};

const MOST_NAME: usize = 32;
/// 48 bits, which tell the tokens of a machine apart; that nobody guesses one is the matter of what follows it.
pub(super) const ID_BYTES: usize = 6;

/// The name of an account.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub struct Name(String);

impl Name {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = String;
    fn try_from(name: String) -> Result<Name, String> {
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        let goes_on = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || b"._-".contains(&c);
        if name.len() > MOST_NAME || !begins || !name.bytes().all(goes_on) {
            return Err(format!(
                "{name:?} is no name of an account: 1 to {MOST_NAME} of a-z, 0-9, `.`, `_` and `-`, beginning with a letter or `_`"
            ));
        }
        Ok(Name(name))
    }
}

impl std::str::FromStr for Name {
    type Err = String;
    fn from_str(name: &str) -> Result<Name, String> {
        Name::try_from(name.to_owned())
    }
}

/// So that a map by names is asked with a text.
impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a token is called, which is no secret: it is the first part of its text.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(try_from = "String")]
pub struct TokenId(String);

impl TokenId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for TokenId {
    type Error = String;
    fn try_from(id: String) -> Result<TokenId, String> {
        let is_hex = id.bytes().all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
        if id.len() != 2 * ID_BYTES || !is_hex {
            // It may be a whole token, which is not repeated.
            return Err(format!(
                "the id of a token is {} of 0-9 and a-f, what stands between its `_`",
                2 * ID_BYTES
            ));
        }
        Ok(TokenId(id))
    }
}

impl std::str::FromStr for TokenId {
    type Err = String;
    fn from_str(id: &str) -> Result<TokenId, String> {
        TokenId::try_from(id.to_owned())
    }
}

/// As of [`Name`].
impl std::borrow::Borrow<str> for TokenId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for TokenId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}
