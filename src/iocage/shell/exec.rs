//! A command in a jail of the shell iocage, by jexec or by iocage itself.
//!
//! The kernel calls its jails `ioc-UUID`: `name="ioc-$(... host_hostuuid ...)"` in
//! lib/ioc-rc, in the line of 2016 as in 1.7.x. `iocage exec -U USER UUID WORD...` is
//! `jexec -U USER ioc-UUID WORD...` with the environment that iocage itself was
//! started with, or where the property `exec_fib` is not 0, `setfib N jexec ...`. It
//! looks whether the jail is there, and leaves it to jexec whether it runs.

use std::path::Path;

use super::program::{ENVIRONMENT, Shell, ask, known_as, run};
use super::reads::is_template;
use crate::config::{Direct, Kind};
use crate::error::Error;
use crate::iocage::machine::exec::{self, Place};
use crate::iocage::machine::running::{Started, find};
use crate::iocage::names::JailId;
use crate::iocage::output::Output;
use crate::iocage::program::{Program, Run};
use crate::iocage::session::Session;
use crate::iocage::{Done, Reads, State, ended};
use crate::policy::{CommandLine, UserName};
use crate::process::Stdin;

/// What iocage looks into for the routing table.
const FIB: &str = "org.freebsd.iocage:exec_fib";

pub(super) fn exec(
    session: &Session<'_>,
    jail: &JailId,
    user: &UserName,
    command: &CommandLine,
) -> Result<Done, Error> {
    let done = match session.config.direct {
        Direct::Auto | Direct::Only => by_jexec(session, jail, user, command)?,
        Direct::Off => by_iocage(session, jail, user, command)?,
    };
    match done {
        Some(done) => Ok(done),
        None => Err(ended::not_running(jail.tag(), is_template(session, jail)?)),
    }
}

fn by_jexec(
    session: &Session<'_>,
    jail: &JailId,
    user: &UserName,
    command: &CommandLine,
) -> Result<Option<Done>, Error> {
    let name = known_as(jail.uuid());
    let fib = |started: &Started| fib(session, jail, started);
    let place = Place { find: &|| find(session, &name), env: ENVIRONMENT, fib: &fib };
    exec::run(session, &place, user, command)
}

/// The jail's `exec_fib`: a property of its dataset, which its root inherits, and zfs
/// takes a path for a dataset. The line of late 2016 keeps its properties elsewhere; then
/// iocage is asked, which takes hundreds of programs.
fn fib(session: &Session<'_>, jail: &JailId, started: &Started) -> Result<u16, Error> {
    let of_zfs = started.path.as_deref().and_then(Path::to_str).and_then(|path| {
        let run =
            Run { program: Program::Zfs, kind: Kind::Read, env: ENVIRONMENT, stdin: Stdin::Null, own: false };
        let args = ["get", "-H", "-o", "value", FIB, path].map(str::to_owned).to_vec();
        session.run(run, args).ok().filter(Output::succeeded)?.stdout.trim().parse().ok()
    });
    match of_zfs {
        Some(fib) => Ok(fib),
        None => exec::fib_of(&ask(session, &["get", "exec_fib", jail.uuid()])?),
    }
}

/// The command's own output and exit status, or jexec's complaint behind what iocage
/// says before. There is no `--`: after the name, which is a UUID here, this iocage
/// takes no more options.
fn by_iocage(
    session: &Session<'_>,
    jail: &JailId,
    user: &UserName,
    command: &CommandLine,
) -> Result<Option<Done>, Error> {
    let start = ["exec", "-U", user.as_str(), jail.uuid()].map(str::to_owned);
    let args = start.into_iter().chain(command.words().iter().cloned()).collect();
    let output = run(session, Kind::Exec, Stdin::Null, true, args)?;
    let status = match output.exit {
        Some(0) => return ended::done(session, &output).map(Some),
        None => return Err(ended::unknown(&output)),
        Some(status) => status,
    };
    if let Some(error) = ended::not_found(&output, user, ended::program(command)) {
        return Err(error);
    }
    // A command can print these lines as well, so they are no more than a reason to ask.
    let last = output.stderr.lines().next_back().unwrap_or_default();
    let is_said = last == format!("jexec: jail \"{}\" not found", known_as(jail.uuid()))
        || last == format!("  ERROR: {} not found!", jail.uuid());
    if status == 1 && is_said {
        return match Shell.state(session, jail)? {
            State::Up => Err(ended::doubtful(&output, "iocage", "")),
            State::Down | State::Hollow => Ok(None),
            State::Gone => Err(ended::gone(jail.uuid())),
        };
    }
    Err(ended::failed(&output, status))
}
