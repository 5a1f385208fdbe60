//! The server as all of its connections share it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use sysadm_host::Host;

use super::counted::{Counted, Place};
use super::hub::Hub;
use super::lanes::{Lane, Lanes};
use super::log::Log;
use super::logins::Logins;
use super::metrics::Metrics;
use super::purse::Purse;
use crate::config::{Config, Limits};

/// Threads for what the host knows itself.
const OWN: usize = 4;

/// What there is but once.
pub(crate) struct Server {
    pub(crate) host: Host,
    pub(crate) hub: Arc<Hub>,
    pub(crate) lanes: Lanes,
    pub(crate) logins: Logins,
    pub(crate) log: Log,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) hostname: String,
    config: RwLock<Arc<Config>>,
    /// What it was started with.
    pub(crate) begun_with: Arc<Config>,
    /// Requests in work or waiting, by who has asked.
    callers: Arc<Counted<String>>,
    /// Bytes of lines, by whose they are.
    pub(crate) purse: Purse,
    numbers: AtomicU64,
    is_ending: AtomicBool,
    open: Arc<()>,
}

impl Server {
    pub(crate) fn new(
        config: Arc<Config>,
        host: Host,
        hub: Arc<Hub>,
        logins: Logins,
        log: Log,
        metrics: Arc<Metrics>,
    ) -> Server {
        let limits = config.limits.clone();
        Server {
            host,
            hub,
            lanes: Lanes::new(|lane| threads(&limits, lane), limits.waiting),
            logins,
            log,
            metrics,
            hostname: hostname(),
            begun_with: Arc::clone(&config),
            config: RwLock::new(config),
            callers: Arc::default(),
            purse: Purse::default(),
            numbers: AtomicU64::new(1),
            is_ending: AtomicBool::new(false),
            open: Arc::new(()),
        }
    }

    /// The configuration as it is now.
    pub(crate) fn config(&self) -> Arc<Config> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn configure(&self, config: Arc<Config>) {
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
    }

    /// A number for a request or a connection.
    pub(crate) fn number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    /// A place for one more request of his; `None` if he has as many as one may have.
    pub(crate) fn place_of(&self, name: &str) -> Option<Place<String>> {
        self.callers.take(name.to_owned(), self.config().limits.per_caller)
    }

    /// Nothing new is begun from now on.
    pub(crate) fn end(&self) {
        self.is_ending.store(true, Ordering::Release);
    }

    /// Wait until every request that was taken has its answer, and that is with who has asked or he does not read.
    pub(crate) async fn all_answered(&self) {
        while Arc::strong_count(&self.open) > 1 {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }

    /// What a request holds until its answer is written.
    pub(crate) fn open(&self) -> Arc<()> {
        Arc::clone(&self.open)
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.is_ending.load(Ordering::Acquire)
    }
}

/// What this machine calls itself.
pub(super) fn hostname() -> String {
    let hostname = nix::unistd::gethostname().ok().and_then(|name| name.into_string().ok());
    hostname.unwrap_or_else(|| "unknown".to_owned())
}

/// How many threads a kind of work has. Checks of passwords take a processor each: two, and so there is always one left.
fn threads(limits: &Limits, lane: Lane) -> usize {
    match lane {
        Lane::Logins | Lane::Peers => 2,
        Lane::Own => OWN,
        Lane::Reads => limits.reads,
        Lane::Changes => limits.changes,
        Lane::Long => limits.long,
        Lane::Waits => limits.waits,
    }
}

/// One without classes, for tests of what it is for.
#[cfg(test)]
pub(crate) mod stand {
    use super::*;

    /// It, and the folder of its accounts and of its host; which goes with the test.
    pub(crate) struct Stand(pub(crate) Arc<Server>, pub(crate) std::path::PathBuf);

    impl Stand {
        pub(crate) fn new(name: &str) -> Stand {
            let folder = std::env::temp_dir().join(format!("sysadmd-{name}-{}", std::process::id()));
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).expect("a folder");
            let config = Config {
                limits: Limits { waiting: 1, per_caller: 2, ..Limits::default() },
                ..Config::default()
            };
            let log = Log::new(config.log).expect("a thread");
            let lasts = std::time::Duration::from_secs(900);
            let logins = Logins::new(folder.join("accounts"), lasts, log.clone()).expect("random numbers");
            let host = Host::open(sysadm_host::Setup::new(folder.join("modules"))).expect("no modules");
            let server = Server::new(Arc::new(config), host, Arc::default(), logins, log, Arc::default());
            Stand(Arc::new(server), folder)
        }
    }

    impl Drop for Stand {
        fn drop(&mut self) {
            self.0.lanes.close();
            let _ = std::fs::remove_dir_all(&self.1);
        }
    }
}
