//! `stop`: jails by name, several at once, or all that run.

use super::{names, pool, properties, start};
use crate::output::Output;
use crate::session::{Outcome, Session};
use crate::state::State;

pub(super) fn stop(session: &mut Session, words: &[String]) -> Outcome {
    let names = names::words(words);
    session.change(|state, output| {
        let mut status = 0;
        for name in &names {
            for uuid in start::uuids(state, name, output)? {
                let stopped = stop_one(state, &uuid, output);
                if !stopped && name != names::ALL {
                    let pool = pool::active(state);
                    if let Some(jail) = pool.jails.iter().find(|jail| jail.uuid == uuid) {
                        let uuid = properties::uuid(jail);
                        output.err(&format!("  INFO: {uuid} ({}) is already down\n", jail.tag));
                    }
                    status = 1;
                }
            }
        }
        Ok(status)
    })
}

/// Stops one jail of the active pool, if it runs; whether it did.
pub(super) fn stop_one(state: &mut State, uuid: &str, output: &mut Output) -> bool {
    let jails = &mut pool::active_mut(state).jails;
    let Some(jail) = jails.iter_mut().find(|jail| jail.uuid == uuid && jail.is_up()) else { return false };
    // As at the start, any failure but 1 counts as success; what is said goes to a log.
    let services = if jail.shutdown_exit == 1 { "FAILED" } else { "    OK" };
    let uuid = properties::uuid(jail).to_owned();
    output.out(&format!("* Stopping {uuid} ({})\n  + Running pre-stop         OK\n", jail.tag));
    output.out(&format!("  + Stopping services    {services}\n"));
    output.out("  + Removing jail process    OK\n  + Running post-stop        OK\n");
    // Whoever runs under that UUID is stopped.
    for jail in jails.iter_mut().filter(|jail| properties::uuid(jail) == uuid) {
        jail.jid = None;
        jail.hostname.clear();
    }
    true
}
