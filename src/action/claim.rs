//! Doing an action under its locks.
//!
//! What the request calls the jail is locked before that is looked up, so that
//! what is found stays as it is: by the Python iocage a jail has no other name,
//! and to one that was destroyed since the lookup it would prefer any whose
//! name begins the same. Where the jail's UUID is another name than the
//! request's, it is locked, too, and if that was waited for the jail is looked
//! up again. What is named in a request is locked in one order, so that two
//! clones of each other do not wait for one another.

use std::time::Instant;

use super::answer::Answer;
use super::context::Context;
use super::row::{Action, Lock};
use crate::error::Error;
use crate::iocage::{Dialect, Session};
use crate::locks::{Claim, Holder};
use crate::request::Arguments;

/// The most names that are locked one by one, each with a file of its own. A
/// request for more new jails excludes all other changes instead.
const NAMES: usize = 16;

/// The name that is locked for a jail that iocage calls by the time, so that no two
/// are called the same; no jail can have it.
const BY_THE_TIME: &str = "(called by the time)";

/// Do it.
///
/// # Errors
/// The action's own, and those of a lock that was not to be had.
pub fn perform(
    action: &Action,
    session: &Session<'_>,
    dialect: &dyn Dialect,
    arguments: &Arguments,
) -> Result<Answer, Error> {
    dialect.accepts(&arguments.props.0)?;
    let jail = arguments.jail().map(|jail| jail.as_str());
    let pool = arguments.pool().map(|pool| pool.as_str());
    let by = Holder { action: action.name, on: jail.or(pool), request: session.request };
    let wait = Instant::now() + session.config.lock_wait;
    let until = session.deadline.map_or(wait, |deadline| deadline.min(wait));
    let mut claim = Claim::new(&session.config.lock_dir, by, until, session.cancelled);
    let mut context = Context { session, dialect, found: None };

    let mut names = match action.locks {
        Lock::NewJail | Lock::Clone => arguments.props.0.tags(),
        _ => Vec::new(),
    };
    let is_new = matches!(action.locks, Lock::NewJail | Lock::Clone);
    if is_new && names.is_empty() && dialect.calls_jails_by_the_time() {
        names.push(BY_THE_TIME.to_owned());
    }
    match action.locks {
        Lock::None => {}
        Lock::NamedPool if pool.is_none() => {}
        Lock::NamedPool | Lock::Pool => claim.pool()?,
        Lock::Jail | Lock::Remains | Lock::NewJail | Lock::Clone if names.len() > NAMES => claim.pool()?,
        Lock::Jail | Lock::Remains | Lock::NewJail | Lock::Clone => {
            claim.among_others()?;
            names.extend(jail.map(str::to_owned));
            names.sort_unstable();
            for name in &names {
                claim.jail(name)?;
            }
            if names.is_empty() {
                claim.unnamed()?;
            }
        }
    }
    if matches!(action.locks, Lock::Jail | Lock::Remains | Lock::Clone) {
        let find = || match action.locks {
            Lock::Remains => context.jail_or_remains(arguments),
            _ => context.jail(arguments),
        };
        let mut found = find()?;
        while claim.jail(found.uuid())? {
            found = find()?;
        }
        context.found = Some(found);
    }
    (action.run)(&context, arguments).map_err(|error| with_state(&context, error))
}

/// Of a change that was ended early nobody knows how far it came, so the error
/// says where the jail is now.
fn with_state(context: &Context<'_>, error: Error) -> Error {
    let was_ended = context.session.was_ended.get();
    let Some(jail) = context.found.as_ref().filter(|_| was_ended) else { return error };
    let message = match context.dialect.state(context.session, jail) {
        Ok(state) => format!("{}; the jail {} is now {}", error.message, jail.uuid(), state.word()),
        Err(why) => format!("{}; where the jail is now is not known: {}", error.message, why.message),
    };
    Error { message, ..error }
}
