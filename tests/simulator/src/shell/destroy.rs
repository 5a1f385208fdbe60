//! `destroy`: one jail or several, after a question unless `-f` is given.

use super::failure::die;
use super::names::{self, Found};
use super::{pool, properties, stop};
use crate::dataset::is_inside;
use crate::output::Output;
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::complete::snapshots_of_origin;
use crate::state::{Jail, Pool};

pub(super) fn destroy(session: &mut Session, words: &[String]) -> Outcome {
    let is_forced = words.first().is_some_and(|word| word == "-f");
    let words = names::words(words);
    // Nothing to destroy is a success, and says nothing; the pool is found all the same.
    session.view()?;
    for name in words.iter().filter(|word| *word != "-f") {
        if !is_forced && !is_confirmed(session, name)? {
            session.output.out("  Command not confirmed.  No action taken.\n");
            continue;
        }
        destroy_one(session, name, is_forced)?;
    }
    Ok(0)
}

fn is_confirmed(session: &mut Session, name: &str) -> Result<bool, Stop> {
    let state = session.view()?;
    let pool = pool::active(&state);
    let jail = &pool.jails[find(pool, name, &mut session.output)?];
    let question = format!(
        " \n  WARNING: this will destroy jail {}\n  Dataset: {}\n \n  Are you sure ? y[N]: ",
        properties::uuid(jail),
        pool.dataset(jail)
    );
    Ok(session.ask(&question)?.unwrap_or_default().eq_ignore_ascii_case("y"))
}

fn find(pool: &Pool, name: &str, output: &mut Output) -> Result<usize, Stop> {
    match names::find(pool, name) {
        Found::Jail(jail) => Ok(jail),
        Found::Refused(message) => Err(die(output, &message)),
        Found::Nothing => Err(die(output, &format!("{name} not found!"))),
        Found::Defaults => Err(not_simulated("destroy of the defaults")),
    }
}

fn destroy_one(session: &mut Session, name: &str, is_forced: bool) -> Result<(), Stop> {
    session.change(|state, output| {
        let pool = pool::active(state);
        let index = find(pool, name, output)?;
        let jail = &pool.jails[index];
        if let Some(clone) = dependent(pool, jail) {
            let message =
                format!("jail has dependent clone, uuid: {} ({})", properties::uuid(clone), clone.tag);
            return Err(die(output, &message));
        }
        if jail.is_up() && !is_forced {
            return Err(die(output, &format!("cannot destroy {name} - jail is running!")));
        }
        let (dataset, uuid) = (jail.uuid.clone(), properties::uuid(jail).to_owned());
        stop::stop_one(state, &dataset, output);
        output.out(&format!("  Destroying: {uuid}\n"));
        let pool = pool::active_mut(state);
        let gone = pool.jails.remove(index);
        let dataset = pool.dataset(&gone);
        let origins = snapshots_of_origin(&gone);
        pool.snapshots.retain(|name| !is_inside(name, &dataset) && !origins.contains(name));
        if let Some(origin) = gone.properties.get("origin") {
            output.out(&format!("  Destroying clone origin: {origin}\n"));
        }
        Ok(())
    })
}

/// The first jail that was cloned from this one.
fn dependent<'a>(pool: &'a Pool, jail: &Jail) -> Option<&'a Jail> {
    let dataset = pool.dataset(jail);
    pool.jails.iter().find(|clone| clone.origin_dataset() == Some(&dataset))
}
