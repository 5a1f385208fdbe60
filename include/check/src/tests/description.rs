//! Is a description what the header says that it is? Whether it is also true, `described` asks.
//!
//! All that the header names is looked at, in every row. What a class tells beside that is its own,
//! but for a schema that is an object: programs take it for JSON Schema, as class.md says, and so
//! what would mislead them is a fault.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::job::ensure;

/// Look at what `what` told of the class with this namespace, name and version; the names of its actions.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn sound(what: &str, said: &Value, identity: &[&str; 3]) -> Result<BTreeSet<String>, String> {
    for (key, expected) in ["namespace", "name", "version"].iter().zip(identity) {
        ensure!(
            said[key] == **expected,
            "{what} has {} for {key:?}, the class's table {expected:?}",
            said[key]
        );
    }
    ensure!(said["description"].is_string(), "{what} has no text \"description\"");
    let actions = said["actions"].as_array().ok_or_else(|| format!("{what} has no array \"actions\""))?;
    let mut names = BTreeSet::new();
    for action in actions {
        let whole = is_text(&action["action"]) && action["summary"].is_string();
        ensure!(whole, "an action of {what} lacks \"action\" or \"summary\": {action}");
        ensure!(
            matches!(action["access"].as_str(), Some("full" | "limited")),
            "the access of an action is neither \"full\" nor \"limited\": {action}"
        );
        let keys = keys(action)?;
        if let Value::Object(schema) = &action["schema"] {
            fits(schema, &keys).map_err(|why| format!("the schema of {} {why}", action["action"]))?;
        }
        let name = action["action"].as_str().unwrap_or_default();
        ensure!(names.insert(name.to_owned()), "{what} has the action {name:?} twice");
    }
    Ok(names)
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.is_empty())
}

/// The names of an action's keys.
fn keys(action: &Value) -> Result<BTreeSet<&str>, String> {
    let name = &action["action"];
    let keys = action["keys"].as_array().ok_or_else(|| format!("the action {name} has no array \"keys\""))?;
    let mut names = BTreeSet::new();
    for key in keys {
        let whole = is_text(&key["key"]) && is_text(&key["type"]) && key["summary"].is_string();
        ensure!(whole, "a key of {name} lacks \"key\", \"type\" or \"summary\": {key}");
        ensure!(key["required"].is_boolean(), "`required` of a key of {name} is no boolean: {key}");
        let key = key["key"].as_str().unwrap_or_default();
        ensure!(names.insert(key), "the action {name} has the key {key:?} twice");
    }
    Ok(names)
}

/// The types of JSON Schema.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Is `type` there, and if so is it one or several of those?
fn types(schema: &Map<String, Value>) -> Result<Vec<&str>, String> {
    let words = match schema.get("type") {
        None => return Ok(Vec::new()),
        Some(Value::Array(words)) => words.iter().collect(),
        Some(word) => vec![word],
    };
    let known = |word: &Value| TYPES.into_iter().find(|known| word == known);
    let all: Option<Vec<_>> = words.into_iter().map(known).collect();
    all.ok_or_else(|| format!("has a type that is none of JSON Schema: {}", schema["type"]))
}

/// Can it be the JSON Schema of args with these keys?
fn fits(schema: &Map<String, Value>, keys: &BTreeSet<&str>) -> Result<(), String> {
    let own = types(schema)?;
    ensure!(
        own.is_empty() || own.contains(&"object"),
        "is not of an object, as args are: {}",
        schema["type"]
    );
    match schema.get("properties") {
        None => {}
        Some(Value::Object(properties)) => {
            for (name, property) in properties {
                match property {
                    Value::Object(property) => drop(types(property)?),
                    _ => ensure!(property.is_boolean(), "has for {name:?} what is no schema: {property}"),
                }
            }
        }
        Some(other) => return Err(format!("has `properties` that are no object: {other}")),
    }
    let required = schema.get("required").map_or(Some(&[][..]), |value| value.as_array().map(Vec::as_slice));
    for name in
        required.ok_or_else(|| format!("has a `required` that is no array: {}", schema["required"]))?
    {
        let is_there = name.as_str().is_some_and(|name| name == "action" || keys.contains(name));
        ensure!(is_there, "requires {name}, which is no key of the action");
    }
    Ok(())
}

#[cfg(test)]
mod unit {
    use serde_json::json;

    use super::*;

    fn told(action: &Value) -> Value {
        json!({"namespace": "n", "name": "c", "version": "1", "description": "", "actions": [action]})
    }

    fn row(key: &str, value: Value) -> Value {
        let mut action = json!({
            "action": "a", "summary": "", "access": "full",
            "keys": [{"key": "k", "type": "string", "required": false, "summary": ""}],
        });
        action[key] = value;
        action
    }

    fn why(said: &Value) -> String {
        sound("describe", said, &["n", "c", "1"]).map_or_else(|why| why, |_| String::new())
    }

    #[test]
    fn what_is_no_description_is_told() {
        let key = |key: &str, value: Value| {
            let mut row = row("x", Value::Null);
            row["keys"][0][key] = value;
            row
        };
        for (action, part) in [
            (row("x", Value::Null), ""),
            (row("schema", json!("https://example.org/of-another-form")), ""),
            (
                row(
                    "schema",
                    json!({"type": "object", "properties": {"k": {"type": ["string", "null"]}, "b": true}}),
                ),
                "",
            ),
            (row("schema", json!({"required": ["action", "k"], "allOf": []})), ""),
            (json!(7), "lacks"),
            (json!(null), "lacks"),
            (row("action", json!("")), "lacks"),
            (row("access", json!("some")), "neither"),
            (row("keys", json!({})), "no array \"keys\""),
            (row("keys", json!(["k"])), "lacks"),
            (row("keys", json!([{"name": "k"}])), "lacks"),
            (key("required", json!("yes")), "no boolean"),
            (key("required", Value::Null), "no boolean"),
            (key("summary", Value::Null), "lacks"),
            (
                row("keys", json!([row("x", Value::Null)["keys"][0], row("x", Value::Null)["keys"][0]])),
                "twice",
            ),
            (row("schema", json!({"type": "banana"})), "none of JSON Schema"),
            (row("schema", json!({"type": "array"})), "not of an object"),
            (row("schema", json!({"properties": 7})), "no object"),
            (row("schema", json!({"properties": {"k": 7}})), "no schema"),
            (row("schema", json!({"properties": {"k": {"type": "text"}}})), "none of JSON Schema"),
            (row("schema", json!({"required": "k"})), "no array"),
            (row("schema", json!({"required": ["nosuch"]})), "no key of the action"),
        ] {
            let why = why(&told(&action));
            assert!(why.contains(part) && why.is_empty() == part.is_empty(), "{action}: {why}");
        }
        let mut said = told(&row("x", Value::Null));
        let action = said["actions"][0].clone();
        said["actions"] = json!([action, action]);
        assert!(why(&said).contains("the action \"a\" twice"));
        for key in ["namespace", "name", "version", "description", "actions"] {
            let mut said = told(&row("x", Value::Null));
            said[key] = Value::Null;
            assert!(why(&said).contains(key), "{key}");
        }
    }
}
