//! What a host is opened with.

use std::path::PathBuf;
use std::sync::Arc;

use sysadm_class::Level;
use sysadm_class::host::Services;

use crate::configs::Configs;
use crate::jobs::limits::JobLimits;
use crate::policy::Policy;
use crate::services::ToStderr;

/// What a [`Host`](crate::Host) is opened with: where its modules are, what their classes
/// are created with, and what it decides about them.
///
/// ```
/// use sysadm_class::host::Door;
/// use sysadm_host::{Policy, Setup};
///
/// let setup = Setup::new("/var/run/my-server/modules")
///     .folder("/usr/local/lib/sysadm/modules")
///     .config("sysadm/iocage", r#"{"iocage":"/usr/local/bin/iocage"}"#)
///     .policy(Policy { demand_digest: true, ..Policy::new(Door::Auto) });
/// # drop(setup);
/// ```
#[must_use]
pub struct Setup {
    pub(crate) stage: PathBuf,
    pub(crate) folders: Vec<PathBuf>,
    pub(crate) files: Vec<(PathBuf, Option<String>)>,
    pub(crate) configs: Configs,
    pub(crate) policy: Policy,
    pub(crate) services: Arc<dyn Services>,
    pub(crate) strict: bool,
    pub(crate) jobs: Option<JobLimits>,
}

impl Setup {
    /// Without a module; the policy's defaults; warnings to the standard error. `stage` is
    /// the folder for private copies of modules: it is made if it is not there, and
    /// nobody else may be able to enter it.
    pub fn new(stage: impl Into<PathBuf>) -> Setup {
        Setup {
            stage: stage.into(),
            folders: Vec::new(),
            files: Vec::new(),
            configs: Configs::new(),
            policy: Policy::default(),
            services: Arc::new(ToStderr(Level::Warn)),
            strict: false,
            jobs: None,
        }
    }

    /// Every class module in this folder: files whose name ends in `.so` and does not
    /// begin with a dot, in the order of their names. What is none or cannot be used is
    /// told to the log and passed over, unless [`Setup::strict`] says otherwise.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Setup {
        self.folders.push(folder.into());
        self
    }

    /// The module in this file, before those of folders. Without it the host does not open:
    /// who names a file wants it.
    pub fn file(mut self, file: impl Into<PathBuf>) -> Setup {
        self.files.push((file.into(), None));
        self
    }

    /// The same with what its class is created with, a JSON object, whichever it is.
    pub fn file_with(mut self, file: impl Into<PathBuf>, config: impl Into<String>) -> Setup {
        self.files.push((file.into(), Some(config.into())));
        self
    }

    /// What the class `NAMESPACE/NAME` is created with, a JSON object; without it the class
    /// has its own defaults. One for a class that is not found is told to the log.
    pub fn config(mut self, class: &str, config: impl Into<String>) -> Setup {
        self.configs.insert(class.to_lowercase(), config.into());
        self
    }

    /// What the host decides about its modules.
    pub fn policy(mut self, policy: Policy) -> Setup {
        self.policy = policy;
        self
    }

    /// Where log, events and progress go, and who is asked whether a request is still
    /// wanted: [`Listener`](crate::Listener) takes functions.
    pub fn services(mut self, services: Arc<dyn Services>) -> Setup {
        self.services = services;
        self
    }

    /// Does a module in a folder that cannot be used keep the host from opening?
    pub fn strict(mut self, strict: bool) -> Setup {
        self.strict = strict;
        self
    }

    /// Make a job of each request whose args hold `"async": true`: it is answered at once with the id of the
    /// job, which the class `rpc/dispatcher` lists, shows, awaits and kills. What jobs tell is the event
    /// `dispatcher`, beside those of the classes. Without this a host has no jobs, nor that class, and `async` is
    /// the class's. See `include/doc/jobs.md` for the forms, and [`JobLimits`] for what is bounded.
    pub fn jobs(mut self, limits: JobLimits) -> Setup {
        self.jobs = Some(limits);
        self
    }
}
