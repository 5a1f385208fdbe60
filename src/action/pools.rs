//! The actions on a whole pool: activating, deactivating, cleaning.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use crate::error::Error;
use crate::iocage::Clean;
use crate::iocage::told::Told;
use crate::request::keys::{FORCE, POOL};

pub(super) fn activate(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let Some(pool) = args.get(&POOL) else {
        let active = context.dialect.active_pool(context.session)?;
        // The blank is the document's: what follows the colon of `pool: tank`.
        return Ok(Answer::new(&json!({"currently active": {"pool": format!(" {active}")}})));
    };
    let done = context.dialect.activate(context.session, pool)?;
    let success = format!("pool {} activated.", pool.as_str());
    Ok(Answer::new(&json!({"success": success})).with_warnings(done.warnings))
}

pub(super) fn deactivate(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let pool = args.need(&POOL)?;
    let done = context.dialect.deactivate(context.session, pool)?;
    let success = format!("pool {} deactivated.", pool.as_str());
    Ok(Answer::new(&json!({"success": success})).with_warnings(done.warnings))
}

pub(super) fn clean_all(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    clean(context, args, Clean::All, "All iocage datasets have been cleaned.")
}

pub(super) fn clean_jails(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    clean(context, args, Clean::Jails, "All jails have been cleaned.")
}

pub(super) fn clean_releases(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    clean(context, args, Clean::Releases, "All RELEASEs have been cleaned.")
}

pub(super) fn clean_templates(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    clean(context, args, Clean::Templates, "All templates have been cleaned.")
}

fn clean(context: &Context<'_>, args: &Args, what: Clean, success: &str) -> Result<Answer, Error> {
    let mut done = context.dialect.clean(context.session, what, args.is_set(&FORCE))?;
    let mut body = json!({"success": success});
    if args.is_set(&FORCE) {
        done.destroyed.sort_unstable();
        let told: Told = done.destroyed.iter().collect();
        body["destroyed"] = json!(&*told);
        let answer = Answer::new(&body).with_left_out("destroyed", told.left_out());
        return Ok(answer.with_warnings(done.warnings));
    }
    Ok(Answer::new(&body).with_warnings(done.warnings))
}
