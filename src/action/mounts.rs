//! The actions on what is mounted for a jail.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed_by;
use crate::error::Error;
use crate::iocage::mounting::{self, NULLFS};
use crate::iocage::mounts;
use crate::policy::MountOptions;
use crate::request::keys::{JAIL, OPTIONS, SOURCE, TARGET};

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
    let body = json!({
        "jail": args.need(&JAIL)?.as_str(),
        "options": options,
        "source": source.as_str(),
        "target": target.as_str(),
        "type": NULLFS,
    });
    Ok(Answer::new(&body).with_warnings(warnings))
}
