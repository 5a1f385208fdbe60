//! What a class tells of its requests while they go on: that it is JSON, that what follows the
//! convention of the header follows all of it, and when and where it is told.

use std::time::Duration;

use serde_json::{Map, Value};

use sysadm_class::once::{self, Fault};

use crate::ears::{Ears, Told};
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::Subject;

/// How long after the last answer nothing may be told any more.
const AFTER: Duration = Duration::from_millis(150);

pub(crate) fn objects(job: &Job) -> Outcome {
    each(job, |told, is_strict| {
        for told in told {
            object(told)?;
            let name = String::from_utf8_lossy(&told.name);
            ensure!(std::str::from_utf8(&told.name).is_ok(), "the name of an event is not UTF-8: {name:?}");
            if let (true, Err(Fault::Twice(key))) = (is_strict, once::read(&told.text)) {
                return Err(format!("{} has the key {key:?} twice: {}", told.what, shown(told)));
            }
        }
        Ok(())
    })
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
    each(job, |told, _| {
        let mut before = None;
        for told in told {
            let object = object(told)?;
            let (members, mark) = match told.what {
                "progress" => (&PROGRESS[..], "state"),
                _ if told.name.eq_ignore_ascii_case(&own) => (&EVENT[..], "outcome"),
                _ => continue,
            };
            if !is_later && !object.contains_key(mark) {
                continue;
            }
            for (name, is_required, fits) in members {
                let fits = object.get(*name).map_or(!is_required, fits);
                ensure!(fits, "`{name}` is missing in {}, or is no such thing: {}", told.what, shown(told));
            }
            if told.what == "progress" {
                before = risen(before, &object).map_err(|why| format!("{why}: {}", shown(told)))?;
            }
        }
        Ok(())
    })
}

/// What progress is about, and how much of that is done.
type Done = (Map<String, Value>, u64);

/// The percentage may not be less than `before`, if it is of the same item. Of what has no item nothing is
/// promised, nor of the next program, which may begin with the item anew. A class has members of its own for
/// what its requests are about, so only what is the same in all that does not tell how far it is, is.
fn risen(before: Option<Done>, object: &Map<String, Value>) -> Result<Option<Done>, String> {
    const HOW_FAR: [&str; 5] = ["for", "output", "percent", "since_ms", "state"];
    if ["exit", "signal"].iter().any(|end| object.contains_key(*end)) {
        return Ok(None);
    }
    let mut about = object.clone();
    about.retain(|name, _| !HOW_FAR.contains(&name.as_str()));
    let before = before.filter(|(same, _)| *same == about);
    let percent = object.get("percent").and_then(Value::as_u64);
    let (Some(percent), true) = (percent, about.contains_key("item")) else { return Ok(before) };
    if let Some((_, before)) = before {
        ensure!(percent >= before, "`percent` falls from {before} to {percent} in progress of the same item");
    }
    Ok(Some((about, percent)))
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

/// What is told in the course of each request holds; and is a key that is there twice against it?
fn each(job: &Job, holds: impl Fn(&[Told], bool) -> Result<(), String>) -> Outcome {
    let subject = Subject::load(job)?;
    let ears = Ears::new();
    let instance = subject.create_with(ears.table())?;
    for args in &job.requests {
        instance.send(args).well_formed("dispatch")?;
        holds(&ears.told(), subject.is_strict())?;
    }
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

#[cfg(test)]
mod unit {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_percentage_falls_only_with_another_item() {
        let all = |told: &[Value]| {
            told.iter().try_fold(None, |before, told| risen(before, told.as_object().expect("an object")))
        };
        for lawful in [
            &[
                json!({"item": "a", "percent": 5}),
                json!({"item": "a", "percent": 5}),
                json!({"item": "a", "state": "waiting"}),
                json!({"item": "a", "percent": 6}),
            ][..],
            &[json!({"item": "a", "percent": 5}), json!({"item": "b", "percent": 0})],
            &[json!({"item": "a", "percent": 5, "step": 1}), json!({"item": "a", "percent": 0, "step": 2})],
            &[
                json!({"disk": "a", "item": "i", "percent": 5}),
                json!({"disk": "b", "item": "i"}),
                json!({"disk": "a", "item": "i", "percent": 0}),
            ],
            // Two phases, of which neither says what it is about, and two programs.
            &[json!({"percent": 100}), json!({"percent": 0})],
            &[
                json!({"item": "a", "percent": 100}),
                json!({"exit": 1, "item": "a"}),
                json!({"item": "a", "percent": 0}),
            ],
        ] {
            assert!(all(lawful).is_ok(), "{lawful:?}");
        }
        let falls = [
            json!({"item": "a", "percent": 5, "since_ms": 1}),
            json!({"item": "a", "state": "running"}),
            json!({"item": "a", "percent": 4}),
        ];
        assert!(all(&falls).expect_err("it falls").contains("from 5 to 4"));
    }
}
