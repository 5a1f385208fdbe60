//! What these tests stand on: a host of two classes of the program itself, and what it emits.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::thread::sleep;

use serde_json::{Value, json};
use sysadm_class::Identity;
use sysadm_class::host::Module;
use sysadm_class::kit::{self, Action, Args, Call, Class, Failure, Key, Param, Reply, Row};
use sysadm_class::module::RawClass;

use crate::host::*;
use crate::jobs::limits::JobLimits;
use crate::place::lock;
use crate::policy::Policy;
use crate::services::Listener;
use crate::{Door, Prober};

pub(super) const LONG: Duration = Duration::from_secs(60);
const MS: Key<u64> = Key::new("ms").says("how long it takes");
const NAME: Key<String> = Key::new("name").says("what the instance is called");
const IS_HELD: Key<bool> =
    Key::new("is_held").says("whether it is created when [`HELD`] is given up, and not before");

/// Who has it holds up what is created so.
pub(super) static HELD: Mutex<()> = Mutex::new(());

/// What was closed, by the names that its instances were given.
pub(super) static CLOSED: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Works for some time, and tells how far it is.
pub(super) struct Worker {
    name: String,
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Class for Worker {
    const IDENTITY: Identity = Identity::new("test", "worker", "1.0.0", "Works");
    const CONFIG: &'static [Param] = &[NAME.optional(), IS_HELD.optional()];
    const ACTIONS: &'static [Row<Worker>] = &[
        Action::new("deaf", Worker::deaf).says("hears of no end").takes(&[MS.optional()]),
        Action::new("look", Worker::work).says("reads").takes(&[MS.optional()]).long(),
        Action::new("most", Worker::most).says("how many at once there were"),
        Action::new("panic", Worker::panics).says("panics"),
        Action::new("work", Worker::work).says("changes").takes(&[MS.optional()]).needs(Access::Full).long(),
    ];

    fn create(config: &Args) -> Result<Worker, Failure> {
        let name = config.get(&NAME).cloned().unwrap_or_default();
        if config.is_set(&IS_HELD) {
            drop(lock(&HELD));
        }
        Ok(Worker { name, now: AtomicUsize::new(0), most: AtomicUsize::new(0) })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        lock(&CLOSED).push(std::mem::take(&mut self.name));
    }
}

impl Worker {
    fn work(&self, call: &Call<'_>, args: &Args) -> Result<kit::Answer, Failure> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        let done = self.steps(call, Duration::from_millis(args.get(&MS).copied().unwrap_or(0)));
        self.now.fetch_sub(1, Ordering::SeqCst);
        done?;
        Ok(json!({"by": self.name, "for": call.caller}).into())
    }

    fn steps(&self, call: &Call<'_>, time: Duration) -> Result<(), Failure> {
        let begun = Instant::now();
        let program = json!(["/bin/echo", "one"]);
        let tell = |more: Value| {
            let mut told =
                json!({"state": "running", "action": "work", "since_ms": 0, "program": program, "step": 1});
            told.as_object_mut().expect("ours").extend(more.as_object().expect("an object").clone());
            call.progress(&told);
        };
        tell(json!({}));
        tell(json!({"output": "one\n", "item": "base.txz", "percent": 45}));
        while begun.elapsed() < time {
            call.still_wanted()?;
            sleep(Duration::from_millis(1));
        }
        tell(json!({"exit": 0}));
        Ok(())
    }

    fn deaf(&self, _: &Call<'_>, args: &Args) -> Result<kit::Answer, Failure> {
        sleep(Duration::from_millis(args.get(&MS).copied().unwrap_or(0)));
        Ok(json!("done").into())
    }

    fn most(&self, _: &Call<'_>, _: &Args) -> Result<kit::Answer, Failure> {
        Ok(json!(self.most.load(Ordering::SeqCst)).into())
    }

    fn panics(&self, _: &Call<'_>, _: &Args) -> Result<kit::Answer, Failure> {
        std::panic::resume_unwind(Box::new(()))
    }
}

/// Answers what it was sent, and does not describe itself. What says `no` it refuses.
struct Raw;

impl RawClass for Raw {
    const IDENTITY: Identity = Identity::new("test", "raw", "1.0.0", "Echoes");
    fn describe() -> Vec<u8> {
        Vec::new()
    }
    fn create(_: &[u8]) -> Result<Raw, Reply> {
        Ok(Raw)
    }
    fn dispatch(&self, _: &Call<'_>, args: &[u8]) -> Reply {
        let text = String::from_utf8_lossy(args);
        if text.contains("no") {
            return Reply::error(Status::Forbidden, "access-denied", "not you");
        }
        Reply { status: Status::Ok, args: json!({ "sent": text }).to_string().into_bytes() }
    }
    /// It hangs until it is not wanted any more.
    fn health(&self, call: &Call<'_>) -> Reply {
        let begun = Instant::now();
        while begun.elapsed() < LONG {
            if call.is_cancelled() {
                return Reply::error(Status::Unavailable, "cancelled", "nobody wants to know");
            }
            sleep(Duration::from_millis(1));
        }
        Reply::bare(Status::Ok)
    }
    fn export_state(&self, _: &Call<'_>) -> Reply {
        Reply::bare(Status::Ok)
    }
    fn import_state(&self, _: &Call<'_>, _: &[u8]) -> Reply {
        Reply::bare(Status::Ok)
    }
}

pub(super) type Events = Arc<Mutex<Vec<Value>>>;

/// A host of these two, and what it emitted.
pub(super) struct Stand {
    pub(super) host: Host,
    pub(super) events: Events,
    /// Does the host want nothing any more?
    pub(super) is_over: Arc<AtomicBool>,
    folder: PathBuf,
}

impl Drop for Stand {
    fn drop(&mut self) {
        self.host.shut_down(Duration::from_secs(10));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

pub(super) fn policy() -> Policy {
    Policy { prober: Prober::None, drain: LONG, cancel: LONG, ..Policy::new(Door::C) }
}

impl Stand {
    pub(super) fn new(limits: JobLimits) -> Stand {
        Stand::with(limits, policy(), |_| ())
    }

    pub(super) fn with(
        limits: JobLimits,
        policy: Policy,
        hear: impl Fn(&Value) + Send + Sync + 'static,
    ) -> Stand {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("sysadm-host-jobs-{}-{number}", std::process::id()));
        let events = Events::default();
        let keep = Arc::clone(&events);
        let is_over = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&is_over);
        let listener = Listener::new().on_cancelled(move |_| asked.load(Ordering::Acquire)).on_event(
            move |name, json| {
                assert_eq!(name, "dispatcher");
                let event = serde_json::from_str(json).expect("JSON");
                hear(&event);
                lock(&keep).push(event);
            },
        );
        let setup = Setup::new(&folder).policy(policy).services(Arc::new(listener)).jobs(limits);
        let host = Host::open(setup).expect("opened");
        host.registry.adopt(&Module::of::<Worker>(), "");
        host.registry.adopt(&Module::of::<Raw>(), "");
        Stand { host, events, is_over, folder }
    }

    pub(super) fn ask_as(&self, class: &str, args: &Value, caller: &str, access: Access) -> Answer {
        let (namespace, name) = class.split_once('/').expect("a class");
        self.host.ask(&Request::new(namespace, name, &args.to_string(), access).of_caller(caller))
    }

    pub(super) fn ask(&self, class: &str, args: Value) -> Value {
        let answer = self.ask_as(class, &args, "root", Access::Full);
        assert_eq!(answer.status, Status::Ok, "{args}: {}", answer.text());
        answer.read().expect("JSON")
    }

    /// Begin a job, and tell its id.
    pub(super) fn begin(&self, args: Value) -> String {
        let mut args = args;
        args["async"] = true.into();
        let action = args["action"].as_str().expect("named").to_owned();
        let answer = self.ask("test/worker", args);
        answer[&action]["started_dispatcher_id"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }

    pub(super) fn work(&self, ms: u64) -> String {
        self.begin(json!({"action": "work", "ms": ms}))
    }

    pub(super) fn dispatcher(&self, args: Value) -> Value {
        self.ask("rpc/dispatcher", args)
    }

    pub(super) fn wait(&self, id: &str) -> Value {
        let mut job = self.dispatcher(json!({"action": "wait", "job_id": id, "seconds": 60}));
        assert_eq!(job["wait"]["state"], "finished", "{job}");
        job["wait"].take()
    }

    pub(super) fn list(&self) -> serde_json::Map<String, Value> {
        let list = self.dispatcher(json!({"action": "list"}));
        list["jobs"]["no_queue"].as_object().expect("an object").clone()
    }

    pub(super) fn state(&self, id: &str) -> String {
        self.list()[id]["state"].as_str().expect("a text").to_owned()
    }

    pub(super) fn until_it(&self, what: &str, is_so: impl Fn() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < LONG, "{what}: never");
            sleep(Duration::from_millis(2));
        }
    }

    /// The frames of a job.
    pub(super) fn frames(&self, id: &str) -> Vec<Value> {
        let is_its =
            |frame: &&Value| frame["process_id"] == id || frame["process_details"]["process_id"] == id;
        lock(&self.events).iter().filter(is_its).cloned().collect()
    }

    /// Begin a job that is worked on by this generation, and has begun when this returns.
    pub(super) fn work_in(&self, generation: u64, ms: u64) -> String {
        let of = |number| {
            let all = self.host.registry.generations();
            let one = all.iter().find(|generation| generation.number() == number).map(Arc::clone);
            one.expect("it is shown")
        };
        let id = self.work(ms);
        self.until_it("it is worked on", || of(generation).in_flight() > 0);
        id
    }
}
