//! The datasets of the Python iocage on a pool: each jail is two, its own and its root, and only the root is a clone
//! where it was made from a release or a template.

use super::df;
use super::names::{mountpoint, place, root};
use crate::dataset::Dataset;
use crate::state::python::without_patch;
use crate::state::{PYTHON_DATASETS, Pool, State};

/// The mark of an active pool.
pub(crate) const MARK: &str = "org.freebsd.ioc:active";

/// All datasets of a pool, in no order.
pub(crate) fn datasets(state: &State, pool: &Pool) -> Vec<Dataset> {
    let iocage = format!("{}/iocage", pool.name);
    let root = root(state, pool);
    let mut all = vec![Dataset::new(&pool.name, &mountpoint(state, pool))];
    if pool.active || pool.deactivated {
        let word = if pool.active { "yes" } else { "no" };
        all[0].properties.insert(MARK.to_owned(), word.to_owned());
    }
    let mut add = |place: &str| {
        let slash = if place.is_empty() { "" } else { "/" };
        all.push(Dataset::new(&format!("{iocage}{slash}{place}"), &format!("{root}{slash}{place}")));
    };
    for made in PYTHON_DATASETS {
        if pool.datasets.contains(*made) && *made != "defaults.json" {
            add(made);
        }
    }
    for release in pool.releases.iter().map(|release| without_patch(release)) {
        add(&format!("download/{release}"));
        add(&format!("releases/{release}"));
        add(&format!("releases/{release}/root"));
    }
    for jail in &pool.jails {
        let mountpoint = place(state, pool, jail);
        let is_mounted = !jail.is_unmounted && mountpoint.starts_with('/');
        let origin = jail.properties.get("origin").filter(|origin| origin.contains('@'));
        let mut own = Dataset::new(&pool.dataset(jail), &mountpoint);
        // Of a jail all was cloned, of a release or a template only the root.
        own.origin = origin
            .filter(|origin| origin.contains("/iocage/jails/"))
            .map(|origin| origin.replacen("/root@", "@", 1));
        own.is_mounted = is_mounted;
        let names = ["compressratio", "reservation", "quota", "used", "available"];
        let figures = df::row(pool, jail).split_off(1);
        own.properties.extend(names.map(str::to_owned).into_iter().zip(figures));
        all.push(own);
        if !jail.is_hollow {
            let below = if mountpoint.starts_with('/') { format!("{mountpoint}/root") } else { mountpoint };
            let mut root = Dataset::new(&format!("{}/root", pool.dataset(jail)), &below);
            root.is_mounted = is_mounted;
            root.origin = origin.cloned();
            all.push(root);
        }
    }
    all
}
