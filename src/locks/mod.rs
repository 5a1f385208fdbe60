//! Who works on what: changes to one jail exclude each other, and those to all
//! of them exclude every other, over threads, instances, generations of this
//! library and processes. Readers come nowhere near.
//!
//! Locks are `flock`s on files in one folder. The kernel keeps them, so one whose
//! holder died is free, and a file that each claim opens for itself excludes
//! threads as it does processes. A mutex would see only its own copy of the
//! library, a file that is there or not would outlive its holder, and fcntl's
//! locks belong to the process and not to the thread.
//!
//! The files: `pool` is held shared by who changes a jail and alone by who
//! changes all; each jail, and each name that a jail is about to get, has a file
//! `jail-...` that is held alone. Commands that iocage runs in a jail share a
//! second file of it, `exec-...`, and one of all jails, `execs`: who destroys the
//! jail, or all jails, holds these alone, and nobody else is kept out by a command
//! that does not end.
//!
//! In what is held alone stands who holds it, one line of JSON, for people, for the
//! answer `busy`, and for the time after the holder: it names the program that was
//! started under the lock. A lock of the kernel's is free when the host dies or has
//! answered; the program may go on, in the kernel or without its host, and as long
//! as it does whoever gets the lock finds that it is not free.
//!
//! A jail's file goes when it is let go, or the folder would collect one for each
//! jail that ever was. Who waited for it may then lock a file that has no name
//! any more, while the next one makes a new file under that name and both go
//! on. So only who holds it alone removes it, and whoever has locked a file looks
//! whether it is still the one under the name, and otherwise begins anew.
//!
//! Waiting is asking again every few milliseconds on the caller's thread: a
//! blocking `flock` can be ended by a signal only, and signals are the host's.
//! It is not fair: a stream of changes to jails can keep `cleanall` out, which
//! then answers `busy`.
//!
//! A disk that is full takes no line, and then `warnings` say what is missing; or not even
//! a file, and then more is locked than would have to be: the file of all for that of a
//! jail, the folder itself for the file of all. What makes room must not be kept out.
//!
//! Here: `claim` is what a request holds and `record` what it keeps of that, `wait` how it
//! waits; `dir` is the folder, `file` one file of it, `line` what stands in that. The names
//! of the files and the keys of the line are the contract between versions of this
//! library, of which an older one may run beside. The first ones knew no `exec-` files, no
//! programs in the line and no lock of the folder: they exclude and are excluded, but for
//! commands in jails, for what outlives its server, and on a disk without room. Who meets
//! one says so in `warnings`.

mod claim;
mod dir;
mod file;
mod line;
mod record;
#[cfg(test)]
mod tests;
mod wait;

pub use claim::Claim;
pub use line::Holder;
pub use wait::Awaited;
