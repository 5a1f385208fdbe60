//! How a recorded command is replayed, and what is to come of it: made by whoever
//! knows the generation's commands, and judged by one who does not.

use serde_json::Value;

use crate::support::stand::Answers;

/// How a row is replayed.
pub(super) struct Scene {
    pub(super) request: Value,
    pub(super) answers: Answers,
    /// How the command that is the action itself begins.
    pub(super) own: String,
    pub(super) expect: Expect,
    /// Lines beside the answer: what could not be read, and what is told although
    /// it was done. Each is to hold this, in any order.
    pub(super) problems: Vec<String>,
    pub(super) warnings: Vec<String>,
}

/// A scene, or why there is none.
pub(super) type Plan = Result<Scene, &'static str>;

/// What the answer is to be.
#[derive(Clone, Debug)]
pub(super) enum Expect {
    /// Exactly this object.
    Answer(Value),
    /// This under `success`.
    Success(Value),
    /// Some `success`.
    Done,
    /// An error with iocage's own words in it; the code is in `named::CODES`.
    Fails,
    /// An error of this code, in the class's words: what iocage says is no reason.
    Told(&'static str),
    /// An error of this code, before the command itself is run.
    Refused(&'static str),
}
