//! One child: argv in, exit, stdout and stderr out, always in bounded time and memory.
//!
//! This room has not heard of jails. It starts one program with an exact argv and an exact environment, keeps
//! what it prints within limits, and answers before a deadline whatever the program does. It lives in
//! somebody else's process, so it uses no thread, no signal handler and nothing process-wide: everything
//! happens on the caller's thread, and any number of threads may run children at once.
//!
//! The way of one run: [`Command`] says what and within which bounds; `spawn` starts it with `posix_spawn`;
//! `drive` is the one loop that drains both streams, watches the clock and the caller's cancellation, and ends
//! the process group if it must; `child` is the only place that reaps or signals; `capture` keeps head and
//! tail, and `telling` shows a listener the `news` of it while the child runs; `living` tells whether a child whose run is over still lives; `folder` is where that is put down. What differs between Linux and FreeBSD is one small file each under `platform/`.
//!
//! Why not `std::process::Command`: it can neither close every inherited descriptor, nor reset every signal, nor
//! change the directory without a `pre_exec`, and with one it forks, which costs 0.1 s in a host with
//! a large heap and runs code between fork and exec in a process that has threads. `posix_spawn` does all of it
//! on the vfork path.
//!
//! What cannot be bounded: `posix_spawn` returns once the program is executing, so a program file on a file
//! system that hangs keeps the caller waiting in the kernel; no user-space runner can help that.

mod capture;
mod child;
mod command;
mod drive;
mod error;
mod fd;
mod folder;
mod living;
mod news;
mod outcome;
mod platform;
mod runner;
mod spawn;
mod telling;
#[cfg(test)]
pub(crate) mod tests;
mod user;

pub use capture::Captured;
pub use command::{Command, Limits, Stdin, Step};
pub use error::StartError;
pub use folder::{Folder, again};
pub use living::{Process, lock_holder};
pub use news::{News, Printed};
pub use outcome::{End, Outcome, Stopped};
pub use runner::{Begun, Runner, System};
pub use user::effective_user;
