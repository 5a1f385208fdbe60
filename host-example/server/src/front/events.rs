//! Events over HTTP, as browsers' `EventSource` and `curl -N` read them: `GET /events`, with `?names=dispatcher,iocage` for some.
//!
//! Nothing is kept for who was away: events have no ids here, as they have none on a WebSocket, and what a job came to its answer
//! tells. What comes faster than it is read the root part leaves out, and says how many those were.

use std::collections::VecDeque;
use std::time::Duration;

use axum::body::{Body, Bytes};
use futures_util::stream::unfold;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::caller::{Caller, Line, line};
use super::class::not_allowed;
use super::lines::{Answers, Requests};
use super::login::login;
use super::reply::{Reply, refuse, text};
use super::target::only;
use crate::wire::frame::{EVENTS, Form};

/// Between comments, by which a client sees that the server is there, and who is between them that it is in use.
const ALIVE: Duration = Duration::from_secs(15);
/// How long a subscription may take.
const BEGIN: Duration = Duration::from_secs(30);

/// Subscribe, and tell what comes.
pub(crate) async fn answer(caller: &Caller, parts: &Parts) -> Result<Reply, Reply> {
    if parts.method != Method::GET {
        return Err(not_allowed("GET"));
    }
    let login = login(&parts.headers)?;
    let names = names(parts.uri.query()).map_err(|why| refuse(StatusCode::BAD_REQUEST, &why))?;
    let subscribe = line("events", "subscribe", &names.to_string(), Some(&login));
    let late = || refuse(StatusCode::GATEWAY_TIMEOUT, "the subscription was not answered in time");
    let mut telling = tokio::time::timeout(BEGIN, begin(caller, subscribe)).await.map_err(|_| late())??;
    // Sends the head, and says when to come back.
    telling.ready.push_front("retry: 2000\n\n".to_owned());
    let told = unfold(telling, |mut telling| async move {
        let some = telling.next().await?;
        Some((Ok::<_, std::convert::Infallible>(Bytes::from(some)), telling))
    });
    Ok(text(StatusCode::OK, "text/event-stream", Body::from_stream(told)))
}

fn names(query: Option<&str>) -> Result<Value, String> {
    let Some(wanted) = only(query, "names")? else { return Ok(json!(EVENTS)) };
    let wanted: Vec<_> = wanted.split(',').collect();
    // Which classes there are the root part knows.
    match wanted.iter().any(|name| name.is_empty()) {
        true => Err(format!("`names` are {} or of classes, with commas between them", EVENTS.join(", "))),
        false => Ok(json!(wanted)),
    }
}

/// A subscription.
struct Telling {
    caller: Caller,
    answers: Answers,
    /// Held, for the root part takes its end for that of the client.
    _requests: Requests,
    ready: VecDeque<String>,
}

async fn begin(caller: &Caller, subscribe: Vec<u8>) -> Result<Telling, Reply> {
    let (mut answers, mut requests) = caller.open(Form::Events).await?;
    requests.send(subscribe).await.map_err(|why| Caller::broken(&why))?;
    let mut ready = VecDeque::new();
    loop {
        let bytes = Caller::next(&mut answers).await?;
        let line: Line<'_> = serde_json::from_slice(&bytes).map_err(|why| Caller::broken(&why))?;
        if line.is_answer() {
            line.args()?;
            return Ok(Telling { caller: caller.clone(), answers, _requests: requests, ready });
        }
        ready.push_back(event(&line));
    }
}

impl Telling {
    /// What is to be sent next; nothing when it has ended.
    async fn next(&mut self) -> Option<String> {
        if let Some(ready) = self.ready.pop_front() {
            return Some(ready);
        }
        loop {
            let line = tokio::select! {
                line = self.answers.next() => line.ok().flatten()?,
                () = tokio::time::sleep(ALIVE) => return Some(": \n\n".to_owned()),
                () = self.caller.client.gone() => return None,
                () = self.caller.state.drain.cancelled() => return None,
            };
            // One that cannot be read is no reason for the others to end.
            if let Ok(line) = serde_json::from_slice(&line) {
                return Some(event(&line));
            }
        }
    }
}

/// An event as text. Its args are one line, for they stood in one.
fn event(line: &Line<'_>) -> String {
    let missed = match line.missed {
        0 => String::new(),
        missed => format!("event: missed\ndata: {missed}\n\n"),
    };
    let name: String = line.name.chars().filter(|c| !c.is_control()).collect();
    format!("{missed}event: {name}\ndata: {}\n\n", line.args.get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known() {
        assert_eq!(names(None).unwrap(), json!(["dispatcher", "iocage", "system-state"]));
        assert_eq!(names(Some("names=iocage,dispatcher")).unwrap(), json!(["iocage", "dispatcher"]));
        assert_eq!(names(Some("names=iocage,walker")).unwrap(), json!(["iocage", "walker"]));
        for wrong in ["names=", "names=iocage,", "names=iocage&a=1", "x=iocage"] {
            assert!(names(Some(wrong)).is_err(), "{wrong}");
        }
    }
}
