//! What a class tells of its requests while they go on: that it is JSON, that what follows the
//! convention of the header follows all of it, and when and where it is told.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::ears::{Ears, Told};
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::Subject;

/// How long after the last answer nothing may be told any more.
const AFTER: Duration = Duration::from_millis(150);

pub(crate) fn objects(job: &Job) -> Outcome {
    each(job, |told| object(told).map(drop))
}

/// A member of the convention: its name, whether it must be there, and what it may be.
type Member = (&'static str, bool, fn(&Value) -> bool);

const PROGRESS: [Member; 12] = [
    ("action", true, is_text),
    ("exit", false, Value::is_u64),
    ("for", false, Value::is_object),
    ("item", false, is_text),
    ("jail", false, Value::is_string),
    ("output", false, is_text),
    ("percent", false, |value| value.as_u64().is_some_and(|percent| percent <= 100)),
    ("program", false, |value| {
        value.as_array().is_some_and(|words| !words.is_empty() && words.iter().all(Value::is_string))
    }),
    ("signal", false, |value| value.as_u64().is_some_and(|signal| signal > 0)),
    ("since_ms", true, Value::is_u64),
    ("state", true, |value| matches!(value.as_str(), Some("running" | "waiting"))),
    ("step", false, |value| value.as_u64().is_some_and(|step| step > 0)),
];

/// What an event of the class's own name has, beside what it is about.
const EVENT: [Member; 3] = [
    ("action", true, is_text),
    ("outcome", true, |value| matches!(value.as_str(), Some("done" | "failed" | "ended"))),
    ("request", true, Value::is_u64),
];

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// A class of 1.0, from before the convention, tells what it likes: its progress has no `state`, its event no
/// `outcome`. An event of another name is the class's own affair.
pub(crate) fn shape(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let (is_later, own) = (subject.class.abi_minor > 0, subject.address()[1].to_vec());
    each(job, |told| {
        let object = object(told)?;
        let (members, mark) = match told.what {
            "progress" => (&PROGRESS[..], "state"),
            _ if told.name.eq_ignore_ascii_case(&own) => (&EVENT[..], "outcome"),
            _ => return Ok(()),
        };
        for (name, is_required, fits) in members.iter().filter(|_| is_later || object.contains_key(mark)) {
            let fits = object.get(*name).map_or(!is_required, fits);
            ensure!(fits, "`{name}` is missing in {}, or is no such thing: {}", told.what, shown(told));
        }
        Ok(())
    })
}

#[expect(clippy::disallowed_methods, reason = "this is no module")]
pub(crate) fn place(job: &Job) -> Outcome {
    let subject = Subject::load(job)?;
    let ears = Ears::new();
    let instance = subject.create_with(ears.table())?;
    let own = std::thread::current().id();
    for args in &job.requests {
        instance.send(args).well_formed("dispatch")?;
        for told in ears.told().iter().filter(|told| told.what == "progress") {
            ensure!(told.thread == own, "progress is told on another thread: {}", shown(told));
            ensure!(told.id == 1, "progress is told of request {}, which is none: {}", told.id, shown(told));
        }
    }
    std::thread::sleep(AFTER);
    let late = ears.told();
    let late = late.iter().find(|told| told.what == "progress");
    ensure!(late.is_none(), "progress is told after the answer: {}", late.map(shown).unwrap_or_default());
    instance.close()?;
    Ok(Pass::Passed)
}

fn each(job: &Job, holds: impl Fn(&Told) -> Result<(), String>) -> Outcome {
    let subject = Subject::load(job)?;
    let ears = Ears::new();
    let instance = subject.create_with(ears.table())?;
    for args in &job.requests {
        instance.send(args).well_formed("dispatch")?;
    }
    ears.told().iter().try_for_each(holds)?;
    instance.close()?;
    Ok(Pass::Passed)
}

fn object(told: &Told) -> Result<Map<String, Value>, String> {
    match serde_json::from_slice(&told.text) {
        Ok(Value::Object(object)) => Ok(object),
        _ => Err(format!("{} is no JSON object: {}", told.what, shown(told))),
    }
}

fn shown(told: &Told) -> String {
    format!("{:?}", String::from_utf8_lossy(&told.text))
}
