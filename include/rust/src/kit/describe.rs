//! The table of actions, told: what the extension `sysadm.describe/1` answers.
//!
//! It is made of the rows that requests are held to, so that it cannot say anything else than
//! what is done. For programs that make forms or check what they send there is a JSON Schema
//! (draft 2020-12) of the args of each action. It takes all that the class takes; what it takes beyond
//! that is what grammars of the class's own refuse.

use serde_json::{Map, Value, json};

use super::action::Action;
use super::param::Param;
use crate::Identity;

/// Adds what a class has to tell of an action beside its row.
pub type Beside<'a, R> = &'a dyn Fn(&Action<R>, &mut Map<String, Value>);

/// The description of a class with this table. `beside` adds what the class has to tell of
/// an action beside that.
#[must_use]
pub fn describe<R>(me: &Identity, actions: &[Action<R>], beside: Beside<'_, R>) -> Value {
    let tell = |action: &Action<R>| {
        let mut told = Map::new();
        told.insert("access".to_owned(), json!(action.access().word()));
        told.insert("action".to_owned(), json!(action.name()));
        told.insert("keys".to_owned(), action.params().iter().map(key).collect());
        told.insert("long".to_owned(), json!(action.is_long()));
        told.insert("schema".to_owned(), schema(action));
        told.insert("summary".to_owned(), json!(action.summary()));
        beside(action, &mut told);
        Value::Object(told)
    };
    json!({
        "actions": actions.iter().map(tell).collect::<Value>(),
        "description": me.description,
        "name": me.name,
        "namespace": me.namespace,
        "version": me.version,
    })
}

fn key(param: &Param) -> Value {
    let mut told = json!({
        "key": param.name(),
        "required": param.is_required(),
        "summary": param.summary(),
        "type": param.type_word(),
    });
    if let Some(instead) = param.instead() {
        told["instead"] = json!(instead);
    }
    if !param.words().is_empty() {
        told["words"] = json!(param.words());
    }
    told
}

/// The JSON Schema of the args of an action.
#[must_use]
pub fn schema<R>(action: &Action<R>) -> Value {
    let mut properties = Map::new();
    properties.insert("action".to_owned(), json!({"const": action.name()}));
    let (mut required, mut rules) = (vec!["action"], Vec::new());
    for param in action.params() {
        let mut schema = (param.kind.schema)();
        schema["description"] = json!(param.summary());
        properties.insert(param.name().to_owned(), schema);
        match (param.is_required(), param.instead()) {
            (true, None) => required.push(param.name()),
            (true, Some(instead)) => {
                rules.push(json!({"oneOf": [{"required": [param.name()]}, {"required": [instead]}]}));
            }
            (false, Some(instead)) => rules.push(json!({"not": {"required": [param.name(), instead]}})),
            (false, None) => {}
        }
    }
    let mut schema = json!({"properties": properties, "required": required, "type": "object"});
    if !rules.is_empty() {
        schema["allOf"] = json!(rules);
    }
    schema
}
