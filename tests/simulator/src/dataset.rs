//! A dataset of ZFS, as zfs(8) tells of it.

use crate::state::Properties;

/// A file system; there are no volumes here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Dataset {
    pub(crate) name: String,
    /// The snapshot that it was cloned from.
    pub(crate) origin: Option<String>,
    pub(crate) mountpoint: String,
    pub(crate) is_mounted: bool,
    /// The figures that differ from those of an empty one, and properties of users, by their names.
    pub(crate) properties: Properties,
}

impl Dataset {
    pub(crate) fn new(name: &str, mountpoint: &str) -> Dataset {
        Dataset {
            name: name.to_owned(),
            origin: None,
            mountpoint: mountpoint.to_owned(),
            is_mounted: true,
            properties: Properties::new(),
        }
    }
}

/// Whether `name` is `dataset` or something in it, a snapshot of it included.
pub(crate) fn is_inside(name: &str, dataset: &str) -> bool {
    name.strip_prefix(dataset).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '@']))
}
