//! One row of the fault loop, and many of them at once.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;
use sysadm_class::Status;
use sysadm_class::host::Module;

use super::table::{Fault, IN_ITS_PLACE, Wait};
use crate::support::process::{children, descriptors, eventually, kill, members, now, processes};
use crate::support::{DOORS, Faulty, Host, REQUESTS, action_of, artifacts, request, wants_files};

/// What an answer may be late by on a busy machine, beside what it waits for.
const SLACK: Duration = Duration::from_secs(20);
/// What the configuration of a row says.
const GRACE: Duration = Duration::from_secs(1);

/// A request that is served whatever became of the one before.
const NEXT: &str = r#"{"action":"getdefaultsettings"}"#;

/// A fault at a place in the output of one step of an action.
pub struct Row<'a> {
    pub fault: &'a Fault,
    pub place: &'a str,
    pub action: usize,
    pub step: usize,
}

/// What an action answers and runs when nothing fails.
struct Sound {
    args: &'static str,
    body: Value,
    calls: Vec<String>,
}

/// Rows with the same limits.
pub struct Batch {
    dialect: &'static str,
    modules: [Module; 2],
    sound: Vec<Sound>,
    timeout_s: u64,
    max_output: usize,
}

/// What came of the rows so far.
#[derive(Default)]
struct Tally {
    answers: BTreeMap<String, usize>,
    /// And when they were there.
    groups: BTreeMap<i32, u64>,
    failures: Vec<String>,
}

impl Batch {
    /// See each action do well first.
    pub fn new(dialect: &'static str, timeout_s: u64, max_output: usize) -> Batch {
        let modules = DOORS.map(|door| Module::load(&artifacts().module, door).expect("our module"));
        let sound = |action| {
            let args = request(dialect, action);
            if wants_files(&action_of(args)) {
                return Sound { args, body: Value::Null, calls: Vec::new() };
            }
            let faulty = Faulty::new("none after @0");
            let host = Host::of(&modules[0], &faulty.config_of(dialect, 60, max_output));
            let answer: Value = serde_json::from_str(&host.send(args).1).expect("JSON");
            let body = answer[action_of(args)].clone();
            let is_sound =
                body.is_object() && body.get("error").is_none() && answer.get("problems").is_none();
            assert!(is_sound, "{args}: {answer}");
            Sound { args, body, calls: faulty.calls().into_iter().map(|(_, words)| words).collect() }
        };
        let sound = (0..REQUESTS.len()).map(sound).collect();
        Batch { dialect, modules, sound, timeout_s, max_output }
    }

    /// The steps of an action.
    pub fn steps(&self, action: usize) -> std::ops::Range<usize> {
        0..self.sound[action].calls.len()
    }

    /// Run the rows on so many threads, and see what they leave.
    #[expect(clippy::disallowed_methods, reason = "the threads are the host's")]
    pub fn run(&self, rows: &[Row<'_>], threads: usize) {
        let started = Instant::now();
        let before = descriptors();
        assert_eq!(children(), []);
        let (next, tally) = (AtomicUsize::new(0), Mutex::new(Tally::default()));
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while let Some(row) = rows.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let faulty = Faulty::new("none after @0");
                        let outcome = self.row(row, &faulty);
                        let mut tally = tally.lock().expect("no panic in here");
                        tally.groups.extend(faulty.calls().iter().map(|(pid, _)| (*pid, now())));
                        match outcome {
                            Ok(answer) => *tally.answers.entry(answer).or_default() += 1,
                            Err(failure) => tally.failures.push(format!("{row}: {failure:.1000}")),
                        }
                    }
                });
            }
        });
        let tally = tally.into_inner().expect("no panic in there");
        let (count, all) = (tally.failures.len(), rows.len());
        assert!(count == 0, "{count} of {all} rows failed:\n{}", tally.failures.join("\n"));
        assert_eq!(children(), [], "no child is left");
        eventually("all of their groups are gone", || members(&tally.groups).is_empty());
        assert_eq!(descriptors(), before, "no descriptor is left");
        let (runs, took) = (tally.groups.len(), started.elapsed().as_secs_f64());
        println!(
            "{}: {all} rows with {runs} runs of iocage in {took:.1} s: {:?}",
            self.dialect, tally.answers
        );
    }

    fn row(&self, row: &Row<'_>, faulty: &Faulty) -> Result<String, String> {
        let sound = &self.sound[row.action];
        let (args, command) = (sound.args, sound.calls[row.step].as_str());
        let runs = prepare(row, command, faulty);
        // By pairs, for one in two of them may be all that is tried.
        let module = &self.modules[(row.action + row.step) / 2 % 2];
        let host = Host::of(module, &faulty.config_of(self.dialect, self.timeout_s, self.max_output));

        let started = Instant::now();
        let (status, text) = host.send(args);
        let took = started.elapsed();
        let daemon = faulty.daemon();
        let spared = daemon.is_none_or(|pid| processes().iter().any(|p| p.pid == pid && p.state != 'Z'));
        daemon.into_iter().for_each(|pid| kill(pid, libc::SIGKILL));

        let told = told(sound, args, status, &text)?;
        if !self.allowed(row, command).contains(&&*told) {
            return Err(format!("`{command}` failed so, and the answer is {told}: {text}"));
        }
        let limit = Duration::from_secs(self.timeout_s);
        let (least, most) = match row.fault.wait {
            Wait::Once => (Duration::ZERO, SLACK),
            Wait::Work => (Duration::ZERO, limit / 2),
            Wait::Deadline => (limit, limit + SLACK),
            Wait::Again => (limit, 2 * limit + SLACK),
            Wait::Grace => (limit + GRACE, limit + GRACE + SLACK),
            Wait::Upto => (Duration::ZERO, limit + SLACK),
        };
        if took < least || took > most {
            return Err(format!("answered after {took:?}, not {least:?} to {most:?}: {text}"));
        }
        if !spared {
            return Err("what it left behind was killed, which may be the jail".to_owned());
        }
        let calls: Vec<_> = faulty.calls().into_iter().map(|(_, words)| words).collect();
        let good = ["=", "+"].contains(&&*told);
        if !calls.starts_with(&sound.calls[..runs]) {
            return Err(format!("ran {calls:?} on the way to the fault"));
        }
        let left = left(faulty);
        if !left.is_empty() {
            return Err(format!("left behind: {left:?}"));
        }
        if !good && !calls[runs..].iter().all(|words| is_read(words)) {
            return Err(format!("something was changed after the failure: {calls:?}"));
        }
        faulty.put_back();
        faulty.plan("none after @0");
        let (status, text) = host.send(NEXT);
        if status != Status::Ok
            || text != r#"{"getdefaultsettings":{"defaults":{"boot":"off","notes":"none"}}}"#
        {
            return Err(format!("the next request is answered with {status:?} {text}"));
        }
        Ok(told)
    }
}

/// Put the fault in its place; how many runs there will be with it.
fn prepare(row: &Row<'_>, command: &str, faulty: &Faulty) -> usize {
    let &Row { fault, place, step, .. } = row;
    let Some((_, text, mode)) = IN_ITS_PLACE.iter().find(|(name, ..)| fault.name == *name) else {
        let on = if fault.wait == Wait::Again { "+" } else { "" };
        faulty.plan(&format!("{} {place} @{step}{on}", fault.name));
        return step + 1;
    };
    let substitute = faulty.file("substitute");
    if let Some(text) = text {
        fs::write(&substitute, text).expect("written");
        fs::set_permissions(&substitute, fs::Permissions::from_mode(*mode)).expect("ours");
    }
    // The step before takes it away.
    let tool =
        ["zfs", "zpool", "jls", "ps"].into_iter().find(|tool| command.starts_with(&format!("{tool} ")));
    let program = tool.unwrap_or("iocage");
    match (step, text) {
        (0, None) => fs::remove_file(faulty.file(program)).expect("removed"),
        (0, Some(_)) => fs::rename(&substitute, faulty.file(program)).expect("renamed"),
        (_, None) => faulty.plan(&format!("vanish:{program} after @{}", step - 1)),
        (_, Some(_)) => faulty.plan(&format!("substitute:{program} after @{}", step - 1)),
    }
    step
}

/// What is in the folder of the locks that should not be: all of them are let go,
/// and the one of all says of nobody that he holds it.
fn left(faulty: &Faulty) -> Vec<String> {
    let locks = fs::read_dir(faulty.file("locks")).into_iter().flatten().flatten();
    // Shared files stay where they are, but say nothing any more; each one's own go.
    let is_shared = |name: &str| {
        name == "pool"
            || ["release-", "template-"].iter().any(|start| name.starts_with(start))
            || (name.starts_with("exec") && !name.contains('.'))
    };
    let is_left = |lock: &fs::DirEntry| {
        let shared = lock.file_name().to_str().is_some_and(is_shared);
        !shared || lock.metadata().is_ok_and(|metadata| metadata.len() > 0)
    };
    locks.filter(is_left).map(|lock| lock.file_name().display().to_string()).collect()
}

/// Whether a command only tells something.
fn is_read(words: &str) -> bool {
    if ["jls ", "zpool ", "ps "].iter().any(|tool| words.starts_with(tool)) {
        return true;
    }
    let words = words.strip_prefix("zfs ").unwrap_or(words);
    let command = words.split(' ').next().unwrap_or_default();
    ["--version", "df", "list", "get", "defaults"].contains(&command) || words == "activate"
}

/// What a well-formed answer tells, in the words of the table.
fn told(sound: &Sound, args: &str, status: Status, text: &str) -> Result<String, String> {
    if status != Status::Ok {
        return Err(format!("status {status:?}: {text}"));
    }
    let answer: Value = serde_json::from_str(text).map_err(|error| format!("{error}: {text}"))?;
    let action = action_of(args);
    let keys: Vec<_> = answer.as_object().into_iter().flatten().map(|(key, _)| key.as_str()).collect();
    let body = &answer[&action];
    let (error, code) = (body["error"].as_str(), body["code"].as_str());
    if !keys.iter().all(|key| [&*action, "left_out", "problems", "warnings"].contains(key))
        || !body.is_object()
    {
        return Err(format!("not of the documented form: {text}"));
    }
    match (error, code) {
        // What iocage did by itself, or printed beside all sense, is told beside either.
        (Some(_), Some(_)) if keys.contains(&"problems") || body.get("success").is_some() => {
            Err(format!("a success and a failure at once: {text}"))
        }
        (Some(error), Some(code)) if !error.is_empty() => Ok(code.to_owned()),
        (None, None) if *body == sound.body => Ok("=".to_owned()),
        (None, None) => Ok("+".to_owned()),
        _ => Err(format!("half an error: {text}")),
    }
}

impl Batch {
    /// What may be answered when this command has the fault.
    fn allowed(&self, row: &Row<'_>, words: &str) -> Vec<&'static str> {
        let Fault { shell, python, .. } = row.fault;
        let [reads, changes, exec] = if self.dialect == "python" { python } else { shell };
        let is_destroy = REQUESTS[row.action].0.contains("destroyjail");
        let is_status = REQUESTS[row.action].0.contains("activatestatus");
        let is_update = REQUESTS[row.action].0.contains("updatejail");
        let is_stats = REQUESTS[row.action].0.contains("jailstats");
        match words {
            // Without what the disk holds the rest is told; each line of ps is one, or nothing is believed.
            _ if is_stats => [*reads, &["=", "+", "unexpected-output", "iocage-failed"]].concat(),
            // A type that nobody knows is updated by nobody.
            _ if is_update && words.starts_with("get all ") => [*reads, &["unsupported"]].concat(),
            // Without a template it prints nothing, and a line beside nothing may be why.
            _ if words == "list -tlh" => [*reads, &["unexpected-output"]].concat(),
            // That it does not work is what is asked for.
            _ if is_status => [*reads, &["=", "+"]].concat(),
            // What is made of less than they know is told; what they tell of the jail is
            // believed.
            _ if ["jls ", "zfs list -H -t filesystem,volume", "zfs list -H -p -d 2"]
                .iter()
                .any(|start| words.starts_with(start)) =>
            {
                let more = [
                    "=",
                    "+",
                    "not-done",
                    "iocage-failed",
                    "jail-not-running",
                    "outcome-unknown",
                    "unexpected-output",
                ];
                [*reads, &more].concat()
            }
            // Each of its lines is one, or nothing is believed.
            _ if ["zfs list -H -p", "zfs get -H -o value mountpoint"]
                .iter()
                .any(|start| words.starts_with(start)) =>
            {
                [*reads, &["unexpected-output"]].concat()
            }
            // A look at what the change may have left, of which the log is told.
            _ if words.starts_with("zfs list") || (is_destroy && words == "get -p") => {
                [*reads, &["="]].concat()
            }
            words if is_read(words) => reads.to_vec(),
            words if words.starts_with("exec ") => exec.to_vec(),
            // Its exit status is that of what comes behind the release.
            words if words.starts_with("fetch ") => [*changes, &["=", "+"]].concat(),
            _ => changes.to_vec(),
        }
    }
}

impl std::fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Row { fault, place, action, step } = self;
        write!(f, "{} {place} step {step} of {}", fault.name, REQUESTS[*action].0)
    }
}
