//! Running the Python iocage, and zfs for what it has no command for.

use std::borrow::Cow;

use crate::config::Kind;
use crate::error::Error;
use crate::iocage::direct;
use crate::iocage::output::Output;
use crate::iocage::program::{Program, Run};
use crate::iocage::session::Session;
use crate::iocage::text::Ends;
use crate::process::Stdin;

use super::direct::told;
use super::notices::{announced, is_activation};
use super::version::Version;

/// The dialect. It keeps nothing but the version; what is known, iocage is asked.
#[derive(Clone, Copy, Debug)]
pub struct Python {
    /// What it does depends on that.
    pub version: Version,
}

/// It does not start without the locale, for it sets this one by name, and prints colours if it is told to. `LANG` goes on
/// into the jail with what iocage starts there; its rc script of 2026 has `C.UTF-8`, so that services of a jail that was
/// started at boot have that. To hand that over here, too, would change what those see that were started through us, and
/// earlier rc scripts have this one.
pub(in crate::iocage) const ENVIRONMENT: &[(&str, &str)] = &[
    ("HOME", "/root"),
    ("LANG", "en_US.UTF-8"),
    ("LC_ALL", "en_US.UTF-8"),
    ("NO_COLOR", "1"),
    ("PATH", "/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"),
    ("TERM", "dumb"),
];

/// The same for what may take long: to no terminal Python prints only when 8 KiB have come
/// together, so that nobody would hear of a download before it is over.
const UNBUFFERED: &[(&str, &str)] = &{
    let mut all = [("PYTHONUNBUFFERED", "1"); ENVIRONMENT.len() + 1];
    let mut at = 0;
    while at < ENVIRONMENT.len() {
        all[at] = ENVIRONMENT[at];
        at += 1;
    }
    all
};

/// Run a question on the way to something else.
pub(super) fn ask(session: &Session<'_>, args: &[&str]) -> Result<Output, Error> {
    run(session, Program::Iocage, Kind::Read, Stdin::Null, false, args)
}

/// Run what the action itself is.
pub(super) fn own(session: &Session<'_>, kind: Kind, args: &[&str]) -> Result<Output, Error> {
    run(session, Program::Iocage, kind, Stdin::Null, true, args)
}

/// Run what iocage has no command for.
pub(super) fn zfs(session: &Session<'_>, kind: Kind, own: bool, args: &[&str]) -> Result<Output, Error> {
    run(session, Program::Zfs, kind, Stdin::Null, own, args)
}

pub(super) fn run(
    session: &Session<'_>,
    program: Program,
    kind: Kind,
    stdin: Stdin<'_>,
    own: bool,
    args: &[&str],
) -> Result<Output, Error> {
    if program == Program::Iocage
        && kind == Kind::Read
        && matches!(stdin, Stdin::Null)
        && let Some(output) = direct::answer(session, told, args, own)?
    {
        return Ok(output);
    }
    let args = args.iter().map(|&word| word.to_owned()).collect();
    // What a command in a jail is run with is its own.
    let env = if matches!(kind, Kind::Read | Kind::Exec) { ENVIRONMENT } else { UNBUFFERED };
    let output = session.run(Run { program, kind, env, stdin, own }, args)?;
    if program == Program::Iocage && kind == Kind::Read {
        let told: Ends =
            announced(&output.stdout).filter(|line| is_activation(line)).map(Cow::Borrowed).collect();
        if !told.is_empty() {
            session.remark(format!("iocage has by itself: {}", told.sentence()));
        }
    }
    Ok(output)
}
