//! The actions on the snapshots of a jail.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed_by;
use crate::error::Error;
use crate::iocage::snapshots;
use crate::iocage::told::Told;
use crate::request::keys::{JAIL, SNAPSHOT};

/// A row for each name that a snapshot of some dataset of the jail has.
pub(super) fn list(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let fields = [("clones", 1), ("created", 2), ("datasets", 3), ("refer", 4), ("used", 5)];
    listed_by(context, args, ("snapshot", 0), &fields, &|| {
        Ok(snapshots::list(context.dialect, context.session, &context.jail(args)?)?.table())
    })
}

pub(super) fn take(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let jail = context.jail(args)?;
    let done = snapshots::take(context.dialect, context.session, &jail, args.get(&SNAPSHOT))?;
    done_with(args, &done.name, done.warnings)
}

/// The jail as the request calls it, and the snapshot.
fn done_with(args: &Args, snapshot: &str, warnings: Told) -> Result<Answer, Error> {
    let jail = args.need(&JAIL)?.as_str();
    Ok(Answer::new(&json!({"jail": jail, "snapshot": snapshot})).with_warnings(warnings))
}
