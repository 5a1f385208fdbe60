//! How a request goes on, told to the host while it does: what is run or waited for, since
//! when, and what iocage prints.
//!
//! The objects are those of the convention in the header (`sysadm_class.h`, `progress`). They
//! hold what whoever may ask for the action may know, and no more: of a command in a jail, and
//! to somebody with limited access, of any program, the program alone; of properties their
//! names; of questions on the way nothing that is printed. Where the host does not listen none
//! of this is made.

use std::cell::{Cell, RefCell};
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use sysadm_class::Access;

use super::meter::{Meter, shown};
use crate::config::Kind;
use crate::process::{End, News, Printed, Stopped};

/// The least time between two tellings of the same wait.
const PAUSE: Duration = Duration::from_millis(500);

/// Who is told of one request.
pub struct Progress<'a> {
    listener: &'a dyn Fn(&Value),
    action: &'static str,
    jail: Option<String>,
    access: Access,
    started: Instant,
    /// How many programs were begun.
    step: Cell<u64>,
    waited: Cell<Option<Instant>>,
}

/// A program that is running.
pub(super) struct Running<'a, 'p> {
    progress: &'a Progress<'p>,
    program: Value,
    /// Is what it prints told?
    is_heard: bool,
    meter: RefCell<Meter>,
}

impl<'a> Progress<'a> {
    /// Of a request that began then.
    #[must_use]
    pub fn new(
        listener: &'a dyn Fn(&Value),
        action: &'static str,
        jail: Option<String>,
        access: Access,
        started: Instant,
    ) -> Progress<'a> {
        let (step, waited) = (Cell::new(0), Cell::new(None));
        Progress { listener, action, jail, access, started, step, waited }
    }

    /// It waits; `what` for is asked where it is told.
    pub fn waits(&self, what: &dyn Fn() -> Value) {
        if self.waited.get().is_some_and(|at| at.elapsed() < PAUSE) {
            return;
        }
        let mut told = Map::new();
        put(&mut told, "for", what());
        self.tell("waiting", told);
        // From the end on, as a listener may take long.
        self.waited.set(Some(Instant::now()));
    }

    /// A program is about to run, for what the action is or for a question on the way.
    pub(super) fn begins(&self, program: &str, args: &[String], kind: Kind, own: bool) -> Running<'_, 'a> {
        self.waited.set(None);
        self.step.set(self.step.get() + 1);
        let is_open = self.access == Access::Full && kind != Kind::Exec;
        let args = args.iter().filter(|_| is_open).map(|arg| masked(arg).into());
        let program = std::iter::once(Value::from(program)).chain(args).collect();
        let is_heard = own && kind != Kind::Read && self.access == Access::Full;
        let running = Running { progress: self, program, is_heard, meter: RefCell::default() };
        running.tell(Map::new());
        running
    }

    fn tell(&self, state: &str, mut told: Map<String, Value>) {
        let since = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        put(&mut told, "action", self.action.into());
        if let Some(jail) = &self.jail {
            put(&mut told, "jail", jail.as_str().into());
        }
        put(&mut told, "since_ms", since.into());
        put(&mut told, "state", state.into());
        (self.listener)(&Value::Object(told));
    }
}

/// A member. One by one, as to collect them takes a sort of their own.
fn put(told: &mut Map<String, Value>, key: &str, value: Value) {
    if !value.is_null() {
        told.insert(key.to_owned(), value);
    }
}

impl Running<'_, '_> {
    /// It has printed something, or time has passed.
    pub(super) fn printed(&self, news: &News<'_>) {
        if news.is_last && !self.is_heard {
            // Its end is told next.
            return;
        }
        let parts = [&news.stdout, &news.stderr];
        let mut told = Map::new();
        if self.is_heard {
            put(
                &mut told,
                "output",
                Some(parts.map(|printed| text(printed, news.is_last)).concat())
                    .filter(|text| !text.is_empty())
                    .into(),
            );
            // What is borrowed is given back before anybody is told.
            let meter = &mut *self.meter.borrow_mut();
            let is_told = parts.map(|printed| meter.read(printed)).contains(&true);
            if let Some((item, percent)) = meter.told().filter(|_| is_told) {
                put(&mut told, "item", item.into());
                put(&mut told, "percent", percent.into());
            }
        }
        self.tell(told);
    }

    /// It has ended.
    pub(super) fn ended(self, end: End) {
        let (exit, signal) = match end {
            End::Exited(status) => (Some(status), None),
            End::Signaled(signal) => (None, Some(signal)),
            End::TimedOut(stopped) | End::Cancelled(stopped) => match stopped {
                Stopped::Exited(status) => (Some(status), None),
                Stopped::Signaled(signal) => (None, Some(signal)),
                Stopped::Unknown | Stopped::Survived(_) => (None, None),
            },
            End::Unknown => (None, None),
        };
        let mut told = Map::new();
        put(&mut told, "exit", exit.into());
        put(&mut told, "signal", signal.into());
        self.tell(told);
    }

    fn tell(&self, mut told: Map<String, Value>) {
        put(&mut told, "program", self.program.clone());
        put(&mut told, "step", self.progress.step.get().into());
        self.progress.tell("running", told);
    }
}

/// A word of an argv without the value of a property.
fn masked(arg: &str) -> String {
    arg.split_once('=').map_or_else(|| arg.to_owned(), |(name, _)| format!("{name}=..."))
}

/// The lines as they stand on a screen when they are printed.
fn text(printed: &Printed<'_>, is_last: bool) -> String {
    let mut text = String::new();
    if printed.left_out > 0 {
        text = format!("[{} bytes left out]\n", printed.left_out);
    }
    for line in printed.lines.split_inclusive(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        text.push_str(&shown(line));
        text.push('\n');
    }
    if is_last {
        text.push_str(&shown(&printed.unfinished));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told(access: Access, kind: Kind, own: bool, printed: &[u8]) -> Vec<Value> {
        let all = RefCell::new(Vec::new());
        let listener = |value: &Value| all.borrow_mut().push(value.clone());
        let progress = Progress::new(&listener, "createjail", Some("web".to_owned()), access, Instant::now());
        let args = ["create", "-r", "13.5-RELEASE", "notes=a secret"].map(str::to_owned);
        let running = progress.begins("/usr/local/bin/iocage", &args, kind, own);
        running.printed(&News {
            stdout: Printed { lines: printed.into(), ..Printed::default() },
            ..News::default()
        });
        running.ended(End::Exited(3));
        let mut all = all.into_inner();
        all.iter_mut().for_each(|value| value["since_ms"] = json!(0));
        all
    }

    #[test]
    fn a_program_is_told_from_its_beginning_to_its_end() {
        let about = json!({"action": "createjail", "jail": "web", "since_ms": 0, "state": "running", "step": 1,
            "program": ["/usr/local/bin/iocage", "create", "-r", "13.5-RELEASE", "notes=..."]});
        let with = |more: &[(&str, Value)]| {
            let mut value = about.clone();
            more.iter().for_each(|(key, more)| value[*key] = more.clone());
            value
        };
        let bar = b"Fetching: 13.5-RELEASE\n\x1b[2K \rDownloading: base.txz [####----] 20%  1MB/s\n";
        let output = "Fetching: 13.5-RELEASE\nDownloading: base.txz [####----] 20%  1MB/s\n";
        let heard = [("item", json!("base.txz")), ("percent", json!(20)), ("output", json!(output))];
        assert_eq!(
            told(Access::Full, Kind::Create, true, bar),
            [about.clone(), with(&heard), with(&[("exit", json!(3))])]
        );
    }

    /// The values that a question is answered with are nobody's news, nor is anything to who may only look.
    #[test]
    fn what_may_be_secret_is_not_told() {
        for (access, kind, own) in [
            (Access::Full, Kind::Read, true),
            (Access::Full, Kind::Create, false),
            (Access::Limited, Kind::Read, true),
            (Access::Limited, Kind::Create, true),
        ] {
            let all = told(access, kind, own, b"notes:a secret\n");
            assert!(all.iter().all(|value| value.get("output").is_none()), "{all:?}");
            assert!(!json!(all).to_string().contains("secret"), "{all:?}");
            let is_open = access == Access::Full;
            assert_eq!(all[0]["program"].as_array().map(Vec::len), Some(if is_open { 5 } else { 1 }));
        }
        let of_command = told(Access::Full, Kind::Exec, true, b"its own\n");
        assert_eq!(of_command[1]["output"], "its own\n");
        assert_eq!(of_command[0]["program"], json!(["/usr/local/bin/iocage"]));
    }

    /// On whichever of its streams it tells of it.
    #[test]
    fn a_percentage_does_not_fall_and_the_last_words_are_told() {
        let all = RefCell::new(Vec::new());
        let listener = |value: &Value| all.borrow_mut().push(value.clone());
        let progress = Progress::new(&listener, "createjail", None, Access::Full, Instant::now());
        let running = progress.begins("/usr/local/bin/iocage", &[], Kind::Create, true);
        let printed = |text: &'static str| Printed { lines: text.as_bytes().into(), ..Printed::default() };
        running.printed(&News { stdout: printed("Downloading: a [##] 99%\n"), ..News::default() });
        running.printed(&News { stderr: printed("Downloading: a [##] 10%\n"), ..News::default() });
        let unfinished = Printed { unfinished: b"without an end".into(), ..Printed::default() };
        running.printed(&News { stdout: unfinished.clone(), ..News::default() });
        running.printed(&News { stdout: unfinished, is_last: true, ..News::default() });
        let all = all.into_inner();
        assert_eq!((&all[1]["percent"], &all[2]["percent"]), (&json!(99), &json!(99)));
        assert_eq!((all[3].get("output"), &all[4]["output"]), (None, &json!("without an end")));
    }

    #[test]
    fn a_wait_is_told_at_once_and_not_all_the_time() {
        let count = Cell::new(0);
        let listener = |_: &Value| count.set(count.get() + 1);
        let progress = Progress::new(&listener, "startjail", None, Access::Full, Instant::now());
        for _ in 0..100 {
            progress.waits(&|| json!({"lock": "jail web"}));
        }
        assert_eq!(count.get(), 1);
        let args = [];
        progress.begins("/sbin/zfs", &args, Kind::Read, false);
        progress.waits(&|| json!({"lock": "jail web"}));
        assert_eq!(count.get(), 3, "another wait");
    }
}
