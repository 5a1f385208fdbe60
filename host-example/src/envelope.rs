//! The WebSocket form: one request a line in, one response a line out, in the
//! envelope of the sysadm server.
//!
//! The args of request and response are passed on as they are, unparsed: the
//! class judges the former (a key that is there twice is its business) and has
//! already written the latter in order.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Read, Write};
use std::sync::{Mutex, PoisonError};

use serde_json::value::RawValue;
use serde_json::{Value, json};
use sysadm_class::Status;
use sysadm_host::Answer;

use crate::client::Client;

/// The longest line that is read, in bytes; a longer one is a bad request.
const MAX_LINE: u64 = 16 << 20;

/// Answer every line of `input`. Nothing ends this but the end of input, of
/// those who read the output, or of this host.
pub(crate) fn serve(client: &Client<'_>, mut input: impl BufRead, out: &mut impl Write) -> io::Result<()> {
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? && !client.is_over() {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut response = respond(client, &line);
        response.push(b'\n');
        out.write_all(&response)?;
        out.flush()?;
    }
    Ok(())
}

/// Read a line; of one that is too long only so much that it is known to be,
/// the rest is skipped. `false` at the end of input.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    if input.by_ref().take(MAX_LINE + 1).read_until(b'\n', line)? == 0 {
        return Ok(false);
    }
    if line.len() as u64 > MAX_LINE && !line.ends_with(b"\n") {
        input.skip_until(b'\n')?;
    }
    Ok(true)
}

/// Answer the lines of `input` on `jobs` threads, each response as soon as it is
/// there: a short request does not wait for a long one before it.
pub(crate) fn serve_at_once(
    client: &Client<'_>,
    jobs: usize,
    input: impl BufRead + Send,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    // None where it has ended: a terminal tells its end once, and reads on.
    let (input, out) = (Mutex::new(Some(input)), Mutex::new(out));
    // No holder panics: reading and writing are the standard library's.
    let work = || -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            let is_read = {
                let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
                let is_read = match &mut *input {
                    Some(lines) => read_line(lines, &mut line)?,
                    None => false,
                };
                if !is_read {
                    *input = None;
                }
                is_read
            };
            // What was read in half, or before this host was to end, is not begun.
            if !is_read || client.is_over() {
                return Ok(());
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let mut response = respond(client, &line);
            response.push(b'\n');
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            out.write_all(&response)?;
            out.flush()?;
        }
    };
    #[expect(clippy::disallowed_methods, reason = "the host's own threads")]
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        let mut workers = workers.into_iter();
        workers.try_for_each(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// The id of a request that has none, as JSON.
const NO_ID: &str = "\"\"";

type Object = BTreeMap<String, Box<RawValue>>;

/// The response line to a request line, without the end of line.
fn respond(client: &Client<'_>, line: &[u8]) -> Vec<u8> {
    let (text, object) = match parse(line) {
        Ok(parsed) => parsed,
        Err(why) => {
            client.is_wrong(&why);
            return error(Status::BadRequest, Some(why), NO_ID);
        }
    };
    let string = |key: &str| object.get(key).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    let id = id(object.get("id").map(|raw| raw.get()));
    let bare = !object.contains_key("namespace") && !object.contains_key("name");
    let (namespace, name) = if bare {
        client.default.clone()
    } else {
        (string("namespace").unwrap_or_default(), string("name").unwrap_or_default())
    };
    let args = object.get("args").map_or(text.trim_ascii(), |args| args.get());
    let answer = client.ask(&namespace, &name, args);
    if answer.status != Status::Ok {
        return error(answer.status, answer.why(), &id);
    }
    good(&answer, &id, if id == NO_ID { &name } else { "response" }, &namespace)
}

fn parse(line: &[u8]) -> Result<(&str, Object), String> {
    if line.len() as u64 > MAX_LINE {
        return Err(format!("a line has more than {MAX_LINE} bytes"));
    }
    let text = std::str::from_utf8(line).map_err(|e| format!("a request is not UTF-8: {e}"))?;
    let object = serde_json::from_str(text).map_err(|e| format!("a request is not a JSON object: {e}"))?;
    Ok((text, object))
}

/// The id as it is to come back, as JSON: a text, or a number to the digit as it came.
/// What else it may be is none.
fn id(raw: Option<&str>) -> String {
    match raw {
        Some(number) if number.starts_with(|c: char| c == '-' || c.is_ascii_digit()) => number.to_owned(),
        raw => {
            let text: Option<String> = raw.and_then(|raw| serde_json::from_str(raw).ok());
            Value::from(text.unwrap_or_default()).to_string()
        }
    }
}

fn good(answer: &Answer, id: &str, name: &str, namespace: &str) -> Vec<u8> {
    let mut line = b"{\"args\":".to_vec();
    // A class may write its JSON on several lines; there a line break is a blank.
    line.extend(answer.args().iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }));
    let (name, namespace) = (Value::from(name), Value::from(namespace));
    line.extend_from_slice(format!(",\"id\":{id},\"name\":{name},\"namespace\":{namespace}}}").as_bytes());
    line
}

/// The args of every error of the host's: as documented, and why, if that is known.
pub(crate) fn error_args(status: Status, why: Option<String>) -> Value {
    let mut args = json!({"code": status.code().to_string(), "message": status.phrase()});
    if let Some(why) = why {
        args["error"] = why.into();
    }
    args
}

fn error(status: Status, why: Option<String>, id: &str) -> Vec<u8> {
    let args = error_args(status, why);
    format!("{{\"args\":{args},\"id\":{id},\"name\":\"error\",\"namespace\":\"error\"}}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_one_line_whatever_the_class_writes() {
        let answer = Answer::with_args(Status::Ok, "{\r\n  \"a\": \"x\\ny\"\n}\n".to_owned());
        let line = good(&answer, &id(Some(r#""\u0001\"""#)), "response", "example");
        let line = String::from_utf8(line).expect("UTF-8");
        assert!(!line.contains(['\r', '\n']), "{line}");
        let expected =
            json!({"args": {"a": "x\ny"}, "id": "\u{1}\"", "name": "response", "namespace": "example"});
        assert_eq!(serde_json::from_str::<Value>(&line).expect("JSON"), expected);
    }
}
