//! A key in the row of an action: whether that needs it, what may stand in its place,
//! and, without its type, how its value is read.

use std::any::Any;
use std::fmt;

use super::member::Member;
use super::outcome::Failure;
use super::value::{Takes, Value};
use crate::codes;

/// A key as an action takes it. Made by [`Key::required`](super::Key::required) and [`Key::optional`](super::Key::optional).
#[derive(Clone, Copy)]
pub struct Param {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    pub(super) required: bool,
    pub(super) instead: Option<&'static str>,
    pub(super) words: &'static [&'static str],
    pub(super) kind: &'static Kind,
}

/// What the type of a key is, to who does not know it.
pub(super) struct Kind {
    pub(super) word: &'static str,
    pub(super) takes: fn() -> Takes,
    pub(super) schema: fn() -> Vec<Member>,
    pub(super) make: fn(&Param, Value) -> Result<Made, Failure>,
}

/// A value of a key's type, which [`Args`](super::Args) gives back as that.
pub(super) type Made = Box<dyn Any>;

impl Param {
    /// The same, whose text is made of some of these words; its type is what holds it to them.
    #[must_use]
    pub const fn of_words(self, words: &'static [&'static str]) -> Param {
        Param { words, ..self }
    }

    /// The same with another sentence than the key has.
    #[must_use]
    pub const fn says(self, summary: &'static str) -> Param {
        Param { summary, ..self }
    }

    /// The word in a request.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// A sentence on what it is for.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// Does the action need it?
    #[must_use]
    pub const fn is_required(&self) -> bool {
        self.required
    }

    /// The key that may be there instead of it.
    #[must_use]
    pub const fn instead(&self) -> Option<&'static str> {
        self.instead
    }

    /// The words that its text is made of, where that was said.
    #[must_use]
    pub const fn words(&self) -> &'static [&'static str] {
        self.words
    }

    /// The type of its value in a description: `string`, `number`, `boolean` or
    /// `array of strings`.
    #[must_use]
    pub const fn type_word(&self) -> &'static str {
        self.kind.word
    }

    /// A failure about it: a stable code, and a sentence that names it.
    #[must_use]
    pub fn wrong(&self, code: &'static str, message: impl Into<String>) -> Failure {
        Failure::new(code, message).at(self.name)
    }

    pub(super) fn wrong_type(&self, expected: &str, found: &str) -> Failure {
        self.wrong(codes::WRONG_TYPE.0, format!("`{}` must be {expected}, not {found}", self.name))
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.kind.word)
    }
}
