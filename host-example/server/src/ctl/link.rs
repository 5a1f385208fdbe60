//! A connection to a server, and what is heard on it: answers, events between them, and Ctrl-C, whichever comes first.
//!
//! It is the same to a server in this process, which is at the other end of a pair of sockets (`own`).

use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failure::Failure;
use super::text::visible;
use crate::process::is_ignored;

/// The most bytes of a line from the server: an answer that it keeps has less.
const MOST: usize = 64 << 20;
/// The most events that are kept while an answer is waited for; the oldest are of the least use.
const MOST_EVENTS: usize = 1000;
const CONNECT: Duration = Duration::from_secs(10);

/// The args of an answer, as they came.
pub(crate) struct Answer(Box<RawValue>);

impl Answer {
    /// To the byte.
    pub(crate) fn text(&self) -> &str {
        self.0.get()
    }

    pub(crate) fn value(&self) -> Result<Value, Failure> {
        serde_json::from_str(self.0.get())
            .map_err(|why| Failure::Answered(format!("the server's answer cannot be read: {why}")))
    }
}

/// An event.
pub(crate) struct Event {
    pub(crate) name: String,
    pub(crate) args: Box<RawValue>,
    /// So many before it were left out.
    pub(crate) missed: u64,
}

/// What is heard.
pub(crate) enum Heard {
    /// The answer to the request of this number, or why there is none.
    Answer(u64, Result<Answer, Failure>),
    Event(Event),
    /// Ctrl-C, or SIGTERM.
    Interrupt,
}

#[derive(Deserialize)]
struct Frame<'a> {
    #[serde(borrow)]
    args: Option<&'a RawValue>,
    #[serde(default)]
    id: Value,
    name: Option<String>,
    namespace: Option<String>,
    #[serde(default)]
    missed: u64,
}

/// Ctrl-C and SIGTERM, each unless whoever has started this wants it ignored. Both mean that it is not to go on.
struct Interrupts([Option<Signal>; 2]);

impl Interrupts {
    fn new() -> Result<Interrupts, Failure> {
        let of = |kind: SignalKind| match is_ignored(kind.as_raw_value()) {
            true => Ok(None),
            false => signal(kind).map(Some),
        };
        let not = |why| Failure::Unreachable(format!("Ctrl-C cannot be waited for: {why}"));
        let both = of(SignalKind::interrupt()).and_then(|ctrl_c| Ok([ctrl_c, of(SignalKind::terminate())?]));
        both.map(Interrupts).map_err(not)
    }

    async fn next(&mut self) {
        let [ctrl_c, term] = &mut self.0;
        tokio::select! {
            () = heard(ctrl_c) => {}
            () = heard(term) => {}
        }
    }
}

async fn heard(signal: &mut Option<Signal>) {
    let heard = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if heard.is_none() {
        std::future::pending::<()>().await
    }
}

/// The connection.
pub(crate) struct Link {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
    line: Vec<u8>,
    numbers: u64,
    interrupts: Interrupts,
    events: VecDeque<Event>,
}

impl Link {
    /// Connect to the server at this socket.
    pub(crate) async fn connect(path: &Path) -> Result<Link, Failure> {
        let connected = tokio::time::timeout(CONNECT, UnixStream::connect(path)).await;
        let stream = connected
            .unwrap_or_else(|_| Err(ErrorKind::TimedOut.into()))
            .map_err(|why| refused(path, &why))?;
        Link::over(stream)
    }

    /// Over one that is connected.
    pub(crate) fn over(stream: UnixStream) -> Result<Link, Failure> {
        let interrupts = Interrupts::new()?;
        let (reader, writer) = stream.into_split();
        Ok(Link {
            reader: BufReader::new(reader),
            writer,
            line: Vec::new(),
            numbers: 0,
            interrupts,
            events: VecDeque::new(),
        })
    }

    /// Send a request; its number.
    pub(crate) async fn send(&mut self, class: (&str, &str), args: &RawValue) -> Result<u64, Failure> {
        self.numbers += 1;
        let (namespace, name) = (Value::from(class.0), Value::from(class.1));
        // What was typed may have lines, which in JSON are blanks.
        let args = args.get().replace(['\n', '\r'], " ");
        let line = format!(
            "{{\"namespace\":{namespace},\"name\":{name},\"id\":\"{}\",\"args\":{args}}}\n",
            self.numbers
        );
        tokio::select! {
            written = self.writer.write_all(line.as_bytes()) => written.map_err(|why| lost(&why))?,
            () = self.interrupts.next() => return Err(Failure::Interrupted(String::new())),
        }
        Ok(self.numbers)
    }

    /// The next that is heard.
    pub(crate) async fn heard(&mut self) -> Result<Heard, Failure> {
        loop {
            // Nothing is lost where Ctrl-C comes first: what was received of a line stays in `line`.
            let more = tokio::select! {
                biased;
                () = self.interrupts.next() => return Ok(Heard::Interrupt),
                more = self.reader.fill_buf() => more.map_err(|why| lost(&why))?,
            };
            if more.is_empty() {
                return Err(lost(&ErrorKind::UnexpectedEof.into()));
            }
            let end = more.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(more.len(), |end| end + 1);
            self.line.extend_from_slice(&more[..taken]);
            self.reader.consume(taken);
            if self.line.len() > MOST {
                return Err(Failure::Unreachable(format!(
                    "the server has sent a line of more than {MOST} bytes"
                )));
            }
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                if let Some(heard) = understood(&line)? {
                    return Ok(heard);
                }
            }
        }
    }

    /// The next event, of those that came while an answer was waited for, too.
    pub(crate) async fn event(&mut self) -> Result<Event, Failure> {
        if let Some(event) = self.events.pop_front() {
            return Ok(event);
        }
        loop {
            match self.heard().await? {
                Heard::Event(event) => return Ok(event),
                Heard::Interrupt => return Err(Failure::Interrupted(String::new())),
                Heard::Answer(..) => {}
            }
        }
    }

    /// Those that have come already.
    pub(crate) fn events(&mut self) -> impl Iterator<Item = Event> {
        self.events.drain(..)
    }

    /// Ask, and wait for the answer. Ctrl-C ends that.
    pub(crate) async fn ask_raw(&mut self, class: (&str, &str), args: &RawValue) -> Result<Answer, Failure> {
        let number = self.send(class, args).await?;
        loop {
            match self.heard().await? {
                Heard::Answer(of, answer) if of == number => return answer,
                Heard::Answer(..) => {}
                Heard::Interrupt => return Err(Failure::Interrupted(String::new())),
                Heard::Event(event) => {
                    if self.events.len() == MOST_EVENTS {
                        self.events.pop_front();
                    }
                    self.events.push_back(event);
                }
            }
        }
    }

    /// The same with args that were made here.
    pub(crate) async fn ask(&mut self, class: (&str, &str), args: &Value) -> Result<Answer, Failure> {
        self.ask_raw(class, &raw(args)?).await
    }
}

/// A value as args.
pub(crate) fn raw(args: &Value) -> Result<Box<RawValue>, Failure> {
    serde_json::value::to_raw_value(args)
        .map_err(|why| Failure::Usage(format!("these args are no JSON: {why}")))
}

/// A line of the server's; nothing, if it is one that does not concern us.
fn understood(line: &[u8]) -> Result<Option<Heard>, Failure> {
    let frame: Frame<'_> = serde_json::from_slice(line).map_err(|why| {
        Failure::Unreachable(format!("this is no server of ours: its line is no frame ({why})"))
    })?;
    let args = match frame.args {
        Some(args) => args.to_owned(),
        None => raw(&json!({}))?,
    };
    let (namespace, name) = (frame.namespace.as_deref(), frame.name.unwrap_or_default());
    let number = frame.id.as_str().and_then(|id| id.parse::<u64>().ok());
    if (namespace, &*name) == (Some("error"), "error") {
        let failure = error(&serde_json::from_str(args.get()).unwrap_or_default());
        return match number {
            Some(number) => Ok(Some(Heard::Answer(number, Err(failure)))),
            // An error of no request is one of the connection.
            None => Err(failure),
        };
    }
    if let Some(number) = number {
        return Ok(Some(Heard::Answer(number, Ok(Answer(args)))));
    }
    let is_event = namespace == Some("events") && frame.id == "";
    Ok(is_event.then_some(Heard::Event(Event { name, args, missed: frame.missed })))
}

fn error(args: &Value) -> Failure {
    let word = |key: &str| args[key].as_str().map(visible);
    let code = word("code").unwrap_or_default();
    let message = word("message").unwrap_or_else(|| "an error".to_owned());
    let mut sentence = match word("error") {
        Some(why) => format!("{why} ({code} {message})"),
        None => format!("the server answers {code} {message}"),
    };
    if let Some(seconds) = args["retry_after"].as_u64() {
        sentence.push_str(&format!("; try again in {seconds} s"));
    }
    Failure::of_code(&code, sentence)
}

fn lost(why: &io::Error) -> Failure {
    Failure::Unreachable(match why.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset => {
            "the server has closed the connection".to_owned()
        }
        _ => format!("the connection to the server is lost: {why}"),
    })
}

fn refused(path: &Path, why: &io::Error) -> Failure {
    let at = path.display();
    if why.kind() == ErrorKind::PermissionDenied {
        return Failure::Forbidden(format!(
            "this user may not connect to {at}: root may, and the members of the group that `ls -l` shows there"
        ));
    }
    Failure::Unreachable(match why.kind() {
        ErrorKind::NotFound => {
            format!(
                "there is no server at {at}: `service sysadmd status` tells of it, --socket names another, --module needs none"
            )
        }
        ErrorKind::ConnectionRefused => {
            format!("nobody listens at {at}: `service sysadmd status` tells whether the server runs")
        }
        _ => format!("{at}: {why}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_not_connect_is_told_by_number_from_where_nobody_is() {
        for (number, status) in
            [(libc::EACCES, 4), (libc::EPERM, 4), (libc::ENOENT, 3), (libc::ECONNREFUSED, 3)]
        {
            let why = refused(Path::new("/run/sock"), &io::Error::from_raw_os_error(number));
            assert_eq!(why.status(), status, "{why}");
            assert!(why.to_string().contains("/run/sock"), "{why}");
        }
    }
}
