//! `exec`: a command in a running jail. One word is a script for the jail's shell, several are run as they are.
//!
//! What the command exits with is lost: whatever is not 0 becomes 1, with a line that repeats the command. Options are
//! taken also from behind the jail's name, unless `--` stands before them. The lock is not held while it runs.

use std::collections::BTreeMap;

use super::call::Call;
use super::failure::fail;
use super::pool::active;
use super::{get, names, network, properties, start};
use crate::guest::{Guest, Missing};
use crate::prison::told;
use crate::session::{Outcome, Stop};

/// What a process in a jail finds in its environment.
const ENVIRONMENT: [(&str, &str); 6] = [
    ("HOME", "/"),
    ("LANG", "en_US.UTF-8"),
    ("LC_ALL", "en_US.UTF-8"),
    ("PATH", "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin:/root/bin"),
    ("PWD", "/"),
    ("TERM", "xterm-256color"),
];

pub(super) fn exec(call: &mut Call<'_>) -> Outcome {
    let words = call.words.arguments.clone();
    let (name, command) = words.split_first().expect("click has refused a command line without a jail");
    if name.starts_with('-') {
        return Err(call.fail("Please specify a jail first!"));
    }
    let jail_user = call.words.value("jail_user").map(str::to_owned);
    let host_user = call.words.value("host_user").map(str::to_owned);
    let has_both = jail_user.is_some() && host_user.as_ref().is_some_and(|user| user != "root");
    // Both have the same users here.
    let user = jail_user.or(host_user).unwrap_or_else(|| "root".to_owned());
    let mut command = command.to_vec();
    if command.len() == 1 {
        command.splice(0..0, ["/bin/sh".to_owned(), "-c".to_owned()]);
    }
    let targets: Vec<String> = if names::means_all(name) {
        active(&call.view()?).jails.iter().map(|jail| jail.uuid.clone()).collect()
    } else {
        vec![name.clone()]
    };
    for target in targets {
        if has_both {
            return Err(call.fail("Please only specify either host_user or jail_user, not both!"));
        }
        one(call, &target, &user, &command)?;
    }
    Ok(0)
}

fn one(call: &mut Call<'_>, name: &str, user: &str, command: &[String]) -> Result<(), Stop> {
    let mut state = call.view()?;
    if !get::readable(&state, active(&state), name, &mut call.session.output)?.is_up() {
        if !call.words.has("force") {
            return Err(call.fail(&get::not_running(name)));
        }
        state = call.change(|state, output| {
            let jail = get::readable(state, active(state), name, output)?;
            let (name, is_up) = (jail.uuid.clone(), jail.is_up());
            // Somebody else may have been faster.
            if !is_up {
                start::start_one(state, &name, output)?;
            }
            Ok(state.clone())
        })?;
    }
    let pool = active(&state);
    let jail = get::readable(&state, pool, name, &mut call.session.output)?;
    let guest = Guest {
        hostname: told(&jail.hostname, properties::value(&state, pool, jail, "host_hostname")),
        release: state.host.release.clone(),
        folder: "/".to_owned(),
        files: jail.files.clone(),
        lacks: jail.lacks.clone(),
        environment: ENVIRONMENT
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        interfaces: network::interfaces(&state, jail.jid, &properties::of_jail(&state, pool, jail)),
    };
    let output = &mut call.session.output;
    let status = if guest.has_user(user) {
        match guest.run(user, command, output) {
            Ok(ended) => ended.status(),
            Err(Missing::Command(name, reason)) => {
                output.err(&format!("jexec: execvp: {name}: {reason}\n"));
                1
            }
            Err(Missing::Stream(error)) => {
                return Err(Stop::Broken(format!("cannot read or write for the jail: {error}")));
            }
        }
    } else {
        output.err(&format!("jexec: {user}: no such user\n"));
        1
    };
    if status != 0 && !command.is_empty() {
        return Err(fail(output, &format!("Command: {} failed!", command.join(" "))));
    }
    Ok(())
}
