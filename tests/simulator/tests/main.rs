//! Tests of `iocage-sim`, run as the program it is.
//!
//! `replay` holds it against recordings of the real iocage, where those are at hand. The rest always runs: `control`
//! is the simulator under its own name, `commands` is every command's success and failure, `inside` is what runs in a
//! jail, `crowd` is many processes at once, `exchanges` is whether a state file can say what the documented exchanges
//! of the class show, `finding` which jail the shell iocage takes for the one that is meant,
//! `hostile` what a jail's root can make iocage say. The Python iocage has rooms of its own: `python` for its commands, `dangers` for what it does
//! that nobody would expect, `files` for what it keeps beside ZFS, `fstab` for what is mounted for jails, `images` for a jail as one file. `fetch` is a release that takes its time, with
//! either. `zfs`, `jls` and `jexec` are the tools beside either
//! iocage, `past` what they tell of the whole machine at once.

mod commands;
mod control;
mod crowd;
mod dangers;
mod exchanges;
mod fetch;
mod files;
mod finding;
mod fstab;
mod hostile;
mod images;
mod inside;
mod jexec;
mod jls;
mod machine;
mod past;
mod python;
mod replay;
#[path = "../../it/support/skipped.rs"]
mod skipped;
mod zfs;
