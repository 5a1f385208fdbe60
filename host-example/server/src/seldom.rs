//! Lines of a log that somebody else can cause as often as he likes.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What strangers can cause as often as they like is said once in a while, with how often it was not.
#[derive(Debug, Default)]
pub(crate) struct Seldom(Mutex<Option<(Instant, u64)>>);

impl Seldom {
    pub(crate) const fn new() -> Seldom {
        Seldom(Mutex::new(None))
    }

    /// `Some(how many were not said before)` when it is time to say it.
    pub(crate) fn time(&self) -> Option<u64> {
        const APART: Duration = Duration::from_secs(1);
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &mut *last {
            Some((when, unsaid)) if when.elapsed() < APART => {
                *unsaid += 1;
                None
            }
            other => {
                let unsaid = other.map_or(0, |(_, unsaid)| unsaid);
                *other = Some((Instant::now(), 0));
                Some(unsaid)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_often_is_said_seldom() {
        let seldom = Seldom::default();
        assert_eq!(seldom.time(), Some(0));
        // However long it takes to ask again.
        seldom.0.lock().unwrap().as_mut().unwrap().0 += Duration::from_secs(3600);
        assert_eq!(seldom.time(), None);
        assert_eq!(seldom.time(), None);
        seldom.0.lock().unwrap().as_mut().unwrap().0 -= Duration::from_secs(3602);
        assert_eq!(seldom.time(), Some(2));
    }
}
