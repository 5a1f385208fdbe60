//! `start`: jails by name, several at once, or all of them.
//!
//! A jail that is already up is said to be so and makes the exit status 1, but the rest is still started; a jail that
//! fails to start ends the whole command.

use super::failure::die;
use super::names::{self, Found};
use super::{limits, pool, properties};
use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::{Jail, State};

pub(super) fn start(session: &mut Session, words: &[String]) -> Outcome {
    let names: Vec<String> = names::words(words).into_iter().filter(|word| word != "-f").collect();
    session.change(|state, output| {
        let mut status = 0;
        for name in &names {
            for uuid in uuids(state, name, output)? {
                status = status.max(start_one(state, &uuid, output)?);
            }
        }
        Ok(status)
    })
}

/// The UUIDs that a word of `start` or `stop` means; none for all jails where there are none.
pub(super) fn uuids(state: &State, name: &str, output: &mut Output) -> Result<Vec<String>, Stop> {
    let pool = pool::active(state);
    if name == names::ALL {
        let jails = names::walked(pool).filter(|(_, jail)| !jail.is_template());
        return Ok(jails.map(|(_, jail)| jail.uuid.clone()).collect());
    }
    match names::find(pool, name) {
        Found::Jail(jail) => Ok(vec![pool.jails[jail].uuid.clone()]),
        Found::Refused(message) => Err(die(output, &message)),
        Found::Nothing => Err(die(output, &format!("{name} not found!"))),
        Found::Defaults => Err(not_simulated("start or stop of the defaults")),
    }
}

/// Starts one jail of the active pool; answers 1 where it was already up.
pub(super) fn start_one(state: &mut State, uuid: &str, output: &mut Output) -> Outcome {
    let pool = pool::active(state);
    let jail = pool.jails.iter().find(|jail| jail.uuid == uuid).expect("the caller has just found it there");
    let value = |name| properties::of_jail(state, pool, jail, name);
    let dataset = uuid;
    let uuid = properties::uuid(jail).to_owned();
    if jail.is_up() {
        output.err(&format!("  INFO: {uuid} ({}) is already up\n", jail.tag));
        return Ok(1);
    }
    if jail.is_template() {
        let tag = &jail.tag;
        output.out(&format!("  INFO: {tag} is a template jail, ignoring start request.\n"));
        output.out(&format!("        (disable template flag with: iocage set template=no {tag})\n"));
        return Ok(0);
    }
    if value("hostid") != state.host.hostid {
        output.err("ERROR: hostid mismatch, start failed!\n");
        output.err(&format!(
            "    jail hostid: {}\n  host's hostid: {}\n",
            value("hostid"),
            state.host.hostid
        ));
        return Err(Stop::Exit(1));
    }
    let has_vnet = value("vnet") == "on";
    if has_vnet && !state.host.vimage {
        output.err(&format!("  ERROR: start failed for {uuid}\n  vnet=on but kernel is not VNET capable!\n"));
        output.err("  Turn vnet off for this jail or recompile kernel with VNET.\n");
        return Err(Stop::Exit(1));
    }
    output.out(&format!("* Starting {uuid} ({})\n", jail.tag));
    if let Some(complaint) = refusal_of_jail(jail, &properties::mountpoint(jail), &value("exec_prestart")) {
        output.err(&format!("{complaint}\n  ! Start                FAILED\n"));
        return Err(Stop::Exit(1));
    }
    if has_vnet {
        output.out("  + Started                  OK\n  + Configuring VNET         OK\n");
    } else {
        output.out("  + Started (shared IP mode) OK\n");
    }
    limits::apply(state, pool, jail, output);
    output.out("  + Starting services");
    // The jail stays up whatever its services do, and any failure but 1 counts as success.
    let has_failed = jail.rc_exit == 1 || jail.lacks.contains("/bin/sh");
    if has_failed {
        output.err("        FAILED\n");
    } else {
        output.out("        OK\n");
    }
    let (jid, started) = (state.next_jid(), state.now().joined('_'));
    let jails = &mut pool::active_mut(state).jails;
    for jail in jails.iter_mut().filter(|jail| properties::uuid(jail) == uuid) {
        jail.jid = Some(jid);
    }
    if has_failed {
        return Err(Stop::Exit(1));
    }
    let jail = jails.iter_mut().find(|jail| jail.uuid == dataset).expect("it was found above");
    jail.properties.insert("last_started".to_owned(), started);
    Ok(0)
}

/// What jail(8) says when it cannot make the jail.
fn refusal_of_jail(jail: &Jail, mountpoint: &str, prestart: &str) -> Option<String> {
    if jail.kind == "emptyjail" || jail.is_hollow {
        Some(format!("mount_devfs: {mountpoint}/root/dev: No such file or directory"))
    } else if prestart.ends_with("/false") {
        Some(format!("jail: ioc-{}: {prestart}: failed", properties::uuid(jail)))
    } else {
        None
    }
}
