//! Asking either dialect, with an iocage that answers as it is told, and looking at
//! the error.

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use crate::support::stand::{Answers, Said, answers, ask};

/// The whole response of the Python dialect.
pub(super) fn python<const N: usize>(request: Value, commands: [(&str, Said); N]) -> Value {
    sent(Generation::Python, &request, answers(commands))
}

/// The whole response of the shell dialect.
pub(super) fn shell<const N: usize>(request: Value, commands: [(&str, Said); N]) -> Value {
    sent(Generation::Shell, &request, answers(commands))
}

pub(super) fn sent(generation: Generation, request: &Value, answers: Answers) -> Value {
    let answered = ask(generation, answers, request);
    let strange = answered.calls.iter().find(|call| call.starts_with("UNEXPECTED"));
    assert!(strange.is_none(), "{strange:?} among {:?}\n{}", answered.calls, answered.args);
    answered.args
}

/// What is said on both streams, and an exit status.
pub(super) fn with(stdout: &str, stderr: &str, exit: i32) -> Said {
    Said { stdout: stdout.into(), stderr: stderr.into(), exit, status: None }
}

/// A request about the jail `db`.
pub(super) fn about_db(action: &str) -> Value {
    json!({"action": action, "jail": "db"})
}

/// The code, the argument at fault and the sentence of an error.
pub(super) fn error<'a>(args: &'a Value, action: &str) -> (&'a str, Option<&'a str>, &'a str) {
    let answer = &args[action];
    let text = |key: &str| answer[key].as_str();
    (text("code").unwrap_or("none"), text("key"), text("error").unwrap_or_default())
}
