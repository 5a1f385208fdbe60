//! What of this process's memory is somebody's: lines of his that have begun, requests of his until they are answered, and answers
//! that he has not read. One user has so much of it over all of his connections, and so have all strangers together.
//!
//! What is short is nobody's: it is bounded by how many may be connected, and so one can log in whatever others do.

use std::sync::Arc;

use super::counted::{Counted, Place};

/// The most bytes of one of them. The last that is granted may go beyond it, or there would be requests that nobody may send.
const MOST: usize = 32 << 20;
/// So many bytes of a line cost nothing.
const FREE: usize = 4 << 10;

/// Whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Payer {
    /// A user of this machine.
    User(u32),
    /// An account.
    Account(String),
    /// Whoever has not logged in.
    Strangers,
}

/// What is taken, by whose it is.
pub(crate) type Purse = Arc<Counted<Payer>>;

/// What one line takes of it, until it is dropped.
#[derive(Default)]
pub(crate) struct Share(Option<Place<Payer>>, usize);

impl Share {
    /// Of how many bytes it is.
    pub(crate) fn bytes(&self) -> usize {
        self.1
    }

    /// It is of so many bytes from now on, as far as it was of less; `false` if there is no room for that.
    pub(crate) fn cover(&mut self, purse: &Purse, payer: impl FnOnce() -> Payer, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.1.max(FREE));
        if more == 0 {
            return true;
        }
        let has_room = match &mut self.0 {
            Some(place) => place.grow(more, MOST),
            none => {
                *none = purse.take(payer(), MOST);
                none.as_mut().is_some_and(|place| place.grow(more, MOST + 1))
            }
        };
        if has_room {
            self.1 = bytes;
        }
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_has_so_much_and_others_theirs() {
        let purse = Purse::default();
        let share = |whose: u32, bytes| {
            let mut share = Share::default();
            share.cover(&purse, || Payer::User(whose), bytes).then_some(share)
        };
        let mut begun = Share::default();
        for bytes in [10, FREE, MOST / 2, MOST / 4, MOST] {
            assert!(begun.cover(&purse, || Payer::User(1), bytes), "{bytes}");
        }
        assert!(share(1, MOST / 2).is_some(), "the last may go beyond");
        let mut large = Vec::from_iter(std::iter::from_fn(|| share(1, 1 << 20)));
        assert!(
            large.len() <= 1
                && share(1, FREE + 1).is_none()
                && !begun.cover(&purse, || Payer::User(1), 2 * MOST)
        );
        assert!(share(1, FREE).is_some(), "what is short is free");
        assert!(share(2, MOST).is_some(), "another's are his own");
        large.clear();
        drop(begun);
        assert!(share(1, MOST).is_some(), "it comes back");
    }
}
