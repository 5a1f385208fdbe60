//! A download: the files of a release, how long each takes, and the steps in which it is told of.
//!
//! What is drawn in each step is the generation's own; that there are eight a second is this room's. The real programs
//! redraw as the data come, so there is no right number: it is enough for a reader who must take the last of several
//! redraws, and few enough for a test that reads them all.

use std::thread;
use std::time::Duration;

/// Between two redraws.
pub(crate) const STEP: Duration = Duration::from_millis(125);

/// The files that are fetched, each with its size in MiB, which says what part of the time it takes.
pub(crate) type Files = [(&'static str, u64)];

/// Draws the whole of a download that takes `milliseconds`: for each file its steps, of which there is at least one,
/// each after its time.
///
/// # Errors
/// What `draw` answers, at once.
pub(crate) fn run<E>(
    files: &Files,
    milliseconds: u64,
    mut draw: impl FnMut(Step) -> Result<(), E>,
) -> Result<(), E> {
    let whole: u64 = files.iter().map(|(_, size)| size).sum::<u64>().max(1);
    for (name, size) in files {
        let share = Duration::from_millis(milliseconds * size / whole);
        let of = (share.as_millis() / STEP.as_millis()).max(1) as u64;
        let pause = share / u32::try_from(of).unwrap_or(u32::MAX);
        draw(Step { name, size: *size, took: share, part: 0, of })?;
        for part in 1..=of {
            thread::sleep(pause);
            draw(Step { name, size: *size, took: share, part, of })?;
        }
    }
    Ok(())
}

/// Where a download stands: `part` is 0 at the beginning of a file, and `of` at its end.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    /// In MiB.
    pub(crate) size: u64,
    /// What the whole file takes.
    pub(crate) took: Duration,
    pub(crate) part: u64,
    pub(crate) of: u64,
}

impl Step {
    pub(crate) fn percent(&self) -> u64 {
        self.part * 100 / self.of
    }
}
