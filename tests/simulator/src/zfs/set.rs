//! `zfs set`: the mark by which the Python iocage knows its pool. iocage itself has no command to take it away.

use super::tree::unknown;
use crate::python::{MARK, mark};
use crate::session::{Outcome, Session, Stop, not_simulated};
use crate::state::Version;

pub(super) fn set(session: &mut Session, words: &[String]) -> Outcome {
    let output = &mut session.output;
    let (word, name) = match words {
        [assignment, name] => match assignment.split_once('=') {
            Some((MARK, word @ ("yes" | "no"))) => (word, name),
            _ => return Err(not_simulated(&format!("zfs set {}", words.join(" ")))),
        },
        _ => return Err(not_simulated(&format!("zfs set {}", words.join(" ")))),
    };
    session
        .store
        .change(|state| {
            if state.version == Version::Shell {
                return Err(not_simulated(&format!("zfs set {MARK} beside the shell iocage")));
            }
            let Some(pool) = state.pools.iter_mut().find(|pool| pool.name == *name) else {
                return Err(unknown(name, output));
            };
            mark(pool, word == "yes");
            Ok(0)
        })
        .map_err(Stop::Broken)?
}
