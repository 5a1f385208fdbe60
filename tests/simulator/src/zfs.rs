//! zfs(8): what ZFS tells of the same machine, and the little that a driver of iocage must do itself.
//!
//! `list` and `get` know their common options and a handful of properties; `destroy` takes one dataset, or snapshots, and
//! refuses what something depends on, with the words of OpenZFS; `rollback` what would take newer snapshots along; `set`
//! knows the mark of a pool alone. Everything else is refused by name.

use crate::session::{Outcome, Session, not_simulated};

mod destroy;
mod get;
mod list;
mod options;
mod rollback;
mod set;
mod tree;
mod values;

pub(crate) use values::exact;

pub(super) fn run(session: &mut Session, words: &[String]) -> Outcome {
    match words.split_first().map(|(command, rest)| (command.as_str(), rest)) {
        Some(("list", rest)) => list::list(session, rest),
        Some(("get", rest)) => get::get(session, rest),
        Some(("destroy", rest)) => destroy::destroy(session, rest),
        Some(("rollback", rest)) => rollback::rollback(session, rest),
        Some(("set", rest)) => set::set(session, rest),
        _ => Err(not_simulated(&format!("zfs {}", words.join(" ")))),
    }
}
