//! Which pool was iocage's when it was looked for last. It is so again, as a rule: its datasets
//! can be asked for while it is made sure, and if it is another one, what was told of this one
//! is not looked at.

use std::sync::{Mutex, PoisonError};

/// The pool of an instance.
#[derive(Debug, Default)]
pub struct Expected(Mutex<Option<String>>);

impl Expected {
    /// That pool; none before it was looked for.
    #[must_use]
    pub fn pool(&self) -> Option<String> {
        // Nobody panics while holding it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// It is this one, or it is not known which one is.
    pub fn is(&self, pool: Option<&str>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.as_deref() != pool {
            *known = pool.map(str::to_owned);
        }
    }
}
