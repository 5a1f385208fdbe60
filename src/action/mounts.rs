//! The actions on what is mounted for a jail.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed_by;
use crate::error::Error;
use crate::iocage::mounting::{self, NULLFS};
use crate::iocage::mounts;
use crate::iocage::told::Told;
use crate::policy::MountOptions;
use crate::request::keys::{JAIL, MOUNTED_SOURCE, MOUNTED_TARGET, OPTIONS, SOURCE, TARGET};

/// A row for each target. It shows paths of the host, and so needs full access although it only reads.
pub(super) fn list(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let fields = [("dump", 1), ("inside", 2), ("options", 3), ("pass", 4), ("source", 5), ("type", 6)];
    listed_by(context, args, ("target", 0), &fields, &|| {
        mounts::list(context.dialect, context.session, &context.jail(args)?)
    })
}

pub(super) fn add(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (source, target) = (args.need(&SOURCE)?, args.need(&TARGET)?);
    let options = args.get(&OPTIONS).map_or(MountOptions::USUAL, MountOptions::as_str);
    let wanted = (source, target, options);
    let warnings = mounting::add(context.dialect, context.session, &context.jail(args)?, wanted)?;
    let body = [args.need(&JAIL)?.as_str(), options, source.as_str(), target.as_str(), NULLFS];
    Ok(told(body, warnings))
}

pub(super) fn remove(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (source, target) = (args.need(&MOUNTED_SOURCE)?, args.need(&MOUNTED_TARGET)?);
    let jail = context.jail(args)?;
    let ([kind, options], warnings) =
        mounting::remove(context.dialect, context.session, &jail, (source, target))?;
    let body = [args.need(&JAIL)?.as_str(), &options, source.as_str(), target.as_str(), &kind];
    Ok(told(body, warnings))
}

/// The entry that came or went.
fn told([jail, options, source, target, kind]: [&str; 5], warnings: Told) -> Answer {
    let body = json!({"jail": jail, "options": options, "source": source, "target": target, "type": kind});
    Answer::new(&body).with_warnings(warnings)
}
