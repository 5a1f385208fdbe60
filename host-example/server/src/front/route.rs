//! What is asked over HTTP, by path: the table of it, what all of it has in common, and the way to a WebSocket, which
//! may be asked for at any path, as ever.

use std::convert::Infallible;
use std::time::Instant;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::extract::ws::WebSocketUpgrade;
use hyper::body::Incoming;
use hyper::header::{HeaderName, HeaderValue, UPGRADE, VARY};
use hyper::http::request::Parts;
use hyper::{Method, Request, StatusCode};

use super::caller::Caller;
use super::reply::{Reply, refuse};
use super::{class, events, jobs, openapi, origin, page, probes, target, websocket};

/// What a page of another origin may do, and read.
const CROSS: [(&str, &str); 4] = [
    ("access-control-allow-methods", "GET, POST, PUT, DELETE"),
    ("access-control-allow-headers", "authorization, content-type, prefer, idempotency-key"),
    ("access-control-expose-headers", "location, preference-applied, retry-after"),
    ("access-control-max-age", "600"),
];

/// Answer a request.
pub(crate) async fn handle(caller: Caller, request: Request<Incoming>) -> Result<Reply, Infallible> {
    let (mut parts, body) = request.into_parts();
    let begun = Instant::now();
    let mut reply = match origin::check(&parts, &caller.settings().origins) {
        Err(refused) => refused,
        Ok(foreign) => {
            let mut reply = match foreign {
                Some(_) if parts.method == Method::OPTIONS => no_content(),
                _ => route(&caller, &mut parts, Body::new(body)).await.unwrap_or_else(|refused| refused),
            };
            if let Some(origin) = foreign {
                allow(&mut reply, origin);
            }
            reply
        }
    };
    page::guard(&mut reply);
    caller.state.counters.answered(reply.status().as_u16());
    let (peer, method, path, status) =
        (caller.peer, &parts.method, parts.uri.path(), reply.status().as_u16());
    log::debug!("{peer}: {method} {path}: {status} after {} ms", begun.elapsed().as_millis());
    Ok(reply)
}

async fn route(caller: &Caller, parts: &mut Parts, body: Body) -> Result<Reply, Reply> {
    if parts.headers.contains_key(UPGRADE) && is_websocket(parts) {
        return upgrade(caller, parts).await;
    }
    match parts.uri.path() {
        "/" => page::answer(&parts.method),
        "/jobs" => jobs::list(caller, parts).await,
        "/events" => events::answer(caller, parts).await,
        "/openapi.json" => openapi::answer(caller, parts).await,
        "/healthz" => probes::health(caller, parts).await,
        "/metrics" => probes::metrics(caller, parts).await,
        path => match (
            path.strip_prefix("/jobs/").filter(|id| !id.is_empty() && !id.contains('/')),
            target::class(path),
        ) {
            (Some(id), _) => jobs::one(caller, id, parts).await,
            (_, Some(named)) => class::answer(caller, named, parts, body).await,
            _ => Err(refuse(StatusCode::NOT_FOUND, "there is nothing here; a class is at /NAMESPACE/NAME")),
        },
    }
}

fn is_websocket(parts: &Parts) -> bool {
    parts.headers.get_all(UPGRADE).iter().any(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

async fn upgrade(caller: &Caller, parts: &mut Parts) -> Result<Reply, Reply> {
    let most = caller.settings().limits.frame_bytes;
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &())
        .await
        .map_err(|why| refuse(StatusCode::BAD_REQUEST, &why.body_text()))?
        .max_message_size(most)
        .max_frame_size(most)
        // The library's 128 KiB for each are a gigabyte for ten thousand.
        .read_buffer_size(4 << 10)
        .write_buffer_size(0);
    // Counted from now on: between the answer and the task nothing else would hold the front up when it ends.
    let (caller, counted) = (caller.clone(), caller.state.tasks.token());
    Ok(upgrade.on_upgrade(async move |socket| {
        websocket::serve(caller, socket).await;
        drop(counted);
    }))
}

fn no_content() -> Reply {
    let mut reply = Reply::default();
    *reply.status_mut() = StatusCode::NO_CONTENT;
    reply
}

fn allow(reply: &mut Reply, origin: HeaderValue) {
    for (name, value) in CROSS {
        reply.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    reply.headers_mut().insert("access-control-allow-origin", origin);
    reply.headers_mut().insert(VARY, HeaderValue::from_static("origin"));
}
