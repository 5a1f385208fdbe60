//! `zfs get`: properties of datasets and snapshots, a line each.

use super::options::Options;
use super::tree::Tree;
use super::values::value;
use crate::session::{Outcome, Session, Stop, not_simulated};

pub(super) fn get(session: &mut Session, words: &[String]) -> Outcome {
    let refused = || not_simulated(&format!("zfs get {}", words.join(" ")));
    let mut options = Options::parse("get", words)?;
    if !options.has_filesystems && !options.has_snapshots {
        (options.has_filesystems, options.has_snapshots) = (true, true);
    }
    if options.columns.is_empty() {
        options.columns = ["name", "property", "value", "source"].map(str::to_owned).into();
    }
    let (properties, named) = options.rest.split_first().ok_or_else(refused)?;
    if named.is_empty() || properties == "all" {
        return Err(refused());
    }
    let state = session.store.read().map_err(Stop::Broken)?;
    let tree = Tree::of(&state);
    let named: Vec<_> = named.iter().map(|word| tree.meant(word)).collect();
    let (nodes, is_missing) = tree.chosen(&options, &named, &mut session.output);
    for node in nodes {
        for property in properties.split(',') {
            let (value, source) = value(&state, &tree, node, property, options.is_exact)?;
            let mut cells = Vec::new();
            for column in &options.columns {
                cells.push(match column.as_str() {
                    "name" => node.name(),
                    "property" => property,
                    "value" => &value,
                    "source" => &source,
                    _ => return Err(refused()),
                });
            }
            session.output.out(&format!("{}\n", cells.join("\t")));
        }
    }
    Ok(u8::from(is_missing))
}
