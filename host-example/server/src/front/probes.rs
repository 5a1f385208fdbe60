//! What machines ask: whether the server works, and what it has counted.

use std::time::Duration;

use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde::Deserialize;

use super::caller::{Caller, line};
use super::class::not_allowed;
use super::login::login;
use super::reply::{Reply, json, refuse, text};

/// What a balancer waits.
const SOON: Duration = Duration::from_secs(2);

/// `GET /healthz`, which needs no login and says nothing but whether.
pub(crate) async fn health(caller: &Caller, parts: &Parts) -> Result<Reply, Reply> {
    asked(parts)?;
    let answer = caller.ask_within(line("rpc", "health", "{}", None), SOON).await;
    Ok(match answer {
        Ok(_) => json(StatusCode::OK, r#"{"ok":true}"#),
        Err(_) => json(StatusCode::SERVICE_UNAVAILABLE, r#"{"ok":false}"#),
    })
}

/// `GET /metrics`, in the text form of Prometheus: the root part's, and the front's own.
pub(crate) async fn metrics(caller: &Caller, parts: &Parts) -> Result<Reply, Reply> {
    #[derive(Deserialize)]
    struct Told {
        text: String,
    }
    asked(parts)?;
    let login = login(&parts.headers)?;
    let told = caller.ask(line("rpc", "metrics", "{}", Some(&login))).await?;
    let Ok(Told { text: mut body }) = serde_json::from_str(&told) else {
        return Err(refuse(StatusCode::INTERNAL_SERVER_ERROR, "the root part's metrics cannot be read"));
    };
    if !body.is_empty() && !body.ends_with('\n') {
        body.push('\n');
    }
    body.push_str(&caller.state.counters.text(caller.state.seats.taken()));
    Ok(text(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", body))
}

fn asked(parts: &Parts) -> Result<(), Reply> {
    if [Method::GET, Method::HEAD].contains(&parts.method) { Ok(()) } else { Err(not_allowed("GET, HEAD")) }
}
