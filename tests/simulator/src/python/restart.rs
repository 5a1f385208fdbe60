//! `restart`: a stop and a start, or with `-s` only what runs in the jail anew, of which nothing is said.

use super::call::Call;
use super::pool::active;
use super::start::start_one;
use super::{names, stop};
use crate::session::{Outcome, not_simulated};

pub(super) fn restart(call: &mut Call<'_>) -> Outcome {
    let (word, is_soft) = (call.words.arguments[0].clone(), call.words.has("soft"));
    if names::means_all(&word) {
        return Err(not_simulated("restart of all jails"));
    }
    call.change(|state, output| {
        let pool = active(state);
        let jail = &pool.jails[names::find(state, pool, &word, output)?];
        let (name, is_up) = (jail.uuid.clone(), jail.is_up());
        match is_soft {
            true if is_up => output.out(&format!("Soft restarting {name} ({word})\n")),
            true => output.err(&format!("{word} is not running!\n")),
            false => {
                stop::one(state, &name, false, output)?;
                start_one(state, &name, output)?;
            }
        }
        Ok(0)
    })
}
