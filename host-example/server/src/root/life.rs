//! The life of the server: from its configuration to its end by a signal.

use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::unistd::{Gid, Uid};
use sysadm_host::{Access, Host, JobLimits, Level, Listener, Policy, State, Status};
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::bind::{self, Place};
use super::certificate;
use super::folder;
use super::front::Front;
use super::hub::Hub;
use super::lanes::Lane;
use super::listen::{self, Serving};
use super::log::Log;
use super::logins::Logins;
use super::metrics::Metrics;
use super::modules;
use super::reload::told;
use super::server;
use super::signals::{End, Reload, Signals};
use crate::config::{Config, Source};

/// How long whoever reads the log may take for its last lines.
pub(super) const LOG_ENDS: Duration = Duration::from_secs(1);

/// A server that serves.
pub struct Server {
    pub(super) server: Arc<server::Server>,
    pub(super) runtime: Runtime,
    pub(super) signals: Signals,
    pub(super) front: Option<Front>,
    pub(super) source: Option<Source>,
    pub(super) tasks: TaskTracker,
    /// Nothing new is taken.
    pub(super) closing: CancellationToken,
    /// Connections end.
    pub(super) over: CancellationToken,
    pub(super) patience: Duration,
    /// How long it may take for what was cancelled to end.
    pub(super) left: Duration,
    /// What others find it by, which goes with it.
    pub(super) sockets: Vec<bind::File>,
}

/// Whose its sockets are, and who its front is; of nobody else where it is not root.
struct Owners {
    front: Option<(Uid, Gid)>,
    socket: Option<Gid>,
}

impl Owners {
    fn of(config: &Config, is_root: bool) -> Result<Owners, String> {
        let user = config.tls.as_ref().filter(|_| is_root).map(|tls| listen::user(&tls.user)).transpose()?;
        let (key, group) = config.group_of_socket();
        // Only root can give a socket to a group that it is not in.
        let group = Some(group).filter(|group| is_root && !group.is_empty()).map(bind::group).transpose();
        let at = config.socket.path.display();
        Ok(Owners {
            front: user,
            socket: group.map_err(|why| format!("cannot listen at {at}: `{key}`: {why}"))?,
        })
    }
}

/// What is to be told of one that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Where it listens on the network.
    pub addresses: Vec<std::net::SocketAddr>,
    /// The SHA-256 of its certificate, where there is a network.
    pub fingerprint: Option<String>,
}

/// Start. `program` is that of the front, which is started with the word `front`; `source` is read again on SIGHUP. To be
/// called before there is another thread.
///
/// # Errors
/// What is missing, in a sentence; nothing is left running. Where a module keeps the system's loader that is told on the standard error,
/// and the process is [left](crate::process::leave) at once.
pub fn start(config: Config, source: Option<Source>, program: &Path) -> Result<(Server, Begun), String> {
    crate::process::hear_signals();
    let log = Log::new(config.log).map_err(|why| format!("cannot start: {why}"))?;
    begin(config, source, program, &log).inspect_err(|_| log.flush(LOG_ENDS))
}

fn begin(
    config: Config,
    source: Option<Source>,
    program: &Path,
    log: &Log,
) -> Result<(Server, Begun), String> {
    let is_root = nix::unistd::geteuid().is_root();
    if is_root {
        crate::process::no_core_dumps();
    }
    crate::process::keep_descriptors();
    listen::take_descriptors(&config);
    folder::set_mask();
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime = runtime.map_err(|why| format!("cannot start: {why}"))?;
    let entered = runtime.enter();
    let deaf = |why: std::io::Error| format!("cannot listen to signals: {why}");
    let reload = Reload::new().map_err(deaf)?;
    let config = Arc::new(config);
    folder::make(&config.run)?;
    let hub = Arc::new(Hub::default());
    let metrics = Arc::new(Metrics::default());
    // Before a module is loaded: one that never comes back from that has the system's loader, which the first random number asks, and
    // so do the system's lists of users and groups, which may be a library of somebody else's.
    let owners = Owners::of(&config, is_root)?;
    let lasts = Duration::from_secs(config.limits.session_s);
    let logins = Logins::new(config.accounts.clone(), lasts, log.clone()).map_err(|why| why.to_string())?;
    let host = open(&config, &hub, &metrics, log)?;
    let policy = Policy::default();
    let left = policy.cancel;
    let patience = Duration::from_secs(config.limits.drain_s) + left;
    let server = Arc::new(server::Server::new(
        Arc::clone(&config),
        host,
        Arc::clone(&hub),
        logins,
        log.clone(),
        metrics,
    ));
    let asked = Arc::downgrade(&server);
    hub.ask_for_jobs(move |job, caller| {
        asked.upgrade().is_some_and(|server| server.host.may_see(job, &caller.name, caller.access()))
    });
    let (tasks, closing, over) = (TaskTracker::new(), CancellationToken::new(), CancellationToken::new());
    let serving = || Serving {
        server: Arc::clone(&server),
        tasks: tasks.clone(),
        closing: closing.clone(),
        over: over.clone(),
        said: Arc::default(),
    };

    let mut sockets = Vec::new();
    let (mut front, mut begun) = (None, Begun { addresses: Vec::new(), fingerprint: None });
    if let Some(tls) = &config.tls {
        let folder = config.run.join("front");
        folder::make(&folder)?;
        let path = folder.join("front.sock");
        let owner = owners.front.map(|(uid, _)| uid);
        let (socket, file) = bind::bind(&Place { path: &path, group: None, owner, mode: 0o600 })?;
        sockets.push(file);
        let socket = tokio::net::UnixListener::from_std(socket).map_err(|why| why.to_string())?;
        let uid = owner.unwrap_or_else(nix::unistd::geteuid).as_raw();
        runtime.spawn(serving().front(socket, uid));
        let mut listeners = Vec::new();
        for address in &tls.listen {
            let listener =
                TcpListener::bind(address).map_err(|why| format!("cannot listen at {address}: {why}"))?;
            begun.addresses.push(listener.local_addr().map_err(|why| why.to_string())?);
            listeners.push(listener);
        }
        let (pair, is_made) = certificate::take(tls, &server.hostname)?;
        if is_made {
            let text = format!("made a certificate, {}, and its key", tls.certificate.display());
            log.line(Level::Info, "sysadmd", &text);
        }
        let mut start = told(&config, tls, pair);
        begun.fingerprint = certificate::fingerprint(&start.certificate);
        start.socket = if is_root { "/front.sock".to_owned() } else { path.to_string_lossy().into_owned() };
        start.become_ids = owners.front.map(|(uid, gid)| (uid.as_raw(), gid.as_raw()));
        start.chroot = is_root.then(|| folder.to_string_lossy().into_owned());
        front = Some(Front::start(program, listeners, start, log.clone())?);
        for address in &begun.addresses {
            log.line(Level::Info, "sysadmd", &format!("listens at https://{address}/"));
        }
    }
    // The last of all, for who finds it may use it.
    let mode = if is_root { 0o660 } else { 0o600 };
    let here = Place { path: &config.socket.path, group: owners.socket, owner: None, mode };
    let (here, file) = bind::bind(&here)?;
    sockets.push(file);
    let here = tokio::net::UnixListener::from_std(here).map_err(|why| why.to_string())?;
    runtime.spawn(serving().here(here));
    log.line(Level::Info, "sysadmd", &format!("listens at {}", config.socket.path.display()));
    tell_classes(&server, log);
    let signals = Signals { end: End::new().map_err(deaf)?, reload };
    drop(entered);
    Ok((
        Server { server, runtime, signals, front, source, tasks, closing, over, patience, left, sockets },
        begun,
    ))
}

fn open(config: &Config, hub: &Arc<Hub>, metrics: &Arc<Metrics>, log: &Log) -> Result<Host, String> {
    let (heard, events, own_events) = (log.clone(), Arc::clone(hub), Arc::clone(hub));
    let (unheard, is_told) = (log.clone(), AtomicBool::new(false));
    let (of_requests, of_jobs) = (Arc::clone(metrics), Arc::clone(metrics));
    let listener = Listener::new()
        .on_log(move |level, target, text, request| heard.line_of(level, target, text, request))
        .on_progress(move |_, json| of_requests.progress(json))
        .on_event(move |name, args| {
            of_jobs.event(name, args);
            own_events.tell(name, args);
        })
        .on_class_event(move |class, name, args| {
            if !events.tell_of(class, name, args) && !is_told.swap(true, Ordering::Relaxed) {
                let (namespace, class) = class;
                let why = "by another name than the class's, or no JSON; it reached nobody, and the next ones are not told of";
                let text = format!("{namespace}/{class} has emitted the event {name:?}, {why}");
                unheard.line(Level::Warn, "sysadmd", &text);
            }
        });
    let setup = modules::setup(config);
    let setup = setup.services(Arc::new(listener)).jobs(JobLimits::default());
    let host = match Host::open(setup) {
        Ok(host) => host,
        Err(refused) if modules::no_thread_begins() => end_at_once(&refused.to_string()),
        Err(refused) => return Err(refused.to_string()),
    };
    // Before anything else is found for which it would end.
    if let Some(why) = modules::kept_loader(&host) {
        // With the private copies, which nobody else would remove before the next start.
        host.leave();
        end_at_once(&why);
    }
    if host.modules().classes().is_empty() {
        let folders: Vec<_> =
            config.modules.folders.iter().map(|folder| folder.display().to_string()).collect();
        let why = format!("there is no class module in {} that can be used", folders.join(", "));
        log.line(Level::Warn, "sysadmd", &why);
    }
    // What was to be denied would not be, if it was said of another name. A module that could not be used has been told of, and the
    // others serve without it.
    if modules::is_slip(config, &host)
        && let Some(why) = modules::unserved(config, &host).next()
    {
        return Err(why);
    }
    Ok(host)
}

/// Where a module keeps the system's loader: whatever would end something waits for that, too.
fn end_at_once(why: &str) -> ! {
    crate::process::say_last(&format!("sysadmd: {why}\n"));
    crate::process::leave(1)
}

/// What serves, and whether it can: a class whose program is missing answers each request with that.
fn tell_classes(server: &Arc<server::Server>, log: &Log) {
    let registry = server.host.modules();
    for generation in registry.generations().iter().filter(|generation| generation.state() == State::Current)
    {
        let (namespace, name) = generation.class().unwrap_or_default();
        let (version, path) = (generation.version().unwrap_or_default(), generation.path().display());
        log.line(Level::Info, "sysadmd", &format!("{namespace}/{name} {version} serves, from {path}"));
    }
    let installed = Path::new(sysadm_host::INSTALLED);
    if server.config().modules.prober.is_none() && !installed.exists() {
        let why = "modules are not tried before they are loaded (`modules.prober` names another)";
        let text = format!("there is no {}: {why}", installed.display());
        log.line(Level::Warn, "sysadmd", &text);
    }
    // Beside what is served already: it starts programs.
    let (server, log) = (Arc::clone(server), log.clone());
    let lanes = Arc::clone(&server);
    let look = move || {
        for (class, status, told) in server.host.modules().healths() {
            if status != Status::Ok {
                log.line(Level::Warn, "sysadmd", &format!("{class} is not well: {told}"));
            }
        }
    };
    let _ = lanes.lanes.submit(Lane::Waits, Access::Full, look);
}
