//! `key=value` words as the args of a request, by what the action says that its keys take. What would be refused anyway is told
//! before anything is sent, with what there is instead.
//!
//! A text stands as it was typed. Of the other types a value is read: `true` and `false`, numbers, and arrays either one
//! item for each time that the key is typed, or as JSON, if it begins with `[`.

use serde_json::{Map, Value};
use sysadm_class::once::{self, Fault};

use super::described::{Action, Key};
use super::failure::Failure;

/// The args of this action.
pub(crate) fn args(action: &Action, words: &[String]) -> Result<Map<String, Value>, Failure> {
    let mut args = Map::from_iter([("action".to_owned(), Value::from(action.name.as_str()))]);
    for word in words {
        let (name, value) = word.split_once('=').ok_or_else(|| {
            Failure::Usage(format!("{word:?} is no KEY=VALUE; {} takes {}", action.name, keys(action)))
        })?;
        let key = action.keys.iter().find(|key| key.name == name).ok_or_else(|| {
            Failure::Usage(format!("{} has no key {name:?}; it takes {}", action.name, keys(action)))
        })?;
        add(&mut args, key, value)?;
    }
    for key in &action.keys {
        let is_there = |key: &str| args.contains_key(key);
        match &key.instead {
            Some(other) if is_there(&key.name) && is_there(other) => {
                let why = format!("{} takes {} or {other}, not both", action.name, key.name);
                return Err(Failure::Usage(why));
            }
            Some(other) if is_there(other) => {}
            instead if key.is_required && !is_there(&key.name) => {
                let or = instead.as_ref().map(|other| format!(" or {other}=...")).unwrap_or_default();
                let why = format!("{} needs {}=...{or}: {}", action.name, key.name, key.summary);
                return Err(Failure::Usage(why));
            }
            _ => {}
        }
    }
    Ok(args)
}

fn keys(action: &Action) -> String {
    let key = |key: &Key| {
        let needed = if key.is_required { ", required" } else { "" };
        format!("{} ({}{needed})", key.name, key.takes)
    };
    match action.keys.is_empty() {
        true => "no keys".to_owned(),
        false => action.keys.iter().map(key).collect::<Vec<_>>().join(", "),
    }
}

fn add(args: &mut Map<String, Value>, key: &Key, typed: &str) -> Result<(), Failure> {
    let takes_many = key.takes.contains("array");
    let value = if takes_many { item(key, typed)? } else { read(key, typed)? };
    match args.get_mut(&key.name) {
        None if takes_many && !value.is_array() && !key.takes.starts_with("string or") => {
            args.insert(key.name.clone(), Value::Array(vec![value]));
        }
        None => drop(args.insert(key.name.clone(), value)),
        Some(_) if !takes_many => {
            return Err(Failure::Usage(format!("{} is there twice, and takes one {}", key.name, key.takes)));
        }
        Some(before) => {
            let mut items = match before.take() {
                Value::Array(items) => items,
                one => vec![one],
            };
            match value {
                Value::Array(more) => items.extend(more),
                one => items.push(one),
            }
            *before = Value::Array(items);
        }
    }
    Ok(())
}

/// One of several, or all of them.
fn item(key: &Key, typed: &str) -> Result<Value, Failure> {
    match typed.starts_with('[') {
        true => json(key, typed),
        false => Ok(typed.into()),
    }
}

fn read(key: &Key, typed: &str) -> Result<Value, Failure> {
    match key.takes.as_str() {
        "string" => Ok(typed.into()),
        "boolean" => match typed {
            "true" => Ok(true.into()),
            "false" => Ok(false.into()),
            _ => Err(wrong(key, typed, "true or false")),
        },
        "number" => {
            let number = serde_json::from_str(typed).ok().filter(Value::is_number);
            number.ok_or_else(|| wrong(key, typed, "a number"))
        }
        "object" => json(key, typed).and_then(|value| match value {
            Value::Object(_) => Ok(value),
            _ => Err(wrong(key, typed, "a JSON object")),
        }),
        // Of a type that is not known here: what is JSON by its first character is that.
        _ if typed.starts_with(['[', '{']) => json(key, typed),
        _ => Ok(typed.into()),
    }
}

/// None of whose keys is there twice: what is sent is what was read here, and has each once.
fn json(key: &Key, typed: &str) -> Result<Value, Failure> {
    once::read(typed.as_bytes()).map_err(|why| {
        Failure::Usage(match why {
            Fault::Json(why) => format!("{} is no JSON: {why}", key.name),
            twice @ Fault::Twice(_) => format!("{}: {twice}", key.name),
        })
    })
}

fn wrong(key: &Key, typed: &str, takes: &str) -> Failure {
    Failure::Usage(format!("{} takes {takes}, and {typed:?} is none", key.name))
}

#[cfg(test)]
mod tests {
    use super::super::described::classes;
    use super::*;
    use serde_json::json;

    fn action() -> Action {
        let key = |key: &str, takes: &str| json!({"key": key, "type": takes, "required": false, "summary": "what for"});
        let mut keys: Vec<Value> =
            ["string", "boolean", "number", "object", "new"].map(|takes| key(takes, takes)).into();
        keys.extend([key("argv", "array of strings"), key("ids", "string or array of strings")]);
        keys.push(json!({"key": "jail", "type": "string", "required": true, "summary": "which"}));
        keys.push(json!({"key": "command", "type": "string", "required": true, "instead": "argv", "summary": "which"}));
        let told = json!({"classes": [{"namespace": "a", "name": "b", "actions": [{"action": "do", "keys": keys}]}]});
        classes(&told).remove(0).actions.remove(0)
    }

    fn of(words: &[&str]) -> Result<Value, String> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        args(&action(), &words).map(Value::Object).map_err(|why| {
            assert_eq!(why.status(), 2, "{why}");
            why.to_string()
        })
    }

    #[test]
    fn values_are_of_the_type_that_the_key_takes() {
        for (word, key, value) in [
            ("string=a=b {1}", "string", json!("a=b {1}")),
            ("string=", "string", json!("")),
            ("string=[1", "string", json!("[1")),
            ("boolean=true", "boolean", json!(true)),
            ("number=15", "number", json!(15)),
            ("object={\"a\":1}", "object", json!({"a": 1})),
            ("new=x", "new", json!("x")),
            ("new={\"a\":1}", "new", json!({"a": 1})),
            ("ids=a", "ids", json!("a")),
        ] {
            let args = of(&["jail=web", "command=x", word]).expect(word);
            assert_eq!((&args[key], &args["action"]), (&value, &json!("do")));
        }
        assert_eq!(of(&["jail=web", "argv=ls", "argv=-l"]).expect("args")["argv"], json!(["ls", "-l"]));
        assert_eq!(of(&["jail=web", "argv=ls"]).expect("args")["argv"], json!(["ls"]));
        assert_eq!(
            of(&["jail=web", r#"argv=["a","b"]"#, "argv=c"]).expect("args")["argv"],
            json!(["a", "b", "c"])
        );
        assert_eq!(of(&["jail=web", "command=x", "ids=a", "ids=b"]).expect("args")["ids"], json!(["a", "b"]));
    }

    #[test]
    fn what_would_be_refused_is_told_with_what_there_is() {
        for (words, told) in [
            (&["web"][..], "\"web\" is no KEY=VALUE"),
            (&["jial=web"], "has no key \"jial\"; it takes string (string)"),
            (&["command=x"], "needs jail=..."),
            (&["jail=web"], "needs command=... or argv=..."),
            (&["jail=web", "command=x", "argv=y"], "command or argv, not both"),
            (&["jail=web", "jail=db", "command=x"], "jail is there twice"),
            (&["boolean=yes"], "true or false"),
            (&["number=ten"], "a number"),
            (&["number=\"1\""], "a number"),
            (&["object=[]"], "a JSON object"),
            (&["argv=[1"], "argv is no JSON"),
            (&[r#"object={"a":{"b":1,"b":2}}"#], "object: the key \"a.b\" is there twice"),
        ] {
            let why = of(words).expect_err(told);
            assert!(why.contains(told), "{why}");
        }
    }
}
