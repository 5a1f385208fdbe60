//! Whether somebody still waits for an action, as a failure of it.

use std::time::Instant;

use super::outcome::Failure;
use crate::codes;
use crate::module::Call;

impl Call<'_> {
    /// Is somebody still waiting for it? For work that takes long, to be asked in between.
    ///
    /// # Errors
    /// `cancelled`: everybody has lost interest. `timed-out`: the caller has stopped waiting.
    pub fn still_wanted(&self) -> Result<(), Failure> {
        if self.is_cancelled() {
            return Err(Failure::of(codes::NOT_WANTED, "nobody waits for it any more"));
        }
        if self.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(Failure::of(codes::TIMED_OUT, "it took longer than the caller waits"));
        }
        Ok(())
    }
}
