//! Every form in which iocage is known to answer, by small texts of our own in
//! the same form: what `recordings` holds against the real programs' words is so
//! covered where there are no recordings, and with it what nobody has recorded.

mod changes;
mod doubt;
mod listings;
mod shell;
mod tables;

use serde_json::{Value, json};
use sysadm_iocage::config::Generation;

use crate::support::stand::{Answers, Said, answers, ask, failed, said};

/// The whole response of the Python dialect.
fn python<const N: usize>(request: Value, commands: [(&str, Said); N]) -> Value {
    sent(Generation::Python, &request, answers(commands))
}

/// The whole response of the shell dialect.
fn shell<const N: usize>(request: Value, commands: [(&str, Said); N]) -> Value {
    sent(Generation::Shell, &request, answers(commands))
}

fn sent(generation: Generation, request: &Value, answers: Answers) -> Value {
    let answered = ask(generation, answers, request);
    let strange = answered.calls.iter().find(|call| call.starts_with("UNEXPECTED"));
    assert!(strange.is_none(), "{strange:?} among {:?}\n{}", answered.calls, answered.args);
    answered.args
}

/// A request about the jail `db`.
fn about_db(action: &str) -> Value {
    json!({"action": action, "jail": "db"})
}

/// The code, the argument at fault and the sentence of an error.
fn error<'a>(args: &'a Value, action: &str) -> (&'a str, Option<&'a str>, &'a str) {
    let answer = &args[action];
    let text = |key: &str| answer[key].as_str();
    (text("code").unwrap_or("none"), text("key"), text("error").unwrap_or_default())
}
