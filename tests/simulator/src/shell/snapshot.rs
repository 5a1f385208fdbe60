//! `snapshot`: of a jail's root alone, or with `-r` of all of its datasets; without a name it is called by the time.
//! Silent where it is done; what is not, zfs(8) says.

use super::failure::die;
use super::names::{self, Found};
use super::pool;
use crate::session::{Outcome, Session, Stop, not_simulated};

pub(super) fn snapshot(session: &mut Session, words: &[String]) -> Outcome {
    session.view()?;
    let words = match words.first().map(String::as_str) {
        // It is about databases, which no simulated jail runs.
        Some("-f") => &words[1..],
        _ => words,
    };
    let is_whole = words.first().is_some_and(|word| word == "-r");
    let word = words.get(usize::from(is_whole)).cloned().unwrap_or_default();
    session.change(|state, output| {
        let (name, snapshot) = word.split_once('@').unwrap_or((&word, ""));
        let pool = pool::active(state);
        let jail = match names::find(pool, name) {
            Found::Jail(jail) => &pool.jails[jail],
            Found::Refused(message) => return Err(die(output, &message)),
            Found::Nothing => return Err(die(output, &format!("jail {name} not found!"))),
            Found::Defaults => return Err(not_simulated("snapshot of the defaults")),
        };
        let own = pool.dataset(jail);
        let root = format!("{own}/root");
        let datasets = match (is_whole, jail.is_hollow) {
            (true, false) => vec![own, root],
            (true, true) => vec![own],
            (false, false) => vec![root],
            (false, true) => {
                output.err(&format!("cannot open '{root}': dataset does not exist\nusage:\n\tsnapshot [-r] [-o property=value] ... <filesystem|volume>@<snap> ...\n"));
                return Err(Stop::Exit(2));
            }
        };
        let snapshot = match snapshot {
            "" => format!("ioc-{}", state.now().joined('_')),
            given => given.to_owned(),
        };
        let is_taken = |dataset: &&String| pool.snapshots.contains(&format!("{dataset}@{snapshot}"));
        if let Some(dataset) = datasets.iter().find(is_taken) {
            output.err(&format!("cannot create snapshot '{dataset}@{snapshot}': dataset already exists\n"));
            if is_whole {
                output.err("no snapshots were created\n");
            }
            return Err(Stop::Exit(1));
        }
        let now = state.now();
        pool::active_mut(state).snapshot(&datasets, &snapshot, &now);
        Ok(0)
    })
}
