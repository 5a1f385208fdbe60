//! A line as an object: requests as they come, answers and events as they go.
//!
//! The args of both are passed on as they were written: the class judges the former (a key that is there twice is its business) and
//! has written the latter in order.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use sysadm_host::Status;

/// The id of a request that has none, as JSON.
const NO_ID: &str = "\"\"";
/// The keys of a request.
const KEYS: [&str; 6] = ["namespace", "name", "id", "args", "login", "limited"];
/// The longest id, as it is written.
const MOST_ID: usize = 4096;

/// A request, as it stands in its line.
#[derive(Debug)]
pub struct Frame<'a> {
    /// In the spelling of the sender.
    pub namespace: String,
    /// In the spelling of the sender.
    pub name: String,
    /// The id as it is to come back, as JSON: a text, or a number to the digit.
    pub id: String,
    /// The args, JSON; the whole object where there are none.
    pub args: &'a str,
    /// A login for this request alone.
    pub login: Option<Login>,
    /// Is it to be done with limited access, whoever asks?
    pub is_limited: bool,
}

/// A login that a request brings.
#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Login {
    /// By password.
    Password {
        /// Who.
        username: String,
        /// In clear, as it was typed.
        password: String,
    },
    /// By token.
    Token {
        /// As it was shown once.
        token: String,
    },
}

/// Without what is secret.
impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Login::Password { username, .. } => write!(f, "the password of {username:?}"),
            Login::Token { .. } => f.write_str("a token"),
        }
    }
}

#[derive(Deserialize)]
struct Parts<'a> {
    #[serde(borrow)]
    namespace: Option<&'a RawValue>,
    #[serde(borrow)]
    name: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    args: Option<&'a RawValue>,
    login: Option<Login>,
    #[serde(default)]
    limited: bool,
}

impl<'a> Frame<'a> {
    /// Read a line.
    ///
    /// # Errors
    /// A sentence that says why it is no request. It repeats nothing of the line, which may hold a password.
    pub fn read(line: &'a [u8]) -> Result<Frame<'a>, String> {
        let text = std::str::from_utf8(line).map_err(|_| "a request is UTF-8, and this is not".to_owned())?;
        let parts: Parts<'a> = serde_json::from_str(text).map_err(|why| {
            let is = match twice(&why) {
                Some(key) => format!("a request has `{key}` once, and this has it twice"),
                None => "a request is a JSON object with namespace, name, id and args".to_owned(),
            };
            // A line of its own, in which each end of a line of the client's is a blank: by the byte it finds the place.
            format!("{is} (byte {})", why.column())
        })?;
        // It comes back with the answer, and would be kept for who does not read.
        if parts.id.is_some_and(|raw| raw.get().len() > MOST_ID) {
            return Err(format!("an id has at most {MOST_ID} bytes"));
        }
        let word =
            |raw: Option<&RawValue>| raw.and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
        Ok(Frame {
            namespace: word(parts.namespace).unwrap_or_default(),
            name: word(parts.name).unwrap_or_default(),
            id: id(parts.id.map(RawValue::get)),
            args: parts.args.map_or(text.trim_ascii(), RawValue::get),
            login: parts.login,
            is_limited: parts.limited,
        })
    }
}

/// The key of a request that is there twice, which is one of those that it has.
fn twice(why: &serde_json::Error) -> Option<&'static str> {
    let sentence = why.to_string();
    let key = sentence.strip_prefix("duplicate field `")?;
    KEYS.into_iter().find(|known| key.starts_with(&format!("{known}`")))
}

/// What else than a text or a number an id may be is none.
fn id(raw: Option<&str>) -> String {
    match raw {
        Some(number) if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => number.to_owned(),
        raw => {
            let text: Option<String> = raw.and_then(|raw| serde_json::from_str(raw).ok());
            Value::from(text.unwrap_or_default()).to_string()
        }
    }
}

/// The line of an answer, with its end. `args` is JSON, in which a line feed is a blank.
#[must_use]
pub fn response(frame_id: &str, name: &str, namespace: &str, args: &[u8]) -> Vec<u8> {
    // sysadm's servers keep the name of a request without an id.
    let name = if frame_id == NO_ID { name } else { "response" };
    line(args, frame_id, name, namespace, 0)
}

/// How a request fared, where that is no answer: a number as HTTP has it, and its phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u16, pub &'static str);

/// Too many failures of him, or requests at once; the classes have no such status.
pub const TOO_MANY: Code = Code(429, "Too Many Requests");

impl From<Status> for Code {
    fn from(status: Status) -> Code {
        Code(u16::try_from(status.code()).unwrap_or(500), status.phrase())
    }
}

/// The line of an error. `why` and `retry_after` stand beside what sysadm has.
#[must_use]
pub fn error(frame_id: &str, code: Code, why: Option<&str>, retry_after: Option<u64>) -> Vec<u8> {
    let mut args = json!({"code": code.0.to_string(), "message": code.1});
    if let Some(why) = why {
        args["error"] = why.into();
    }
    if let Some(seconds) = retry_after {
        args["retry_after"] = seconds.into();
    }
    line(args.to_string().as_bytes(), frame_id, "error", "error", 0)
}

/// The line of an event; so many before it were left out.
#[must_use]
pub fn event(name: &str, args: &str, missed: u64) -> Vec<u8> {
    line(args.as_bytes(), NO_ID, name, "events", missed)
}

fn line(args: &[u8], id: &str, name: &str, namespace: &str, missed: u64) -> Vec<u8> {
    let mut line = b"{\"args\":".to_vec();
    line.extend(args.iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }));
    line.extend_from_slice(format!(",\"id\":{id}").as_bytes());
    if missed > 0 {
        line.extend_from_slice(format!(",\"missed\":{missed}").as_bytes());
    }
    let (name, namespace) = (Value::from(name), Value::from(namespace));
    line.extend_from_slice(format!(",\"name\":{name},\"namespace\":{namespace}}}\n").as_bytes());
    line
}

/// What one can subscribe to whichever classes there are; beside it to the events that bear the name of a loaded one.
pub const EVENTS: [&str; 3] = ["dispatcher", "iocage", "system-state"];

/// The first line of a connection of the front's.
#[derive(Debug, Deserialize, serde::Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The address of the client.
    pub peer: std::net::SocketAddr,
    /// By what it speaks.
    pub form: Form,
    /// For how many seconds it is connected already, which are of its time to log in.
    #[serde(default)]
    pub waited_s: u64,
}

/// By what a client speaks.
#[derive(Clone, Copy, Debug, Deserialize, serde::Serialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Form {
    /// Frames of a WebSocket.
    Websocket,
    /// Requests over HTTP, each with its own login.
    Rest,
    /// Events over HTTP.
    Events,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_number_breaks_is_told() {
        for number in ["1.", "01", "-", "1e", "1e+", "-01", "1.5e"] {
            let line = format!(r#"{{ "id":"x",  "args":{{"a":{number}}},"name":"x"}}"#);
            // At the first byte with which it is no number any more.
            let begins = line.find(number).expect("there");
            let bad = begins + if number.ends_with("01") { number.len() - 1 } else { number.len() };
            let why = Frame::read(line.as_bytes()).expect_err(&line);
            assert!(why.ends_with(&format!(" (byte {})", bad + 1)), "{line}: {why}");
        }
    }

    #[test]
    fn a_key_that_is_there_twice_is_told() {
        for (line, told) in [
            (
                r#"{"namespace":"rpc","namespace":"rpc","name":"x"}"#,
                "a request has `namespace` once, and this has it twice (byte ",
            ),
            (r#"{"login":{"token":"a"},"login":{"token":"b"}}"#, "a request has `login` once"),
            (r#"{"login":{"token":"secret","token":"b"}}"#, "a request is a JSON object with"),
            (r#"{"namespace":1"#, "a request is a JSON object with"),
        ] {
            let why = Frame::read(line.as_bytes()).expect_err(line);
            assert!(why.starts_with(told) && !why.contains("secret"), "{line}: {why}");
        }
        // What the class gets is its own to judge.
        let line = r#"{"namespace":"a","name":"b","id":"1","args":{"x":1,"x":2}}"#;
        assert_eq!(Frame::read(line.as_bytes()).expect("a request").args, r#"{"x":1,"x":2}"#);
    }
}
