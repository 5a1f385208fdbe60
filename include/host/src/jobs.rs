//! Jobs: requests whose answer nobody waits for on the line. The host keeps them, with what they tell
//! and what they answer, for a bounded time and number.
//!
//! * `asked`: is a request one for a job, and what of it reaches the class.
//! * `table`: who may run, who waits, what is kept; rules alone, without threads and clocks.
//! * `shares`: what part of each bound is whose.
//! * `job`, `told`, `frames`: one job, what it has told, and how that is sent on.
//! * `desk`: the table under its lock, and what a class says and asks while it works on one.
//! * `intake`: how a request becomes a job.
//! * `work`: the threads, which take from the desk what is to be done.
//! * `limits`, `time`: bounds, and the time that all of it goes by.
//!
//! No lock is held while a class or a listener of the host's runs: each thread takes what it needs,
//! lets go, and then calls.

pub(crate) mod asked;
pub(crate) mod desk;
pub(crate) mod frames;
pub(crate) mod intake;
pub(crate) mod job;
pub(crate) mod limits;
mod shares;
pub(crate) mod table;
pub(crate) mod time;
mod told;
pub(crate) mod work;
