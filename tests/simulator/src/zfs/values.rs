//! The properties of datasets and snapshots, for people and exact.

use super::tree::{Node, Tree};
use crate::dataset::Dataset;
use crate::session::{Stop, not_simulated};
use crate::state::{BEFORE, State};

/// A value and where it comes from, as `zfs get` tells both.
pub(super) fn value(
    state: &State,
    tree: &Tree,
    node: &Node,
    property: &str,
    is_exact: bool,
) -> Result<(String, String), Stop> {
    let own = |text: &str| Ok((text.to_owned(), "-".to_owned()));
    match (property, node) {
        ("name", node) => own(node.name()),
        ("type", Node::Filesystem(_)) => own("filesystem"),
        ("type", Node::Snapshot { .. }) => own("snapshot"),
        ("clones", Node::Snapshot { name, .. }) => own(&tree.clones(name).join(",")),
        ("clones", Node::Filesystem(_)) => own("-"),
        ("creation", node) if is_exact => {
            own(&if let Node::Snapshot { made, .. } = node { *made } else { BEFORE }.to_string())
        }
        ("origin", Node::Filesystem(dataset)) => own(dataset.origin.as_deref().unwrap_or("-")),
        ("mounted", Node::Filesystem(dataset)) => own(if dataset.is_mounted { "yes" } else { "no" }),
        ("mountpoint", Node::Filesystem(dataset)) => Ok((dataset.mountpoint.clone(), "default".to_owned())),
        ("exec", Node::Filesystem(_)) => Ok(("on".to_owned(), "default".to_owned())),
        ("encryption", _) => Ok(("off".to_owned(), "default".to_owned())),
        ("keystatus", _) => own("-"),
        ("compression" | "dedup", Node::Filesystem(dataset)) => Ok(switch(dataset, property)),
        ("used" | "available" | "referenced" | "compressratio" | "quota" | "reservation", node) => {
            Ok(figure(state, node, property, is_exact))
        }
        ("origin" | "mounted" | "mountpoint" | "exec" | "compression" | "dedup", Node::Snapshot { .. }) => {
            own("-")
        }
        (user, node) if user.contains(':') => Ok(of_user(tree, node, user)),
        (other, _) => Err(not_simulated(&format!("zfs property {other}"))),
    }
}

/// What is said once, here, and holds for what lies below, too; iocage says it of each anew.
fn switch(dataset: &Dataset, property: &str) -> (String, String) {
    let default = if property == "compression" { "lz4" } else { "off" };
    match dataset.properties.get(property) {
        Some(set) => (set.clone(), "local".to_owned()),
        None => (default.to_owned(), "default".to_owned()),
    }
}

fn figure(state: &State, node: &Node, property: &str, is_exact: bool) -> (String, String) {
    let (dataset, default) = match (node, property) {
        (Node::Snapshot { .. }, "used") => (None, "8K"),
        (Node::Snapshot { .. }, "referenced") => (None, "96K"),
        (Node::Snapshot { .. }, "compressratio") => (None, "1.00x"),
        (Node::Snapshot { .. }, _) => return ("-".to_owned(), "-".to_owned()),
        (Node::Filesystem(dataset), property) => (
            Some(dataset),
            match property {
                "quota" | "reservation" => "none",
                "compressratio" => "1.00x",
                "available" => state
                    .pools
                    .iter()
                    .find(|pool| dataset.name.split('/').next() == Some(pool.name.as_str()))
                    .map_or("-", |pool| pool.available.as_str()),
                _ => "96K",
            },
        ),
    };
    let set = dataset.and_then(|dataset| dataset.properties.get(property));
    let source = match property {
        "quota" | "reservation" => set.filter(|value| *value != "none").map_or("default", |_| "local"),
        _ => "-",
    };
    let shown = set.map_or(default, String::as_str);
    (if is_exact { exact(shown) } else { shown.to_owned() }, source.to_owned())
}

/// A property of a user's own, which what lies below has, too.
fn of_user(tree: &Tree, node: &Node, property: &str) -> (String, String) {
    let name = node.name();
    let mut holder = name;
    loop {
        if let Some(Node::Filesystem(dataset)) = tree.find(holder)
            && let Some(value) = dataset.properties.get(property)
        {
            let source = if holder == name { "local".to_owned() } else { format!("inherited from {holder}") };
            return (value.clone(), source);
        }
        match holder.rfind(['/', '@']) {
            Some(at) => holder = &holder[..at],
            None => return ("-".to_owned(), "-".to_owned()),
        }
    }
}

/// `552960` of `540K`, `0` of `none`, `1.00` of `1.00x`.
pub(crate) fn exact(shown: &str) -> String {
    if shown == "none" {
        return "0".to_owned();
    }
    if let Some(ratio) = shown.strip_suffix('x') {
        return ratio.to_owned();
    }
    let digits = shown.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let power = match shown[digits.len()..].chars().next() {
        None | Some('B') => 0,
        Some('K') => 1,
        Some('M') => 2,
        Some('G') => 3,
        Some('T') => 4,
        Some(_) => return shown.to_owned(),
    };
    match digits.parse::<f64>() {
        Ok(number) => ((number * 1024_f64.powi(power)) as u64).to_string(),
        Err(_) => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_become_numbers() {
        for (shown, number) in [
            ("540K", "552960"),
            ("none", "0"),
            ("2.30x", "2.30"),
            ("1G", "1073741824"),
            ("0", "0"),
            ("-", "-"),
        ] {
            assert_eq!(exact(shown), number);
        }
    }
}
