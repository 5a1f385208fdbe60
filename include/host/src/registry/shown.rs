//! What there is to see of a host: its classes, their generations, and how many requests these have answered.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError};

use serde_json::{Value, json};

use super::Registry;
use crate::generation::Generation;
use crate::place::lock;
use crate::seat::Seat;

impl Registry {
    /// Every generation that is still shown, the oldest first.
    #[must_use]
    pub fn generations(&self) -> Vec<Arc<Generation>> {
        lock(&self.history).shown().to_vec()
    }

    /// How many requests all generations have answered, and how many of these
    /// badly.
    #[must_use]
    pub fn answered(&self) -> (u64, u64) {
        lock(&self.history).answered()
    }

    /// The classes: namespace and name, the installed file, and the digest of
    /// what serves.
    #[must_use]
    pub fn classes(&self) -> Vec<((String, String), PathBuf, String)> {
        let seats = self.seats.read().unwrap_or_else(PoisonError::into_inner);
        let shown = |seat: &Arc<Seat>| {
            let digest = seat.current()?.digest().to_owned();
            Some(((seat.namespace.clone(), seat.name.clone()), seat.home.clone(), digest))
        };
        seats.values().filter_map(shown).collect()
    }

    /// Everything that there is to see, for an administrator.
    #[must_use]
    pub fn list(&self) -> Value {
        let seats = self.seats.read().unwrap_or_else(PoisonError::into_inner);
        let classes: Vec<Value> = seats.values().map(|seat| seat.to_json()).collect();
        drop(seats);
        let (generations, forgotten) = lock(&self.history).to_json();
        json!({
            "busy": *lock(&self.busy),
            "classes": classes,
            "forgotten": forgotten,
            "generations": generations,
            "most_retained": self.policy.most_retained,
        })
    }
}
