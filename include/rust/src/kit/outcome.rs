//! What comes of an action: an answer, which stands under the action's name, or a failure,
//! which stands there as well, with a stable code, a sentence, and the key at fault.
//!
//! That is sysadm's form: a request that was understood is answered with status 200, whatever came
//! of it. What was no request of this class, or of somebody who may not, has a status of its own
//! and stands for itself.

use std::fmt;

use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};

use crate::Status;
use crate::codes::{self, Row};
use crate::module::Reply;

/// What an action answers: JSON, under its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer(Vec<u8>);

impl Answer {
    /// An answer that is JSON already: for what is long, and not to be built as a tree first. It
    /// has to be one value in UTF-8, for it becomes a part of the response as it is.
    ///
    /// # Panics
    /// In a build with debug assertions, as tests have, if it is not: a host is answered with status
    /// 500 then, and its log says why. In others nobody looks, which would take as long as to write it.
    #[must_use]
    pub fn written(json: Vec<u8>) -> Answer {
        debug_assert!(is_json(&json), "an answer was written that is not one value of JSON in UTF-8");
        Answer(json)
    }
}

/// Nothing of it is kept, and of what is only skipped the library does not look at the UTF-8.
fn is_json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| serde_json::from_str::<IgnoredAny>(text).is_ok())
}

impl From<Value> for Answer {
    fn from(value: Value) -> Answer {
        Answer(value.to_string().into_bytes())
    }
}

/// Why a request was not answered with what it asked for.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The stable code, for programs. Codes are added, never changed.
    pub code: &'static str,
    /// [`Status::Ok`], and it stands under the action's name; with any other for itself.
    pub status: Status,
    /// A sentence that a person can act on: lower case, the thing at fault in quotes.
    pub message: String,
    /// The key at fault, if it is one.
    pub key: Option<&'static str>,
    /// What is told beside these.
    beside: Map<String, Value>,
}

impl Failure {
    /// A failure of an action.
    pub fn new(code: &'static str, message: impl Into<String>) -> Failure {
        Failure::of((code, Status::Ok, ""), message)
    }

    /// One of the failures that every class has, see [`codes`].
    pub fn of((code, status, _): Row, message: impl Into<String>) -> Failure {
        Failure { code, status, message: message.into(), key: None, beside: Map::new() }
    }

    /// The same about a key.
    #[must_use]
    pub fn at(self, key: &'static str) -> Failure {
        Failure { key: Some(key), ..self }
    }

    /// The same with something beside the code, the sentence and the key.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Failure {
        self.beside.insert(name.to_owned(), value.into());
        self
    }

    /// That keys are missing, in the words of sysadm's own classes.
    #[must_use]
    pub fn missing(keys: &[&'static str]) -> Failure {
        let message = format!("Missing required keys: {}", keys.join(", "));
        Failure { key: keys.first().copied(), ..Failure::of(codes::MISSING_KEY, message) }
    }

    /// The object of a response.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut object = self.beside.clone();
        let said = [("code", Some(self.code)), ("error", Some(&*self.message)), ("key", self.key)];
        for (name, text) in said {
            object.extend(text.map(|text| (name.to_owned(), text.into())));
        }
        Value::Object(object)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Failure {}

/// A failure that stands for itself, whatever its status.
impl From<&Failure> for Reply {
    fn from(failure: &Failure) -> Reply {
        let status = match failure.status {
            Status::Ok => Status::BadRequest,
            other => other,
        };
        Reply { status, args: failure.to_json().to_string().into_bytes() }
    }
}

/// The reply to a request for `action`.
pub(super) fn reply(action: &str, outcome: &Result<Answer, Failure>) -> Reply {
    let failure;
    let body = match outcome {
        Ok(Answer(body)) => body,
        Err(why) if why.status != Status::Ok => return why.into(),
        Err(why) => {
            failure = why.to_json().to_string().into_bytes();
            &failure
        }
    };
    let name = json!(action).to_string();
    let mut args = Vec::with_capacity(name.len() + body.len() + "{:}".len());
    for part in [b"{", name.as_bytes(), b":", body, b"}"] {
        args.extend_from_slice(part);
    }
    Reply { status: Status::Ok, args }
}
