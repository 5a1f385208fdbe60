//! The numbers of requests: what a server gives its own, and which are the jobs'.
//!
//! Jobs are numbered by the host, beside requests that a server may number as it likes. The two
//! are told apart by the number alone, for they meet where nothing else is known: in what a
//! generation has in flight, and in what a class asks and tells.

/// The first number of a job. Great enough that no server counts to it, and a whole number to
/// every reader of JSON.
pub(crate) const FIRST_JOB: u64 = 1_000_000_000_000_000;

/// Is this request a job?
pub(crate) fn is_job(request: u64) -> bool {
    request >= FIRST_JOB
}
