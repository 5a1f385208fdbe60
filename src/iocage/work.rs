//! Work on what a command printed is asked about while it is done, by its size: a line may
//! be of one byte or of millions.

use std::cell::Cell;

use crate::error::Error;

/// Asks again and again whether work is still wanted.
pub struct Work<'a> {
    wanted: &'a dyn Fn() -> Result<(), Error>,
    /// How much has been done since it was asked.
    done: Cell<usize>,
}

/// After how many bytes is asked: less than a thousandth of a second.
const STEP: usize = 256 << 10;
/// What is to be done with a line of no bytes, in bytes: 4096 of them are a step.
const EACH: usize = 64;

impl<'a> Work<'a> {
    /// Work that is done as long as it is `wanted`.
    #[must_use]
    pub fn new(wanted: &'a dyn Fn() -> Result<(), Error>) -> Work<'a> {
        Work { wanted, done: Cell::new(0) }
    }

    /// Something of so many bytes was looked at.
    ///
    /// # Errors
    /// Why no more is wanted.
    pub fn done(&self, bytes: usize) -> Result<(), Error> {
        let done = self.done.get() + bytes + EACH;
        self.done.set(if done < STEP { done } else { 0 });
        if done < STEP { Ok(()) } else { (self.wanted)() }
    }
}
