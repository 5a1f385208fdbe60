//! How many jobs there may be, and what is kept of them.

use std::time::Duration;

/// What a host bounds its jobs by. How long one may run is [`Policy::job_limit`](crate::Policy::job_limit), for a
/// generation that was replaced waits as long.
///
/// Written with `..JobLimits::default()`, for fields may be added.
///
/// Of `running`, `per_class`, `waiting` and `bytes` one caller with limited access has at most a fourth, and all with
/// limited access together have half, but each at least one: those with full access are not kept from working by others.
/// Who has no name is one caller with all who have none. Of what is kept goes first what is of somebody who has more than such a
/// share of `kept` or of `bytes`.
///
/// Memory: what waits and runs is at most `bytes` of args, what is kept at most `bytes` of answers and of
/// what was told on the way, and each that runs has told at most 256 KiB that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JobLimits {
    /// How many run at once.
    pub running: usize,
    /// How many of one class run at once.
    pub per_class: usize,
    /// How many wait until they may run. One more is refused, and told when to come again.
    pub waiting: usize,
    /// How long one waits. Then it ends, and was never begun.
    pub queue: Duration,
    /// How many that have ended are kept, with their answers.
    pub kept: usize,
    /// For how long.
    pub keep: Duration,
    /// The most bytes of what waits and runs, and again of what is kept.
    pub bytes: usize,
    /// The most bytes of one answer. In the place of a longer one the job has an error.
    pub answer: usize,
}

/// Eight at once, four of a class; 64 wait, for an hour at most; 1000 are kept, for an hour; 32 MiB, and
/// 8 MiB of one answer.
impl Default for JobLimits {
    fn default() -> JobLimits {
        JobLimits {
            running: 8,
            per_class: 4,
            waiting: 64,
            queue: Duration::from_secs(3600),
            kept: 1000,
            keep: Duration::from_secs(3600),
            bytes: 32 << 20,
            answer: 8 << 20,
        }
    }
}
