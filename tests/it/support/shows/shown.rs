//! A process, whichever way it was seen.

/// A process as the system shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    pub pid: i32,
    pub parent: i32,
    pub group: i32,
    /// The letter of its state, `Z` for one that is not reaped yet.
    pub state: char,
    /// Its program.
    pub name: String,
    /// When it was started, in hundredths of a second of the system's life. Where the system tells
    /// seconds alone, up to three seconds too early, and never too late.
    pub start: u64,
}
