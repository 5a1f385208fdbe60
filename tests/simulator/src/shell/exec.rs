//! `exec`: a command in a running jail, through what would be jexec(8).
//!
//! The words after the jail are handed on as they are, no shell reads them. The lock is not held while they run.

use std::collections::BTreeMap;

use super::failure::die;
use super::names::{self, Found};
use super::pool;
use super::properties::{self, Dataset};
use crate::guest::{Ended, Guest, Missing};
use crate::prison::told;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::{Jail, Pool, State};

pub(super) fn exec(session: &mut Session, words: &[String]) -> Outcome {
    let state = session.view()?;
    let pool = pool::active(&state);
    let (user, words) = options(session, words)?;
    let Some((name, command)) = words.split_first().filter(|(name, _)| !name.trim().is_empty()) else {
        return Err(die(&mut session.output, "missing UUID!"));
    };
    if name == names::ALL {
        let jails = names::walked(pool).map(|(_, jail)| Dataset::Jail(jail));
        for dataset in std::iter::once(Dataset::Defaults(&pool.defaults)).chain(jails) {
            jexec(session, &state, pool, dataset, user, command)?;
        }
        return Ok(0);
    }
    match names::find(pool, name) {
        Found::Jail(jail) => {
            let jail = &pool.jails[jail];
            say_of_fib(session, pool, jail);
            jexec(session, &state, pool, Dataset::Jail(jail), user, command)
        }
        Found::Nothing => Err(die(&mut session.output, &format!("{name} not found!"))),
        Found::Refused(message) => Err(die(&mut session.output, &message)),
        Found::Defaults => Err(not_simulated("exec in the defaults")),
    }
}

/// The user and the words after the options. `-u` looks the user up on the host and `-U` in the jail; both have the same
/// users here.
fn options<'a>(session: &mut Session, words: &'a [String]) -> Result<(&'a str, &'a [String]), Stop> {
    let mut user = "root";
    let mut rest = words;
    while let Some((word, after)) = rest.split_first() {
        let Some(option) = word.strip_prefix('-').filter(|option| !option.is_empty()) else { break };
        rest = after;
        if option == "-" {
            break;
        }
        let Some(attached) = option.strip_prefix(['u', 'U']) else {
            let letter = option.chars().next().unwrap_or_default();
            session.output.err(&format!("Illegal option -{letter}\n"));
            return Err(die(&mut session.output, "invalid exec option: ?"));
        };
        if attached.is_empty() {
            let Some((argument, after)) = rest.split_first() else {
                session.output.err(&format!("No arg for -{option} option\n"));
                return Err(die(&mut session.output, "invalid exec option: ?"));
            };
            user = argument;
            rest = after;
        } else {
            user = attached;
        }
    }
    Ok((user, rest))
}

/// It asks for a property of the dataset that a jail of that UUID would have, and a template has another.
fn say_of_fib(session: &mut Session, pool: &Pool, jail: &Jail) {
    let uuid = properties::uuid(jail);
    let dataset = format!("{}/iocage/jails/{uuid}", pool.name);
    if pool.jails.iter().all(|known| pool.dataset(known) != dataset) {
        session.output.err(&format!("cannot open '{dataset}': dataset does not exist\n"));
        session.output.err("[: -ne: unexpected operator\n");
    }
}

fn jexec(
    session: &mut Session,
    state: &State,
    pool: &Pool,
    dataset: Dataset<'_>,
    user: &str,
    command: &[String],
) -> Outcome {
    let jail = match dataset {
        Dataset::Jail(jail) if jail.is_up() => jail,
        _ => {
            session.output.err(&format!("jexec: jail \"ioc-{}\" not found\n", dataset.uuid()));
            return Ok(1);
        }
    };
    let guest = Guest {
        hostname: told(&jail.hostname, properties::of_jail(state, pool, jail, "host_hostname")),
        release: state.host.release.clone(),
        folder: "/".to_owned(),
        files: jail.files.clone(),
        lacks: jail.lacks.clone(),
        environment: BTreeMap::new(),
        interfaces: BTreeMap::new(),
    };
    if !guest.has_user(user) {
        session.output.err(&format!("jexec: {user}: no such user\n"));
        return Ok(1);
    }
    match guest.run(user, command, &mut session.output) {
        Ok(ended) => {
            if let Ended::Killed(_) = ended {
                session.output.err("Killed\n");
            }
            Ok(ended.status())
        }
        Err(Missing::Command(name, reason)) => {
            let call = if state.host.old_jexec { "execvp()" } else { "execvp" };
            session.output.err(&format!("jexec: {call}: {name}: {reason}\n"));
            Ok(1)
        }
        Err(Missing::Stream(error)) => {
            Err(Stop::Broken(format!("cannot read or write for the jail: {error}")))
        }
    }
}
