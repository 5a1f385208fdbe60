//! Does dispatch take what the class says that it takes? Asked from outside, by requests
//! that have to be refused, or that are sent with limited access and so change nothing.
//!
//! What needs full access is asked with it only where a key is left out or is of another
//! type; the host then says that it has lost interest, so that a class that would do it
//! all the same is told to leave off. Of such an action no key gets a value that it could
//! do something with: that a key's type is not looked at is seen there only where no other
//! key is required.
//!
//! An action that also requires another key gets a value for that which its schema takes. Grammars of a
//! class's own are in no schema: where it is that other value that is refused, nothing is learnt, and that
//! is no fault.

use std::sync::atomic::Ordering;

use serde_json::{Map, Value, json};
use sysadm_class::ffi;

use crate::ears::Ears;
use crate::job::{Job, Outcome, Pass, ensure};
use crate::subject::{Answer, Instance, Subject};
use crate::tests::services::description;
use crate::tests::values::{NOBODY, SPELLINGS, value};

/// One key of a described action.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) kind: String,
    required: bool,
    instead: Option<String>,
    /// Null, where it is not described.
    pub(super) schema: Value,
    /// Null, where they are not described.
    pub(super) words: Value,
}

/// One described action.
pub(super) struct Described {
    pub(super) name: String,
    pub(super) full: bool,
    pub(super) keys: Vec<Key>,
}

/// What a description says; a row that `extensions` finds fault with is left out.
fn rows(said: &Value) -> Vec<Described> {
    let word = |value: &Value, key: &str| value[key].as_str().map(str::to_owned);
    let key = |value: &Value, properties: &Value| {
        let name = word(value, "key")?;
        Some(Key {
            schema: properties[&name].clone(),
            words: value["words"].clone(),
            name,
            kind: word(value, "type").unwrap_or_default(),
            required: value["required"] == true,
            instead: word(value, "instead"),
        })
    };
    let row = |value: &Value| {
        let properties = &value["schema"]["properties"];
        let keys = value["keys"].as_array()?.iter().filter_map(|it| key(it, properties)).collect();
        Some(Described { name: word(value, "action")?, full: value["access"] == "full", keys })
    };
    said["actions"].as_array().map_or_else(Vec::new, |all| all.iter().filter_map(row).collect())
}

/// Describe, create, and do this with each action, where the host has lost interest in what needs full access.
fn each(job: &Job, check: impl Fn(&Instance<'_>, &Described) -> Result<(), String>) -> Outcome {
    each_as(job, |action| action.full, check)
}

/// Describe, create, and do this with each action. `is_bored`: has the host lost interest in its requests?
pub(super) fn each_as(
    job: &Job,
    is_bored: impl Fn(&Described) -> bool,
    check: impl Fn(&Instance<'_>, &Described) -> Result<(), String>,
) -> Outcome {
    let subject = Subject::load(job)?;
    let Some(said) = description(&subject)? else {
        return Ok(Pass::Skipped("it does not describe itself".to_owned()));
    };
    let actions = rows(&said);
    if actions.is_empty() {
        return Ok(Pass::Skipped("it describes no action".to_owned()));
    }
    let ears = Ears::new();
    let instance = subject.create_with(ears.table())?;
    for action in &actions {
        ears.bored.store(is_bored(action), Ordering::SeqCst);
        check(&instance, action)?;
    }
    instance.close()?;
    Ok(Pass::Passed)
}

fn ask(instance: &Instance<'_>, access: u32, args: &Value) -> Answer {
    instance.dispatch(&instance.ask(args.to_string().as_bytes(), access))
}

pub(crate) fn actions(job: &Job) -> Outcome {
    each(job, |instance, action| {
        let args = json!({"action": action.name});
        let answer = ask(instance, ffi::ACCESS_LIMITED, &args);
        answer.well_formed(&format!("the described {args}"))?;
        let status = answer.raw.status;
        ensure!(
            !matches!(status, 400 | 404),
            "the described {args} was answered {status}: {}",
            answer.excerpt()
        );
        Ok(())
    })
}

pub(crate) fn access(job: &Job) -> Outcome {
    each(job, |instance, action| {
        let args = json!({"action": action.name});
        let answer = ask(instance, ffi::ACCESS_LIMITED, &args);
        answer.well_formed(&format!("the described {args}"))?;
        let (is_refused, word) = (answer.raw.status == 403, if action.full { "full" } else { "limited" });
        ensure!(
            is_refused == action.full,
            "{args} with limited access was answered {}; its described access is {word}",
            answer.raw.status
        );
        Ok(())
    })
}

pub(crate) fn others(job: &Job) -> Outcome {
    let asked = each(job, |instance, action| {
        for name in [NOBODY.to_owned(), format!("{}-{NOBODY}", action.name)] {
            let args = json!({"action": name});
            ask(instance, ffi::ACCESS_LIMITED, &args)
                .expect(&format!("{args}, which is not described,"), &[400])?;
        }
        Ok(())
    })?;
    if job.known && asked == Pass::Passed {
        given(job)?;
    }
    Ok(asked)
}

/// Whoever gave a request knows its action: so the description has to.
fn given(job: &Job) -> Result<(), String> {
    let subject = Subject::load(job)?;
    let actions = rows(&description(&subject)?.unwrap_or_default());
    let instance = subject.create()?;
    for args in &job.requests {
        let said: Value = serde_json::from_str(args).unwrap_or_default();
        let Some(name) = said["action"].as_str() else { continue };
        if actions.iter().any(|action| action.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        let status = instance.send(args).raw.status;
        ensure!(status != 200, "the request {args} was answered 200, but its action is not described");
    }
    instance.close()
}

/// Is it refused for one of these reasons, about this key if it names one? That it is not can be for the
/// value of another key, and then this cannot be told: false.
fn refused(
    answer: &Answer,
    action: &str,
    args: &Map<String, Value>,
    codes: &[&str],
    key: &str,
) -> Result<bool, String> {
    let shown = json!(args);
    answer.well_formed(&format!("{shown}"))?;
    // 503: a class may ask first whether anybody is interested.
    if matches!(answer.raw.status, 400 | 503) {
        return Ok(true);
    }
    let said: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
    let error = &said[action];
    let (code, about) = (error["code"].as_str(), error["key"].as_str());
    let is_error = answer.raw.status == 200 && (error["error"].is_string() || code.is_some());
    let has_code = code.is_none_or(|code| codes.contains(&code));
    let is_meant = has_code && (codes.len() > 1 || about.is_none_or(|it| it == key));
    let mut others = args.keys().filter(|name| *name != "action" && *name != key);
    let is_of_another = match about {
        Some(about) => others.any(|other| other == about),
        None => !has_code && others.next().is_some(),
    };
    ensure!(
        is_error && (is_meant || is_of_another),
        "{shown} was not refused as {} of \"{key}\", but answered {}: {}",
        codes.join(" or "),
        answer.raw.status,
        answer.excerpt()
    );
    Ok(is_meant)
}

/// A key that is said to be missing is one that is described: else nobody can know of it. What
/// stands within a key's value may be named by a path that begins with it.
fn is_of_a_key(answer: &Answer, action: &Described) -> Result<(), String> {
    let said: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
    let error = &said[&action.name];
    if let (Some("missing-key"), Some(about)) = (error["code"].as_str(), error["key"].as_str()) {
        let root = about.split(['.', '[', '/']).next().unwrap_or_default();
        let is_known = action.keys.iter().any(|key| key.name == about || key.name == root);
        ensure!(
            is_known || about == "action",
            "\"{about}\" is missing, says the action {}, but it is not described",
            action.name
        );
    }
    Ok(())
}

const fn access_of(action: &Described) -> u32 {
    if action.full { ffi::ACCESS_FULL } else { ffi::ACCESS_LIMITED }
}

/// What the action requires beside this key, as far as it may be given.
pub(super) fn beside(action: &Described, key: &Key, spelling: &str) -> Map<String, Value> {
    let mut args = Map::from_iter([("action".to_owned(), json!(action.name))]);
    for other in action.keys.iter().filter(|other| other.required && !action.full) {
        let is_same = other.name == key.name || other.instead.as_ref() == Some(&key.name);
        if !is_same && key.instead.as_ref() != Some(&other.name) {
            args.insert(other.name.clone(), value(&other.kind, &other.schema, &other.words, spelling));
        }
    }
    args
}

/// Ask with this value for the key, or without it, until it is refused for that and not for what
/// stands beside it.
fn refuses(
    instance: &Instance<'_>,
    action: &Described,
    key: &Key,
    value: Option<&Value>,
    codes: &[&str],
) -> Result<(), String> {
    for spelling in SPELLINGS {
        let mut args = beside(action, key, spelling);
        args.extend(value.map(|value| (key.name.clone(), value.clone())));
        let answer = ask(instance, access_of(action), &json!(args));
        is_of_a_key(&answer, action)?;
        if refused(&answer, &action.name, &args, codes, &key.name)? {
            break;
        }
    }
    Ok(())
}

pub(crate) fn keys(job: &Job) -> Outcome {
    each(job, |instance, action| {
        let none = ask(instance, ffi::ACCESS_LIMITED, &json!({"action": action.name}));
        is_of_a_key(&none, action)?;
        for key in action.keys.iter().filter(|key| key.required) {
            // Which of several that are not there it names is its own affair.
            let alone = action.keys.iter().filter(|other| other.required).count() == 1;
            let codes: &[&str] = if alone { &["missing-key"] } else { &["missing-key", "missing-key"] };
            refuses(instance, action, key, None, codes)?;
        }
        Ok(())
    })
}

/// A value of each JSON type that is not this one; fewer, where the word is not known.
fn of_other_types(kind: &str) -> Vec<Value> {
    let all = [json!(7), json!(NOBODY), json!({"not": kind}), json!([NOBODY]), json!(true), Value::Null];
    let is_own: fn(&Value) -> bool = match kind {
        "boolean" => Value::is_boolean,
        "number" | "integer" => Value::is_number,
        "string" => Value::is_string,
        "object" => Value::is_object,
        kind if kind.starts_with("array") => Value::is_array,
        _ => |value| !matches!(value, Value::Number(_) | Value::Object(_)),
    };
    all.into_iter().filter(|value| !is_own(value)).collect()
}

pub(crate) fn types(job: &Job) -> Outcome {
    each(job, |instance, action| {
        for key in &action.keys {
            let others =
                action.full && action.keys.iter().any(|other| other.required && other.name != key.name);
            for value in of_other_types(&key.kind) {
                // To a class that is at fault null may be as good as no value: of a key that
                // need not be there, where it would do something, that is not tried.
                if value.is_null() && action.full && !key.required {
                    continue;
                }
                let codes: &[&str] =
                    if others || value.is_null() { &["wrong-type", "missing-key"] } else { &["wrong-type"] };
                refuses(instance, action, key, Some(&value), codes)?;
            }
        }
        Ok(())
    })
}

/// Which of two values is meant only the class knows: who looks at a request before it may take the
/// other. Only where nothing is changed, and where that alone is against the request.
pub(crate) fn once(job: &Job) -> Outcome {
    if Subject::load(job)?.class.abi_minor == 0 {
        return Ok(Pass::Skipped("its ABI is 1.0, which does not say what happens then".to_owned()));
    }
    each(job, |instance, action| {
        if action.full {
            return Ok(());
        }
        let values = |key: &Key| value(&key.kind, &key.schema, &key.words, NOBODY);
        let required = action.keys.iter().filter(|key| key.required);
        let mut all: Vec<(&str, Value)> = vec![("action", json!(action.name))];
        all.extend(required.map(|key| (key.name.as_str(), values(key))));
        let optional =
            action.keys.iter().filter(|key| !key.required).map(|key| (key.name.as_str(), values(key)));
        let twice: Vec<_> = all.iter().cloned().chain(optional).collect();
        for (name, value) in twice {
            let more = [(name, value.clone()), (name, value)];
            let more = &more[usize::from(all.iter().any(|(there, _)| *there == name))..];
            let members: Vec<_> =
                all.iter().chain(more).map(|(name, value)| format!("{}:{value}", json!(name))).collect();
            let args = format!("{{{}}}", members.join(","));
            let answer = instance.dispatch(&instance.ask(args.as_bytes(), ffi::ACCESS_LIMITED));
            answer.well_formed(&args)?;
            let said: Value = serde_json::from_slice(answer.bytes()).unwrap_or_default();
            let error = &said[&action.name];
            ensure!(
                answer.raw.status != 200 || error["error"].is_string() || error["code"].is_string(),
                "{args}, which has \"{name}\" twice, was not refused, but answered 200: {}",
                answer.excerpt()
            );
        }
        Ok(())
    })
}
