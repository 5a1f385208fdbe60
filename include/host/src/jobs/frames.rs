//! The frames that sysadm's servers send of a job, to whom they call their dispatcher: the args of an
//! event `dispatcher`, made of what a class tells without knowing which it is.
//!
//! Their names are those of sysadm's own jobs: `pkg_log` of the class `pkg`, `percent_done` and
//! `filename` of its downloads, and a key for each command line with what it printed, as odd as
//! that is. While a job runs each holds what is new since the last, for clients put them together;
//! the last one has all that is kept, and the answer, so that nobody has to ask for it.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::job::{Answered, Job};
use super::told::Told;

/// When a job began and when it ended, as told.
#[derive(Default)]
pub(crate) struct Times {
    pub(crate) started: Option<String>,
    pub(crate) finished: Option<String>,
}

/// An object of which some values are JSON that is not to be read again.
pub(crate) type Object = BTreeMap<String, Box<RawValue>>;

/// A value in such an object.
pub(crate) fn raw(value: impl Into<Value>) -> Box<RawValue> {
    let text = value.into().to_string();
    RawValue::from_string(text).unwrap_or_else(|_| RawValue::NULL.to_owned())
}

/// Args of a class in such an object. What is no JSON, by a defect of the class, is a text there.
pub(crate) fn args(args: &[u8]) -> Box<RawValue> {
    let text = String::from_utf8_lossy(args);
    RawValue::from_string(text.clone().into_owned()).unwrap_or_else(|_| raw(&*text))
}

/// The object as text.
pub(crate) fn text(object: &Object) -> String {
    serde_json::to_string(object).unwrap_or_else(|_| "{}".to_owned())
}

/// That it begins: this one has no details.
pub(crate) fn begun(job: &Job) -> String {
    let object = [("process_id", raw(&*job.id)), ("state", raw("running"))];
    text(&object.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}

pub(crate) fn pending(job: &Job) -> String {
    frame(job, "pending", &Told::default(), Times::default(), None)
}

pub(crate) fn running(job: &Job, told: &Told, times: Times) -> String {
    frame(job, "running", told, times, None)
}

pub(crate) fn finished(job: &Job, told: &Told, times: Times, answer: &Answered) -> String {
    frame(job, "finished", told, times, Some(answer))
}

fn frame(job: &Job, state: &str, told: &Told, times: Times, answer: Option<&Answered>) -> String {
    let (namespace, name) = &job.class;
    let mut frame = Object::new();
    let mut add = |key: &str, value| frame.insert(key.to_owned(), value);
    add("action", raw(format!("{name}_{}", job.action)));
    add("event_system", raw(format!("{namespace}/{name}")));
    add(&format!("{name}_log"), raw(told.output(false)));
    add("process_details", raw(details(job, state, told, times, answer.is_some())));
    add("state", raw(state));
    // In the end nothing is at hand any more.
    let told = Some(told).filter(|_| answer.is_none());
    if let Some(percent) = told.and_then(Told::percent) {
        add("percent_done", raw(percent.clone()));
    }
    if let Some(item) = told.and_then(Told::item) {
        add("filename", raw(item));
    }
    if let Some(Answered { status, args: answered }) = answer {
        add("result", args(answered));
        add("status", raw(status.code()));
    }
    text(&frame)
}

fn details(job: &Job, state: &str, told: &Told, times: Times, is_all: bool) -> Map<String, Value> {
    let mut details = Map::new();
    let programs = told.programs();
    for program in programs {
        // One command line may have been run twice, and of one that has ended nothing more is said.
        let is_quiet = !is_all && program.end.is_some() && program.output(is_all).is_empty();
        if !is_quiet && let Value::String(output) = details.entry(&*program.line).or_insert_with(|| "".into())
        {
            output.push_str(program.output(is_all));
        }
        if let Some(end) = &program.end {
            details.insert(format!("return_codes/{}", program.line), end.as_str().into());
        }
    }
    // After those: whatever a command line is, these are what they are.
    let lines: Vec<Value> = programs.iter().map(|program| program.line.as_str().into()).collect();
    details.insert("cmd_list".to_owned(), lines.into());
    details.insert("process_id".to_owned(), job.id.as_str().into());
    details.insert("state".to_owned(), state.into());
    if let Some(current) = told.current().filter(|_| !is_all) {
        details.insert("current_cmd".to_owned(), current.line.as_str().into());
    }
    for (key, time) in [("time_started", times.started), ("time_finished", times.finished)] {
        if let Some(time) = time {
            details.insert(key.to_owned(), time.into());
        }
    }
    details
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use sysadm_class::{Access, Status};

    use super::*;

    fn job() -> Job {
        let class = ("sysadm".to_owned(), "pkg".to_owned());
        let id = "sysadm_pkg_install-{1}".to_owned();
        Job::new(id, class, "install".to_owned(), ("me", Access::Full), String::new())
    }

    fn read(frame: &str) -> Value {
        serde_json::from_str(frame).expect("JSON")
    }

    fn times(finished: bool) -> Times {
        let time = || "2026-11-25T21:06:33Z".to_owned();
        Times { started: Some(time()), finished: finished.then(time) }
    }

    /// As a server of 2019 sent them for `{"sysadm_pkg_install-{1}":["echo one","echo two"]}`, but for what
    /// comes anew here: the time is of UTC and says so, `cmd_list` grows with what is begun, and the last
    /// one has the answer.
    #[test]
    fn they_are_those_of_a_sysadm_server() {
        let (job, mut told) = (job(), Told::default());
        assert_eq!(
            read(&pending(&job)),
            json!({"action": "pkg_install", "event_system": "sysadm/pkg", "pkg_log": "",
                "process_details": {"cmd_list": [], "process_id": "sysadm_pkg_install-{1}", "state": "pending"},
                "state": "pending"})
        );
        assert_eq!(begun(&job), r#"{"process_id":"sysadm_pkg_install-{1}","state":"running"}"#);
        let step = |told: &mut Told, word: &str, step: u64| {
            let program = ["echo", word];
            told.add(&json!({"program": program, "step": step, "output": format!("{word}\n")}).to_string());
        };
        step(&mut told, "one", 1);
        assert_eq!(
            read(&running(&job, &told, times(false))),
            json!({"action": "pkg_install", "event_system": "sysadm/pkg", "pkg_log": "one\n",
                "process_details": {"cmd_list": ["echo one"], "current_cmd": "echo one", "echo one": "one\n",
                    "process_id": "sysadm_pkg_install-{1}", "state": "running",
                    "time_started": "2026-11-25T21:06:33Z"},
                "state": "running"})
        );
        told.add(&json!({"program": ["echo", "one"], "step": 1, "exit": 0}).to_string());
        told.sent();
        step(&mut told, "two", 2);
        assert_eq!(
            read(&running(&job, &told, times(false))),
            json!({"action": "pkg_install", "event_system": "sysadm/pkg", "pkg_log": "two\n",
                "process_details": {"cmd_list": ["echo one", "echo two"], "current_cmd": "echo two",
                    "echo two": "two\n", "return_codes/echo one": "0",
                    "process_id": "sysadm_pkg_install-{1}", "state": "running",
                    "time_started": "2026-11-25T21:06:33Z"},
                "state": "running"})
        );
        told.add(&json!({"exit": 0}).to_string());
        let answer = Answered { status: Status::Ok, args: br#"{"install":{"b":1, "a":2}}"#.to_vec() };
        let frame = finished(&job, &told, times(true), &answer);
        assert!(frame.contains(r#""result":{"install":{"b":1, "a":2}},"state""#), "as the class wrote it");
        assert_eq!(
            read(&frame),
            json!({"action": "pkg_install", "event_system": "sysadm/pkg", "pkg_log": "two\n",
                "process_details": {"cmd_list": ["echo one", "echo two"], "echo one": "one\n", "echo two": "two\n",
                    "return_codes/echo one": "0", "return_codes/echo two": "0",
                    "process_id": "sysadm_pkg_install-{1}", "state": "finished",
                    "time_finished": "2026-11-25T21:06:33Z", "time_started": "2026-11-25T21:06:33Z"},
                "result": {"install": {"a": 2, "b": 1}}, "state": "finished", "status": 200})
        );
    }

    #[test]
    fn a_download_has_its_file_and_how_far_it_is() {
        let (job, mut told) = (job(), Told::default());
        told.add(&json!({"item": "base.txz", "percent": 45}).to_string());
        let frame = read(&running(&job, &told, times(false)));
        assert_eq!((&frame["filename"], &frame["percent_done"]), (&json!("base.txz"), &json!(45)));
    }

    #[test]
    fn no_command_line_stands_for_what_is_ours() {
        let (job, mut told) = (job(), Told::default());
        told.add(&json!({"program": ["state"], "output": "finished"}).to_string());
        told.add(&json!({"program": ["process_id"], "output": "x", "exit": 1}).to_string());
        let details = &read(&running(&job, &told, times(false)))["process_details"];
        assert_eq!((&details["state"], &details["process_id"]), (&json!("running"), &json!(job.id)));
        let broken = Answered { status: Status::Ok, args: b"no JSON".to_vec() };
        assert_eq!(read(&finished(&job, &told, times(true), &broken))["result"], "no JSON");
    }
}
