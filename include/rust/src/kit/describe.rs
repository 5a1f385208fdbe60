//! The table of actions, told: what the extension `sysadm.describe/1` answers.
//!
//! It is made of the rows that requests are held to, so that it cannot say anything else than
//! what is done. For programs that make forms or check what they send there is a JSON Schema
//! (draft 2020-12) of the args of each action, `schema`. It takes all that the class takes; what it takes beyond
//! that is what grammars of the class's own refuse, and, to who passes over its `x-maxBytes`, what is too long in
//! bytes though not in characters, which is all that JSON Schema counts. Another one, `answer`, tells what stands under the action's
//! name where it was done, if the class says so.

use serde_json::Value;

use super::action::Action;
use super::member::{Member, object, strings};
use super::param::Param;
use crate::Identity;

/// Adds what a class has to tell of an action beside its row.
pub type Beside<'a, R> = &'a dyn Fn(&Action<R>, &mut Vec<Member>);

/// The description of a class with this table. `beside` adds what the class has to tell of
/// an action beside that.
#[must_use]
pub fn describe<R>(me: &Identity, actions: &[Action<R>], beside: Beside<'_, R>) -> Value {
    let tell = |action: &Action<R>| {
        let mut told = vec![
            ("access", action.access().word().into()),
            ("action", action.name().into()),
            ("keys", Value::Array(action.params().iter().map(key).collect())),
            ("long", action.is_long().into()),
            ("schema", schema(action)),
            ("summary", action.summary().into()),
        ];
        told.extend(action.answer().map(|answer| ("answer", answer.schema())));
        beside(action, &mut told);
        object(told)
    };
    object(vec![
        ("actions", Value::Array(actions.iter().map(tell).collect())),
        ("description", me.description.into()),
        ("name", me.name.into()),
        ("namespace", me.namespace.into()),
        ("version", me.version.into()),
    ])
}

fn key(param: &Param) -> Value {
    let mut told = vec![
        ("key", param.name().into()),
        ("required", param.is_required().into()),
        ("summary", param.summary().into()),
        ("type", param.type_word().into()),
    ];
    told.extend(param.instead().map(|instead| ("instead", instead.into())));
    if !param.words().is_empty() {
        told.push(("words", strings(param.words())));
    }
    object(told)
}

/// The JSON Schema of the args of an action.
#[must_use]
pub fn schema<R>(action: &Action<R>) -> Value {
    of_action(action.name(), action.params())
}

fn of_action(name: &'static str, params: &[Param]) -> Value {
    let mut properties = vec![("action", object(vec![("const", name.into())]))];
    let (mut required, mut rules) = (vec!["action"], Vec::new());
    for param in params {
        let mut schema = (param.kind.schema)();
        schema.push(("description", param.summary().into()));
        properties.push((param.name(), object(schema)));
        let with = |keys: &[&'static str]| object(vec![("required", strings(keys))]);
        match (param.is_required(), param.instead()) {
            (true, None) => required.push(param.name()),
            (true, Some(instead)) => {
                let either = Value::Array(vec![with(&[param.name()]), with(&[instead])]);
                rules.push(object(vec![("oneOf", either)]));
            }
            (false, Some(instead)) => rules.push(object(vec![("not", with(&[param.name(), instead]))])),
            (false, None) => {}
        }
    }
    let mut schema =
        vec![("properties", object(properties)), ("required", strings(&required)), ("type", "object".into())];
    if !rules.is_empty() {
        schema.push(("allOf", Value::Array(rules)));
    }
    object(schema)
}
