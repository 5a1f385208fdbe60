//! What may change while it serves, and is read again when a signal says so: limits, accounts, the log, and what the front is told, its
//! certificate among it. All else takes a start.

use std::sync::Arc;
use std::time::Duration;

use sysadm_host::{Access, Level};
use tokio_rustls::rustls::pki_types::UnixTime;

use super::certificate::{self, Pair};
use super::front::Front;
use super::groups;
use super::lanes::Lane;
use super::listen;
use super::server::Server;
use crate::config::{Config, Source, Tls};
use crate::wire::start::Start;

/// What the front is told; without its sockets and ids.
pub(super) fn told(config: &Config, tls: &Tls, pair: Pair) -> Start {
    let level: Level = config.log.into();
    Start {
        socket: String::new(),
        listeners: Vec::new(),
        become_ids: None,
        chroot: None,
        certificate: pair.certificate,
        key: pair.key,
        origins: tls.origins.clone(),
        login_s: config.limits.login_s,
        limits: tls.limits.clone(),
        log: level.word().to_lowercase(),
    }
}

/// What clients will not take of the certificate.
pub(super) fn tell_doubts(server: &Server) {
    for why in server.config().tls.iter().flat_map(|tls| certificate::doubts(tls, UnixTime::now())) {
        server.log.line(Level::Warn, "sysadmd", &why);
    }
}

/// Which groups of a new configuration are not there: nobody is in them. Looked up where others are, for the system's lists may be slow.
fn tell_groups(server: &Server, new: &Arc<Config>) {
    let (new, log) = (Arc::clone(new), server.log.clone());
    let tell = move || {
        for group in groups::missing(&new) {
            let then = if group.is_fatal { "; the next start would fail" } else { "" };
            log.line(Level::Warn, "sysadmd", &format!("{}{then}", group.text));
        }
    };
    // Where nobody can be looked up any more that is told of each who connects.
    let _ = server.lanes.submit(Lane::Peers, Access::Full, tell);
}

/// Read again what may have changed. What cannot be used leaves all as it was.
pub(super) fn reload(server: &Arc<Server>, source: Option<&Source>, front: Option<&Front>) {
    let log = &server.log;
    server.logins.reload();
    let old = server.config();
    let new = match source.map(Source::read) {
        None => Arc::clone(&old),
        Some(Ok(new)) => Arc::new(new),
        Some(Err(why)) => return log.line(Level::Error, "sysadmd", &format!("not reloaded: {why}")),
    };
    for what in server.begun_with.needs_restart(&new) {
        log.line(Level::Warn, "sysadmd", &format!("{what}; that takes effect at the next start"));
    }
    tell_groups(server, &new);
    if let (Some(tls), Some(front)) = (&new.tls, front) {
        // None is made here: where those that are served have gone somebody wants to know, and clients that trust them, too.
        match certificate::read_pair(tls) {
            Ok(pair) => front.tell(told(&new, tls, pair)),
            Err(why) => return log.line(Level::Error, "sysadmd", &format!("not reloaded: {why}")),
        }
    }
    // The network is there until the next start, and goes on with what it has: what bounds its clients, and its certificate, which is
    // looked at.
    let new = match (&new.tls, front) {
        (None, Some(_)) => Arc::new(Config { tls: old.tls.clone(), ..Config::clone(&new) }),
        _ => new,
    };
    listen::take_descriptors(&new);
    log.set(new.log);
    server.logins.set_lasts(Duration::from_secs(new.limits.session_s));
    server.configure(new);
    tell_doubts(server);
    log.line(Level::Info, "sysadmd", "reloaded");
}
