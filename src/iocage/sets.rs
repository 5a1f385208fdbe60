//! Sets, maps and orders, with little code for each type.
//!
//! `collect` sorts first, with a copy of the library's sort for each type, of some five
//! thousand bytes each; a dozen of these were a twentieth of the module. What is looked
//! up here has at most as many members as iocage has printed lines.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// The set of these.
pub(super) fn set_of<T: Ord>(members: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    set.extend(members);
    set
}

/// The map of these; of a key that is there twice the last value counts.
pub(super) fn map_of<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    map.extend(entries);
    map
}

/// The places from 0 to `count`, ordered by what stands there; those of equals as they were.
#[must_use]
pub fn order_of(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.sort_unstable_by(|a, b| compare(*a, *b).then(a.cmp(b)));
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_as_collected_ones() {
        assert_eq!(set_of([3, 1, 2, 1]), BTreeSet::from([1, 2, 3]));
        let words = ["b", "a", "b", ""];
        assert_eq!(order_of(4, &|one, other| words[one].cmp(words[other])), [3, 1, 0, 2]);
        assert_eq!(map_of([(1, 'a'), (2, 'b'), (1, 'c')]), BTreeMap::from([(1, 'c'), (2, 'b')]));
    }
}
