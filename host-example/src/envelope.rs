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
use sysadm_host::{Answer, Dispatcher};

/// The longest line that is read, in bytes; a longer one is a bad request.
const MAX_LINE: u64 = 16 << 20;

/// Answer every line of `input`. Nothing ends this but the end of input, or of
/// those who read the output.
pub(crate) fn serve(
    dispatcher: &Dispatcher,
    mut input: impl BufRead,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    while read_line(&mut input, &mut line)? {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let mut response = respond(dispatcher, &line);
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
    dispatcher: &Dispatcher,
    jobs: usize,
    input: impl BufRead + Send,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    let (input, out) = (Mutex::new(input), Mutex::new(out));
    // No holder panics: reading and writing are the standard library's.
    let work = || -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            if !read_line(&mut *input.lock().unwrap_or_else(PoisonError::into_inner), &mut line)? {
                return Ok(());
            }
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let mut response = respond(dispatcher, &line);
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

type Object = BTreeMap<String, Box<RawValue>>;

/// The response line to a request line, without the end of line.
fn respond(dispatcher: &Dispatcher, line: &[u8]) -> Vec<u8> {
    let text = if line.len() as u64 > MAX_LINE { None } else { std::str::from_utf8(line).ok() };
    let Some((text, object)) = text.and_then(|text| Some((text, serde_json::from_str::<Object>(text).ok()?)))
    else {
        return error(Status::BadRequest, "");
    };
    let string = |key: &str| object.get(key).and_then(|raw| serde_json::from_str::<String>(raw.get()).ok());
    let id = string("id").unwrap_or_default();
    let bare = !object.contains_key("namespace") && !object.contains_key("name");
    let (default_namespace, default_name) = dispatcher.default_class();
    let (namespace, name) = if bare {
        (default_namespace.to_owned(), default_name.to_owned())
    } else {
        (string("namespace").unwrap_or_default(), string("name").unwrap_or_default())
    };
    let args = object.get("args").map_or(text.trim_ascii(), |args| args.get());
    let answer = dispatcher.dispatch(&namespace, &name, args);
    if answer.status != Status::Ok {
        return error(answer.status, &id);
    }
    good(&answer, &id, if id.is_empty() { &name } else { "response" }, &namespace)
}

fn good(answer: &Answer, id: &str, name: &str, namespace: &str) -> Vec<u8> {
    let mut line = b"{\"args\":".to_vec();
    // A class may write its JSON on several lines; there a line break is a blank.
    line.extend(answer.args().iter().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { *b }));
    for (key, value) in [("id", id), ("name", name), ("namespace", namespace)] {
        line.extend_from_slice(format!(",\"{key}\":{}", Value::from(value)).as_bytes());
    }
    line.push(b'}');
    line
}

/// What the args of every error of the host's are.
pub(crate) fn error_args(status: Status) -> Value {
    json!({"code": status.code().to_string(), "message": status.phrase()})
}

fn error(status: Status, id: &str) -> Vec<u8> {
    json!({"args": error_args(status), "id": id, "name": "error", "namespace": "error"})
        .to_string()
        .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_is_one_line_whatever_the_class_writes() {
        let answer = Answer::with_args(Status::Ok, "{\r\n  \"a\": \"x\\ny\"\n}\n".to_owned());
        let line = good(&answer, "\u{1}\"", "response", "example");
        let line = String::from_utf8(line).expect("UTF-8");
        assert!(!line.contains(['\r', '\n']), "{line}");
        let expected =
            json!({"args": {"a": "x\ny"}, "id": "\u{1}\"", "name": "response", "namespace": "example"});
        assert_eq!(serde_json::from_str::<Value>(&line).expect("JSON"), expected);
    }
}
