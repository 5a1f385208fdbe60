//! What a child that ended by itself left: its exit status and what it printed.
//!
//! Whoever reads text of iocage's has one of these in hand and no need to know
//! how it was run, which is [`crate::iocage::session`]'s.

use std::fmt;
use std::ops::Deref;
use std::rc::Rc;
use std::time::Duration;

use crate::error::{Child, Code, Error};

/// What was printed on a stream. It may be long, and who is to be told of it beside the
/// answer has the same, not a copy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Rc<String>);

impl Text {
    /// The text, to be changed: where somebody else has it, too, as a copy.
    pub fn edit(&mut self) -> &mut String {
        Rc::make_mut(&mut self.0)
    }

    /// Is it not only alike, but the same?
    pub fn is_same(&self, other: &Text) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Text {
    fn from(text: String) -> Text {
        Text(Rc::new(text))
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Text {
        text.to_owned().into()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

/// What a child that ended by itself left.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// Its exit status; `None` if the host's process took it away.
    pub exit: Option<i32>,
    /// Standard output; what is not UTF-8 is U+FFFD.
    pub stdout: Text,
    /// Standard error, likewise.
    pub stderr: Text,
    /// Standard output as it was, if it is not UTF-8, is wanted, and is somebody
    /// else's than iocage's.
    pub stdout_bytes: Option<Rc<Vec<u8>>>,
    /// Standard error, likewise.
    pub stderr_bytes: Option<Rc<Vec<u8>>>,
    /// Is something missing in either?
    pub truncated: bool,
    /// Is it so because too much of somebody else's is no UTF-8?
    pub odd: bool,
    /// From the start to its end.
    pub duration: Duration,
}

impl Output {
    /// Did it say that it succeeded? An exit status that was taken away says
    /// nothing, so the caller looks at the text.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        matches!(self.exit, Some(0) | None)
    }

    /// The output, if it is all there; `who` has printed it.
    ///
    /// # Errors
    /// [`Code::UnexpectedOutput`].
    pub fn untruncated(self, who: &str) -> Result<Output, Error> {
        if !self.truncated {
            return Ok(self);
        }
        let message =
            format!("{who} printed more than `max_output` allows, or more lines than are looked at");
        Err(self.error(Code::UnexpectedOutput, message))
    }

    /// Its end, for an error.
    #[must_use]
    pub fn child(&self) -> Child {
        Child { exit: self.exit, signal: None, stderr: Child::carried(&self.stderr), stdout: None }
    }

    /// The error where only its exit status would have told.
    #[must_use]
    pub fn unknown(&self) -> Error {
        let message =
            "iocage ran, but whether it succeeded is not known: the host's process took its exit status away";
        self.error(Code::OutcomeUnknown, message)
    }

    /// An error about this child.
    pub fn error(&self, code: Code, message: impl Into<String>) -> Error {
        Error::new(code, message).with_child(self.child())
    }
}
