//! A host in three verbs: open, ask, shut down. Modules and what they say beside.
//!
//! All that it does is the registry's and the dispatcher's; what is here is the order in
//! which a server uses them, so that the next server need not find it again.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use sysadm_class::host::{Request, Services};
use sysadm_class::{Access, Level, Status};

use crate::answer::Answer;
use crate::configs::class_key;
use crate::dispatcher::{route, told};
use crate::dispatcher_class;
use crate::flying::Flying;
use crate::jobs::asked::{self, Asked};
use crate::jobs::desk::Desk;
use crate::jobs::intake;
use crate::jobs::work::Jobs;
use crate::modules;
use crate::numbers::is_job;
use crate::refused::{Obstacle, Refused};
use crate::registry::{Needs, Registry};
use crate::setup::Setup;
use crate::stage::Stage;
use crate::watch::Watch;

/// The classes of a server, loaded from modules that are replaced while it serves.
///
/// It starts threads of its own for what must not hold up a request: one that ends each
/// version that was replaced, one for each step of a replacement, as these have a time
/// limit, and one for each job that runs. Requests are answered on the thread that asks.
///
/// Threads: everything may be called from any thread, and from many at once. Dropped, it
/// shuts down with the time limits of its policy.
///
/// ```
/// # let (folder, module) =
/// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/module.in"));
/// use std::time::{Duration, Instant};
/// use sysadm_class::{Access, Status, host::Request};
/// use sysadm_host::{Host, Setup};
///
/// let host = Host::open(Setup::new(folder.join("stage")).file(&module))?;
/// let request = Request::new("example", "echo", r#"{"action":"echo","text":"hello"}"#, Access::Limited);
/// let answer = host.ask(&request.of_caller("alice"));
/// assert_eq!(answer.status, Status::Ok);
/// assert_eq!(answer.text(), r#"{"echo":"hello"}"#);
///
/// // Another version takes over, here the same file again; requests go on meanwhile.
/// let swapped = host.modules().swap(Some(("example", "echo")), &module)?;
/// assert_eq!((swapped.replaced, swapped.generation.number()), (Some(1), 2));
///
/// assert!(host.shut_down(Duration::from_secs(10)));
/// # drop(std::fs::remove_dir_all(folder));
/// # Ok::<(), sysadm_host::Refused>(())
/// ```
pub struct Host {
    registry: Arc<Registry>,
    jobs: Option<Jobs>,
    flying: Flying,
    passed_over: Vec<Refused>,
    numbers: AtomicU64,
    closing: AtomicBool,
    /// Given up: its drop ends nothing.
    left: AtomicBool,
    /// How long its end may take, if nobody says how long.
    patience: Duration,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a host of {} classes", self.registry.classes().len())
    }
}

impl Host {
    /// Open a host: load what the setup names. Blocks for as long as that takes, which
    /// the policy bounds for each module.
    ///
    /// # Errors
    /// The stage is not a folder of ours alone, a folder of modules cannot be read, or a
    /// file that was named cannot be used; of a [strict](Setup::strict) one also a file in
    /// a folder. What was loaded before is closed again; but where one of the modules never came back from being loaded, which
    /// has the system's loader for good, it stays as it is: to unmap it would wait for the loader.
    pub fn open(setup: Setup) -> Result<Host, Refused> {
        let Setup { stage, folders, files, configs, policy, services, strict, jobs } = setup;
        let stage = Stage::open(&stage)?;
        let desk = jobs.map(|limits| Arc::new(Desk::new(limits, Arc::clone(&services))));
        // What classes say of jobs goes another way.
        let services = desk.clone().map_or(services, |desk| desk as Arc<dyn Services>);
        let (limit, drain, patience) = (policy.job_limit, policy.drain, policy.cancel);
        let when_gone = policy.when_gone;
        let registry = Registry::new(policy, stage, services).with_configs(configs.clone());
        let registry = Arc::new(registry);
        let passed_over = match load(&registry, &files, &folders, strict) {
            Ok(passed_over) => passed_over,
            Err(refused) => {
                if registry.generations().iter().any(|generation| generation.is_loading()) {
                    registry.leave();
                }
                return Err(refused);
            }
        };
        let classes = registry.classes();
        for class in configs.keys() {
            if !classes.iter().any(|((namespace, name), ..)| class_key(namespace, name) == *class) {
                let text = format!("the configuration of {class:?} is for no class of this host");
                registry.log(Level::Warn, &text);
            }
        }
        Ok(Host {
            jobs: desk.map(|desk| Jobs::new(desk, Arc::clone(&registry), limit, patience)),
            flying: Flying::new(when_gone),
            registry,
            passed_over,
            numbers: AtomicU64::new(1),
            closing: AtomicBool::new(false),
            left: AtomicBool::new(false),
            patience: drain.saturating_add(patience),
        })
    }

    /// Have a request answered, by the class that it names or by `rpc/modules`, the host's
    /// own, or by `rpc/dispatcher`, where the host has [jobs](Setup::jobs). A request without a number gets one;
    /// who numbers requests, to cancel them or to know whose progress is told, numbers all of them, from 1 to less
    /// than 10^15: above are the jobs'.
    ///
    /// Blocks for as long as the work takes. There is always an answer: a class that is not
    /// here is one with status 404, a defect of a class one with 500, and after
    /// [`Host::shut_down`] it is 503. One that is not 200 says why, see [`Answer::why`],
    /// and one of 400 tells the log, too. The answer is the caller's, and may be kept. One that asks for a job is
    /// answered without waiting for it.
    pub fn ask(&self, request: &Request<'_>) -> Answer {
        if self.closing.load(Ordering::Acquire) {
            return Answer::refused(Status::Unavailable, "this host is ending");
        }
        let _flying = (request.id != 0).then(|| self.flying.enter(request));
        let id = if request.id == 0 { self.numbers.fetch_add(1, Ordering::Relaxed) } else { request.id };
        let request = request.with_id(id);
        // Copied: an answer that somebody keeps is to hold up neither a swap nor the end.
        match &self.jobs {
            Some(jobs) => self.ask_for_jobs(jobs, &request).copied(),
            None => route(&self.registry, &request).copied(),
        }
    }

    /// The same of a host with jobs.
    fn ask_for_jobs(&self, jobs: &Jobs, request: &Request<'_>) -> Answer {
        let (namespace, name) = (request.namespace, request.name);
        let is_of_jobs = dispatcher_class::is_for_us(namespace, name);
        let at_once = |request: &Request<'_>| match is_of_jobs {
            true => told(&self.registry, request, dispatcher_class::answer(jobs, request)),
            false => route(&self.registry, request),
        };
        match asked::read(request.args) {
            Asked::Plain => at_once(request),
            Asked::Now(args) => {
                let mut request = *request;
                request.args = &args;
                at_once(&request)
            }
            Asked::Job(_) if is_of_jobs || modules::is_for_us(namespace, name) => {
                let why = "the host's own classes make no jobs: they answer when it is done";
                told(&self.registry, request, intake::wrong("async", why))
            }
            Asked::Job(job) => intake::take(jobs, request, job),
            Asked::Wrong(key, why) => told(&self.registry, request, intake::wrong(key, &why)),
        }
    }

    /// End the requests of this number early; they answer that they were cancelled. Does
    /// not wait for that. A number that is not in flight is ignored. One that waits for a job is answered
    /// with what there is, and the job goes on: jobs are killed by `rpc/dispatcher`.
    pub fn cancel(&self, request: u64) {
        if let Some(jobs) = &self.jobs {
            jobs.desk.cancel_wait(Some(request));
        }
        if !is_job(request) {
            self.registry.cancel(request);
        }
    }

    /// The client that has sent the request of this number has gone, and will read no answer. The policy's
    /// [`WhenGone`](crate::WhenGone) says what becomes of it: by default what only reads is cancelled, and a change goes on to
    /// its end. Jobs are nobody's connection, and go on. Does not wait. Tells whether it is cancelled.
    ///
    /// From any thread. For requests that the server has numbered.
    pub fn client_gone(&self, request: u64) -> bool {
        let is_read = |namespace: &str, name: &str, action: &str| {
            let needs = self.registry.needs(namespace, name, action, request);
            dispatcher_class::is_for_us(namespace, name) || needs == Needs::Access(Access::Limited)
        };
        let is_over = self.flying.is_over(request, is_read);
        if is_over {
            self.cancel(request);
        }
        is_over
    }

    /// May this caller see the job of this id, the `process_id` of an event `dispatcher`? For a server
    /// that sends events on: who may not is told nothing of it. `false` where there is no such job (any more).
    #[must_use]
    pub fn may_see(&self, job: &str, caller: &str, access: Access) -> bool {
        self.jobs.as_ref().is_some_and(|jobs| jobs.desk.may_see(job, caller, access))
    }

    /// Swap by itself each class that was loaded from `folder`, when its file there is
    /// replaced: looked at each `interval`, on a thread of its own, until the watch is
    /// dropped.
    ///
    /// # Errors
    /// If no class was loaded from there, or no thread can be started.
    pub fn watch(&self, folder: &Path, interval: Duration) -> io::Result<Watch> {
        Watch::start(Arc::clone(&self.registry), folder, interval)
    }

    /// The modules: what there is, and load, swap, roll back and unload. What is done here
    /// is the host's own doing; what somebody asks for goes by requests to `rpc/modules`,
    /// for whom that asks and tells the log.
    #[must_use]
    pub fn modules(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// What was found in folders and could not be used.
    #[must_use]
    pub fn passed_over(&self) -> &[Refused] {
        &self.passed_over
    }

    /// An end that takes too long is to take no longer: what is in flight, requests and jobs, is cancelled now, which
    /// [`Host::shut_down`], called before on another thread, then has no more to wait for than that it ends. A class ends
    /// its programs, first politely; of `sysadm/iocage`, `grace_s` is the time between. Does not wait.
    pub fn hurry(&self) {
        self.closing.store(true, Ordering::Release);
        self.registry.hurry();
    }

    /// Give it up: from here on it ends, closes and unmaps nothing, nor does its drop, and waits for nothing; the private copies
    /// of modules are removed, mapped or not. What is at work in a module goes on until the process ends. For a process that
    /// ends at once, where a module keeps the system's loader, or [`Host::shut_down`] was `false`, or has not come back on the
    /// thread that called it. From any thread, more than once, too.
    pub fn leave(&self) {
        self.closing.store(true, Ordering::Release);
        self.left.store(true, Ordering::Release);
        Arc::clone(&self.registry).leave();
    }

    /// Take nothing new, end the jobs that wait, give the requests in flight and the jobs that run the time that
    /// the policy has for requests (`drain`), cancel them, close the classes and unmap what may be; all of it within `limit`. A change
    /// under way is given up, and left where a step of it goes on for a second when all else has ended and its time is over.
    /// `false` if something is not done by then: to end the process while a library is
    /// being unmapped may crash it in its last moment.
    pub fn shut_down(&self, limit: Duration) -> bool {
        self.closing.store(true, Ordering::Release);
        let begun = Instant::now();
        if let Some(jobs) = &self.jobs {
            jobs.close();
        }
        let is_done = self.registry.shut_down(limit);
        let Some(jobs) = &self.jobs else { return is_done };
        // Whoever waits for one that does not end is answered all the same.
        jobs.desk.cancel_wait(None);
        jobs.settle(limit.saturating_sub(begun.elapsed())) && is_done
    }
}

/// Threads of jobs hold the classes: without this they would go on.
impl Drop for Host {
    fn drop(&mut self) {
        if self.jobs.is_some() && !self.left.load(Ordering::Acquire) {
            self.shut_down(self.patience);
        }
    }
}

/// Load what a setup names; what of folders was passed over.
fn load(
    registry: &Registry,
    files: &[(PathBuf, Option<String>)],
    folders: &[PathBuf],
    strict: bool,
) -> Result<Vec<Refused>, Refused> {
    for (file, config) in files {
        match config {
            Some(config) => registry.load(file, config)?,
            None => registry.load_configured(file)?,
        };
    }
    let mut passed_over = Vec::new();
    for folder in folders {
        for file in modules_in(registry, folder)? {
            if let Err(refused) = registry.load_configured(&file) {
                if strict {
                    return Err(refused);
                }
                registry.log(Level::Warn, &format!("passed over: {refused}"));
                passed_over.push(refused);
            }
        }
    }
    Ok(passed_over)
}

/// The files in a folder that are modules by their names. Others are told, but for
/// digests, and for drafts, whose names begin with a dot.
fn modules_in(registry: &Registry, folder: &Path) -> Result<Vec<PathBuf>, Refused> {
    let unreadable = |e: io::Error| {
        Refused::new(Obstacle::File, format!("cannot read the folder {}: {e}", folder.display()))
    };
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let name = path.file_name().unwrap_or_default().as_encoded_bytes();
        if name.ends_with(b".so") && !name.starts_with(b".") {
            found.push(path);
        } else if !name.starts_with(b".") && !name.ends_with(b".sha256") {
            registry.log(Level::Info, &format!("passed over: {} is no *.so", path.display()));
        }
    }
    found.sort_unstable();
    Ok(found)
}

#[cfg(test)]
mod tests;
