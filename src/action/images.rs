//! The actions on images of jails: they are off until the configuration turns them on, as a copy of a whole jail
//! takes its room, and what is in it is for nobody but root, who runs what one holds that is imported.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use crate::error::{Code, Error};
use crate::request::keys::{IMAGE, JAIL};

pub(super) fn export(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    refuse_off(context, "exportjail")?;
    let done = context.dialect.export(context.session, &context.jail(args)?)?;
    let mut body = json!({
        "bytes": done.bytes.to_string(),
        "image": done.image,
        "jail": args.need(&JAIL)?.as_str(),
        "path": done.path,
    });
    if let Some(sha256) = done.sha256 {
        body["sha256"] = sha256.into();
    }
    Ok(Answer::new(&body).with_warnings(done.warnings))
}

pub(super) fn import(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    refuse_off(context, "importjail")?;
    let image = args.need(&IMAGE)?;
    let warnings = context.dialect.import(context.session, image)?;
    let answer = Answer::new(&json!({"image": image.as_str(), "jail": image.jail()}));
    Ok(answer.with_warnings(warnings).with_made(vec![image.jail()].into()))
}

/// What an iocage has not is no use to turn on: it says so itself.
fn refuse_off(context: &Context<'_>, action: &str) -> Result<(), Error> {
    if context.session.config.images || !context.dialect.has_images() {
        return Ok(());
    }
    let message = format!("`{action}` is off here; `\"images\": true` in the configuration turns it on");
    Err(Error::about("action", Code::Denied, message))
}
