//! A WebSocket: each of its messages is a line to the root part, each line from there a message.
//!
//! Two halves run in one task. One takes what the client sends, and says what is wrong with it, before it is anybody's work; the
//! other sends, and is the only one that does, so that who reads slowly holds up his own answers and nobody else's: there is one line
//! of his here, the next ones wait in the root part's socket. Whichever half comes to an end ends the other.

use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, timeout, timeout_at};

use super::caller::Caller;
use super::lines::{Answers, Requests, connect, is_answered, is_event, one_line};
use crate::wire::frame::{self, Code, Form, Frame};

/// What a client has for its answer to a Close.
const FAREWELL: Duration = Duration::from_secs(2);

const BAD_REQUEST: Code = Code(400, "Bad Request");
const UNAVAILABLE: Code = Code(503, "Service Unavailable");

/// How it ends.
enum End {
    /// The client has said so, or is gone.
    Left,
    /// It is told, with the code of RFC 6455.
    Close(u16, &'static str),
}

/// What the half that receives has for the one that sends.
enum Down {
    Root(Answers),
    Error(Vec<u8>),
}

/// How many requests are in flight.
struct Flight(watch::Sender<usize>);

impl Flight {
    fn now(&self) -> usize {
        *self.0.borrow()
    }

    fn begun(&self) {
        self.0.send_modify(|now| *now += 1);
    }

    fn ended(&self) {
        self.0.send_modify(|now| *now = now.saturating_sub(1));
    }

    async fn none(&self) {
        // Fails when the sender is gone, which is `self`.
        let _ = self.0.subscribe().wait_for(|now| *now == 0).await;
    }
}

/// Serve it to its end.
pub(crate) async fn serve(caller: Caller, socket: WebSocket) {
    caller.state.counters.websockets.up();
    let (mut sink, mut stream) = socket.split();
    let flight = Flight(watch::Sender::new(0));
    let (down, from_up) = mpsc::channel(4);
    let mut up = Up { caller: &caller, flight: &flight, begun: Instant::now(), root: None, down };
    let end = tokio::select! {
        end = up.run(&mut stream) => end,
        end = send(&mut sink, from_up, &flight) => end,
    };
    // By which the root part knows, before anything else takes time.
    drop(up);
    match end {
        End::Left => {
            let _ = timeout(FAREWELL, sink.close()).await;
        }
        End::Close(code, reason) => {
            log::debug!("{}: the WebSocket is closed: {code} {reason}", caller.peer);
            let close = CloseFrame { code, reason: Utf8Bytes::from_static(reason) };
            let _ = timeout(FAREWELL, sink.send(Message::Close(Some(close)))).await;
            // His answer is waited for; where he could not be understood there is none that could be.
            let _ = timeout(FAREWELL, async { while let Some(Ok(_)) = stream.next().await {} }).await;
            if matches!(code, 1002 | 1007 | 1009) {
                caller.client.linger().await;
            }
        }
    }
}

/// The half that sends.
async fn send(
    sink: &mut SplitSink<WebSocket, Message>,
    mut up: mpsc::Receiver<Down>,
    flight: &Flight,
) -> End {
    let mut root: Option<Answers> = None;
    loop {
        let (line, answers) = tokio::select! {
            Some(down) = up.recv() => match down {
                Down::Root(answers) => {
                    root = Some(answers);
                    continue;
                }
                // Of what was never in flight.
                Down::Error(line) => (line, false),
            },
            line = next(&mut root) => match line {
                Some(line) => {
                    let answers = !is_event(&line);
                    (line, answers)
                }
                None if flight.now() > 0 => return End::Close(1008, "the server has ended this connection"),
                None => return End::Close(1000, "the server has ended this connection"),
            },
        };
        if sink.send(Message::Text(text(line))).await.is_err() {
            return End::Left;
        }
        if answers {
            flight.ended();
        }
    }
}

/// Lines are UTF-8; were one not, its client would still get the rest.
fn text(mut line: Vec<u8>) -> Utf8Bytes {
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    match String::from_utf8(line) {
        Ok(text) => text.into(),
        Err(wrong) => String::from_utf8_lossy(wrong.as_bytes()).into_owned().into(),
    }
}

async fn next(root: &mut Option<Answers>) -> Option<Vec<u8>> {
    match root {
        Some(answers) => answers.next().await.ok().flatten(),
        None => std::future::pending().await,
    }
}

/// The half that receives.
struct Up<'a> {
    caller: &'a Caller,
    flight: &'a Flight,
    begun: Instant,
    root: Option<Requests>,
    down: mpsc::Sender<Down>,
}

impl Up<'_> {
    async fn run(&mut self, stream: &mut SplitStream<WebSocket>) -> End {
        // Until something comes that is for the root part, which from then on says how long it waits for a login, whoever sends what:
        // a Ping is no use of a seat.
        let mut idle = self.begun + self.caller.settings().login;
        // Bytes that had come when a message was there for the last time, and whether some of another were seen since.
        let (mut mark, mut begun) = (self.caller.client.received(), false);
        loop {
            if self.root.is_none() && Instant::now() >= idle {
                return End::Close(1000, "idle");
            }
            let settings = self.caller.settings();
            let whole = Duration::from_secs(settings.limits.transfer_s);
            let message = tokio::select! {
                message = timeout_at(idle.min(Instant::now() + whole), stream.next()) => message,
                () = self.drained() => return End::Close(1001, "the server ends"),
            };
            let received = self.caller.client.received();
            let end = match message {
                Err(_) if received != mark && begun => Some(End::Close(1008, "a frame took too long")),
                Err(_) if Instant::now() >= idle && self.flight.now() == 0 => Some(End::Close(1000, "idle")),
                Err(_) => {
                    begun = received != mark;
                    if Instant::now() >= idle {
                        idle = Instant::now() + Duration::from_secs(settings.limits.idle_s);
                    }
                    continue;
                }
                Ok(None) => Some(End::Left),
                Ok(Some(Err(why))) => Some(fault(why)),
                Ok(Some(Ok(Message::Close(_)))) => Some(End::Left),
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => None,
                Ok(Some(Ok(Message::Text(text)))) => self.frame(text.as_bytes().to_vec()).await,
                Ok(Some(Ok(Message::Binary(bytes)))) => self.frame(bytes.into()).await,
            };
            if let Some(end) = end {
                return end;
            }
            (mark, begun) = (received, false);
            if self.root.is_some() {
                idle = Instant::now() + Duration::from_secs(settings.limits.idle_s);
            }
        }
    }

    async fn drained(&self) {
        self.caller.state.drain.cancelled().await;
        self.flight.none().await;
    }

    async fn frame(&mut self, frame: Vec<u8>) -> Option<End> {
        self.caller.state.counters.frames.up();
        let most = self.caller.settings().limits.in_flight;
        if self.caller.state.drain.is_cancelled() {
            return self.refuse(&frame, UNAVAILABLE, "the server ends; connect again", Some(1)).await;
        }
        if self.flight.now() >= most {
            let why = format!("{most} requests of this connection are in flight; wait for an answer");
            return self.refuse(&frame, frame::TOO_MANY, &why, Some(1)).await;
        }
        if std::str::from_utf8(&frame).is_err() {
            return self.refuse(&frame, BAD_REQUEST, "a request is UTF-8, and this is not", None).await;
        }
        let Some(line) = one_line(frame).filter(|line| !line.trim_ascii().is_empty()) else {
            return self.refuse(b"", BAD_REQUEST, "this frame is no JSON", None).await;
        };
        let requests = match &mut self.root {
            Some(requests) => requests,
            none => {
                let settings = self.caller.settings();
                let waited = self.begun.elapsed();
                match connect(&settings.socket, self.caller.peer, Form::Websocket, waited).await {
                    Ok((answers, requests)) => {
                        if self.down.send(Down::Root(answers)).await.is_err() {
                            return Some(End::Left);
                        }
                        none.insert(requests)
                    }
                    Err(why) => {
                        Caller::says_nothing(&why);
                        return self
                            .refuse(&line, UNAVAILABLE, "the server's other part does not answer", Some(1))
                            .await;
                    }
                }
            }
        };
        if is_answered(&line) {
            self.flight.begun();
        }
        // When the root part has closed it, the other half knows, after what it has yet to send.
        if requests.send(line).await.is_err() {
            std::future::pending::<()>().await;
        }
        None
    }

    async fn refuse(&self, frame: &[u8], code: Code, why: &str, retry_after: Option<u64>) -> Option<End> {
        let read = Frame::read(frame);
        let id = read.as_ref().map_or("\"\"", |frame| frame.id.as_str());
        let line = frame::error(id, code, Some(why), retry_after);
        self.down.send(Down::Error(line)).await.is_err().then_some(End::Left)
    }
}

/// axum closes without a word; the client is to know why.
fn fault(why: axum::Error) -> End {
    use tungstenite::Error;
    match why.into_inner().downcast_ref::<Error>() {
        Some(Error::Capacity(_)) => End::Close(1009, "the frame is longer than this server takes"),
        Some(Error::Utf8(_)) => End::Close(1007, "a text is UTF-8, and this is not"),
        Some(Error::Protocol(tungstenite::error::ProtocolError::ResetWithoutClosingHandshake)) => End::Left,
        Some(Error::Protocol(_)) => End::Close(1002, "this is not as RFC 6455 has it"),
        _ => End::Left,
    }
}
