//! How much of something there is, by whose it is: a place for one more, or a share of so many bytes, which is given back when it is
//! dropped.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Places that are taken, by whose they are.
pub(crate) struct Counted<K: Eq + Hash>(Mutex<HashMap<K, usize>>);

impl<K: Eq + Hash> Default for Counted<K> {
    fn default() -> Counted<K> {
        Counted(Mutex::default())
    }
}

impl<K: Eq + Hash> Counted<K> {
    fn lock(&self) -> MutexGuard<'_, HashMap<K, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash + Clone> Counted<K> {
    /// One more of his; `None` if he has so many.
    pub(crate) fn take(self: &Arc<Counted<K>>, whose: K, most: usize) -> Option<Place<K>> {
        let mut taken = self.lock();
        let count = taken.get(&whose).copied().unwrap_or_default();
        if count >= most {
            return None;
        }
        taken.insert(whose.clone(), count + 1);
        drop(taken);
        Some(Place { counted: Arc::clone(self), whose, size: 1 })
    }
}

impl<K: Eq + Hash> Place<K> {
    /// It is to be so much larger; `false`, and it is not, if he has as much as may be already.
    pub(crate) fn grow(&mut self, by: usize, most: usize) -> bool {
        let mut taken = self.counted.lock();
        let Some(all) = taken.get_mut(&self.whose).filter(|all| **all < most) else { return false };
        *all += by;
        self.size += by;
        true
    }
}

/// A place, until it is dropped.
pub(crate) struct Place<K: Eq + Hash> {
    counted: Arc<Counted<K>>,
    whose: K,
    size: usize,
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut taken = self.counted.lock();
        if let Some(count) = taken.get_mut(&self.whose) {
            *count -= self.size;
            if *count == 0 {
                taken.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_comes_back_and_nothing_is_kept_of_who_has_none() {
        let counted = Arc::new(Counted::default());
        let places: Vec<_> = std::iter::from_fn(|| counted.take("alice", 2)).collect();
        assert_eq!(places.len(), 2);
        assert!(counted.take("bob", 1).is_some(), "another's are his own");
        drop(places);
        assert!(counted.0.lock().expect("no panic").is_empty());
        assert!(counted.take("alice", 1).is_some());
    }
}
