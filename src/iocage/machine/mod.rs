//! What the machine tells without iocage: the kernel of its running jails, ZFS of
//! its datasets. iocage's words are its own, and some come out of a jail; these
//! are nobody's but the system's, and are had in milliseconds.
//!
//! Both generations keep their jails in these, so nothing here knows a generation.

pub mod archive;
pub mod consoles;
pub mod datasets;
pub mod exec;
pub mod homes;
pub mod images;
pub mod pools;
pub mod processes;
pub mod releases;
pub mod running;
pub mod snapshots;

use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::output::Output;
use crate::iocage::program::{Program, Run};
use crate::iocage::session::Session;
use crate::iocage::text::one_line;
use crate::process::Stdin;

/// What the tools of the base system are run with: their words are not to be
/// another language's.
const ENVIRONMENT: &[(&str, &str)] =
    &[("HOME", "/root"), ("LC_ALL", "C"), ("PATH", "/sbin:/bin:/usr/sbin:/usr/bin"), ("TERM", "dumb")];

/// Run a tool for a question on the way to something else.
pub(super) fn ask(session: &Session<'_>, program: Program, args: &[&str]) -> Result<Output, Error> {
    run(session, program, Kind::Read, false, args)
}

/// Start a tool that will be asked so; says whether it is.
pub(super) fn begin(session: &Session<'_>, program: Program, args: &[&str]) -> bool {
    let (kind, env, stdin) = (Kind::Read, ENVIRONMENT, Stdin::Null);
    session.begin(Run { program, kind, env, stdin, own: false }, args)
}

/// Run a tool. `own`: is it the action itself?
pub(super) fn run(
    session: &Session<'_>,
    program: Program,
    kind: Kind,
    own: bool,
    args: &[&str],
) -> Result<Output, Error> {
    let run = Run { program, kind, env: ENVIRONMENT, stdin: Stdin::Null, own };
    session.run(run, args.iter().map(|&word| word.to_owned()).collect())
}

/// What a tool tells, or nothing where it is not to be had or not understood: for what
/// can be done without. But whose time is over, or who is not wanted any more, is not
/// to go on.
///
/// # Errors
/// That.
pub fn if_told<T>(told: Result<T, Error>) -> Result<Option<T>, Error> {
    match told {
        Ok(told) => Ok(Some(told)),
        Err(error) if matches!(error.code, Code::TimedOut | Code::Cancelled | Code::IocageChanged) => {
            Err(error)
        }
        Err(error) => {
            log::warn!("goes on without: {}", error.message);
            Ok(None)
        }
    }
}

/// The output of a tool that has answered, and whole.
pub(super) fn whole(output: Output, what: &str) -> Result<Output, Error> {
    if !output.succeeded() {
        let said = one_line(&output.stderr);
        let message = match said.is_empty() {
            true => format!("{what} failed and said nothing"),
            false => format!("{what} failed: {said}"),
        };
        return Err(output.error(Code::IocageFailed, message));
    }
    output.untruncated(what)
}
