//! The datasets of the shell iocage on a pool: each jail is two, its own and its root, and of a clone both are clones.
//! What iocage knows of a jail are properties of its dataset.

use super::properties;
use crate::dataset::Dataset;
use crate::state::{Pool, State, Version};

/// What precedes the name of each of iocage's properties.
const PREFIX: &str = "org.freebsd.iocage:";

/// All datasets of a pool, in no order.
pub(crate) fn datasets(state: &State, pool: &Pool) -> Vec<Dataset> {
    let iocage = format!("{}/iocage", pool.name);
    let mut all = vec![Dataset::new(&pool.name, &format!("/{}", pool.name))];
    let mut add = |place: &str| {
        let slash = if place.is_empty() { "" } else { "/" };
        all.push(Dataset::new(&format!("{iocage}{slash}{place}"), &format!("/iocage{slash}{place}")));
    };
    for made in Version::Shell.datasets() {
        if pool.datasets.contains(*made) {
            add(made);
        }
    }
    for release in &pool.releases {
        add(&format!("releases/{release}"));
        add(&format!("releases/{release}/root"));
    }
    for dataset in all.iter_mut().filter(|dataset| dataset.name.ends_with("/iocage/.defaults")) {
        tell(state, pool, properties::Dataset::Defaults(&pool.defaults), dataset);
    }
    for jail in &pool.jails {
        let mountpoint = properties::mountpoint(jail);
        let origin = jail.properties.get("origin").filter(|origin| origin.contains('@'));
        let mut own = Dataset::new(&pool.dataset(jail), &mountpoint);
        own.origin = origin.cloned();
        tell(state, pool, properties::Dataset::Jail(jail), &mut own);
        all.push(own);
        if !jail.is_hollow {
            let mut root =
                Dataset::new(&format!("{}/root", pool.dataset(jail)), &format!("{mountpoint}/root"));
            root.origin = origin.map(|origin| origin.replacen('@', "/root@", 1));
            all.push(root);
        }
    }
    all
}

/// iocage's properties, and the figures of ZFS.
fn tell(state: &State, pool: &Pool, carrier: properties::Dataset<'_>, dataset: &mut Dataset) {
    for property in properties::all() {
        let value = properties::value(state, pool, carrier, property);
        match property.name {
            "origin" | "mountpoint" => {}
            name if property.group == properties::Group::Zfs => {
                dataset.properties.insert(name.to_owned(), value);
            }
            // What is not set is not there.
            _ if value == "-" => {}
            name => drop(dataset.properties.insert(format!("{PREFIX}{name}"), value)),
        }
    }
}
