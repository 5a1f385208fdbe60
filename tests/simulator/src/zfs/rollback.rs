//! `zfs rollback` to the newest snapshot of a file system: what was in it is not kept, so nothing of it is seen.

use super::tree::{Tree, unknown};
use crate::session::{Outcome, Session, Stop, not_simulated};

pub(super) fn rollback(session: &mut Session, words: &[String]) -> Outcome {
    let [name] = words else { return Err(not_simulated(&format!("zfs rollback {}", words.join(" ")))) };
    let state = session.store.read().map_err(Stop::Broken)?;
    let tree = Tree::of(&state);
    if tree.find(name).is_none() {
        return Err(unknown(name, &mut session.output));
    }
    let newer = tree.newer(name);
    if newer.is_empty() {
        return Ok(0);
    }
    session.output.err(&format!(
        "cannot rollback to '{name}': more recent snapshots or bookmarks exist\n\
         use '-r' to force deletion of the following snapshots and bookmarks:\n{}\n",
        newer.join("\n")
    ));
    Err(Stop::Exit(1))
}
