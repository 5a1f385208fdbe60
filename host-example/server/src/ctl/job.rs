//! A job that somebody waits for: how it goes on is shown, and when it has ended its answer is here.
//!
//! That it has ended is what `rpc/dispatcher` says when it is asked to wait, not an event: these may be left out where they are too many,
//! and are there for the eye alone.

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::failure::Failure;
use super::link::{Answer, Event, Heard, Link, raw};
use super::out::{Progress, note};
use super::shown::of_action;

/// How long one `wait` waits; then there is another.
const WAIT: u64 = 60;
pub(crate) const DISPATCHER: (&str, &str) = ("rpc", "dispatcher");

/// What Ctrl-C is to a job.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Interrupt {
    /// It is ended: whoever waits has begun it.
    Kills,
    /// It goes on: who waits only looks.
    Leaves,
}

/// The end of a job.
pub(crate) struct Ended {
    pub(crate) action: String,
    pub(crate) status: u64,
    /// The args of its answer, as the class wrote them.
    pub(crate) result: Box<RawValue>,
    /// By Ctrl-C.
    pub(crate) was_interrupted: bool,
}

#[derive(Deserialize)]
struct Waited {
    wait: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Job {
    #[serde(default)]
    action: String,
    #[serde(default)]
    state: String,
    #[serde(default)]
    status: u64,
    result: Option<Box<RawValue>>,
}

/// Have the events of jobs sent, if anybody sees them. A server that sends none is not asked twice.
pub(crate) async fn listen(link: &mut Link, progress: &Progress) -> Result<(), Failure> {
    if progress.is_seen() {
        match link.ask(("events", "subscribe"), &json!(["dispatcher"])).await {
            Err(Failure::Interrupted(why)) => return Err(Failure::Interrupted(why)),
            Err(Failure::Unreachable(why)) => return Err(Failure::Unreachable(why)),
            _ => {}
        }
    }
    Ok(())
}

/// Wait for its end.
pub(crate) async fn follow(
    link: &mut Link,
    id: &str,
    progress: &mut Progress,
    interrupt: Interrupt,
) -> Result<Ended, Failure> {
    let wait = raw(&json!({"action": "wait", "job_id": id, "seconds": WAIT}))?;
    for event in link.events() {
        draw(progress, &event, id);
    }
    let mut waits = link.send(DISPATCHER, &wait).await?;
    let mut kill = None;
    loop {
        match link.heard().await? {
            Heard::Event(event) => draw(progress, &event, id),
            Heard::Interrupt if interrupt == Interrupt::Leaves => {
                progress.clear();
                return Err(Failure::Interrupted(format!(
                    "the job goes on; `sysadmctl jobs kill {id}` ends it"
                )));
            }
            Heard::Interrupt if kill.is_none() => {
                progress.clear();
                note("the job is being ended (Ctrl-C again: without waiting for it)");
                let args = raw(&json!({"action": "kill", "job_id": id}))?;
                kill = Some(link.send(DISPATCHER, &args).await?);
            }
            Heard::Interrupt => {
                let why = format!(
                    "left while the job was being ended; `sysadmctl jobs show {id}` tells what became of it"
                );
                return Err(Failure::Interrupted(why));
            }
            Heard::Answer(number, answer) if number == waits => {
                let job = waited(&answer?)?;
                if let (true, Some(result)) = (job.state == "finished", job.result) {
                    progress.clear();
                    let (action, status, was_interrupted) = (job.action, job.status, kill.is_some());
                    return Ok(Ended { action, status, result, was_interrupted });
                }
                waits = link.send(DISPATCHER, &wait).await?;
            }
            Heard::Answer(number, answer) if Some(number) == kill => drop(answer?),
            Heard::Answer(..) => {}
        }
    }
}

/// The job in an answer to `wait`.
fn waited(answer: &Answer) -> Result<Job, Failure> {
    of_action(&answer.value()?, "wait")?;
    let unread = |why: serde_json::Error| {
        Failure::Answered(format!("what the server says of the job cannot be read: {why}"))
    };
    let told: Waited = serde_json::from_str(answer.text()).map_err(unread)?;
    serde_json::from_str(told.wait.as_ref().map_or("{}", |job| job.get())).map_err(unread)
}

/// Show what an event tells, if it is one of this job.
fn draw(progress: &mut Progress, event: &Event, id: &str) {
    let Ok(told) = serde_json::from_str::<Value>(event.args.get()) else { return };
    if event.name != "dispatcher" || process_id(&told) != Some(id) {
        return;
    }
    let action = told["action"].as_str().unwrap_or("job");
    let what = action.split_once('_').map_or(action, |(_, action)| action);
    if told["state"] == "pending" {
        return progress.show(what, None, None, Some("waits for its turn"));
    }
    let details = &told["process_details"];
    let log = told.as_object().and_then(|told| told.iter().find(|(key, _)| key.ends_with("_log")));
    let last = log.and_then(|(_, log)| log.as_str()).filter(|log| !log.trim().is_empty());
    let program = details["current_cmd"].as_str();
    progress.show(what, told["filename"].as_str(), told["percent_done"].as_u64(), last.or(program));
}

/// Of which job an event tells.
pub(crate) fn process_id(told: &Value) -> Option<&str> {
    told["process_id"].as_str().or_else(|| told["process_details"]["process_id"].as_str())
}
