//! What a server that has begun does until its end, and its end: a signal, the time that what is in flight has, and what is left.

use std::sync::Arc;
use std::time::Duration;

use sysadm_host::Level;
use tokio::time::{MissedTickBehavior, interval};

use super::life::{LOG_ENDS, Server};
use super::own::system_state;
use super::pulse::{self, Pulse};
use super::reload::{reload, tell_doubts};

/// How often it is looked whether those who listen still may.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// How often the state of the system is told, as sysadm's servers do.
const STATE_EVERY: Duration = Duration::from_secs(900);
/// How often the certificate is looked at: it ends some day.
const CERTIFICATE_EVERY: Duration = Duration::from_secs(24 * 3600);
/// How long answers may take to be written, at the end.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long the front may take beyond that.
const FRONT_ENDS: Duration = Duration::from_secs(10);
/// How long it may take where all is to end at once.
const FRONT_IS_LEFT: Duration = Duration::from_millis(200);
/// How much longer than it says the end of the host may take.
const HOST_ENDS: Duration = Duration::from_secs(2);
impl Server {
    /// Serve until a signal says that it is enough, and then end: what is in flight has its time. Has all come to its end? Then
    /// [`leave`](super::leave), whatever else this process has.
    #[must_use]
    pub fn run(self) -> bool {
        let Server {
            server,
            runtime,
            mut signals,
            front,
            source,
            tasks,
            closing,
            over,
            patience,
            left,
            sockets,
        } = self;
        let is_lost = runtime.block_on(async {
            let mut look = interval(LOOK_EVERY);
            let mut state = interval(STATE_EVERY);
            let mut certificate = interval(CERTIFICATE_EVERY);
            let (mut beat, mut pulse) = (interval(pulse::EVERY), Pulse::default());
            beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
            look.set_missed_tick_behavior(MissedTickBehavior::Delay);
            state.tick().await;
            loop {
                tokio::select! {
                    () = signals.end.comes() => break false,
                    () = signals.reload.comes() => reload(&server, source.as_ref(), front.as_ref()),
                    _ = look.tick() => server.hub.look_again(|caller| server.logins.still(caller, false)),
                    _ = certificate.tick() => tell_doubts(&server),
                    _ = beat.tick() => if pulse.is_lost(pulse::PATIENCE) { break true },
                    _ = state.tick() => server.hub.tell("system-state", &system_state(&server.hostname)),
                }
            }
        });
        if is_lost {
            // Nothing that is in flight can end; who started it starts it again.
            let why = "no thread begins any more: a module that was loaded or unmapped keeps the system's loader; this process ends";
            server.log.line(Level::Error, "sysadmd", why);
            drop(sockets);
            server.log.flush(LOG_ENDS);
            server.host.leave();
            crate::process::leave(1);
        }
        server.log.line(
            Level::Info,
            "sysadmd",
            "ending; what is in flight has its time (a second signal: it is cancelled now)",
        );
        closing.cancel();
        server.end();
        if let Some(front) = &front {
            front.drain();
        }
        let (ended, is_at_once, is_left) = runtime.block_on(async {
            let ends = {
                let server = Arc::clone(&server);
                tokio::task::spawn_blocking(move || server.host.shut_down(patience))
            };
            tokio::pin!(ends);
            tokio::select! {
                ended = &mut ends => return (ended.unwrap_or(false), false, false),
                // Its thread may never begin.
                () = tokio::time::sleep(patience + HOST_ENDS) => return (false, true, false),
                () = signals.end.comes() => {}
            }
            server.log.line(
                Level::Info,
                "sysadmd",
                "what is in flight is cancelled (a third signal: it is left)",
            );
            server.host.hurry();
            tokio::select! {
                ended = tokio::time::timeout(left, ends) => (matches!(ended, Ok(Ok(true))), true, false),
                () = signals.end.comes() => (false, true, true),
            }
        });
        runtime.block_on(async {
            server.hub.end();
            tasks.close();
            // What is left has no answer that somebody could read.
            if !is_left && tokio::time::timeout(LAST_WORDS, server.all_answered()).await.is_err() {
                server.log.line(Level::Warn, "sysadmd", "somebody has not read his answers");
            }
            over.cancel();
            if !is_left {
                drop(tokio::time::timeout(LAST_WORDS, tasks.wait()).await);
            }
        });
        if let Some(front) = front.map(Arc::new) {
            let is_at_once = is_at_once
                || runtime.block_on(async {
                    let its = Arc::clone(&front);
                    let ends = tokio::task::spawn_blocking(move || its.end(FRONT_ENDS));
                    tokio::select! {
                        ended = tokio::time::timeout(FRONT_ENDS + HOST_ENDS, ends) => ended.is_err(),
                        () = signals.end.comes() => true,
                    }
                });
            if is_at_once {
                front.end(FRONT_IS_LEFT);
            }
        }
        drop(sockets);
        server.lanes.close();
        server.log.line(
            Level::Info,
            "sysadmd",
            if ended { "ended" } else { "ended; something was not done in time" },
        );
        runtime.shutdown_background();
        server.log.flush(LOG_ENDS);
        if !ended {
            // Its end would wait for what does not come to one. The private copies go: nobody else removes them before the next start.
            server.host.leave();
            std::mem::forget(server);
        }
        ended
    }
}
