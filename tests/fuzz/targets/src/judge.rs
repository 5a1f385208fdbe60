//! What every response must be, whatever was asked and whatever iocage said.

use serde_json::{Map, Value};
use sysadm_class::Status;
use sysadm_iocage::action;
use sysadm_iocage::error::Code;

type Object = Map<String, Value>;

/// How long a sentence about an error may be that repeats nothing of iocage's.
const SENTENCE: usize = 4096;

/// Hold a response to its form: JSON in the one way in which it is written here
/// (keys sorted, none twice), with a status that fits, and under the action's
/// name either an error or the documented object. The request and whether it was
/// done, if it was one for an action.
pub(crate) fn response(status: Status, response: &[u8], args: &[u8]) -> Option<(Object, bool)> {
    let text = std::str::from_utf8(response).expect("UTF-8");
    let value: Value = serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"));
    assert_eq!(value.to_string(), text, "keys are sorted, and none is twice");
    let body = value.as_object().expect("an object");
    let request = serde_json::from_slice::<Object>(args);
    match status {
        Status::BadRequest => assert!(is_error(body) && code(body) == "bad-request", "{text}"),
        Status::Forbidden => assert!(is_error(body) && code(body) == "access-denied", "{text}"),
        Status::Ok => {
            let request = request.expect("only an object is answered with 200");
            let name = request["action"].as_str().expect("an action");
            assert!(action::find(name).is_some(), "{name} is an action");
            let beside = ["detail", "left_out", "problems", "warnings"];
            assert!(body.keys().all(|key| key == name || beside.contains(&key.as_str())), "{text}");
            for list in ["problems", "warnings"] {
                assert!(body.get(list).is_none_or(are_texts), "{text}");
            }
            let wants_detail = request.get("detail") == Some(&Value::Bool(true));
            assert!(!body.contains_key("detail") || wants_detail, "{text}");
            let answer = body[name].as_object().expect("an object under the action's name");
            let is_done = !is_error(answer);
            assert!(
                !is_done || is_documented(name, &request, answer),
                "neither error nor documented: {text}"
            );
            return Some((request, is_done));
        }
        other => panic!("status {other:?} for {text}"),
    }
    assert!(code(body).len() < SENTENCE && text.len() < SENTENCE, "too long: {text}");
    None
}

fn code(body: &Object) -> &str {
    body["code"].as_str().expect("a code")
}

/// An error has a text for both; a jail that is called `error` has an object.
fn is_error(body: &Object) -> bool {
    let (Some(Value::String(code)), Some(Value::String(error))) = (body.get("code"), body.get("error"))
    else {
        return false;
    };
    assert!(Code::ALL.iter().any(|(_, word, _)| word == code), "{code} is a code");
    assert!(!error.is_empty(), "an error says why");
    let keys = ["code", "error", "exit", "key", "signal", "stderr", "stdout"];
    assert!(body.keys().all(|key| keys.contains(&key.as_str())), "{body:?}");
    true
}

fn are_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_string))
}

fn is_map_of_texts(value: &Value) -> bool {
    value.as_object().is_some_and(|map| map.values().all(Value::is_string))
}

/// Objects of exactly these texts, by any key.
fn are_rows(answer: &Object, keys: &[&str]) -> bool {
    answer.values().all(|row| is_map_of_texts(row) && is_exactly(row.as_object().expect("a map"), keys))
}

fn is_exactly(map: &Object, keys: &[&str]) -> bool {
    map.len() == keys.len() && keys.iter().all(|key| map.contains_key(*key))
}

/// The form that the document gives the answer to an action.
fn is_documented(name: &str, request: &Object, answer: &Object) -> bool {
    let asked = |key: &str| request.get(key).and_then(Value::as_str);
    let is_text = |key: &str| answer.get(key).is_some_and(Value::is_string);
    let is_map = |key: &str| answer.get(key).is_some_and(is_map_of_texts);
    match name {
        "activatepool" if asked("pool").is_none() => answer.get("currently active").is_some_and(|pool| {
            is_map_of_texts(pool) && is_exactly(pool.as_object().expect("a map"), &["pool"])
        }),
        "capjail" => {
            is_text("success")
                && answer
                    .iter()
                    .all(|(key, value)| key == "success" || (key == "applied" && are_texts(value)))
        }
        "activatepool" | "cleanall" | "cleanjails" | "cleanreleases" | "cleantemplates"
        | "deactivatepool" => is_exactly(answer, &["success"]) && is_text("success"),
        "clonejail" => {
            is_exactly(answer, &["jail", "props", "success"])
                && is_text("jail")
                && is_text("props")
                && is_map("success")
        }
        "createjail" => {
            is_exactly(answer, &["props", "success", "switches"])
                && is_text("props")
                && is_text("switches")
                && is_map("success")
        }
        "destroyjail" | "execjail" => is_exactly(answer, &["success"]) && is_map("success"),
        "df" => are_rows(answer, &["ava", "crt", "qta", "res", "tag", "use"]),
        "getdefaultsettings" => is_exactly(answer, &["defaults"]) && is_map("defaults"),
        "getjailsettings" => match asked("jail") {
            Some(jail) => is_exactly(answer, &[jail]) && is_map(jail),
            None => are_rows(answer, &["TAG", asked("prop").expect("one is required")]),
        },
        "listjails" => are_rows(answer, &["boot", "ip4", "jid", "state", "tag", "type"]),
        "startjail" | "stopjail" => {
            let jail = asked("jail").expect("required");
            is_exactly(answer, &[jail]) && is_map(jail)
        }
        _ => false,
    }
}
