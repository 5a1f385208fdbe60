//! What others said, as words for a sentence of ours: a class, whose probe says the same, and who asks.

use serde_json::Value;
use sysadm_class::Status;
use sysadm_class::host::{CreateError, Misuse, Response};

/// How much of a class's text goes into a sentence, in bytes.
const QUOTED: usize = 300;

/// What a class answered: its text if the status is 200, else why not.
pub(crate) fn told(answer: Result<Response, Misuse>) -> Result<String, String> {
    let response = answer.map_err(|misuse| misuse.to_string())?;
    if response.status() == Status::Ok { Ok(response.text().into_owned()) } else { Err(reason(&response)) }
}

/// Why no instance was made.
pub(crate) fn refusal(error: &CreateError) -> String {
    match error {
        CreateError::Refused(response) => format!("its create refused: {}", reason(response)),
        other => other.to_string(),
    }
}

/// The sentence in a response, or all of it.
fn reason(response: &Response) -> String {
    let args: Value = serde_json::from_slice(response.args()).unwrap_or_default();
    let mut text = args["error"].as_str().map_or_else(|| response.text().into_owned(), str::to_owned);
    if text.trim().is_empty() {
        text = format!("status {}", response.status().code());
    }
    cut(text)
}

/// As much of somebody's text as goes into a sentence.
pub(crate) fn cut(mut text: String) -> String {
    if text.len() > QUOTED {
        text.truncate(text.floor_char_boundary(QUOTED));
        text.push_str("...");
    }
    text
}

/// Who asked, for a line of the log; nothing where that is not said.
pub(crate) fn of(caller: &str) -> String {
    if caller.is_empty() { String::new() } else { format!(" of {caller:?}") }
}
