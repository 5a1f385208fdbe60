//! A stand-in for iocage, for machines without FreeBSD.
//!
//! One program, eight faces. Under its own name it makes and shows simulated machines (`control`); started as `iocage`,
//! `zfs`, `zpool`, `jls`, `jexec`, `ps` or `setfib`, through the links that `iocage-sim init` makes, it answers as the real
//! programs do, byte for byte where a recording exists. The machine is one JSON file beside those links, so it is found
//! by the folder of `argv[0]`, and shared by all processes through `store`. Who links the crate instead of starting the
//! program has the same machine in memory ([`Machine`]), where ten thousand of them cost seconds.
//!
//! Rooms, from the ground up: `state` (what a machine is, and its file), `clock` (dates and UUIDs), `store` (lock,
//! load, save) and `files` (what of it lies on disk for others), `output` (two streams in order), `download` (how long a
//! release is fetched, and in which steps) and `update` (what `freebsd-update` says), `guest` (the few programs a jail can run), `prison` and `dataset` (a
//! running jail and a dataset, whoever made them), `session` (one call), and one room for each generation of iocage:
//! `shell` is the shell iocage of 2016, `python` the Python iocage. Which one a machine has is in its state. Nothing
//! below a generation's room knows about it; above them are the tools that tell the same machine whichever it is: `jls`
//! and `jexec`, and `ps`, which ask `kernel`, `setfib`, which runs `jexec`, `zfs` and `zpool`. `tools` knows them all by their
//! names.

mod clock;
mod control;
mod dataset;
mod download;
mod files;
mod getopt;
mod guest;
mod jexec;
mod jls;
mod kernel;
mod machine;
mod output;
mod prison;
mod ps;
mod python;
mod session;
mod setfib;
mod shell;
mod state;
mod store;
mod tools;
mod update;
mod zfs;
mod zpool;

pub use machine::{Machine, Said};

/// Runs the program: `program` is what it was started as, `words` what follows; answers the exit status.
#[must_use]
pub fn run(program: &std::path::Path, words: &[String]) -> u8 {
    match tools::named(program) {
        Some(tool) => tools::run(tool, program, words),
        None => control::run(words),
    }
}
