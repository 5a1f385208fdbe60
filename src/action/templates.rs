//! The actions on templates: which there are, and a jail that becomes one or is one no more.

use serde_json::json;
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::lists::listed;
use super::reads::JAILS;
use crate::error::{Code, Error};
use crate::iocage::{JailId, State};
use crate::policy::Props;
use crate::request::keys::{JAIL, TEMPLATE};

/// The rows of `listjails`, which leaves templates out.
pub(super) fn list(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    listed(context, args, 1, &JAILS, &|| context.dialect.templates(context.session, true))
}

pub(super) fn set(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (session, dialect) = (context.session, context.dialect);
    // It is a property, which may be denied as one.
    session.config.denied.refuse_props(&Props::parse(&["template=yes".to_owned()])?)?;
    let (jail, is_wanted) = (context.jail(args)?, args.is_set(&TEMPLATE));
    let was = is_template(context, &jail)?;
    let answer = Answer::new(&json!({
        "jail": args.need(&JAIL)?.as_str(),
        "new": word(is_wanted),
        "old": word(was),
    }));
    if was == is_wanted {
        return Ok(answer);
    }
    match dialect.state(session, &jail)? {
        State::Up => return Err(Error::running(jail.uuid(), "")),
        // The Python iocage would take one whose name begins so.
        State::Gone | State::Hollow if is_wanted => {
            let message = format!("jail {} is not there any more", jail.uuid());
            return Err(Error::about("jail", Code::UnknownJail, message));
        }
        _ => {}
    }
    let done = dialect.set_template(session, &jail, is_wanted);
    if !session.changed.get() {
        return done.map(|warnings| answer.with_warnings(warnings));
    }
    let now = is_template(context, &jail);
    match (done, now) {
        (Ok(warnings), Ok(now)) if now == is_wanted => Ok(answer.with_warnings(warnings)),
        (Ok(_), Ok(now)) => {
            let message = format!("iocage did not say why: {} is still a {}", jail.uuid(), word(now));
            Err(Error::about("jail", Code::NotDone, message))
        }
        (Ok(_), Err(why)) => Err(why),
        (Err(error), Ok(now)) => {
            let message = format!("{}; {} is now a {}", error.message, jail.uuid(), word(now));
            Err(Error { message, ..error })
        }
        (Err(error), Err(why)) => {
            let message =
                format!("{}; whether it is a template is not known: {}", error.message, why.message);
            Err(Error { message, ..error })
        }
    }
}

fn is_template(context: &Context<'_>, jail: &JailId) -> Result<bool, Error> {
    let templates = context.dialect.templates(context.session, false)?.all()?;
    Ok(templates.iter().any(|[_, uuid, ..]| uuid.eq_ignore_ascii_case(jail.uuid())))
}

fn word(is_template: bool) -> &'static str {
    if is_template { "template" } else { "jail" }
}
