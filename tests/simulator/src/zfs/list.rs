//! `zfs list`: datasets, snapshots or both, in tabs.

use super::options::Options;
use super::tree::Tree;
use super::values::value;
use crate::session::{Outcome, Session, Stop};

pub(super) fn list(session: &mut Session, words: &[String]) -> Outcome {
    let mut options = Options::parse("list", words)?;
    if !options.has_filesystems && !options.has_snapshots {
        options.has_filesystems = true;
    }
    if options.columns.is_empty() {
        options.columns = ["name", "used", "available", "referenced", "mountpoint"].map(str::to_owned).into();
    }
    // Without a dataset it is all of them.
    options.is_recursive |= options.rest.is_empty();
    let state = session.store.read().map_err(Stop::Broken)?;
    let tree = Tree::of(&state);
    let (nodes, is_missing) = tree.chosen(&options, &options.rest, &mut session.output);
    for node in nodes {
        let mut cells = Vec::new();
        for column in &options.columns {
            cells.push(value(&state, &tree, node, column, options.is_exact)?.0);
        }
        session.output.out(&format!("{}\n", cells.join("\t")));
    }
    Ok(u8::from(is_missing))
}
