//! The REST form: one request in, one response out, so that the document's
//! examples run as they are written.
//!
//! The document writes a request line and then the body at once; a real client
//! sends headers and an empty line between. Both are taken.

use std::io::{self, Read, Write};
use std::process::ExitCode;

use serde::Serialize as _;
use serde_json::ser::PrettyFormatter;
use serde_json::{Serializer, Value, json};
use sysadm_class::Status;

use crate::dispatch::Dispatcher;
use crate::envelope::error_args;

/// The longest request that is read, in bytes.
const MAX_REQUEST: u64 = 16 << 20;

/// A request: the class's namespace and name from the path, and the body.
#[derive(Debug, PartialEq, Eq)]
struct Request<'a> {
    namespace: &'a str,
    name: &'a str,
    body: &'a str,
}

/// Answer the request in `input`; the exit status tells whether it went well.
pub(crate) fn serve(dispatcher: &Dispatcher, input: impl Read, out: &mut impl Write) -> io::Result<ExitCode> {
    let mut text = Vec::new();
    input.take(MAX_REQUEST + 1).read_to_end(&mut text)?;
    let (status, args) = answer(dispatcher, &text);
    let mut body = Vec::new();
    let mut writer = Serializer::with_formatter(&mut body, PrettyFormatter::with_indent(b"    "));
    json!({ "args": args }).serialize(&mut writer)?;
    body.push(b'\n');
    write!(out, "HTTP/1.1 {} {}\r\n", status.code(), status.phrase())?;
    write!(out, "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len())?;
    out.write_all(&body)?;
    out.flush()?;
    Ok(if status == Status::Ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn answer(dispatcher: &Dispatcher, text: &[u8]) -> (Status, Value) {
    let fail = |status| (status, error_args(status));
    let request = match std::str::from_utf8(text) {
        Ok(text) if text.len() as u64 <= MAX_REQUEST => parse(text),
        _ => Err(Status::BadRequest),
    };
    let request = match request {
        Ok(request) => request,
        Err(status) => return fail(status),
    };
    let answer = dispatcher.dispatch(request.namespace, request.name, request.body);
    if answer.status != Status::Ok {
        return fail(answer.status);
    }
    match serde_json::from_slice(answer.args()) {
        Ok(args) => (Status::Ok, args),
        Err(_) => fail(Status::Internal),
    }
}

fn parse(text: &str) -> Result<Request<'_>, Status> {
    let text = text.trim_start();
    let (line, mut rest) = text.split_once('\n').unwrap_or((text, ""));
    let mut words = line.split_ascii_whitespace();
    let (Some("PUT"), Some(path)) = (words.next(), words.next()) else {
        return Err(Status::BadRequest);
    };
    if words.next().is_some_and(|version| !version.starts_with("HTTP/")) || words.next().is_some() {
        return Err(Status::BadRequest);
    }
    let (namespace, name) =
        path.strip_prefix('/').and_then(|path| path.split_once('/')).ok_or(Status::NotFound)?;
    let mut length = None;
    while let Some((line, after)) = rest.split_once('\n') {
        let Some((header, value)) = line.split_once(':').filter(|(header, _)| is_header(header)) else {
            break;
        };
        if header.eq_ignore_ascii_case("content-length") {
            length = Some(value.trim().parse().map_err(|_| Status::BadRequest)?);
        }
        rest = after;
    }
    // An empty line ends the headers; the length counts from behind it.
    let body = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix('\n')).unwrap_or(rest);
    let body = match length {
        Some(length) => body.get(..length).ok_or(Status::BadRequest)?,
        None => body,
    };
    Ok(Request { namespace, name, body })
}

fn is_header(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_request_are_taken() {
        let expected = Request { namespace: "sysadm", name: "iocage", body: "{\"action\":\"df\"}" };
        for text in [
            "PUT /sysadm/iocage\n{\"action\":\"df\"}",
            "PUT /sysadm/iocage HTTP/1.1\r\nHost: x\r\nContent-Length: 15\r\n\r\n{\"action\":\"df\"}trailing",
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
            ("PUT /sysadm\n{}", Status::NotFound),
            ("PUT /a/b HTTP/1.1\nContent-Length: 99\n\n{}", Status::BadRequest),
            ("PUT /a/b HTTP/1.1\nContent-Length: x\n\n{}", Status::BadRequest),
        ] {
            assert_eq!(parse(text), Err(status), "{text}");
        }
    }
}
