//! The unprivileged part: TLS, HTTP/1.1, WebSocket, REST and events to the network, lines to the root part.
//!
//! It knows no accounts, decides nothing about rights, and opens no file: what strangers can break here is the front. Who logs in
//! is a stranger until the root part knows him, and each client has a connection of its own to it.
//!
//! From the ground up: `log`, `process` (what it gives up), `tls`, `seats` and `counters`; `state`, which all share; `stream` (a client's
//! bytes) and `lines` (the root part's); `reply`, `login`, `origin` and `target` (HTTP, without anybody's meaning); `caller` (one
//! question to the root part); what can be asked: `class`, `jobs`, `events`, `openapi`, `probes`, `page`, `websocket`; `route`, and `accept`.

#![expect(clippy::result_large_err, reason = "what is refused is an answer, as large as any")]

mod accept;
mod caller;
mod class;
mod counters;
mod events;
mod jobs;
mod lines;
mod log;
mod login;
mod openapi;
mod origin;
mod page;
mod probes;
mod process;
mod reply;
mod route;
mod seats;
mod state;
mod stream;
mod target;
mod tls;
mod websocket;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use tokio::signal::unix::{SignalKind, signal};

use self::state::{Settings, State};
use crate::wire::start::Start;

/// Be the front: `sysadmd front`, as the root part starts it.
#[must_use]
pub fn run() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            ::log::error!("{why}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), String> {
    // Whoever tells all processes of this name to read their files again means the root part, which tells what is new of them.
    crate::process::ignore(nix::sys::signal::Signal::SIGHUP);
    log::open("info");
    log::panics();
    let first =
        std::io::stdin().lines().next().ok_or("there was no start line; sysadmd starts its front itself")?;
    let start = read(first)?;
    log::open(&start.log);
    let listeners = crate::process::listeners(&start.listeners)?;
    process::give_up(&start)?;
    let chroot = start.chroot.clone().map(PathBuf::from);
    let state = Arc::new(State::new(Settings::of(start, chroot.as_deref())?));

    let failed = |why: std::io::Error| format!("the front could not begin: {why}");
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)?;
    runtime.block_on(async {
        for listener in listeners {
            let listener = tokio::net::TcpListener::from_std(listener).map_err(failed)?;
            state.tasks.spawn(accept::listen(Arc::clone(&state), listener));
        }
        let told = {
            let state = Arc::clone(&state);
            let each = move |line| change(&state, line, chroot.as_deref());
            tokio::task::spawn_blocking(move || std::io::stdin().lines().for_each(each))
        };
        // A terminal and some supervisors tell each process of a service that it is to end; what is in flight has its
        // time then as it has when the root part says so.
        let (mut term, mut int) = (
            signal(SignalKind::terminate()).map_err(failed)?,
            signal(SignalKind::interrupt()).map_err(failed)?,
        );
        let _ = writeln!(std::io::stdout(), "ready");
        tokio::select! {
            _ = told => {}
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
        ::log::info!("the front ends; connections: {}", state.seats.taken());
        state.drain.cancel();
        state.tasks.close();
        state.tasks.wait().await;
        Ok::<(), String>(())
    })?;
    // The thread that reads start lines may still wait for one.
    runtime.shutdown_background();
    Ok(())
}

/// Can these be served, a certificate and its key, PEM?
///
/// # Errors
/// A sentence: what is wrong with them. It holds nothing of the key.
pub(crate) fn is_pair(certificate: &str, key: &str) -> Result<(), String> {
    tls::config(certificate, key).map(drop)
}

/// A start line. Its error names a column, and nothing of the key that stands there.
fn read(line: std::io::Result<String>) -> Result<Start, String> {
    let line = line.map_err(|why| format!("the standard input cannot be read: {why}"))?;
    serde_json::from_str(&line).map_err(|why| format!("this is no start line (column {})", why.column()))
}

/// A later one. What is wrong with it leaves all as it was.
fn change(state: &State, line: std::io::Result<String>, chroot: Option<&Path>) {
    let changed = read(line).and_then(|start| {
        log::open(&start.log);
        Settings::of(start, chroot)
    });
    match changed {
        Ok(settings) => {
            state.change(settings);
            ::log::info!("the certificate, limits and origins are those of the new configuration");
        }
        Err(why) => ::log::error!("nothing was changed: {why}"),
    }
}
