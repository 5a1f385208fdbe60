//! Why iocage was asked although the system's tools might have told, each cause once: for
//! the log, where a line for each request would hide everything else, and for who asks
//! how the class is doing.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The causes that one instance has met: how often, and what it was about the first time.
#[derive(Debug, Default)]
pub struct Causes(Mutex<BTreeMap<&'static str, (u64, String)>>);

impl Causes {
    /// Note one; is it the first of its kind?
    pub fn note(&self, cause: &'static str, about: &str) -> bool {
        // Nobody panics while holding it.
        let mut causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (count, _) = causes.entry(cause).or_insert_with(|| (0, about.to_owned()));
        *count += 1;
        *count == 1
    }

    /// Each with how often it was met, and what it was about the first time.
    #[must_use]
    pub fn all(&self) -> Vec<(&'static str, u64, String)> {
        let causes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        causes.iter().map(|(cause, (count, about))| (*cause, *count, about.clone())).collect()
    }
}
