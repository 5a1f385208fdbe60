//! Bringing a jail to the latest patches of its release.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use crate::error::{Code, Error};
use crate::iocage::updates;
use crate::request::keys::{JAIL, TRUST};

/// Both generations have the host's root work with files that the jail's root can change: who asks
/// for it says that he knows.
pub(super) fn update(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    if !args.is_set(&TRUST) {
        let message = "`trust` is false; nothing is brought to the latest patches unless it is true: the jail's root may get \
                       at the host by it";
        return Err(Error::about("trust", Code::IllegalValue, message.to_owned()));
    }
    let done = updates::update(context.dialect, context.session, &context.jail(args)?)?;
    let mut body = json!({
        "jail": args.need(&JAIL)?.as_str(),
        "release": {"new": done.new, "old": done.old},
        "state": done.state.word(),
    });
    if let Some(snapshot) = done.snapshot {
        body["snapshot"] = snapshot.into();
    }
    Ok(Answer::new(&body).with_warnings(done.warnings))
}
