//! A connection to the root part: lines there and back, in two halves, and the first line that says for whom.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};

use crate::wire::frame::{Form, Frame, Hello};

/// The longest line that is taken: what the root part keeps of a job's answer, several times.
const LONGEST: usize = 64 << 20;

/// What the root part says.
pub(crate) struct Answers {
    from: BufReader<OwnedReadHalf>,
    begun: Vec<u8>,
}

/// What it is asked. When both halves are dropped it knows that its client has gone.
pub(crate) struct Requests(OwnedWriteHalf);

/// Connect for this client, who has been here for so long.
pub(crate) async fn connect(
    socket: &Path,
    peer: SocketAddr,
    form: Form,
    waited: Duration,
) -> io::Result<(Answers, Requests)> {
    let (from, to) = UnixStream::connect(socket).await?.into_split();
    let mut requests = Requests(to);
    let hello = Hello { peer, form, waited_s: waited.as_secs() };
    requests.send(serde_json::to_vec(&hello)?).await?;
    Ok((Answers { from: BufReader::with_capacity(4096, from), begun: Vec::new() }, requests))
}

impl Requests {
    /// Send a line, which has no end yet.
    pub(crate) async fn send(&mut self, mut line: Vec<u8>) -> io::Result<()> {
        line.push(b'\n');
        self.0.write_all(&line).await
    }
}

impl Answers {
    /// The next line, without its end. What has been read of one is kept when this is dropped before it is there.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let some = self.from.fill_buf().await?;
            if some.is_empty() {
                return Ok(None);
            }
            let (length, ends) = match some.iter().position(|b| *b == b'\n') {
                Some(at) => (at, true),
                None => (some.len(), false),
            };
            if self.begun.len() + length > LONGEST {
                return Err(io::Error::other("the root part's line is too long"));
            }
            self.begun.extend_from_slice(&some[..length]);
            self.from.consume(length + usize::from(ends));
            if ends {
                return Ok(Some(std::mem::take(&mut self.begun)));
            }
        }
    }
}

/// Whether a line is an event, and so answers nothing. By its end, for the root part has written it: `events` is also the
/// namespace of `subscribe`, whose answer keeps its name, in the client's spelling, where the request had no id.
pub(crate) fn is_event(line: &[u8]) -> bool {
    const ANSWERS: [&[u8]; 3] = [b"\"response\"", b"\"subscribe\"", b"\"unsubscribe\""];
    let Some(head) = line.strip_suffix(b",\"namespace\":\"events\"}") else { return false };
    let ends =
        |name: &[u8]| head.len() >= name.len() && head[head.len() - name.len()..].eq_ignore_ascii_case(name);
    !ANSWERS.iter().any(|name| ends(name))
}

/// Whether a request is answered: logging out is not, as ever.
pub(crate) fn is_answered(line: &[u8]) -> bool {
    // Hardly any line is looked at more closely than this: the word stands there as it is, or with escapes.
    let word = b"auth_clear";
    let has_word = line.windows(word.len()).any(|some| some.eq_ignore_ascii_case(word));
    if !has_word && !line.windows(2).any(|some| some == b"\\u") {
        return true;
    }
    !Frame::read(line).is_ok_and(|frame| is_log_out(&frame.namespace, &frame.name))
}

/// Whether this is the request to log out, however it is spelt.
pub(crate) fn is_log_out(namespace: &str, name: &str) -> bool {
    namespace.eq_ignore_ascii_case("rpc") && name.eq_ignore_ascii_case("auth_clear")
}

/// A frame as one line. Between the values of JSON an end of a line is a blank; inside a text it is an error, which must not
/// become something else by way of here.
pub(crate) fn one_line(mut frame: Vec<u8>) -> Option<Vec<u8>> {
    if frame.iter().any(|b| matches!(b, b'\n' | b'\r')) {
        let (mut inside, mut escaped) = (false, false);
        for b in &mut frame {
            match *b {
                b'\n' | b'\r' if inside => return None,
                b'\n' | b'\r' => *b = b' ',
                b'"' if !escaped => inside = !inside,
                _ => {}
            }
            escaped = inside && *b == b'\\' && !escaped;
        }
    }
    Some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::frame;

    #[test]
    fn answers_and_events_are_told_apart() {
        let told = |line: Vec<u8>| is_event(line.strip_suffix(b"\n").unwrap());
        assert!(told(frame::event("dispatcher", "{}", 0)));
        assert!(told(frame::event("system-state", "{}", 3)));
        for name in ["subscribe", "unsubscribe", "Subscribe"] {
            assert!(!told(frame::response("\"\"", name, "events", b"{}")));
            assert!(!told(frame::response("\"x\"", name, "events", b"{}")));
        }
        assert!(!told(frame::response("\"x\"", "iocage", "sysadm", b"{\"namespace\":\"events\"}")));
    }

    #[test]
    fn logging_out_is_not_answered() {
        assert!(!is_answered(br#"{"namespace":"rpc","name":"auth_clear","id":"x","args":""}"#));
        assert!(!is_answered(br#"{"name":"Auth_Clear","namespace":"RPC"}"#));
        assert!(!is_answered(br#"{"name":"auth\u005fclear","namespace":"\u0072pc"}"#));
        let long = format!(r#"{{"name":"auth_clear","namespace":"rpc","args":"{}"}}"#, "x".repeat(9000));
        assert!(!is_answered(long.as_bytes()));
        for answered in [&br#"{"namespace":"rpc","name":"query","id":"auth_clear"}"#[..], b"{auth_clear", b""]
        {
            assert!(is_answered(answered));
        }
    }

    #[test]
    fn ends_of_lines_are_blanks_outside_texts() {
        let line = |text: &str| one_line(text.into()).map(|line| String::from_utf8(line).unwrap());
        assert_eq!(line("{\r\n\"a\\\"\":\n1}").unwrap(), "{  \"a\\\"\": 1}");
        assert_eq!(line("{\"a\\\\\":\n1}").unwrap(), "{\"a\\\\\": 1}");
        assert_eq!(line("{\"a\n\":1}"), None);
        assert_eq!(line("{\"a\\\n\":1}"), None);
    }
}
