//! What iocage keeps in files: the defaults, and of each jail what was set.
//!
//! As the real program writes them: an object with its keys sorted, four blanks before each, no line's end behind it.
//! A switch is a number, all else is a string. A word that means a switch and is none of the two numbers (`on`, set by
//! hand) stays as it is until iocage reads the file as a whole; this one reads it each time and never writes it back,
//! which no answer but that of `get PROPERTY` tells apart.
//!
//! Beside them each jail has an `fstab`, and in its root a folder `/mnt`, on which something can be mounted. What is in
//! these is nothing that iocage's own files are made of; it stays, and goes along where the jail's dataset does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::names::root;
use super::properties::{self, config, is_switch};
use super::storage::datasets;
use crate::files::Thing;
use crate::state::{Damage, State};

/// All folders and files by their whole paths.
pub(crate) fn files(state: &State) -> Vec<(String, Thing)> {
    let mut all = Vec::new();
    for pool in &state.pools {
        let datasets = datasets(state, pool);
        let is_there = |name: &str| {
            let dataset = datasets.iter().find(|dataset| dataset.name == name);
            dataset.filter(|dataset| dataset.is_mounted && dataset.mountpoint.starts_with(&state.root))
        };
        // Where nothing is mounted, the place for it stays.
        let places = datasets.iter().filter(|dataset| dataset.mountpoint.starts_with(&state.root));
        all.extend(places.map(|dataset| (dataset.mountpoint.clone(), Thing::Folder)));
        if pool.datasets.contains("") && pool.datasets.contains("defaults.json") {
            let text = object(&properties::defaults_in_file(state, pool));
            let text = if pool.defaults.is_corrupt { cut(&text) } else { text };
            all.push((format!("{}/defaults.json", root(state, pool)), Thing::File(text)));
        }
        for (name, text) in pool.images.iter().filter(|_| pool.datasets.contains("images")) {
            all.push((format!("{}/images/{name}", root(state, pool)), Thing::File(text.clone())));
        }
        for jail in &pool.jails {
            let Some(dataset) = is_there(&pool.dataset(jail)) else { continue };
            let place = &dataset.mountpoint;
            all.push((format!("{place}/fstab"), Thing::Own));
            if !jail.is_hollow {
                all.extend(["root", "root/mnt"].map(|name| (format!("{place}/{name}"), Thing::Open)));
            }
            let text = match jail.damage {
                Damage::None => object_with(&config(jail), &jail.raw),
                Damage::CutOff => cut(&object_with(&config(jail), &jail.raw)),
                Damage::Empty => "{}".to_owned(),
                Damage::Missing => continue,
            };
            all.push((format!("{place}/config.json"), Thing::File(text)));
        }
    }
    all
}

/// A dataset is renamed, and takes along what lies in it. What is not there is made anew.
pub(super) fn moved(state: &State, [before, after]: [&str; 2]) {
    let [before, after] = [before, after].map(|dataset| Path::new(&state.root).join(dataset));
    if state.mounted && !after.exists() {
        let _ = fs::rename(before, after);
    }
}

/// The fstab of a jail is that of another, or its own, in which a name takes the place of another.
pub(super) fn in_fstab(state: &State, [from, to]: [&str; 2], [old, new]: [&str; 2]) {
    let [from, to] = [from, to].map(|dataset| Path::new(&state.root).join(dataset));
    if let Ok(text) = fs::read_to_string(from.join("fstab"))
        && state.mounted
    {
        let _ = fs::create_dir_all(&to).and_then(|()| fs::write(to.join("fstab"), text.replace(old, new)));
    }
}

fn cut(text: &str) -> String {
    text.chars().take(text.chars().count() / 2).collect()
}

fn object(values: &properties::Values) -> String {
    object_with(values, &BTreeMap::new())
}

/// The same, where some are JSON's own.
fn object_with(values: &properties::Values, raw: &BTreeMap<String, serde_json::Value>) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let lines: Vec<String> = values
        .iter()
        .map(|(name, value)| {
            let is_number = is_switch(name) && matches!(value.as_str(), "0" | "1");
            let value = match raw.get(name) {
                Some(raw) => raw.to_string(),
                None if is_number => value.clone(),
                None => quoted(value),
            };
            format!("    {}: {value}", quoted(name))
        })
        .collect();
    format!("{{\n{}\n}}", lines.join(",\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_a_number_and_all_else_a_string() {
        let values = [("vnet", "1"), ("boot", "on"), ("priority", "7"), ("notes", "a \"b\"\nü")];
        let values = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let text = "{\n    \"boot\": \"on\",\n    \"notes\": \"a \\\"b\\\"\\nü\",\n    \"priority\": \"7\",\n    \"vnet\": 1\n}";
        assert_eq!(object(&values), text);
    }
}
