//! `update`: a snapshot, a start where the jail does not run, and `freebsd-update`.
//!
//! None of it is recorded: it is what the program's source does and says. Where there is nothing to be installed it
//! fails, as the second half of `freebsd-update` does, and a jail that it has started runs on.

use super::call::Call;
use super::failure::fail;
use super::pool::{active, active_mut};
use super::start::start_one;
use super::{names, snapshot, stop};
use crate::output::Output;
use crate::session::{Outcome, not_simulated};
use crate::update;

pub(super) fn update(call: &mut Call<'_>) -> Outcome {
    let word = call.words.arguments[0].clone();
    if call.words.has("pkgs") || word == "ALL" {
        return Err(not_simulated("update of packages, or of all jails"));
    }
    let (state, name, release, is_up) = call.change(|state, output| {
        let pool = active(state);
        let jail = &pool.jails[names::find(state, pool, &word, output)?];
        if jail.is_template() {
            let message = format!("Please convert back to a jail before trying to update {}", jail.uuid);
            return Err(fail(output, &message));
        }
        if jail.kind != "jail" || jail.properties.get("basejail").is_some_and(|value| value == "1") {
            return Err(not_simulated("update of a basejail or a plugin"));
        }
        let depends = jail.properties.get("depends").map_or("none", String::as_str);
        if !jail.is_up() && !["", "none"].contains(&depends) {
            return Err(not_simulated("update of a jail that does not run and depends on others"));
        }
        let (name, release, is_up) = (jail.uuid.clone(), jail.release.clone(), jail.is_up());
        let time = state.now().joined('_').replace(':', "-");
        snapshot::one(state, &name, &format!("ioc_update_{release}_{time}"), output)?;
        if !is_up {
            start_one(state, &name, &mut Output::default())?;
        }
        Ok((state.clone(), name, release, is_up))
    })?;
    call.out(&format!("Updating jail...\n\n* Updating {name} to the latest patch level... \n"));
    let Ok(now) = update::run(call.session, &state, &release)? else {
        return Err(call.fail("freebsd-update failed"));
    };
    call.out("Updated jail successfully.\n");
    call.change(|state, output| {
        let pool = active(state);
        let at = names::find(state, pool, &name, output)?;
        active_mut(state).jails[at].release = now;
        if !is_up {
            stop::one(state, &name, false, &mut Output::default())?;
        }
        Ok(0)
    })
}
