//! Every answer that a test gets through here is held against what the class's description says of
//! it: under the action's name what the action answers, a plan or an error, and beside it what may be.
//!
//! Stricter than a JSON Schema: a key that is told nowhere is one that is missing there.

use std::sync::LazyLock;

use serde_json::{Map, Value};
use sysadm_iocage::action::{ACTIONS, answers};

/// What the class says of all answers, and of each action's.
static TOLD: LazyLock<(Value, Map<String, Value>)> = LazyLock::new(|| {
    let of = |action: &sysadm_iocage::action::Action| {
        let answer =
            action.answer().unwrap_or_else(|| panic!("{} says nothing of its answer", action.name()));
        (action.name().to_owned(), answer.schema())
    };
    (answers().1, ACTIONS.iter().map(of).collect())
});

/// Longer ones are looked at by the tests that make them.
const LONG: usize = 1 << 20;

/// Hold the response args of a request that was answered with 200 against the description.
pub fn hold(request: &str, answer: &str) {
    if answer.len() > LONG {
        return;
    }
    let Ok(Value::Object(request)) = serde_json::from_str::<Value>(request) else { return };
    let Some(action) = request.get("action").and_then(Value::as_str) else { return };
    let Ok(Value::Object(mut answer)) = serde_json::from_str::<Value>(answer) else {
        panic!("{action} was answered with what is no object: {answer}");
    };
    let (all, each) = &*TOLD;
    let Some(told) = answer.remove(action) else { panic!("{action} is not in {answer:?}") };
    let schema = match &told {
        told if told.get("code").is_some_and(Value::is_string) && told.get("error").is_some() => {
            &all["error"]
        }
        told if told["dryrun"] == true && request.get("dryrun").is_some() => &all["plan"],
        _ => &each[action],
    };
    fits(schema, &told, action).unwrap_or_else(|why| panic!("{why}: {told}"));
    fits(&all["beside"], &Value::Object(answer), "beside").unwrap_or_else(|why| panic!("{why}"));
}

/// Is a value as a schema says?
fn fits(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(shapes) = schema["anyOf"].as_array() {
        let found: Vec<_> = shapes.iter().map(|shape| fits(shape, value, at)).collect();
        return if found.iter().any(Result::is_ok) {
            Ok(())
        } else {
            Err(format!("{at} is none: {found:?}"))
        };
    }
    let is_right = match schema["type"].as_str() {
        None => true,
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("boolean") => value.is_boolean(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some(other) => return Err(format!("{at}: nobody thought of {other}")),
    };
    if !is_right {
        return Err(format!("{at} is {value}, and told as {}", schema["type"]));
    }
    if let Some(items) = schema.get("items") {
        value.as_array().into_iter().flatten().try_for_each(|item| fits(items, item, at))?;
    }
    let Some(members) = value.as_object() else { return Ok(()) };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !members.contains_key(name) {
            return Err(format!("{at} has no {name}"));
        }
    }
    let properties = schema["properties"].as_object();
    for (name, member) in members {
        let at = format!("{at}.{name}");
        match (properties.and_then(|known| known.get(name)), schema.get("additionalProperties")) {
            (Some(schema), _) | (None, Some(schema)) => fits(schema, member, &at)?,
            (None, None) if properties.is_some() => return Err(format!("{at} is told nowhere")),
            (None, None) => {}
        }
    }
    Ok(())
}

#[test]
fn what_is_told_otherwise_is_found() {
    let request = r#"{"action":"df"}"#;
    hold(request, r#"{"df":{"x":{"ava":"1G"}},"problems":["p"]}"#);
    hold(request, r#"{"df":{"code":"busy","error":"e","key":"jail"}}"#);
    for wrong in [
        r#"{"df":{"x":{"ava":1}}}"#,
        r#"{"df":{"x":{"avail":"1G"}}}"#,
        r#"{"df":[]}"#,
        r#"{"df":{},"problem":[]}"#,
        r#"{"df":{"code":"busy","error":"e","kez":"jail"}}"#,
        r#"{"listjails":{}}"#,
        "[]",
    ] {
        let held = std::panic::catch_unwind(|| hold(request, wrong));
        assert!(held.is_err(), "{wrong}");
    }
}
