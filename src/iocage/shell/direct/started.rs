//! What each command of the shell iocage looks at before it does anything: which pool is
//! its own, and whether the datasets are there that it needs.

use super::line::Line;
use super::walk::Walk;
use crate::iocage::direct::{MISSING, Machine, Pool, Printed, Untold};

/// What comes of that.
pub(super) enum Started {
    /// It goes on, with this pool.
    With(String),
    /// It ends there.
    Ends(Printed),
}

/// By this word in its comment a pool is iocage's.
const WORD: &str = "iocage";

/// Does the comment begin with it?
pub(in crate::iocage::shell) fn is_marked(pool: &Pool) -> bool {
    pool.comment.split_whitespace().next() == Some(WORD)
}

/// Look for the pool: the first whose comment begins with the word, if it is in no more
/// than one line that tells a pool and its comment.
pub(super) fn pool(machine: &Machine<'_>, line: Line) -> Result<Started, Untold> {
    let started = found(machine, line);
    // Where it is none, or not told, nothing is asked of the one that it was.
    machine.session.expected.is(match &started {
        Ok(Started::With(pool)) => Some(pool),
        _ => None,
    });
    started
}

fn found(machine: &Machine<'_>, line: Line) -> Result<Started, Untold> {
    let pools = machine.pools()?;
    if pools.is_empty() {
        let text = "  ERROR: ZFS is required for iocage to work and I can't find any pools available.\n";
        return Ok(Started::Ends(died(line, text.to_owned())));
    }
    let lines = pools.iter().map(|pool| format!("{}\t{}\n", pool.name, pool.comment));
    let marked: Vec<_> = lines.filter(|line| line.contains(WORD)).collect();
    if marked.len() > 1 {
        return Ok(Started::Ends(died(
            line,
            format!(
                "\n  WARNING: You have more then one pool set for iocage use!\n\n**** POOLS ****\n{}***************\n\n  \
                 Please run 'iocage deactivate' on one of them\n\n",
                marked.concat()
            ),
        )));
    }
    match pools.into_iter().find(is_marked) {
        // Its scripts take the name for a pattern here and there.
        Some(pool) if pool.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) => {
            Ok(Started::With(pool.name))
        }
        Some(pool) => Untold::about("a pool's name is none that iocage's scripts take as it is", pool.name),
        // iocage would make the last one its own.
        None => Untold::no_pool(),
    }
}

/// The datasets that are there or are made.
pub(super) fn needed(walk: &Walk<'_>, line: Line) -> Result<(), Untold> {
    let needed: &[&str] = match line {
        Line::Development => &["", "/.defaults", "/download", "/jails", "/releases", "/templates"],
        Line::Release => &["", "/jails", "/.defaults", "/download", "/releases"],
    };
    match needed.iter().find(|name| !walk.holds(name)) {
        None => Ok(()),
        Some(name) => Err(Untold::Changes(MISSING, format!("{}{name}", walk.root))),
    }
}

/// It has failed and says why: where, is another thing in each line.
pub(super) fn died(line: Line, text: String) -> Printed {
    match line {
        Line::Development => Printed { exit: 1, stderr: text, ..Printed::default() },
        Line::Release => Printed { exit: 1, stdout: text, ..Printed::default() },
    }
}
