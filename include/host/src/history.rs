//! The generations that a host has had.
//!
//! What is mapped is always shown, and so are the last ones that are not; of the
//! others only the sums are kept, so that a host that swaps every day for years
//! does not grow by it.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::generation::{Generation, State};

/// How many generations that are no more are still shown.
const REMEMBERED: usize = 16;

/// All generations that are worth showing, and the sums of the others.
#[derive(Default)]
pub(crate) struct History {
    shown: Vec<Arc<Generation>>,
    forgotten: u64,
    answered: u64,
    failed: u64,
}

impl History {
    /// Show a generation, and forget what is too old.
    pub(crate) fn add(&mut self, generation: &Arc<Generation>) {
        self.shown.push(Arc::clone(generation));
        let mut surplus = self.shown.iter().filter(|g| is_over(g)).count().saturating_sub(REMEMBERED);
        for generation in std::mem::take(&mut self.shown) {
            if surplus == 0 || !is_over(&generation) {
                self.shown.push(generation);
                continue;
            }
            surplus -= 1;
            let (answered, failed) = generation.answered();
            self.forgotten += 1;
            self.answered += answered;
            self.failed += failed;
        }
    }

    /// The oldest first.
    pub(crate) fn shown(&self) -> &[Arc<Generation>] {
        &self.shown
    }

    /// How many requests all of them have answered, and how many badly.
    pub(crate) fn answered(&self) -> (u64, u64) {
        let shown = self.shown.iter().map(|generation| generation.answered());
        shown.fold((self.answered, self.failed), |(answered, failed), (more, bad)| {
            (answered + more, failed + bad)
        })
    }

    /// The generations, and the sums of those that are not shown.
    pub(crate) fn to_json(&self) -> (Vec<Value>, Value) {
        let forgotten =
            json!({"answered": self.answered, "failed": self.failed, "generations": self.forgotten});
        (self.shown.iter().map(|generation| generation.to_json()).collect(), forgotten)
    }
}

/// Will its counts never change again?
fn is_over(generation: &Generation) -> bool {
    !generation.is_mapped() && matches!(generation.state(), State::Retired | State::Failed)
}
