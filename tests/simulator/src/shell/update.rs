//! `update`: a snapshot of the jail's root and `freebsd-update` in it, whose failure nothing tells.
//!
//! None of it is recorded: it is what the program's source does and says. Of the release it keeps no patch level.

use super::failure::die;
use super::names::{self, Found};
use super::{pool, properties};
use crate::session::{Outcome, Session, not_simulated};
use crate::update as freebsd;

pub(super) fn update(session: &mut Session, words: &[String]) -> Outcome {
    session.view()?;
    let [word] = words else { return Err(not_simulated("update with options, or of nothing")) };
    session.output.out("* Creating back-out update snapshot.\n");
    let (state, release, dataset, name) = session.change(|state, output| {
        let pool = pool::active(state);
        let jail = match names::find(pool, word) {
            Found::Jail(jail) => &pool.jails[jail],
            Found::Refused(message) => return Err(die(output, &message)),
            Found::Nothing => return Err(die(output, &format!("{word} not found!"))),
            Found::Defaults => return Err(not_simulated("update of the defaults")),
        };
        if !["clonejail", "jail", "thickjail"].contains(&jail.kind.as_str()) {
            return Err(not_simulated("update of what is no jail of its own"));
        }
        let release = properties::named("release").expect("a property");
        let (dataset, now) = (pool.dataset(jail), state.now());
        let release = properties::value(state, pool, properties::Dataset::Jail(jail), release);
        let name = format!("ioc-update_{}", now.joined('_'));
        pool::active_mut(state).snapshot(&[format!("{dataset}/root")], &name, &now);
        Ok((state.clone(), release, dataset, name))
    })?;
    session.output.out("* Updating jail..\n");
    let _ = freebsd::run(session, &state, &release)?;
    session.output.out(&format!(
        "* {word} updated successfully. Please reboot jail and inspect.\n* Remove:\n    snapshot: {dataset}/root@{name}\n\
         * if everything is OK.\n"
    ));
    Ok(0)
}
