//! zpool(8): the pools of the machine and what is remarked on them. `list` is all there is, in tabs, where no pool is
//! no line.

use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::Pool;
use crate::zfs::exact;

pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let refused = || not_simulated(&format!("zpool {}", words.join(" ")));
    let columns = match words[..] {
        ["list", "-H", "-o", columns] | ["list", "-H", "-p", "-o", columns] => {
            columns.split(',').map(column).collect::<Option<Vec<_>>>()
        }
        _ => None,
    };
    let is_exact = words.contains(&"-p");
    let columns = columns.ok_or_else(refused)?;
    let state = session.store.read().map_err(Stop::Broken)?;
    for pool in &state.pools {
        let cells: Vec<String> = columns
            .iter()
            .map(|column| {
                let cell = column(pool);
                if is_exact { exact(cell) } else { cell.to_owned() }
            })
            .collect();
        session.output.out(&format!("{}\n", cells.join("\t")));
    }
    Ok(0)
}

fn column(name: &str) -> Option<fn(&Pool) -> &str> {
    match name {
        "name" => Some(|pool| &pool.name),
        "comment" => Some(Pool::remark),
        "health" => Some(|_| "ONLINE"),
        // Of what is available to datasets, as if nothing were kept back.
        "free" => Some(|pool| &pool.available),
        "size" => Some(|_| "100G"),
        _ => None,
    }
}
