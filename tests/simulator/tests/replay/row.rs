//! The lines of a recording.

use serde_json::Value;

use crate::machine::Ran;

/// One recorded command.
pub(super) struct Row {
    pub(super) id: String,
    pub(super) argv: Vec<String>,
    pub(super) precondition: String,
    pub(super) stdin: String,
    pub(super) answer: Ran,
}

impl Row {
    pub(super) fn parse(line: &str) -> Row {
        let value: Value = serde_json::from_str(line).expect("a recording is one JSON object a line");
        let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
        let stdin = text("stdin");
        Row {
            id: text("id"),
            argv: serde_json::from_value(value["argv"].clone()).expect("argv is a list of strings"),
            precondition: text("precondition"),
            stdin: if stdin == "/dev/null" { String::new() } else { stdin },
            answer: Ran {
                stdout: text("stdout"),
                stderr: text("stderr"),
                exit: value["exit"]
                    .as_i64()
                    .and_then(|exit| i32::try_from(exit).ok())
                    .expect("exit is a status"),
            },
        }
    }
}
