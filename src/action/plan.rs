//! What an action would do, and nothing of it: `dryrun`.
//!
//! The action goes its whole way, with every look and every refusal on it, up to the first
//! program that would change something: that one is written down and not run. So there is no second
//! description of what is done that could be another one. Nobody is waited for and no lock is
//! taken, for what is told is of this moment; whoever then asks for the change is refused anew.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::row::{Action, Lock};
use crate::error::{Code, Error};
use crate::iocage::machine::datasets::{Datasets, is_within};
use crate::iocage::told::Told;
use crate::iocage::{JailId, State};
use crate::request::keys::{self, JAIL, POOL};

/// The answer: what would be run, and on which jail, datasets and names.
pub(super) fn plan(action: &Action, context: &mut Context<'_>, args: &Args) -> Result<Answer, Error> {
    let session = context.session;
    session.enter()?;
    let lock = action.run().locks;
    if args.get(&JAIL).is_some() {
        let found =
            if lock == Lock::Destroy { context.jail_or_remains(args)? } else { context.jail(args)? };
        if lock == Lock::Destroy && context.dialect.state(session, &found)? == State::Up {
            // Who destroys is told so by iocage itself, which is not asked here.
            return Err(Error::running(found.uuid(), ""));
        }
        context.found = Some(found);
    }
    let outcome = (action.run().run)(context, args);
    let runs = session.plan.borrow_mut().as_mut().map(std::mem::take).unwrap_or_default();
    if runs.is_empty() {
        // It is refused; or there is nothing to be done, and the answer is what it always is.
        return outcome;
    }
    let mut told = json!({"dryrun": true, "runs": runs});
    let jail = context.found.take();
    if let Some(jail) = &jail {
        told["jail"] = json!({"tag": jail.tag(), "uuid": jail.uuid()});
        if let Ok(state) = context.dialect.state(session, jail) {
            told["jail"]["state"] = state.word().into();
        }
    }
    let made = [keys::props(args).value.tags(), session.would_make.take()].concat();
    if !made.is_empty() {
        told["makes"] = json!(made);
    }
    if let Some(pool) = args.get(&POOL) {
        told["pool"] = pool.as_str().into();
    }
    let (mut problems, mut names) = (Told::default(), session.would_go.take());
    if let Some(jail) = &jail {
        match Datasets::ask(session) {
            Ok(datasets) => names.extend(with(&datasets, jail, lock)),
            Err(error) if matches!(error.code, Code::Cancelled | Code::TimedOut) => return Err(error),
            Err(error) => problems.push(format!("the datasets are not told: {}", error.message)),
        }
    }
    let names = Told::from(names);
    if !names.is_empty() {
        told["datasets"] = json!(&*names);
    }
    let answer = Answer::new(&told).with_left_out("datasets", names.left_out());
    Ok(answer.with_problems(problems))
}

/// The datasets of a jail, and where it is to be destroyed what would go with them.
///
/// A template of the shell iocage of 2016 lies where its tag says, and not its UUID. Another jail can have that tag, so
/// it is gone by only where nothing is called by the UUID.
fn with(datasets: &Datasets, jail: &JailId, lock: Lock) -> Vec<String> {
    let place = |folder: &str, name: &str| format!("/iocage/{folder}/{name}");
    let all = || datasets.0.iter().map(|dataset| dataset.name.clone());
    let within = |own: &[String]| -> Vec<String> {
        let is_own =
            |name: &str| name.find('/').is_some_and(|at| own.iter().any(|own| is_within(&name[at..], own)));
        all().filter(|name| is_own(name)).collect()
    };
    let mut own = vec![place("jails", jail.uuid()), place("templates", jail.uuid())];
    let mut names = within(&own);
    if names.is_empty() {
        own = vec![place("templates", jail.tag())];
        names = within(&own);
        // Pools can have templates of one tag, and one of them is iocage's.
        let pool = |name: &String| name.split('/').next().map(str::to_owned);
        if names.iter().any(|name| pool(name) != names.first().and_then(pool)) {
            return Vec::new();
        }
    }
    if lock == Lock::Destroy {
        names.extend(datasets.gone_with(all().collect(), &own));
    }
    names
}
