//! The programs that a machine has, by the names that the links to this one bear.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::session::{BROKEN, Outcome, Session, Stop};
use crate::state::Version;
use crate::store::Store;
use crate::{jexec, jls, ps, python, setfib, shell, zfs, zpool};

/// One of the programs, which answers the words that follow its name.
pub(crate) type Tool = fn(&mut Session, &[String]) -> Outcome;

/// All of them; the first is the one that a machine is known by.
pub(crate) const TOOLS: [(&str, Tool); 7] = [
    ("iocage", iocage),
    ("zfs", zfs::run),
    ("zpool", zpool::run),
    ("jls", jls::run),
    ("jexec", jexec::run),
    ("ps", ps::run),
    ("setfib", setfib::run),
];

/// Whichever iocage the machine has.
fn iocage(session: &mut Session, words: &[String]) -> Outcome {
    match session.store.read().map_err(Stop::Broken)?.version {
        Version::Shell => shell::run(session, words),
        Version::Python(_) => python::run(session, words),
    }
}

/// The program of that name, whatever folder it is in.
pub(crate) fn named(program: &Path) -> Option<Tool> {
    let name = program.file_name().and_then(OsStr::to_str)?;
    TOOLS.iter().find(|(known, _)| *known == name).map(|(_, tool)| *tool)
}

/// The machine in this folder.
pub(crate) fn store(folder: impl Into<PathBuf>) -> Store {
    Store::new(folder, python::files)
}

/// Answers as a tool on the machine in whose folder `program` was started; the exit status.
pub(crate) fn run(tool: Tool, program: &Path, words: &[String]) -> u8 {
    // /proc/self/exe would resolve the link, and a bare name was found through PATH, which says nothing to us.
    let Some(folder) = program.parent().filter(|folder| !folder.as_os_str().is_empty()) else {
        eprintln!(
            "iocage-sim: started as `{}`, a name without a slash: cannot tell which machine is meant",
            program.display()
        );
        return BROKEN;
    };
    let mut session = Session::new(store(folder), program);
    let status = session.run(tool, words);
    let written = session.output.flush();
    if let (Some(signal), Ok(())) = (session.killed_by, &written) {
        // SAFETY: kill and getpid touch no memory of ours; all that was said is written by now.
        unsafe { libc::kill(libc::getpid(), i32::from(signal)) };
    }
    match written {
        Ok(()) => status,
        Err(error) => {
            // Nobody may be left to read this, and a panic over it would help nobody.
            let _ = std::io::Write::write_fmt(
                &mut std::io::stderr(),
                format_args!("iocage-sim: cannot write the answer: {error}\n"),
            );
            BROKEN
        }
    }
}
