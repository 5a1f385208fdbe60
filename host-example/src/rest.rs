//! The REST form: one request in, one response out, so that the document's
//! examples run as they are written.
//!
//! The document writes a request line and then the body at once, to the end of
//! the input. A real client sends headers and an empty line between, and then
//! holds the connection open until it is answered: of its body is read what the
//! headers say, and no more is waited for. Both are taken.

use std::io::{self, BufRead, Read, Take, Write};
use std::process::ExitCode;

use serde::Serialize as _;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value, json};
use sysadm_class::Status;
use sysadm_host::Dispatcher;

use crate::envelope::error_args;
use crate::services::Ears;

/// The longest request that is read, in bytes.
const MAX_REQUEST: u64 = 16 << 20;

/// A request: the class's namespace and name from the path, and the body.
#[derive(Debug, PartialEq, Eq)]
struct Request {
    namespace: String,
    name: String,
    body: String,
}

/// Why there is no request: the status, and a sentence.
type Wrong = (Status, &'static str);

const TOO_LONG: &str = "the request has more than 16 MiB";

fn wrong(why: &'static str) -> Wrong {
    (Status::BadRequest, why)
}

fn bad<T>(why: &'static str) -> Result<T, Wrong> {
    Err(wrong(why))
}

/// Answer the request in `input`; the exit status tells whether it went well.
pub(crate) fn serve(
    dispatcher: &Dispatcher,
    ears: &Ears,
    input: impl BufRead,
    out: &mut impl Write,
) -> io::Result<ExitCode> {
    let request = read(input, out)?;
    // What was read is half a request then, or one that is not begun.
    if ears.ending().has_begun() {
        return Ok(ExitCode::FAILURE);
    }
    let (status, args) = match request {
        Ok(request) => {
            let answered = answer(dispatcher, &request);
            // There is one.
            ears.done(1);
            answered
        }
        Err((status, why)) => {
            ears.warn(&format!("a bad request: {why}"));
            (status, error_args(status, Some(why.to_owned())))
        }
    };
    let mut body = Vec::new();
    let mut writer = Serializer::with_formatter(&mut body, PrettyFormatter::with_indent(b"    "));
    json!({ "args": args }).serialize(&mut writer)?;
    body.push(b'\n');
    write!(out, "HTTP/1.1 {} {}\r\n", status.code(), status.phrase())?;
    write!(out, "Content-Type: application/json\r\nContent-Length: {}\r\n", body.len())?;
    out.write_all(b"Connection: close\r\n\r\n")?;
    out.write_all(&body)?;
    out.flush()?;
    Ok(if status == Status::Ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn answer(dispatcher: &Dispatcher, request: &Request) -> (Status, Value) {
    let answer = dispatcher.dispatch(&request.namespace, &request.name, &request.body);
    if answer.status != Status::Ok {
        return (answer.status, error_args(answer.status, answer.why()));
    }
    match serde_json::from_slice(answer.args()) {
        Ok(args) => (Status::Ok, args),
        Err(_) => {
            (Status::Internal, error_args(Status::Internal, Some("the class answered no JSON".to_owned())))
        }
    }
}

/// Read a request, or say with which status it is refused and why. A wrong one is read to
/// its end, too: who closes a connection with something unread in it may take the
/// answer away from the client.
fn read(input: impl BufRead, out: &mut impl Write) -> io::Result<Result<Request, Wrong>> {
    let mut input = input.take(MAX_REQUEST + 1);
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 && line.trim_ascii().is_empty() {
        line.clear();
    }
    let target = target(&line);
    let mut headers = Headers::default();
    line.clear();
    while input.read_until(b'\n', &mut line)? > 0 && headers.take(&line) {
        line.clear();
    }
    // An empty line ends the headers; anything else already belongs to the body.
    let is_ended = matches!(line.as_slice(), b"\n" | b"\r\n");
    let mut body = if is_ended { Vec::new() } else { line };
    if headers.is_wrong {
        return Ok(bad(
            "`Content-Length` is no number, is there twice, or a `Transfer-Encoding` takes its place",
        ));
    }
    if headers.length.is_some_and(|length| length > MAX_REQUEST) {
        return Ok(bad(TOO_LONG));
    }
    if headers.expects_continue {
        out.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        out.flush()?;
    }
    let is_whole = read_body(&mut input, &headers, is_ended, &mut body)?;
    if input.limit() == 0 {
        return Ok(bad(TOO_LONG));
    }
    if !is_whole {
        return Ok(bad("the body is shorter than its `Content-Length`"));
    }
    Ok(target.and_then(|(namespace, name)| {
        let body = String::from_utf8(body).map_err(|_| wrong("the body is not UTF-8"))?;
        Ok(Request { namespace, name, body })
    }))
}

/// Read the rest of the body; is it whole?
fn read_body(
    input: &mut Take<impl BufRead>,
    headers: &Headers,
    is_ended: bool,
    body: &mut Vec<u8>,
) -> io::Result<bool> {
    match headers.length {
        Some(length) => {
            let rest = length.saturating_sub(body.len() as u64);
            input.by_ref().take(rest).read_to_end(body)?;
            body.truncate(usize::try_from(length).unwrap_or(usize::MAX));
            return Ok(body.len() as u64 == length);
        }
        // A client that names no length sends no body.
        None if is_ended && headers.are_there => {}
        None => {
            input.read_to_end(body)?;
        }
    }
    Ok(true)
}

/// The namespace and name in a request line.
fn target(line: &[u8]) -> Result<(String, String), Wrong> {
    let line = std::str::from_utf8(line).map_err(|_| wrong("the request line is not UTF-8"))?;
    let mut words = line.split_ascii_whitespace();
    let (Some("PUT"), Some(path)) = (words.next(), words.next()) else {
        return bad("the request line is not `PUT /NAMESPACE/NAME`");
    };
    if words.next().is_some_and(|version| !version.starts_with("HTTP/")) || words.next().is_some() {
        return bad("what follows the path in the request line is no `HTTP/` version");
    }
    let (namespace, name) = path
        .strip_prefix('/')
        .and_then(|path| path.split_once('/'))
        .ok_or((Status::NotFound, "the path is not /NAMESPACE/NAME"))?;
    Ok((namespace.to_owned(), name.to_owned()))
}

/// What the headers say of the body.
#[derive(Default)]
struct Headers {
    are_there: bool,
    length: Option<u64>,
    expects_continue: bool,
    is_wrong: bool,
}

impl Headers {
    /// Take a line in; `false` if it is no header.
    fn take(&mut self, line: &[u8]) -> bool {
        let Some(colon) = line.iter().position(|b| *b == b':') else { return false };
        let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
        if name.is_empty() || !name.iter().all(|b| is_of_token(*b)) {
            return false;
        }
        self.are_there = true;
        if name.eq_ignore_ascii_case(b"content-length") {
            let digits = std::str::from_utf8(value).ok().filter(|v| v.bytes().all(|b| b.is_ascii_digit()));
            let length = digits.and_then(|digits| digits.parse().ok());
            self.is_wrong |= length.is_none() || self.length.is_some_and(|before| Some(before) != length);
            self.length = length;
        }
        // A body in pieces has no length beforehand; this host does not read one.
        self.is_wrong |= name.eq_ignore_ascii_case(b"transfer-encoding");
        self.expects_continue |=
            name.eq_ignore_ascii_case(b"expect") && value.eq_ignore_ascii_case(b"100-continue");
        true
    }
}

/// May a header's name hold this byte? (RFC 9110, 5.6.2; no JSON begins so.)
fn is_of_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Request, Wrong> {
        read(text.as_bytes(), &mut Vec::new()).expect("nothing fails in memory")
    }

    #[test]
    fn both_ways_of_writing_a_request_are_taken() {
        let expected =
            Request { namespace: "sysadm".into(), name: "iocage".into(), body: "{\"action\":\"df\"}".into() };
        for text in [
            "PUT /sysadm/iocage\n{\"action\":\"df\"}",
            "PUT /sysadm/iocage HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n{\"action\":\"df\"}trailing",
            "PUT /sysadm/iocage HTTP/1.1\r\nX_Y.z: a\r\ncontent-length:15\r\n\r\n{\"action\":\"df\"}",
            "\nPUT /sysadm/iocage HTTP/1.1\n\n{\"action\":\"df\"}",
        ] {
            assert_eq!(parse(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_request_has_a_status() {
        for (text, status) in [
            ("GET /sysadm/iocage\n{}", Status::BadRequest),
            ("PUT", Status::BadRequest),
            ("", Status::BadRequest),
            ("PUT /sysadm\n{}", Status::NotFound),
            ("PUT /a/b HTTP/1.1\nContent-Length: 99\n\n{}", Status::BadRequest),
            ("PUT /a/b HTTP/1.1\nContent-Length: x\n\n{}", Status::BadRequest),
            ("PUT /a/b HTTP/1.1\nContent-Length: +2\n\n{}", Status::BadRequest),
            ("PUT /a/b HTTP/1.1\nContent-Length: 99999999999999999999\n\n{}", Status::BadRequest),
            ("PUT /a/b HTTP/1.1\nContent-Length: 2\nContent-Length: 1\n\n{}", Status::BadRequest),
            ("PUT /a/b HTTP/1.1\nTransfer-Encoding: chunked\n\n2\n{}\n0\n\n", Status::BadRequest),
        ] {
            assert_eq!(parse(text).map_err(|(status, _)| status), Err(status), "{text}");
        }
    }

    /// An input that must not be asked for more than what it has.
    struct Open<'a>(&'a [u8]);

    impl Read for Open<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(!self.0.is_empty(), "a client that waits for its answer is waited for");
            self.0.read(buffer)
        }
    }

    #[test]
    fn no_more_is_read_than_the_headers_say() {
        for (text, body) in [
            ("PUT /a/b HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", "{}"),
            ("PUT /a/b HTTP/1.1\r\nContent-Length: 0\r\n\r\n", ""),
            ("PUT /a/b HTTP/1.1\r\nHost: x\r\n\r\n", ""),
        ] {
            let request = read(io::BufReader::new(Open(text.as_bytes())), &mut Vec::new());
            assert_eq!(request.expect("nothing fails").expect("a request").body, body);
        }
        let mut out = Vec::new();
        let text = b"PUT /a/b HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n{}";
        read(io::BufReader::new(Open(text)), &mut out).expect("nothing fails").expect("a request");
        assert_eq!(out, b"HTTP/1.1 100 Continue\r\n\r\n");
    }
}
