//! The actions that change one jail or run something in it.

use serde_json::{Value, json};
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use super::object::{Entries, Object};
use crate::config::Kind;
use crate::error::{Code, Error};
use crate::iocage::{Created, Creation, Done};
use crate::request::keys::{self, FETCH, JAIL, Seconds, TIMEOUT, USER};

pub(super) fn start(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let done = context.dialect.start(context.session, &context.jail(args)?)?;
    under_its_name(args, done)
}

pub(super) fn stop(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let done = context.dialect.stop(context.session, &context.jail(args)?)?;
    under_its_name(args, done)
}

/// An answer with iocage's own lines in it, which are few, or were cut before.
fn of_status(body: &Value, done: Done) -> Answer {
    let answer = Answer::new(body).with_left_out("lines", done.lines.left_out());
    answer.with_warnings(done.warnings).with_made(done.made)
}

/// Start and stop answer under the name that the request used.
fn under_its_name(args: &Args, done: Done) -> Result<Answer, Error> {
    let name = args.need(&JAIL)?.as_str();
    Ok(of_status(&json!({name: done.lines}), done))
}

pub(super) fn cap(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let done = context.dialect.cap(context.session, &context.jail(args)?)?;
    let mut body = json!({"success": format!("jail {} capped.", args.need(&JAIL)?.as_str())});
    if !done.applied.is_empty() {
        body["applied"] = json!(done.applied);
    }
    Ok(Answer::new(&body).with_warnings(done.warnings))
}

pub(super) fn clone(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let keys::Sent { value: props, text } = keys::props(args);
    let done = context.dialect.clone_jail(context.session, &context.jail(args)?, props)?;
    let name = args.need(&JAIL)?.as_str();
    Ok(of_status(&json!({"jail": name, "props": text, "success": done.lines}), done))
}

pub(super) fn create(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (props, switches) = (keys::props(args), keys::switches(args));
    let creation = Creation { props: &props.value, switches: &switches.value.0, fetch: args.is_set(&FETCH) };
    let (success, done) = match context.dialect.create(context.session, &creation)? {
        Created::Jail(done) => (json!(done.lines), done),
        Created::Empty { uuid, warnings } => {
            let success = json!({"uuid": uuid});
            (success, Done { warnings, made: vec![uuid].into(), ..Done::default() })
        }
    };
    let body = json!({"props": props.text, "success": success, "switches": switches.text});
    Ok(of_status(&body, done))
}

pub(super) fn destroy(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let done = context.dialect.destroy(context.session, &context.jail(args)?)?;
    Ok(of_status(&json!({"success": done.lines}), done))
}

pub(super) fn exec(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (user, command) = (args.need(&USER)?, keys::command(args)?);
    if let Some(&Seconds(wanted)) = args.get(&TIMEOUT) {
        let most = context.session.config.timeouts.of(Kind::Exec);
        if wanted > most {
            let message =
                format!("`timeout_s` is at most {}, the `exec` of the configuration", most.as_secs());
            return Err(Error::about("timeout_s", Code::IllegalValue, message));
        }
        context.session.exec_limit.set(Some(wanted));
    }
    let done = context.dialect.exec(context.session, &context.jail(args)?, user, command);
    // To a dialect a command is a command.
    let done = done.map_err(|error| match error.key {
        Some("command") => Error { key: Some(command.key()), ..error },
        _ => error,
    })?;
    let object = Object { name: "success", entries: Entries::Lines(&done.lines) };
    let room = context.room().saturating_sub(done.lines.held());
    let wanted = || context.session.still_wanted();
    let answer = Answer::of_object(&object, room, ("lines", done.lines.left_out()), &wanted)
        .map_err(|error| context.session.unwanted(error, done.child))?;
    Ok(answer.with_warnings(done.warnings))
}
