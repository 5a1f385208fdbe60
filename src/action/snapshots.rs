//! The actions on the snapshots of a jail.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed_by;
use crate::error::Error;
use crate::iocage::snapshots;
use crate::iocage::told::Told;
use crate::request::keys::{DESTROYS, JAIL, SNAPSHOT};

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

pub(super) fn remove(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let snapshot = args.need(&SNAPSHOT)?;
    snapshots::remove(context.dialect, context.session, &context.jail(args)?, snapshot)?;
    done_with(args, snapshot.as_str(), Told::default())
}

pub(super) fn roll_back(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (snapshot, jail) = (args.need(&SNAPSHOT)?, context.jail(args)?);
    let named = args.get(&DESTROYS).map_or(&[][..], |names| &names.0);
    let gone: Told = snapshots::roll_back(context.dialect, context.session, &jail, snapshot, named)?.into();
    let jail = args.need(&JAIL)?.as_str();
    let body = json!({"destroyed": &*gone, "jail": jail, "snapshot": snapshot.as_str()});
    Ok(Answer::new(&body).with_left_out("destroyed", gone.left_out()))
}

/// The jail as the request calls it, and the snapshot.
fn done_with(args: &Args, snapshot: &str, warnings: Told) -> Result<Answer, Error> {
    let jail = args.need(&JAIL)?.as_str();
    Ok(Answer::new(&json!({"jail": jail, "snapshot": snapshot})).with_warnings(warnings))
}
