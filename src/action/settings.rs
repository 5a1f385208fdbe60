//! The actions that change the settings of a jail that there is.
//!
//! All properties are looked at before the first is set, and read before and after: what iocage
//! says of a set is nothing, or little, and of one that failed half-way nobody else knows.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use sysadm_class::kit::Args;

use super::answer::Answer;
use super::context::Context;
use crate::error::{Code, Error, Quoted};
use crate::iocage::text::{sentence_of, some_of, squeezed};
use crate::iocage::{Done, State, Works};
use crate::policy::Props;
use crate::request::keys::{self, DEFAULTS, JAIL, NAME, SOFT};
use crate::written;

/// What stands around two values and the name.
const AROUND: usize = r#""":{"new":"","old":""},"#.len();

pub(super) fn set(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (session, dialect) = (context.session, context.dialect);
    let props = &keys::props(args).value;
    let jail = match args.get(&DEFAULTS) {
        None => Some(context.jail(args)?),
        Some(true) => None,
        Some(false) => {
            let message = "`defaults` is false; true is for what new jails get, and `jail` stands in its place for what a \
                           jail has";
            return Err(Error::about("defaults", Code::IllegalValue, message.to_owned()));
        }
    };
    let jail = jail.as_ref();
    let before = dialect.settings(session, jail, props)?.values;
    if let Some((name, _)) = props.iter().find(|(name, _)| !before.contains_key(*name)) {
        let whose = if jail.is_some() { "of this jail" } else { "that new jails get" };
        let message = format!("{} is no property {whose}", Quoted(name));
        return Err(Error::about("props", Code::UnknownProperty, message));
    }
    let running = match jail {
        Some(jail) if dialect.state(session, jail)? == State::Up => Some(jail.uuid()),
        _ => None,
    };
    let works = |name: &str, values: &Values| running.map_or(Works::AtOnce, |_| dialect.works(name, values));
    if let Some(uuid) = running
        && let Some((name, _)) = props.iter().find(|(name, _)| works(name, &before) == Works::Stopped)
    {
        return Err(Error::running(uuid, &format!(", and `{name}` cannot be set while it runs")));
    }
    let said = dialect.set(session, jail, props);
    if let Err(error) = said.as_ref()
        && !session.changed.get()
    {
        return Err(error.clone());
    }
    let (said, after) = match (said, dialect.settings(session, jail, props)) {
        (Ok(said), Ok(after)) => (said, after.values),
        (Ok(_), Err(why)) => return Err(why),
        (Err(error), Ok(after)) => return Err(with_outcome(error, props, &before, &after.values)),
        (Err(error), Err(why)) => {
            let message = format!("{}; which are set is not known: {}", error.message, why.message);
            return Err(Error { message, ..error });
        }
    };
    let is_untold = |name: &str| said.untold.iter().any(|untold| untold == name);
    if props.iter().any(|prop| is_untold(prop.0) && !is_set(prop, &before, &after)) {
        let message = match said.warnings.is_empty() {
            true => "iocage did not set it, and did not say why".to_owned(),
            false => sentence_of(&said.warnings),
        };
        let error = Error::about("props", Code::NotDone, message);
        return Err(with_outcome(error, props, &before, &after));
    }
    let (mut room, mut left_out) = (context.room(), 0);
    let (mut properties, mut restart, mut warnings) = (Map::new(), Vec::new(), said.warnings);
    let mut is_capped = false;
    for (name, _) in props.iter() {
        let [old, new] = [&before, &after].map(|values| values.get(name).map_or("", String::as_str));
        match works(name, &after) {
            _ if old == new => {}
            Works::AtStart => restart.push(name),
            Works::Capped => is_capped = true,
            Works::AtOnce | Works::Stopped => {}
        }
        let length = AROUND + name.len() + written::length(old) + written::length(new);
        match room.checked_sub(length) {
            Some(rest) => {
                room = rest;
                properties.insert(name.to_owned(), json!({"new": new, "old": old}));
            }
            None => left_out += 1,
        }
    }
    if is_capped {
        warnings.push("a jail that runs has its new limits after capjail");
    }
    let (whose, name) = match args.get(&JAIL) {
        Some(jail) => ("jail", jail.as_str().into()),
        None => ("defaults", Value::from(true)),
    };
    let body = json!({whose: name, "properties": properties, "restart": restart});
    Ok(Answer::new(&body).with_left_out("properties", left_out).with_warnings(warnings))
}

/// Stop and start, by iocage's own commands one after the other: what each says is judged as it is
/// of a stop and of a start, and iocage's own `restart` is another thing in each generation.
pub(super) fn restart(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let (session, dialect) = (context.session, context.dialect);
    // It would be a way around what is denied.
    for action in ["startjail", "stopjail"] {
        session.config.denied.refuse_action(action)?;
    }
    let jail = context.jail(args)?;
    let is_up = dialect.state(session, &jail)? == State::Up;
    let name = args.need(&JAIL)?.as_str();
    if is_up && args.is_set(&SOFT) {
        let done = dialect.restart_softly(session, &jail)?;
        let answer = Answer::new(&json!({name: done.lines})).with_left_out("lines", done.lines.left_out());
        return Ok(answer.with_warnings(done.warnings));
    }
    let stopped = if is_up { dialect.stop(session, &jail) } else { Ok(Done::default()) };
    let stopped = match stopped {
        // Both are planned.
        Err(_) if session.is_dry() => Done::default(),
        stopped => stopped?,
    };
    let started = dialect.start(session, &jail).map_err(|error| match is_up {
        true => Error { message: format!("it was stopped, and then: {}", error.message), ..error },
        false => error,
    })?;
    let (mut lines, mut warnings) = (Map::new(), stopped.warnings);
    for (key, value) in stopped.lines.iter().chain(started.lines.iter()) {
        lines.insert(key.to_owned(), value.into());
    }
    if !is_up {
        warnings.push("the jail did not run, and is started");
    }
    warnings.append(started.warnings);
    let left_out = stopped.lines.left_out() + started.lines.left_out();
    let answer = Answer::new(&json!({name: lines})).with_left_out("lines", left_out);
    Ok(answer.with_warnings(warnings))
}

pub(super) fn rename(context: &Context<'_>, args: &Args) -> Result<Answer, Error> {
    let name = args.need(&NAME)?;
    let done = context.dialect.rename(context.session, &context.jail(args)?, name)?;
    let body = json!({"jail": args.need(&JAIL)?.as_str(), "name": name.as_str()});
    Ok(Answer::new(&body).with_warnings(done.warnings).with_made(done.now))
}

type Values = BTreeMap<String, String>;

/// Is it as it was wanted, or another value than it was? iocage has its own spelling of some.
fn is_set((name, wanted): (&str, &str), before: &Values, after: &Values) -> bool {
    after
        .get(name)
        .is_some_and(|now| *now == squeezed(wanted) || now == wanted || before.get(name) != Some(now))
}

/// The error with what came of each property.
fn with_outcome(error: Error, props: &Props, before: &Values, after: &Values) -> Error {
    let list = |wanted: bool| {
        let names = props.iter().filter(|prop| is_set(*prop, before, after) == wanted).map(|(name, _)| name);
        let names = some_of(names);
        if names.is_empty() { "none".to_owned() } else { names }
    };
    let message = format!("{}; set: {}; not set: {}", error.message, list(true), list(false));
    Error { message, ..error }
}
