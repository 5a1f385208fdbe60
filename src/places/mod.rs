//! How many requests have programs running at once: bounds for lookups, changes, long
//! work and commands in jails, apart, so that none starves another kind.
//!
//! Who comes when all places of its kind are taken waits its turn on its own thread, and
//! looks every few milliseconds whether it is still wanted; after its deadline it is told
//! `busy`. Lookups that are equal, of callers with equal rights, wait together for one
//! answer, if they came before its program was started: so it is never older than the
//! question. A thousand pages that show the same list cost as much as one.
//!
//! A place is taken after the locks and never held while a lock is waited for, so that
//! whoever has a place comes to its end, and gives it back. The questions of a change are
//! part of it and need none of their own.
//!
//! It belongs to one instance: nothing here is the process's. Two instances, as during a
//! swap, have their bounds each.
//!
//! `rules` says who has a place, without any waiting, and its tests try every order of
//! events; `turn` is the waiting.

mod rules;
mod turn;

pub use turn::{Entered, Patience, Place, Places, Question, Told};
