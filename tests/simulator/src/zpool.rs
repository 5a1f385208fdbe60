//! zpool(8): the pools of the machine and what is remarked on them. `list` is all there is, in tabs, where no pool is
//! no line.

use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::Pool;

pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let refused = || not_simulated(&format!("zpool {}", words.join(" ")));
    let columns = match words[..] {
        ["list", "-H", "-o", columns] => columns.split(',').map(column).collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let columns = columns.ok_or_else(refused)?;
    let state = session.store.read().map_err(Stop::Broken)?;
    for pool in &state.pools {
        let cells: Vec<&str> = columns.iter().map(|column| column(pool)).collect();
        session.output.out(&format!("{}\n", cells.join("\t")));
    }
    Ok(0)
}

fn column(name: &str) -> Option<fn(&Pool) -> &str> {
    match name {
        "name" => Some(|pool| &pool.name),
        "comment" => Some(Pool::remark),
        "health" => Some(|_| "ONLINE"),
        _ => None,
    }
}
