//! All datasets and snapshots of a machine, and what depends on what.

use std::collections::HashMap;

use super::options::Options;
use crate::dataset::{Dataset, is_inside};
use crate::output::Output;
use crate::session::Stop;
use crate::state::{State, Version};
use crate::{python, shell};

/// One thing that has a name in ZFS.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Node {
    Filesystem(Dataset),
    Snapshot { name: String, made: u64 },
}

impl Node {
    pub(super) fn name(&self) -> &str {
        match self {
            Node::Filesystem(dataset) => &dataset.name,
            Node::Snapshot { name, .. } => name,
        }
    }
}

/// All of a machine.
pub(super) struct Tree {
    nodes: Vec<Node>,
    /// Where each stands among them.
    places: HashMap<String, usize>,
}

impl Tree {
    pub(super) fn of(state: &State) -> Tree {
        let mut datasets: Vec<Dataset> = state
            .pools
            .iter()
            .flat_map(|pool| match state.version {
                Version::Shell => shell::datasets(state, pool),
                Version::Python(_) => python::datasets(state, pool),
            })
            .collect();
        // By their whole names, whatever pool they are on, so `a-b` stands between `a` and `a/root`.
        datasets.sort_by(|one, other| one.name.cmp(&other.name));
        let mut nodes: Vec<Node> = Vec::new();
        for dataset in datasets {
            let of_it = |snapshot: &String| {
                snapshot.strip_prefix(&dataset.name).is_some_and(|rest| rest.starts_with('@'))
            };
            let mut snapshots: Vec<(u64, String)> = state
                .pools
                .iter()
                .flat_map(|pool| pool.snapshots.iter().map(move |snapshot| (pool, snapshot)))
                .filter(|(_, snapshot)| of_it(snapshot))
                .map(|(pool, snapshot)| (pool.made(snapshot), snapshot.clone()))
                .collect();
            // In the order in which they were made.
            snapshots.sort();
            nodes.push(Node::Filesystem(dataset));
            nodes.extend(snapshots.into_iter().map(|(made, name)| Node::Snapshot { name, made }));
        }
        let places = nodes.iter().enumerate().map(|(at, node)| (node.name().to_owned(), at)).collect();
        Tree { nodes, places }
    }

    pub(super) fn find(&self, name: &str) -> Option<&Node> {
        self.places.get(name).map(|at| &self.nodes[*at])
    }

    /// Where a file system has its place.
    pub(super) fn mountpoint(&self, name: &str) -> &str {
        match self.find(name) {
            Some(Node::Filesystem(dataset)) => &dataset.mountpoint,
            _ => "-",
        }
    }

    /// The name that a word stands for: a path stands for the dataset in which it lies.
    pub(super) fn meant(&self, word: &str) -> String {
        let lies_in = |mountpoint: &str| {
            word.strip_prefix(mountpoint).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let holder = self.nodes.iter().filter_map(|node| match node {
            Node::Filesystem(dataset) if lies_in(&dataset.mountpoint) => Some(dataset),
            _ => None,
        });
        let nearest = holder.max_by_key(|dataset| dataset.mountpoint.len());
        nearest.filter(|_| word.starts_with('/')).map_or(word, |dataset| &dataset.name).to_owned()
    }

    /// What the options choose, in the order of zfs list, and whether something that was named is not there: that is
    /// said, and the rest is answered all the same.
    pub(super) fn chosen<'a>(
        &'a self,
        options: &Options,
        named: &[String],
        output: &mut Output,
    ) -> (Vec<&'a Node>, bool) {
        let mut is_missing = false;
        for name in named {
            if self.find(name).is_none() {
                output.err(&format!("cannot open '{name}': dataset does not exist\n"));
                is_missing = true;
            }
        }
        let is_wanted = |node: &Node| {
            let is_near =
                |below: &str| options.depth.is_none_or(|depth| below.matches(['/', '@']).count() <= depth);
            if named.is_empty() {
                // So deep below each pool.
                return is_near(node.name());
            }
            named.iter().any(|name| match is_inside(node.name(), name) {
                true if node.name() == name => true,
                true => options.is_recursive && is_near(&node.name()[name.len()..]),
                false => false,
            })
        };
        let is_of_type = |node: &Node| match node {
            Node::Filesystem(_) => options.has_filesystems,
            Node::Snapshot { .. } => options.has_snapshots,
        };
        (self.nodes.iter().filter(|node| is_wanted(node) && is_of_type(node)).collect(), is_missing)
    }

    /// The snapshots of the same file system that are newer than this one.
    pub(super) fn newer(&self, snapshot: &str) -> Vec<&str> {
        let Some(at) = self.places.get(snapshot) else { return Vec::new() };
        let behind = self.nodes[at + 1..].iter();
        behind.take_while(|node| matches!(node, Node::Snapshot { .. })).map(Node::name).collect()
    }

    /// The file systems that were cloned from a snapshot.
    pub(super) fn clones(&self, snapshot: &str) -> Vec<&str> {
        self.nodes
            .iter()
            .filter_map(|node| match node {
                Node::Filesystem(dataset) if dataset.origin.as_deref() == Some(snapshot) => Some(node.name()),
                _ => None,
            })
            .collect()
    }

    /// All that needs `name`, deepest first, as zfs destroy looks through it.
    pub(super) fn dependents(&self, name: &str) -> Vec<String> {
        let mut found = Vec::new();
        self.visit(name, &mut found);
        found
    }

    fn visit(&self, name: &str, found: &mut Vec<String>) {
        let directly = if name.contains('@') {
            self.clones(name).into_iter().map(str::to_owned).collect()
        } else {
            let is_child = |node: &&Node, separator: char| {
                node.name()
                    .strip_prefix(name)
                    .and_then(|rest| rest.strip_prefix(separator))
                    .is_some_and(|rest| !rest.contains(['/', '@']))
            };
            let of = |separator: char| {
                self.nodes
                    .iter()
                    .filter(move |node| is_child(node, separator))
                    .map(|node| node.name().to_owned())
            };
            of('/').chain(of('@')).collect::<Vec<_>>()
        };
        for dependent in directly {
            if !found.contains(&dependent) {
                self.visit(&dependent, found);
                found.push(dependent);
            }
        }
    }
}

pub(super) fn unknown(name: &str, output: &mut Output) -> Stop {
    output.err(&format!("cannot open '{name}': dataset does not exist\n"));
    Stop::Exit(1)
}
