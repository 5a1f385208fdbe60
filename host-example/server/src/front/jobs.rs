//! Jobs over HTTP: `rpc/dispatcher` by paths, `/jobs` and `/jobs/ID`.

use std::time::Duration;

use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use serde_json::{Value, json};

use super::caller::{Caller, line};
use super::class::not_allowed;
use super::login::login;
use super::reply::{self, Reply, refuse};
use super::target::{decoded, only, seconds};

/// The longest that the dispatcher waits.
const MOST_WAIT: Duration = Duration::from_secs(600);

/// All that may be seen.
pub(crate) async fn list(caller: &Caller, parts: &Parts) -> Result<Reply, Reply> {
    if parts.method != Method::GET {
        return Err(not_allowed("GET"));
    }
    let told = ask(caller, parts, &json!({"action": "list"})).await?;
    Ok(reply::args(StatusCode::OK, &told))
}

/// One, which `segment` names: look at it, wait for it, end it.
pub(crate) async fn one(caller: &Caller, segment: &str, parts: &Parts) -> Result<Reply, Reply> {
    let bad = |why: &str| refuse(StatusCode::BAD_REQUEST, why);
    let id = decoded(segment).ok_or_else(|| bad("the job's id cannot be read"))?;
    let args = match parts.method {
        Method::GET => match only(parts.uri.query(), "wait").map_err(|why| bad(&why))? {
            None => json!({"action": "show", "job_id": id}),
            Some(text) => {
                // Here, for the dispatcher would tell of its own key, `seconds`.
                let wait = seconds(&text).filter(|wait| *wait <= MOST_WAIT);
                let wait = wait.ok_or_else(|| bad("`wait` is a number of seconds, 0 to 600"))?;
                json!({"action": "wait", "job_id": id, "seconds": wait.as_secs()})
            }
        },
        Method::DELETE => json!({"action": "kill", "job_id": id}),
        _ => return Err(not_allowed("GET, DELETE")),
    };
    let told = ask(caller, parts, &args).await?;
    let status = status(&told, &id);
    Ok(if parts.method == Method::DELETE && status == StatusCode::OK {
        reply::args(StatusCode::ACCEPTED, &told)
    } else {
        reply::args(status, &told)
    })
}

async fn ask(caller: &Caller, parts: &Parts, args: &Value) -> Result<String, Reply> {
    let login = login(&parts.headers)?;
    caller.ask(line("rpc", "dispatcher", &args.to_string(), Some(&login))).await
}

/// What HTTP has for the dispatcher's codes, which all are answers with status 200 there.
fn status(told: &str, id: &str) -> StatusCode {
    let told: Value = serde_json::from_str(told).unwrap_or_default();
    let answer = told.as_object().and_then(|told| told.values().next()).unwrap_or(&Value::Null);
    match answer["code"].as_str().or_else(|| answer["not_killed"][id].as_str()) {
        // The code of a job that is shown is what its class has answered, and no fault of this request.
        Some(_) if answer["state"].is_string() => StatusCode::OK,
        None => StatusCode::OK,
        Some("no-such-job") => StatusCode::NOT_FOUND,
        Some("finished") => StatusCode::CONFLICT,
        Some(_) => StatusCode::BAD_REQUEST,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_statuses() {
        let told = |text: &str| status(text, "a-{1}").as_u16();
        assert_eq!(told(r#"{"show":{"job_id":"a-{1}","state":"running"}}"#), 200);
        assert_eq!(told(r#"{"wait":{"job_id":"a-{1}","state":"finished","code":"tag-in-use"}}"#), 200);
        assert_eq!(told(r#"{"show":{"code":"no-such-job","error":"x"}}"#), 404);
        assert_eq!(told(r#"{"killed":{"jobs":["a-{1}"]}}"#), 200);
        assert_eq!(told(r#"{"killed":{"jobs":[],"not_killed":{"a-{1}":"finished"}}}"#), 409);
        assert_eq!(told(r#"{"killed":{"jobs":[],"not_killed":{"a-{1}":"no-such-job"}}}"#), 404);
        assert_eq!(told(r#"{"wait":{"code":"wrong-type","error":"x"}}"#), 400);
    }
}
