//! A stand-in for iocage, for machines without FreeBSD.
//!
//! One program, six faces. Under its own name it makes and shows simulated machines (`control`); started as `iocage`,
//! `zfs`, `jls`, `jexec` or `setfib`, through the links that `iocage-sim init` makes, it answers as the real programs
//! do, byte for byte where a recording exists. The machine is one JSON file beside those links, so it is found by the
//! folder of `argv[0]`, and shared by all processes through `store`.
//!
//! Rooms, from the ground up: `state` (what a machine is, and its file), `clock` (dates and UUIDs), `store` (lock,
//! load, save), `output` (two streams in order), `guest` (the few programs a jail can run), `prison` and `dataset` (a
//! running jail and a dataset, whoever made them), `session` (one call), and one room for each generation of iocage:
//! `shell` is the shell iocage of 2016, `python` the Python iocage. Which one a machine has is in its state. Nothing
//! below a generation's room knows about it; above them are the tools that tell the same machine whichever it is: `jls`
//! and `jexec`, which ask `kernel`, `setfib`, which runs `jexec`, and `zfs`.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

mod clock;
mod control;
mod dataset;
mod guest;
mod jexec;
mod jls;
mod kernel;
mod output;
mod prison;
mod python;
mod session;
mod setfib;
mod shell;
mod state;
mod store;
mod zfs;

use session::BROKEN;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = PathBuf::from(words.next().unwrap_or_default());
    // iocage's words are UTF-8 in every recording; what is not is shown with the replacement character.
    let words: Vec<String> = words.map(|word: OsString| word.to_string_lossy().into_owned()).collect();
    let status = match program.file_name().and_then(OsStr::to_str) {
        Some(tool @ ("iocage" | "zfs" | "jls" | "jexec" | "setfib")) => as_tool(tool, &program, &words),
        _ => control::run(&words),
    };
    ExitCode::from(status)
}

/// Answers as one of the tools, on the machine in whose folder `program` was started.
fn as_tool(tool: &str, program: &Path, words: &[String]) -> u8 {
    // /proc/self/exe would resolve the link, and a bare name was found through PATH, which says nothing to us.
    let Some(folder) = program.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        eprintln!(
            "iocage-sim: started as `{}`, a name without a slash: cannot tell which machine is meant",
            program.display()
        );
        return BROKEN;
    };
    let store = store::Store::new(folder);
    match (tool, store.read().map(|state| state.version)) {
        (_, Err(error)) => {
            eprintln!("iocage-sim: {error}");
            BROKEN
        }
        ("jls", Ok(_)) => jls::run(store, program, words),
        ("jexec", Ok(_)) => jexec::run(store, program, words),
        ("setfib", Ok(_)) => setfib::run(store, program, words),
        ("zfs", Ok(_)) => zfs::run(store, program, words),
        (_, Ok(state::Version::Shell)) => shell::run(store, program, words),
        (_, Ok(state::Version::Python(_))) => python::run(store, program, words),
    }
}
