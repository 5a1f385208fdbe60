//! What is said over HTTP: JSON in sysadm's form, `{"args":...}`, whether it is an answer or an error.

use axum::body::Body;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use hyper::{Response, StatusCode};
use serde_json::json;

/// An answer.
pub(crate) type Reply = Response<Body>;

/// An answer of this kind.
pub(crate) fn text(status: StatusCode, kind: &'static str, body: impl Into<Body>) -> Reply {
    let mut reply = Response::new(body.into());
    *reply.status_mut() = status;
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

/// JSON that is there.
pub(crate) fn json(status: StatusCode, body: impl Into<Body>) -> Reply {
    text(status, "application/json", body)
}

/// The args of an answer, as they were written.
pub(crate) fn args(status: StatusCode, args: &str) -> Reply {
    json(status, format!("{{\"args\":{args}}}"))
}

/// That it is not done, with a sentence that can be acted on.
pub(crate) fn refuse(status: StatusCode, why: &str) -> Reply {
    let phrase = status.canonical_reason().unwrap_or_default();
    let told = json!({"code": status.as_u16().to_string(), "error": why, "message": phrase});
    let mut reply = args(status, &told.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        later(&mut reply, 1);
    }
    reply
}

/// Nobody was named, or nobody that is known.
pub(crate) fn who(why: &str) -> Reply {
    challenge(refuse(StatusCode::UNAUTHORIZED, why))
}

/// With how to log in.
pub(crate) fn challenge(mut reply: Reply) -> Reply {
    let ways = HeaderValue::from_static("Basic realm=\"sysadm\", charset=\"UTF-8\", Bearer realm=\"sysadm\"");
    reply.headers_mut().insert(hyper::header::WWW_AUTHENTICATE, ways);
    reply
}

/// To be tried again in so many seconds.
pub(crate) fn later(reply: &mut Reply, seconds: u64) {
    reply.headers_mut().insert(RETRY_AFTER, seconds.into());
}

/// The last on its connection: what is behind the request is not known.
pub(crate) fn last(mut reply: Reply) -> Reply {
    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    reply
}
