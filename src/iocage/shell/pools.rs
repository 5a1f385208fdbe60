//! Pools of the shell iocage: which is active, and how another becomes it.
//!
//! A pool is active by its comment, and iocage marks one without asking whether
//! another is marked; with two it does nothing but say so. So it is asked first. The
//! question has a price: if no pool is active, it makes the last one so.

use crate::config::Kind;
use crate::error::{Code, Error, Quoted};
use crate::iocage::Done;
use crate::iocage::direct;
use crate::iocage::machine::datasets::Datasets;
use crate::iocage::machine::if_told;
use crate::iocage::output::Output;
use crate::iocage::session::Session;
use crate::iocage::text::activated;
use crate::policy::PoolName;

use super::direct::is_marked;
use super::program::{ask, ask_quietly, denies, failure, own, warnings, whole};
use super::tables::says_more_than_notices;

/// The pool that `iocage activate` names.
pub(super) fn pool(output: Output) -> Result<String, Error> {
    let output = whole(output)?;
    let name = output.stdout.lines().find_map(|line| line.trim().strip_prefix("pool:")).map(str::trim);
    match name {
        Some(name) if !name.is_empty() => Ok(name.to_owned()),
        _ => Err(output.error(Code::UnexpectedOutput, "iocage activate named no pool")),
    }
}

/// `iocage activate POOL`: silence. Whether it is the active one then, only the
/// question tells: another that was active stays so.
pub(super) fn activate(session: &Session<'_>, wanted: &PoolName) -> Result<Done, Error> {
    let wanted = wanted.as_str();
    match active(session)? {
        // One that is not there, iocage refuses itself.
        Active::Pool(pool) if pool != wanted && may_be_there(session, wanted)? => {
            let message = format!(
                "the pool {} is active, and with two this iocage does nothing any more; \
                 deactivate it first, which stops no jail, but hides those on it",
                Quoted(&pool)
            );
            return Err(Error::about("pool", Code::PoolActive, message));
        }
        Active::ByAsking(pool) if pool != wanted => {
            // Nobody has asked for that one.
            let output = ask_to_deactivate(session, &pool)?;
            if denies(&output) || says_more_than_notices(&output.stderr) {
                let message = format!("iocage activated the pool {} when it was asked", Quoted(&pool));
                return Err(output.error(Code::PoolActive, message));
            }
        }
        _ => {}
    }
    let output = own(session, Kind::Start, &["activate", wanted])?;
    if denies(&output) || output.stderr.contains("no such pool") {
        return Err(failure(&output));
    }
    let active = pool(ask(session, &["activate"])?)?;
    if active == wanted {
        return Ok(Done { warnings: warnings(&output), ..Done::default() });
    }
    Err(output.error(Code::NotDone, format!("iocage goes on using the pool {}", Quoted(&active))))
}

fn may_be_there(session: &Session<'_>, pool: &str) -> Result<bool, Error> {
    Ok(if_told(Datasets::ask(session))?.is_none_or(|datasets| datasets.holds(pool)))
}

enum Active {
    None,
    /// This one.
    Pool(String),
    /// None was, and iocage has now made it this one.
    ByAsking(String),
}

fn active(session: &Session<'_>) -> Result<Active, Error> {
    let mut by_asking = false;
    let found = ask_quietly(session, &["activate"]).and_then(|output| {
        by_asking = activated(&output).is_some();
        pool(output)
    });
    match found {
        Ok(pool) if by_asking => Ok(Active::ByAsking(pool)),
        Ok(pool) => Ok(Active::Pool(pool)),
        // Without iocage it is known, too; and later lines activate none by themselves.
        Err(error) if error.code == Code::NoPool => Ok(Active::None),
        Err(error) => Err(error),
    }
}

fn ask_to_deactivate(session: &Session<'_>, pool: &str) -> Result<Output, Error> {
    session.remark(format!(
        "no pool was active; asked which is, iocage activated {} by itself, which was deactivated again",
        Quoted(pool)
    ));
    ask(session, &["deactivate", pool])
}

/// `iocage deactivate POOL`: silence. It is not asked again, as the question would
/// make it activate a pool by itself; so anything said is a failure. The pool's own comment
/// tells without it.
pub(super) fn deactivate(session: &Session<'_>, pool: &PoolName) -> Result<Done, Error> {
    let output = own(session, Kind::Start, &["deactivate", pool.as_str()])?;
    if denies(&output) || says_more_than_notices(&output.stderr) {
        return Err(failure(&output));
    }
    if says_more_than_notices(&output.stdout) {
        return Err(output.error(Code::UnexpectedOutput, "iocage deactivate is silent, and was not"));
    }
    if output.exit.is_none() {
        return Err(output.unknown());
    }
    if session.looks_again()
        && let Ok(pools) = direct::pools(session)
        && pools.iter().any(|other| other.name == pool.as_str() && is_marked(other))
    {
        let message = format!(
            "iocage said nothing against it, but the pool {} is marked as the active one, still or by another \
             command of iocage's again",
            Quoted(pool.as_str())
        );
        return Err(output.error(Code::NotDone, message));
    }
    let warning = "if no other pool is active, this iocage activates the last one that it finds, which may \
                   be this one, with its next command";
    Ok(Done { warnings: vec![warning].into(), ..Done::default() })
}
