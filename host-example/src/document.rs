//! The documented exchanges, as data: `document.json`.
//!
//! Each entry is a request of the document with the response that this class
//! gives to it, and the state of the simulated machine in which it does. Where
//! the document shows a value that the old parser had cut at its second colon,
//! the whole value is here and the cut one stands under `document`.

use serde_json::{Value, json};

/// One exchange.
pub(crate) struct Exchange {
    /// The document's section.
    pub(crate) section: String,
    /// The args of the request.
    pub(crate) request: Value,
    /// The args of the response.
    pub(crate) answer: Value,
    /// The state of the machine.
    pub(crate) state: Value,
}

impl Exchange {
    /// The same state of a machine with the Python iocage 1.13: jails have one
    /// name, and what is a matter of the older one alone is left out.
    pub(crate) fn state_of_python(&self) -> Value {
        let pool = |pool: &Value| {
            let jails = pool["jails"].as_array().map_or(&[][..], Vec::as_slice);
            let mut state = json!({"jails": jails.iter().map(renamed).collect::<Vec<_>>()});
            for key in ["active", "available", "name", "releases"] {
                if let Some(value) = pool.get(key) {
                    state[key] = value.clone();
                }
            }
            // A jail of that one is always made of something.
            if state.get("releases").is_none() {
                state["releases"] = json!(["10.2-RELEASE"]);
            }
            state
        };
        let pools = self.state["pools"].as_array().map_or(&[][..], Vec::as_slice);
        let mut state = json!({"version": "1.13", "pools": pools.iter().map(pool).collect::<Vec<_>>()});
        for key in ["clock", "uuids"] {
            if let Some(value) = self.state.get(key) {
                state[key] = value.clone();
            }
        }
        state
    }
}

fn renamed(jail: &Value) -> Value {
    let mut state = json!({"name": jail["tag"]});
    if let Some(jid) = jail.get("jid") {
        state["jid"] = jid.clone();
    }
    if jail["type"] == "template" {
        state["type"] = json!("template");
    }
    for key in ["compressratio", "used"] {
        if let Some(value) = jail["properties"].get(key) {
            state["properties"][key] = value.clone();
        }
    }
    state
}

/// Has `answer` the shape of `documented`: the same keys with values of one
/// shape, or where keys are names or lines of output, values that are all alike?
/// Below such a place keys are words of the document again.
pub(crate) fn is_shaped_like(answer: &Value, documented: &Value) -> bool {
    match (answer, documented) {
        (Value::Object(answer), Value::Object(documented)) if !answer.keys().eq(documented.keys()) => {
            let Some(first) = documented.values().next() else { return false };
            !answer.is_empty()
                && answer.values().chain(documented.values()).all(|value| has_keys(value, first))
        }
        (Value::Object(answer), Value::Object(documented)) => {
            answer.values().zip(documented.values()).all(|(a, b)| is_shaped_like(a, b))
        }
        _ => answer.is_string() && documented.is_string(),
    }
}

/// Are these two strings, or objects of strings with the same keys?
fn has_keys(value: &Value, other: &Value) -> bool {
    match (value, other) {
        (Value::Object(value), Value::Object(other)) => {
            value.keys().eq(other.keys()) && value.values().chain(other.values()).all(Value::is_string)
        }
        _ => value.is_string() && other.is_string(),
    }
}

/// All of them, in the document's order.
pub(crate) fn exchanges() -> Vec<Exchange> {
    let text = include_str!("document.json");
    let Ok(Value::Array(entries)) = serde_json::from_str(text) else {
        unreachable!("the file is part of the program and an array");
    };
    let exchange = |mut entry: Value| Exchange {
        section: entry["section"].as_str().unwrap_or_default().to_owned(),
        request: entry["request"].take(),
        answer: entry["answer"].take(),
        state: entry["state"].take(),
    };
    entries.into_iter().map(exchange).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_keys_and_what_is_under_them() {
        let documented =
            json!({"df": {"f25": {"ava": "83.4G", "tag": "test"}, "f39": {"ava": "1", "tag": "x"}}});
        assert!(is_shaped_like(&json!({"df": {"test": {"ava": "-", "tag": "test"}}}), &documented));
        for other in [
            json!({"df": {"test": {"ava": "-"}}}),
            json!({"df": {"test": {"ava": 1, "tag": "test"}}}),
            json!({"df": {}}),
            json!({"list": {"test": {"ava": "-", "tag": "test"}}}),
            json!({"df": {"error": "x"}}),
        ] {
            assert!(!is_shaped_like(&other, &documented), "{other}");
        }
    }
}
