//! The class `rpc/dispatcher` of a host: its jobs, as a sysadm server tells them and ends them. `list`
//! and `kill` have the forms of that server, with more in them; `show` and `wait` are in the manner
//! of the classes, and so are errors: an object under the action's name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};
use sysadm_class::host::Request;
use sysadm_class::{Access, Status};

use crate::answer::Answer;
use crate::jobs::frames::{Object, args as args_of, raw, text};
use crate::jobs::job::{Job, Moments};
use crate::jobs::table::{Number, Phase};
use crate::jobs::work::Jobs;
use crate::numbers::FIRST_JOB;
use crate::object::object;

/// The most bytes of args.
const MOST: usize = 64 << 10;

/// How long `wait` waits, where that is not said, and at most.
const WAIT: u64 = 30;
const MOST_WAIT: u64 = 600;

/// A key of an action: its name, the type it takes, is it needed, and what it is for.
type Key = (&'static str, &'static str, bool, &'static str);

const JOB: Key = ("job_id", "string", true, "the id of a job");
const SECONDS: Key = ("seconds", "number", false, "how long to wait, 0 to 600; without it 30");

/// A row of the table: the action, what it does, and its keys. Each may be used by everybody, for his
/// own jobs.
type Row = (&'static str, &'static str, &'static [Key], Function);
type Function = fn(&Asked<'_>) -> Result<Object, Failure>;

const ACTIONS: [Row; 4] = [
    (
        "kill",
        "ends jobs",
        &[
            ("job_id", "string or array of strings", true, "the id of a job, or several"),
            (
                "wait",
                "number",
                false,
                "how many seconds to wait, 0 to 600, for what becomes of them; without it not at all",
            ),
        ],
        kill,
    ),
    ("list", "the jobs that there are", &[], list),
    ("show", "one job, with what it has told, and its answer", &[JOB], show),
    ("wait", "the same when it is finished, or after some time", &[JOB, SECONDS], wait),
];

/// A code and a sentence.
type Failure = (&'static str, String);

const MISSING_KEY: (&str, &str) = ("missing-key", "a key that the action needs is not there");
const WRONG_TYPE: (&str, &str) = ("wrong-type", "the value is not what the key takes");
const NO_SUCH_JOB: (&str, &str) =
    ("no-such-job", "there is no such job, not any more, or it is somebody else's");

/// Every code that a host answers about jobs, `rpc/dispatcher` and in the place of a class's answer,
/// and what it means.
#[must_use]
pub fn job_codes() -> Vec<(&'static str, &'static str)> {
    vec![
        ("answer-too-long", "the job was done, and its answer is longer than this host keeps"),
        (
            "cancelled",
            "the job was killed, or the host ended, before it began; of one that had begun its class says so",
        ),
        ("key-taken", "the `async_key` is that of a job with other args"),
        MISSING_KEY,
        NO_SUCH_JOB,
        ("no-thread", "the job was not begun, for the system gives the host no thread"),
        ("queue-full", "as many jobs wait as may; `retry_after` says in how many seconds to try again"),
        ("queue-timeout", "the job waited for too long, and was not begun"),
        ("too-long", "the args are longer than this host keeps of all jobs together"),
        WRONG_TYPE,
    ]
}

/// What `rpc/dispatcher` says of itself, in the form in which classes do by `sysadm.describe/1`.
#[must_use]
pub fn jobs_described() -> Value {
    let key = |(key, kind, required, summary): &Key| json!({"key": key, "required": required, "summary": summary, "type": kind});
    let action = |(action, summary, keys, _): &Row| {
        let keys: Vec<Value> = keys.iter().map(key).collect();
        let is_long = keys.iter().any(|key| key["type"] == "number");
        json!({"access": Access::Limited.word(), "action": action, "keys": keys, "long": is_long, "summary": summary})
    };
    json!({
        "actions": ACTIONS.iter().map(action).collect::<Vec<_>>(),
        "description": "the jobs of a host",
        "name": "dispatcher",
        "namespace": "rpc",
        "version": env!("CARGO_PKG_VERSION"),
    })
}

/// Is this class meant?
pub(crate) fn is_for_us(namespace: &str, name: &str) -> bool {
    namespace.eq_ignore_ascii_case("rpc") && name.eq_ignore_ascii_case("dispatcher")
}

/// What is asked, by whom.
struct Asked<'a> {
    jobs: &'a Jobs,
    request: &'a Request<'a>,
    args: &'a Map<String, Value>,
}

/// A job as it is in one moment.
struct Seen {
    number: Number,
    job: Arc<Job>,
    phase: Phase,
    /// How many wait before it.
    before: usize,
    /// When it was queued, begun and finished.
    times: Moments,
}

/// Answer a request for it.
pub(crate) fn answer(jobs: &Jobs, request: &Request<'_>) -> Answer {
    let bad = |why: &str| Answer::refused(Status::BadRequest, why);
    if request.args.len() > MOST {
        return bad(&format!("the args are longer than {MOST} bytes"));
    }
    let args = match object(request.args) {
        Ok(args) => args,
        Err(why) => return bad(&why),
    };
    let action = args.get("action").and_then(Value::as_str);
    let Some((action, .., run)) = ACTIONS.iter().find(|(name, ..)| Some(*name) == action) else {
        return bad(&format!("`action` takes one of {}", ACTIONS.map(|(name, ..)| name).join(", ")));
    };
    let answer = run(&Asked { jobs, request, args: &args }).unwrap_or_else(|(code, error)| {
        Object::from([((*action).to_owned(), raw(json!({"code": code, "error": error})))])
    });
    Answer::with_args(Status::Ok, text(&answer))
}

impl Asked<'_> {
    /// The jobs that the caller may see, all as they are in one moment.
    fn seen(&self) -> Vec<Seen> {
        let desk = &self.jobs.desk;
        let mut state = desk.state();
        state.table.forget(desk.clock.now());
        let mut waiting = 0;
        let all = state.table.iter().map(|(number, entry)| {
            let before = waiting;
            waiting += usize::from(entry.phase == Phase::Waiting);
            (number, entry, before)
        });
        let own = all.filter(|(_, entry, _)| entry.payload.is_for(self.request.caller, self.request.access));
        own.map(|(number, entry, before)| Seen {
            number,
            job: Arc::clone(&entry.payload),
            phase: entry.phase,
            before,
            times: [Some(entry.queued), entry.started, entry.finished],
        })
        .collect()
    }

    fn find(&self, id: &str) -> Option<Seen> {
        self.seen().into_iter().find(|seen| seen.job.id == id)
    }

    /// The same one now. What is not kept any more has ended.
    fn again(&self, seen: Seen) -> Seen {
        let job = seen.job;
        let now = self.seen().into_iter().find(|now| now.number == seen.number);
        let times = job.moments().unwrap_or(seen.times);
        now.unwrap_or(Seen { job, phase: Phase::Finished, times, ..seen })
    }

    fn key(&self, key: &'static str) -> Result<&Value, Failure> {
        let missing = || (MISSING_KEY.0, format!("Missing required keys: {key}"));
        self.args.get(key).ok_or_else(missing)
    }

    /// The job of `job_id`.
    fn job(&self) -> Result<Seen, Failure> {
        let wrong = || (WRONG_TYPE.0, "`job_id` takes the id of a job".to_owned());
        let id = self.key("job_id")?.as_str().ok_or_else(wrong)?;
        self.find(id).ok_or_else(|| (NO_SUCH_JOB.0, format!("there is no job {id:?} of yours")))
    }

    /// A number of seconds, which may be left out, and no longer than the caller waits.
    fn seconds(&self, key: &str, default: u64) -> Result<Duration, Failure> {
        let wrong = || (WRONG_TYPE.0, format!("`{key}` takes whole seconds from 0 to {MOST_WAIT}"));
        let seconds = match self.args.get(key) {
            None => default,
            Some(told) => told.as_u64().filter(|told| *told <= MOST_WAIT).ok_or_else(wrong)?,
        };
        let seconds = Duration::from_secs(seconds);
        Ok(self.request.timeout.map_or(seconds, |timeout| seconds.min(timeout)))
    }

    /// A job as a list has it.
    fn row(&self, seen: &Seen) -> Map<String, Value> {
        let Seen { number, job, phase, before, times } = seen;
        let mut row = Map::new();
        let mut add = |key: &str, value: Value| row.insert(key.to_owned(), value);
        add("access", job.access.word().into());
        add("action", job.action.as_str().into());
        add("caller", job.caller.as_str().into());
        add("class", format!("{}/{}", job.class.0, job.class.1).into());
        job.told(|told| {
            let commands: Vec<_> = told.programs().iter().map(|program| program.line.as_str()).collect();
            add("commands", commands.into());
            if let Some(percent) = told.percent() {
                add("percent", percent.clone());
            }
            if let Some(item) = told.item() {
                add("item", item.into());
            }
        });
        // By which the classes' events and the log call it.
        add("request", (FIRST_JOB + number).into());
        let word = match phase {
            Phase::Waiting => "waiting",
            Phase::Running => "running",
            Phase::Finished => "finished",
        };
        add("state", word.into());
        if *phase == Phase::Waiting {
            // A text, as a sysadm server has it.
            add("queue_position", before.to_string().into());
        }
        for (key, time) in ["time_queued", "time_started", "time_finished"].into_iter().zip(times) {
            if let Some(time) = time {
                add(key, self.jobs.desk.clock.told(*time).into());
            }
        }
        if let Some(answer) = job.answer().filter(|_| *phase == Phase::Finished) {
            add("status", answer.status.code().into());
            if let Some(code) = code(&answer.args, &job.action) {
                add("code", code.into());
            }
        }
        row
    }

    /// A job with all that is known of it.
    fn whole(&self, seen: &Seen) -> Object {
        let row = self.row(seen);
        let job = &seen.job;
        let mut whole: Object = row.into_iter().map(|(key, value)| (key, raw(value))).collect();
        let mut add = |key: &str, value| whole.insert(key.to_owned(), value);
        add("job_id", raw(&*job.id));
        job.told(|told| {
            let programs = told.programs().iter().map(|program| {
                let mut shown = json!({"command": program.line, "output": program.output(true)});
                if let Some(end) = &program.end {
                    shown["end"] = end.as_str().into();
                }
                shown
            });
            add("programs", raw(programs.collect::<Vec<_>>()));
            add("output", raw(told.output(true)));
            if let Some(last) = told.last() {
                add("progress", raw(last.clone()));
            }
        });
        if let Some(answer) = job.answer().filter(|_| seen.phase == Phase::Finished) {
            add("result", args_of(&answer.args));
        }
        whole
    }

    fn wrapped(&self, action: &str, seen: &Seen) -> Object {
        Object::from([(action.to_owned(), nested(&self.whole(seen)))])
    }
}

/// The code of what went wrong, which a class answers under the action's name.
fn code(args: &[u8], action: &str) -> Option<String> {
    let answer: BTreeMap<String, &RawValue> = serde_json::from_slice(args).ok()?;
    let told: BTreeMap<String, &RawValue> = serde_json::from_str(answer.get(action)?.get()).ok()?;
    serde_json::from_str(told.get("code")?.get()).ok()
}

/// An object in another.
fn nested(object: &Object) -> Box<RawValue> {
    args_of(text(object).as_bytes())
}

fn list(asked: &Asked<'_>) -> Result<Object, Failure> {
    let seen = asked.seen();
    let jobs: Map<String, Value> =
        seen.iter().map(|seen| (seen.job.id.clone(), asked.row(seen).into())).collect();
    let mut answer = Object::from([("jobs".to_owned(), raw(json!({ "no_queue": jobs })))]);
    if asked.request.access >= Access::Full {
        let (kept, live) = asked.jobs.desk.state().table.bytes();
        answer.insert("bytes".to_owned(), raw(json!({"kept": kept, "live": live})));
    }
    Ok(answer)
}

fn show(asked: &Asked<'_>) -> Result<Object, Failure> {
    Ok(asked.wrapped("show", &asked.job()?))
}

fn wait(asked: &Asked<'_>) -> Result<Object, Failure> {
    let seen = asked.job()?;
    let limit = asked.seconds(SECONDS.0, WAIT)?;
    asked.jobs.desk.wait(asked.request.id, std::slice::from_ref(&seen.job), limit);
    Ok(asked.wrapped("wait", &asked.again(seen)))
}

fn kill(asked: &Asked<'_>) -> Result<Object, Failure> {
    let wrong = || (WRONG_TYPE.0, "`job_id` takes the id of a job, or an array of them".to_owned());
    let ids: Vec<&str> = match asked.key("job_id")? {
        Value::String(id) => vec![id],
        Value::Array(ids) => ids.iter().map(|id| id.as_str().ok_or_else(wrong)).collect::<Result<_, _>>()?,
        _ => return Err(wrong()),
    };
    let limit = asked.seconds("wait", 0)?;
    let mut seen: BTreeMap<_, _> = asked.seen().into_iter().map(|seen| (seen.job.id.clone(), seen)).collect();
    let (mut killed, mut not) = (Vec::new(), Map::new());
    for id in ids {
        match seen.remove(id) {
            None if killed.iter().any(|killed: &Seen| killed.job.id == id) => {}
            None => drop(not.insert(id.to_owned(), NO_SUCH_JOB.0.into())),
            Some(seen) if seen.phase == Phase::Finished => drop(not.insert(id.to_owned(), "finished".into())),
            Some(seen) => {
                asked.jobs.kill(seen.number);
                killed.push(seen);
            }
        }
    }
    let ids: Vec<_> = killed.iter().map(|seen| seen.job.id.as_str()).collect();
    let mut answer = Object::from([("jobs".to_owned(), raw(ids))]);
    if !not.is_empty() {
        answer.insert("not_killed".to_owned(), raw(not));
    }
    if asked.args.contains_key("wait") {
        let jobs: Vec<_> = killed.iter().map(|seen| Arc::clone(&seen.job)).collect();
        asked.jobs.desk.wait(asked.request.id, &jobs, limit);
        let became = killed.into_iter().map(|seen| {
            let id = seen.job.id.clone();
            (id, nested(&asked.whole(&asked.again(seen))))
        });
        answer.insert("became".to_owned(), nested(&became.collect()));
    }
    Ok(Object::from([("killed".to_owned(), nested(&answer))]))
}
