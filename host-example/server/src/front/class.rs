//! The classes over HTTP, as sysadm's servers had it: `PUT /sysadm/iocage` with the args as its body. Beside that what people
//! expect today: a job where `Prefer: respond-async` asks for one.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use axum::body::Body;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::Body as _;
use hyper::header::{HeaderMap, HeaderValue, LOCATION};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::caller::{Caller, limited_line, line};
use super::lines::is_log_out;
use super::login::login;
use super::reply::{self, Reply, last, refuse};
use super::target::{encoded, pairs};

/// The most bytes of an `Idempotency-Key`, as of the host's `async_key`.
const MOST_KEY: usize = 200;

/// Ask a class.
pub(crate) async fn answer(
    caller: &Caller,
    (namespace, name): (&str, &str),
    parts: &Parts,
    body: Body,
) -> Result<Reply, Reply> {
    if ![Method::PUT, Method::POST, Method::GET].contains(&parts.method) {
        return Err(not_allowed("GET, POST, PUT"));
    }
    // It is not answered, and would be waited for.
    if is_log_out(namespace, name) {
        return Err(bad("over HTTP each request brings its own login; there is none to end"));
    }
    // Before anything of the body is taken.
    let login = login(&parts.headers)?;
    let body = whole(caller, body).await?;
    let args = match parts.uri.query() {
        None => args(&body)?,
        Some(query) if parts.method == Method::GET && body.is_empty() => of_query(query)?,
        Some(_) => return Err(bad("args stand in the body, or, of GET without one, in the query")),
    };
    let wish = Wish::of(&parts.headers)?;
    let (args, is_job) = wish.put_into(args)?;
    let asked = match parts.method {
        Method::GET => limited_line(namespace, name, &args, &login),
        _ => line(namespace, name, &args, Some(&login)),
    };
    let told = caller.ask(asked).await?;
    let begun = if is_job { Begun::of(&told) } else { Begun::default() };
    if begun.code.as_deref() == Some("key-taken") {
        // By the name that it has for who has sent it.
        let named = match wish.key {
            Some(_) => told.replace("async_key", "Idempotency-Key"),
            None => told,
        };
        return Ok(reply::args(StatusCode::CONFLICT, &named));
    }
    if let Some(id) = begun.started_dispatcher_id {
        let mut reply = reply::args(StatusCode::ACCEPTED, &told);
        if let Ok(place) = HeaderValue::try_from(format!("/jobs/{}", encoded(&id))) {
            reply.headers_mut().insert(LOCATION, place);
        }
        if wish.is_async {
            reply.headers_mut().insert("preference-applied", HeaderValue::from_static("respond-async"));
        }
        return Ok(reply);
    }
    Ok(reply::args(StatusCode::OK, &told))
}

/// That a path has other methods.
pub(crate) fn not_allowed(methods: &'static str) -> Reply {
    let mut reply = refuse(StatusCode::METHOD_NOT_ALLOWED, &format!("here {methods} can be asked"));
    reply.headers_mut().insert(hyper::header::ALLOW, HeaderValue::from_static(methods));
    last(reply)
}

fn bad(why: &str) -> Reply {
    refuse(StatusCode::BAD_REQUEST, why)
}

/// The body, in bounded time and memory.
async fn whole(caller: &Caller, body: Body) -> Result<Vec<u8>, Reply> {
    let settings = caller.settings();
    let (most, within) = (settings.limits.frame_bytes, settings.limits.transfer_s);
    let too_long = || last(refuse(StatusCode::PAYLOAD_TOO_LARGE, &format!("a body may have {most} bytes")));
    // What says so itself is not waited for, nor is it told to go on (`Expect: 100-continue`).
    if body.size_hint().lower() > most as u64 {
        return Err(too_long());
    }
    let read = Limited::new(body, most).collect();
    match tokio::time::timeout(Duration::from_secs(within), read).await {
        Ok(Ok(read)) => Ok(read.to_bytes().into()),
        Ok(Err(why)) if why.is::<LengthLimitError>() => Err(too_long()),
        Ok(Err(_)) => Err(last(bad("the body broke off, or its chunks cannot be read"))),
        Err(_) => Err(last(refuse(
            StatusCode::REQUEST_TIMEOUT,
            &format!("the body was not there after {within} s"),
        ))),
    }
}

/// The args that are a body. Any JSON, so that what follows it cannot stand beside `args` in the line.
fn args(body: &[u8]) -> Result<String, Reply> {
    let text = std::str::from_utf8(body).map_err(|_| bad("the body is UTF-8, and this is not"))?;
    if text.trim_ascii().is_empty() {
        return Ok("{}".to_owned());
    }
    // With the blanks around it, by which lines are counted.
    let raw: &RawValue = serde_json::from_str(text)
        .map_err(|why| bad(&format!("the body is no JSON (line {}, column {})", why.line(), why.column())))?;
    Ok(raw.get().to_owned())
}

/// The args of a query: texts, which is what nearly all that only reads takes.
fn of_query(query: &str) -> Result<String, Reply> {
    let pairs = pairs(query).ok_or_else(|| bad("the query cannot be read, or has a key twice"))?;
    let args: serde_json::Map<_, _> = pairs.into_iter().map(|(key, value)| (key, value.into())).collect();
    Ok(serde_json::Value::Object(args).to_string())
}

/// What the headers wish.
struct Wish {
    is_async: bool,
    key: Option<String>,
}

impl Wish {
    fn of(headers: &HeaderMap) -> Result<Wish, Reply> {
        let prefers = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        let is_async = prefers
            .flat_map(|value| value.split(','))
            .any(|one| one.trim().eq_ignore_ascii_case("respond-async"));
        let mut keys = headers.get_all("idempotency-key").iter();
        let key = match (keys.next(), keys.next()) {
            (None, _) => None,
            (Some(key), None) => {
                let text = key.to_str().map_err(|_| bad("`Idempotency-Key` is not ASCII"))?;
                // The draft of the IETF has it in quotes; hardly anybody does.
                let bare = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
                // It is wrong, too, where no job is wished for.
                if bare.is_empty() || bare.len() > MOST_KEY {
                    return Err(bad(&format!("`Idempotency-Key` is a text of 1 to {MOST_KEY} bytes")));
                }
                Some(bare.to_owned())
            }
            _ => return Err(bad("`Idempotency-Key` is there twice")),
        };
        Ok(Wish { is_async, key })
    }

    /// The args with the host's keys in front; a key that is there stays as it is. And whether a job may come of it.
    fn put_into(&self, args: String) -> Result<(String, bool), Reply> {
        let Ok(there) = serde_json::from_str::<HashMap<Cow<'_, str>, IgnoredAny>>(&args) else {
            // No object, which the class refuses.
            return Ok((args, false));
        };
        let mut front = String::new();
        let is_job = self.is_async || there.contains_key("async");
        if self.is_async && !there.contains_key("async") {
            front.push_str("\"async\":true,");
        }
        if let Some(key) = self.key.as_ref().filter(|_| is_job && !there.contains_key("async_key")) {
            front.push_str(&format!("\"async_key\":{},", serde_json::Value::from(key.as_str())));
        }
        if there.is_empty() {
            front.pop();
        }
        let rest = args.strip_prefix('{').ok_or_else(|| bad("the args are no object"))?;
        Ok((format!("{{{front}{rest}"), is_job))
    }
}

/// What has come of the wish for a job: `{"createjail":{"started_dispatcher_id":ID}}`, or a code in the place of the id.
#[derive(Default, Deserialize)]
struct Begun {
    started_dispatcher_id: Option<String>,
    code: Option<String>,
}

impl Begun {
    fn of(args: &str) -> Begun {
        let told: Option<HashMap<Cow<'_, str>, Begun>> = serde_json::from_str(args).ok();
        told.and_then(|told| told.into_values().next()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_s_keys_are_put_in_front() {
        let put = |wish: (bool, Option<&str>), args: &str| {
            Wish { is_async: wish.0, key: wish.1.map(str::to_owned) }.put_into(args.to_owned()).unwrap()
        };
        let args = r#"{"action":"x", "props":"a  b"}"#;
        assert_eq!(put((false, Some("k")), args), (args.to_owned(), false));
        let job = r#"{"async":true,"async_key":"k\"","action":"x", "props":"a  b"}"#;
        assert_eq!(put((true, Some("k\"")), args), (job.to_owned(), true));
        assert_eq!(put((true, None), "{}"), (r#"{"async":true}"#.to_owned(), true));
        assert_eq!(put((true, None), "{ }"), (r#"{"async":true }"#.to_owned(), true));
        let no = r#"{"action":"x","\u0061sync":false}"#;
        assert_eq!(put((true, None), no), (no.to_owned(), true));
        assert_eq!(put((true, None), "[]"), ("[]".to_owned(), false));
    }

    #[test]
    fn a_body_is_one_value() {
        assert_eq!(args(b" {\"a\": 1}\n").unwrap(), "{\"a\": 1}");
        for none in [&b""[..], b" \r\n"] {
            assert_eq!(args(none).unwrap(), "{}");
        }
        for wrong in [&b"{},\"login\":{\"token\":\"x\"}"[..], b"{", b"\xff", b"{\"a\n\":1}"] {
            assert_eq!(args(wrong).unwrap_err().status(), 400);
        }
    }

    #[test]
    fn what_was_begun() {
        let begun = |args: &str| {
            let begun = Begun::of(args);
            (begun.started_dispatcher_id, begun.code)
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(begun(r#"{"createjail":{"started_dispatcher_id":"a-{1}"}}"#), (some("a-{1}"), None));
        assert_eq!(begun(r#"{"createjail":{"code":"queue-full"}}"#), (None, some("queue-full")));
        assert_eq!(begun(r#"{"createjail":["x"]}"#), (None, None));
    }
}
