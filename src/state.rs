//! What one version of this class leaves to the next when a host swaps them: a
//! JSON object with an id and a version of its own, which are not the module's.
//!
//! It holds what would have to be found out again, no request and no jail:
//! those are in iocage. An id or a version that is not known is refused, because
//! guessing at another class's state is worse than starting without; a key that
//! is not known is ignored, so that a later version may add one and still be
//! taken back. What is there must be right, or nothing is taken over.

use std::path::PathBuf;

use serde_json::{Value, json};
use sysadm_class::Level;

use crate::config::Generation;
use crate::error::{Code, Error, Quoted};
use crate::iocage::Stamp;
use crate::iocage::detect::Detected;

/// Whose state it is.
const ID: &str = "sysadm/iocage";
/// Raised when an older version of this class would misread what is written.
const VERSION: u64 = 1;
/// The word for a log that is off.
const OFF: &str = "off";

/// What is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The most talkative level that reaches the host's log.
    pub log_level: Option<Level>,
    /// What is known of the iocage program.
    pub known: Option<Known>,
}

/// What was found out about a program file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The path it was found at.
    pub program: PathBuf,
    /// Which file was there.
    pub stamp: Stamp,
    /// What it is.
    pub detected: Detected,
}

impl State {
    /// As the contract hands it on.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut state = json!({
            "id": ID,
            "log_level": self.log_level.map_or(OFF, Level::word),
            "version": VERSION,
        });
        // A path that is not UTF-8 cannot be told, and is found out again.
        if let Some(known) = &self.known
            && let Some(program) = known.program.to_str()
        {
            state["iocage"] = json!({
                "dialect": known.detected.generation.word(),
                "program": program,
                "stamp": <[i64; 7]>::from(known.stamp),
                "version": known.detected.version,
            });
        }
        state
    }

    /// Read what another version wrote.
    ///
    /// # Errors
    /// What is not understood, and what would be.
    pub fn parse(text: &[u8]) -> Result<State, Error> {
        let state: Value = serde_json::from_slice(text).map_err(|e| bad(format!("is not JSON: {e}")))?;
        if !state.is_object() {
            return Err(bad("is not a JSON object"));
        }
        let id = state["id"].as_str().unwrap_or_default();
        if id != ID {
            return Err(bad(format!("is that of {}, this class is {}", Quoted(id), Quoted(ID))));
        }
        if state["version"].as_u64() != Some(VERSION) {
            return Err(bad(format!(
                "has the version {}, this class understands {VERSION}",
                state["version"]
            )));
        }
        let log_level = match state["log_level"].as_str() {
            Some(OFF) => None,
            word => Some(
                word.and_then(|word| Level::ALL.into_iter().find(|level| level.word() == word))
                    .ok_or_else(|| unknown("log_level", &state["log_level"]))?,
            ),
        };
        let known = match &state["iocage"] {
            Value::Null => None,
            iocage => Some(known(iocage)?),
        };
        Ok(State { log_level, known })
    }
}

fn known(iocage: &Value) -> Result<Known, Error> {
    let text = |key: &'static str| iocage[key].as_str().ok_or_else(|| unknown(key, &iocage[key]));
    let numbers = iocage["stamp"].as_array().and_then(|numbers| {
        let numbers: Option<Vec<i64>> = numbers.iter().map(Value::as_i64).collect();
        <[i64; 7]>::try_from(numbers?).ok()
    });
    let dialect = text("dialect")?;
    let generation = Generation::ALL.into_iter().find(|generation| generation.word() == dialect);
    Ok(Known {
        program: text("program")?.into(),
        stamp: numbers.ok_or_else(|| unknown("stamp", &iocage["stamp"]))?.into(),
        detected: Detected {
            generation: generation.ok_or_else(|| unknown("dialect", &iocage["dialect"]))?,
            version: text("version")?.to_owned(),
        },
    })
}

fn bad(what: impl std::fmt::Display) -> Error {
    Error::new(Code::BadRequest, format!("the state {what}"))
}

fn unknown(key: &str, value: &Value) -> Error {
    bad(format!("has {} for `{key}`, which this version does not know", Quoted(&value.to_string())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> State {
        let detected = Detected { generation: Generation::Python, version: "1.13".to_owned() };
        // Inode numbers use all 64 bits on some file systems.
        let stamp = Stamp::from([1, -2, 3, 4, 5, 6, 7]);
        State {
            log_level: Some(Level::Warn),
            known: Some(Known { program: "/x/iocage".into(), stamp, detected }),
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let silent = State { log_level: None, known: None };
        for state in [sample(), silent] {
            assert_eq!(State::parse(state.to_json().to_string().as_bytes()), Ok(state));
        }
    }

    #[test]
    fn a_key_that_is_not_known_is_ignored() {
        let mut state = sample().to_json();
        state["colour"] = json!("blue");
        state["iocage"]["colour"] = json!(["blue"]);
        assert_eq!(State::parse(state.to_string().as_bytes()), Ok(sample()));
    }

    #[test]
    fn what_is_not_understood_is_refused_with_what_would_be() {
        for (key, value, part) in [
            ("id", json!("sysadm/zfs"), "\"sysadm/zfs\", this class is \"sysadm/iocage\""),
            ("id", Value::Null, "this class is"),
            ("version", json!(2), "version 2, this class understands 1"),
            ("version", json!("1"), "understands 1"),
            ("log_level", json!("loud"), "`log_level`"),
            ("iocage", json!({}), "`dialect`"),
            ("iocage", json!(7), "`dialect`"),
        ] {
            let mut state = sample().to_json();
            state[key] = value;
            let error = State::parse(state.to_string().as_bytes()).expect_err(key);
            assert!(error.message.contains(part), "{}", error.message);
        }
        for (key, value) in [
            ("dialect", json!("klingon")),
            ("program", Value::Null),
            ("stamp", json!([1, 2])),
            ("stamp", json!([1, 2, 3, 4, 5, 6, "7"])),
            ("version", json!(1.13)),
        ] {
            let mut state = sample().to_json();
            state["iocage"][key] = value;
            let error = State::parse(state.to_string().as_bytes()).expect_err(key);
            assert!(error.message.contains(&format!("`{key}`")), "{}", error.message);
        }
        for text in ["", "[]", "{", "null"] {
            State::parse(text.as_bytes()).expect_err(text);
        }
    }
}
