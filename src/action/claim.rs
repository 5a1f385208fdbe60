//! Doing an action under its locks.
//!
//! What the request calls the jail is locked before that is looked up, so that
//! what is found stays as it is: by the Python iocage a jail has no other name,
//! and to one that was destroyed since the lookup it would prefer any whose
//! name begins the same. Where the jail's UUID is another name than the
//! request's, it is locked, too, and if that was waited for the jail is looked
//! up again. What is named in a request is locked in one order, so that two
//! clones of each other do not wait for one another.
//!
//! Locks first, then a place among those that have programs running (`places`): from the
//! first program on, which asks for the jail. While another lock is waited for it is given
//! back, so that who holds that lock is never kept from ending by who waits for it.
//!
//! What is run under locks is put down in them as it is started, so that they hold
//! for as long as it runs, whatever becomes of the request and of the host.

use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::events::Performed;
use super::plan;
use super::row::{Action, Lock};
use crate::config::Direct;
use crate::error::Error;
use crate::iocage::{Dialect, JailId, On, Session, State};
use crate::locks::{Awaited, Claim, Holder};
use crate::request::keys::{self, DEFAULTS, IMAGE, JAIL, NAME, POOL, RELEASE};

/// The most names that are locked one by one, each with a file of its own. A
/// request for more new jails excludes all other changes instead.
const NAMES: usize = 16;

/// The name that is locked for a jail that iocage calls by the time, so that no two
/// are called the same; no jail can have it.
const BY_THE_TIME: &str = "(called by the time)";

/// Do it. Its errors are the action's own, and those of a lock that was not to be had.
pub fn perform(action: &Action, session: &Session<'_>, dialect: &dyn Dialect, args: &Args) -> Performed {
    let mut context = Context { session, dialect, found: None };
    let mut state = None;
    let outcome = under_locks(action, &mut context, args, &mut state);
    Performed { outcome, jail: context.found, state }
}

fn under_locks(
    action: &Action,
    context: &mut Context<'_>,
    args: &Args,
    state: &mut Option<State>,
) -> Result<Answer, Error> {
    let (session, dialect) = (context.session, context.dialect);
    let props = &keys::props(args).value;
    match action.run().locks {
        Lock::Settings => dialect.settable(props, args.is_set(&DEFAULTS))?,
        _ => dialect.accepts(props)?,
    }
    if session.is_dry() {
        return plan::plan(action, context, args);
    }
    let jail = args.get(&JAIL).map(|jail| jail.as_str());
    let pool = args.get(&POOL).map(|pool| pool.as_str());
    let release = args.get(&RELEASE).map(|release| release.as_str());
    let image = args.get(&IMAGE).map(|image| image.jail());
    let on = jail.or(pool).or(release).or(image);
    let by = Holder { action: action.name(), on, request: session.request };
    let until = session.waits_until(session.config.lock_wait);
    let idle = || session.step_back();
    let waits = |what: &Awaited<'_>| {
        if let Some(progress) = &session.progress {
            progress.waits(&|| what.to_json());
        }
    };
    let mut claim = Claim::new(&session.config.lock_dir, by, until, session.cancelled, &idle).telling(&waits);
    session.spent.on(On::Lock, || take(action.run().locks, &mut claim, context, args))?;
    session.enter()?;
    let outcome = (action.run().run)(context, args);
    // A command that was ended leaves its jail where it was.
    let is_change = action.run().locks != Lock::Command;
    let answer =
        outcome.map_err(|error| if is_change { with_state(context, error, state) } else { error })?;
    let mut answer = answer;
    answer.warnings = std::mem::take(&mut answer.warnings).behind(claim.warnings().into_iter().collect());
    Ok(answer)
}

/// Exclude what `lock` says, and find the jail under it.
fn take(lock: Lock, claim: &mut Claim<'_>, context: &mut Context<'_>, args: &Args) -> Result<(), Error> {
    let direct = context.session.config.direct;
    let excludes_nobody = match lock {
        Lock::None => true,
        Lock::NamedPool => args.get(&POOL).is_none(),
        // jexec is told the jail's number, which no other jail gets.
        Lock::Command => direct != Direct::Off,
        _ => false,
    };
    if excludes_nobody {
        return Ok(());
    }
    // From here on it must be known what is run. Nobody else has set it.
    let _ = context.session.watch.set(claim.watch());
    let jail = args.get(&JAIL).map(|jail| jail.as_str());
    if context.dialect.takes_others_along() && matches!(lock, Lock::NewJail | Lock::Clone | Lock::Destroy) {
        claim.pool()?;
        if lock == Lock::Clone {
            find(context, Context::jail, args, &mut |_| Ok(false))?;
        } else if lock == Lock::Destroy {
            // Who makes jails of it holds the pool, too.
            find_without_commands(context, args, claim, |_, _| Ok(false), |_, _| Ok(false))?;
        }
        return Ok(());
    }
    match lock {
        Lock::None => {}
        Lock::Command => {
            claim.command(args.need(&JAIL)?.as_str())?;
            find(context, Context::jail, args, &mut |name| claim.command(name))?;
        }
        Lock::NamedPool | Lock::Pool => claim.pool()?,
        Lock::Clean => {
            // First, so that no change waits for a command that does not end.
            claim.no_commands()?;
            claim.pool()?;
        }
        Lock::NewJail => {
            names(claim, &to_be(context, args), jail)?;
            if let Some(release) = keys::props(args).value.get("release") {
                claim.release(release, false)?;
            }
            if let Some(template) = keys::props(args).value.get("template") {
                claim.template(template, false)?;
            }
        }
        Lock::Import => names(claim, &[args.need(&IMAGE)?.jail().to_owned()], jail)?,
        Lock::Release => {
            claim.among_others()?;
            claim.release(args.need(&RELEASE)?.as_str(), true)?;
        }
        Lock::Clone => {
            names(claim, &to_be(context, args), jail)?;
            find(context, Context::jail, args, &mut |name| claim.jail(name))?;
        }
        Lock::Rename => {
            names(claim, &[args.need(&NAME)?.as_str().to_owned()], jail)?;
            find_as_template(context, args, claim)?;
        }
        Lock::Template => {
            names(claim, &[], jail)?;
            find_as_template(context, args, claim)?;
        }
        Lock::Settings if jail.is_none() => claim.pool()?,
        Lock::Jail | Lock::Update | Lock::Settings => {
            names(claim, &[], jail)?;
            find(context, Context::jail, args, &mut |name| claim.jail(name))?;
        }
        Lock::Destroy => {
            names(claim, &[], jail)?;
            find_without_commands(context, args, claim, Claim::jail, alone_with)?;
        }
    }
    Ok(())
}

/// The names that new jails are to get. One that iocage calls by the time excludes
/// the others that it does.
fn to_be(context: &Context<'_>, args: &Args) -> Vec<String> {
    let tags = keys::props(args).value.tags();
    if tags.is_empty() && context.dialect.calls_jails_by_the_time() {
        return vec![BY_THE_TIME.to_owned()];
    }
    tags
}

/// Lock what a request names: tags that are to be given, and a jail.
fn names(claim: &mut Claim<'_>, tags: &[String], jail: Option<&str>) -> Result<(), Error> {
    if tags.len() > NAMES {
        return claim.pool();
    }
    claim.among_others()?;
    let mut names: Vec<_> = tags.iter().map(String::as_str).chain(jail).collect();
    names.sort_unstable();
    for name in &names {
        claim.jail(name)?;
    }
    if names.is_empty() { claim.unnamed() } else { Ok(()) }
}

/// Look the jail up, as `look` does, and again as often as another held it meanwhile.
fn find<'a>(
    context: &mut Context<'a>,
    look: fn(&Context<'a>, &Args) -> Result<JailId, Error>,
    args: &Args,
    lock: &mut dyn FnMut(&str) -> Result<bool, Error>,
) -> Result<JailId, Error> {
    let look = |context: &Context<'a>| {
        context.session.enter()?;
        look(context, args)
    };
    let mut found = look(context)?;
    while lock(found.uuid())? {
        found = look(context)?;
    }
    context.found = Some(found.clone());
    Ok(found)
}

/// Look up the jail, and exclude those that make jails of it as of a template.
fn find_as_template(context: &mut Context<'_>, args: &Args, claim: &mut Claim<'_>) -> Result<(), Error> {
    loop {
        let found = find(context, Context::jail, args, &mut |name| claim.jail(name))?;
        if !alone_with(claim, &found)? {
            return Ok(());
        }
    }
}

/// Exclude those that make jails of this one as of a template: they know it by either name, and hold it by that alone,
/// as several may at once. Last, as they do. Was one waited for, or all let go for want of room? Then the jail may be another.
fn alone_with(claim: &mut Claim<'_>, jail: &JailId) -> Result<bool, Error> {
    if jail.is_half_made() {
        // Nothing is made of what iocage does not know.
        return Ok(false);
    }
    let waited = claim.template(jail.uuid(), true)?;
    match jail.own_tag() {
        Some(tag) => Ok(claim.template(tag, true)? || waited),
        // By the want of one none is asked for, and many have it.
        None => Ok(waited),
    }
}

/// Look up the jail, or what is left of one, and exclude commands in it, and what else `and` does.
fn find_without_commands<'a>(
    context: &mut Context<'_>,
    args: &Args,
    claim: &mut Claim<'a>,
    lock: fn(&mut Claim<'a>, &str) -> Result<bool, Error>,
    and: fn(&mut Claim<'a>, &JailId) -> Result<bool, Error>,
) -> Result<(), Error> {
    loop {
        let found = find(context, Context::jail_or_remains, args, &mut |name| lock(claim, name))?;
        if !claim.no_command(found.uuid(), &|| refuse_running(context, &found))? && !and(claim, &found)? {
            return Ok(());
        }
    }
}

/// A jail that runs is not destroyed, however long a command in it is waited for.
fn refuse_running(context: &Context<'_>, jail: &JailId) -> Result<(), Error> {
    if context.dialect.state(context.session, jail)? != State::Up {
        return Ok(());
    }
    Err(Error::running(jail.uuid(), ", and a command in it"))
}

/// Of a change that was ended early nobody knows how far it came, so the error
/// says where the jail is now.
///
/// Who listens to events is told that of any change that was not done, where it takes milliseconds
/// to look: `state` is for them.
fn with_state(context: &Context<'_>, error: Error, state: &mut Option<State>) -> Error {
    let session = context.session;
    let is_said = session.was_ended.get() && !error.says_where;
    let is_told = session.tells_events && session.changed.get() && session.looks_again();
    let Some(jail) = context.found.as_ref().filter(|_| is_said || is_told) else { return error };
    let seen = context.dialect.state(session, jail);
    *state = seen.as_ref().ok().copied();
    if !is_said {
        // It was ended no earlier than that, at one of the looks for it, or not at all.
        return error;
    }
    let message = match seen {
        // What cannot be ended may do the rest at any time.
        Ok(state) if context.session.survivor.get().is_some() => {
            format!("{}; the jail {} was {} just now", error.message, jail.uuid(), state.word())
        }
        Ok(state) => format!("{}; the jail {} is now {}", error.message, jail.uuid(), state.word()),
        Err(why) => format!("{}; where the jail is now is not known: {}", error.message, why.message),
    };
    Error { message, ..error }
}
