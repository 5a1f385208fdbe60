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
use std::time::Duration;

use sysadm_class::host::Request;
use sysadm_class::{Level, Status};

use crate::answer::Answer;
use crate::configs::class_key;
use crate::dispatcher::route;
use crate::refused::{Obstacle, Refused};
use crate::registry::Registry;
use crate::setup::Setup;
use crate::stage::Stage;
use crate::watch::Watch;

/// The classes of a server, loaded from modules that are replaced while it serves.
///
/// It starts threads of its own for what must not hold up a request: one that ends each
/// version that was replaced, and one for each step of a replacement, as these have a time
/// limit. Requests are answered on the thread that asks.
///
/// Threads: everything may be called from any thread, and from many at once. Dropped, it
/// shuts down with the time limits of its policy.
///
/// ```
/// # let (folder, module) =
/// #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/module.in"));
/// use std::time::Duration;
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
    passed_over: Vec<Refused>,
    numbers: AtomicU64,
    closing: AtomicBool,
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
    /// a folder. What was loaded before is closed again.
    pub fn open(setup: Setup) -> Result<Host, Refused> {
        let Setup { stage, folders, files, configs, policy, services, strict } = setup;
        let stage = Stage::open(&stage)?;
        let registry = Registry::new(policy, stage, services).with_configs(configs.clone());
        let registry = Arc::new(registry);
        for (file, config) in &files {
            match config {
                Some(config) => registry.load(file, config)?,
                None => registry.load_configured(file)?,
            };
        }
        let mut passed_over = Vec::new();
        for folder in &folders {
            for file in modules_in(&registry, folder)? {
                if let Err(refused) = registry.load_configured(&file) {
                    if strict {
                        return Err(refused);
                    }
                    registry.log(Level::Warn, &format!("passed over: {refused}"));
                    passed_over.push(refused);
                }
            }
        }
        let classes = registry.classes();
        for class in configs.keys() {
            if !classes.iter().any(|((namespace, name), ..)| class_key(namespace, name) == *class) {
                let text = format!("the configuration of {class:?} is for no class of this host");
                registry.log(Level::Warn, &text);
            }
        }
        Ok(Host { registry, passed_over, numbers: AtomicU64::new(1), closing: AtomicBool::new(false) })
    }

    /// Have a request answered, by the class that it names or by `rpc/modules`, the host's
    /// own. A request without a number gets one; who numbers requests, to cancel them or
    /// to know whose progress is told, numbers all of them.
    ///
    /// Blocks for as long as the work takes. There is always an answer: a class that is not
    /// here is one with status 404, a defect of a class one with 500, and after
    /// [`Host::shut_down`] it is 503. One that is not 200 says why, see [`Answer::why`],
    /// and one of 400 tells the log, too. The answer is the caller's, and may be kept.
    pub fn ask(&self, request: &Request<'_>) -> Answer {
        if self.closing.load(Ordering::Acquire) {
            return Answer::refused(Status::Unavailable, "this host is ending");
        }
        let id = if request.id == 0 { self.numbers.fetch_add(1, Ordering::Relaxed) } else { request.id };
        // Copied: an answer that somebody keeps is to hold up neither a swap nor the end.
        route(&self.registry, &request.with_id(id)).copied()
    }

    /// End the requests of this number early; they answer that they were cancelled. Does
    /// not wait for that. A number that is not in flight is ignored.
    pub fn cancel(&self, request: u64) {
        self.registry.cancel(request);
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

    /// Take nothing new, give the requests in flight the time that the policy has for them,
    /// cancel them, close the classes and unmap what may be; all of it within `limit`.
    /// `false` if something is not done by then: to end the process while a library is
    /// being unmapped may crash it in its last moment.
    pub fn shut_down(&self, limit: Duration) -> bool {
        self.closing.store(true, Ordering::Release);
        self.registry.shut_down(limit)
    }
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
