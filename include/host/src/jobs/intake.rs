//! How a request becomes a job: who may not is refused at once, and who may is told the job's id.

use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};
use sysadm_class::host::Request;
use sysadm_class::{Access, Status};

use super::asked;
use super::job::Job;
use super::table::{Key, New, Refusal};
use super::work::Jobs;
use crate::answer::Answer;
use crate::dispatcher::route;
use crate::registry::Needs;

/// The most bytes of an action's name, where no class says which there are: it becomes a part of the id.
const NAMED: usize = 64;

/// Make a job of a request that asks for one, and answer with its id.
pub(crate) fn take(jobs: &Jobs, request: &Request<'_>, asked: asked::Job<'_>) -> Answer {
    let asked::Job { args, action, key } = asked;
    let is_refused = match jobs.registry().needs(request.namespace, request.name, &action, request.id) {
        Needs::NoClass | Needs::NoAction => true,
        Needs::Untold => false,
        Needs::Access(access) => access > request.access,
    };
    if is_refused {
        // By the class, in its own words, of which it begins nothing.
        let mut request = *request;
        request.args = &args;
        return route(jobs.registry(), &request);
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if action.is_empty() || action.len() > NAMED || !action.chars().all(is_name) {
        return wrong("action", "`action` is no name of an action");
    }
    let id = match uuid() {
        Ok(uuid) => uuid,
        Err(e) => {
            return Answer::refused(Status::Unavailable, &format!("no id can be made for a job: {e}"));
        }
    };
    let class = (request.namespace.to_lowercase(), request.name.to_lowercase());
    let id = format!("{}_{}_{action}-{{{id}}}", class.0, class.1);
    let shown: Arc<str> = format!("{}/{}", class.0, class.1).into();
    let key = key.map(|word| {
        let word = (request.caller.to_owned(), request.access >= Access::Full, Arc::clone(&shown), word);
        Key { word, digest: Sha256::digest(args.as_bytes()).into() }
    });
    let whose = (request.access < Access::Full).then(|| request.caller.into());
    let bytes = args.len();
    let by = (request.caller, request.access);
    let payload = Arc::new(Job::new(id, class, action.clone().into_owned(), by, args));
    let told = match jobs.submit(New { class: shown, by: whose, key, bytes, payload }) {
        Ok(job) => json!({ "started_dispatcher_id": job.id }),
        Err(Refusal::Full(seconds)) => json!({
            "code": "queue-full",
            "error": format!("as many jobs wait as may; try again in {seconds} s"),
            "retry_after": seconds,
        }),
        Err(Refusal::OtherArgs(_)) => json!({
            "code": "key-taken",
            "error": "this `async_key` is that of a job with other args",
            "key": "async_key",
        }),
        Err(Refusal::TooLong) => json!({
            "code": "too-long",
            "error": "the args are longer than this host keeps of all jobs together",
        }),
        Err(Refusal::Closed) => return Answer::refused(Status::Unavailable, "this host is ending"),
    };
    Answer::with_args(Status::Ok, json!({ &*action: told }).to_string())
}

/// What is no request at all.
pub(crate) fn wrong(key: &str, why: &str) -> Answer {
    let args = json!({"code": "bad-request", "error": why, "key": key});
    Answer::with_args(Status::BadRequest, args.to_string())
}

/// A random UUID (version 4), which nobody guesses.
fn uuid() -> io::Result<String> {
    let mut bytes = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    Ok(text)
}
