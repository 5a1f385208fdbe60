//! The actions on what is mounted for a jail.

use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed_by;
use crate::error::Error;
use crate::iocage::mounts;

/// A row for each target. It shows paths of the host, and so needs full access although it only reads.
pub(super) fn list(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let fields = [("dump", 1), ("inside", 2), ("options", 3), ("pass", 4), ("source", 5), ("type", 6)];
    listed_by(context, args, ("target", 0), &fields, &|| {
        mounts::list(context.dialect, context.session, &context.jail(args)?)
    })
}
