//! How many may be connected at this machine's socket. One user has at most half of the places, and all who are not root leave
//! some of them: whoever may connect could else keep everybody out, and root, who would look why, first of all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Of so many places one is left to root.
const ROOTS_SHARE: usize = 8;

/// All of them.
pub(crate) struct Places {
    most: usize,
    taken: Mutex<HashMap<u32, usize>>,
}

/// One, until it is dropped.
pub(crate) struct Place {
    places: Arc<Places>,
    uid: u32,
}

impl Places {
    pub(crate) fn new(most: usize) -> Places {
        Places { most, taken: Mutex::default() }
    }

    /// A place for this user, if there is one. Who runs the server is as root here.
    pub(crate) fn take(self: &Arc<Places>, uid: u32) -> Option<Place> {
        let is_root = uid == 0 || uid == nix::unistd::geteuid().as_raw();
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let (all, his) = (taken.values().sum::<usize>(), taken.get(&uid).copied().unwrap_or_default());
        let has_room = if is_root {
            all < self.most
        } else {
            all < self.most - self.most / ROOTS_SHARE && his < self.most.div_ceil(2)
        };
        if !has_room {
            return None;
        }
        taken.insert(uid, his + 1);
        Some(Place { places: Arc::clone(self), uid })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(his) = taken.get_mut(&self.uid) {
            *his -= 1;
            if *his == 0 {
                taken.remove(&self.uid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Users that nobody is who runs tests.
    const ONE: u32 = 4_000_000_001;
    const OTHER: u32 = 4_000_000_002;

    #[test]
    fn nobody_keeps_root_out() {
        let places = Arc::new(Places::new(16));
        let all_of = |uid| -> Vec<Place> { std::iter::from_fn(|| places.take(uid)).collect() };
        let mut one = all_of(ONE);
        assert_eq!(one.len(), 8, "half");
        let other = all_of(OTHER);
        assert_eq!(other.len(), 6, "two are left");
        assert_eq!(all_of(0).len(), 2);
        one.pop();
        assert!(places.take(ONE).is_some(), "it comes back");
        drop((one, other));
        assert!(places.taken.lock().expect("no panic").is_empty());
        assert!(Arc::new(Places::new(1)).take(ONE).is_some(), "of one place none is left");
    }
}
