//! What the reference says of one action: its examples as they were played, and
//! what each misuse of it is answered with.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sysadm_iocage::action::{ACTIONS, Action};
use sysadm_iocage::error::Code;
use sysadm_iocage::request::keys::JAIL;

use super::examples::{EXAMPLES, Example, MISUSES};
use super::played::{GENERATIONS, Played};
use crate::support::action_of;

/// All that the reference says of one action.
pub(super) struct Entry {
    pub(super) action: &'static Action,
    pub(super) examples: Vec<(&'static Example, [Played; 2])>,
    /// Code, key, args, and the sentence of each generation.
    pub(super) errors: Vec<(String, String, String, [String; 2])>,
}

pub(super) fn entries() -> Vec<Entry> {
    let of = |name: &'static str| {
        let examples = EXAMPLES.iter().filter(move |example| action_of(example.args) == name);
        examples.map(|example| {
            (example, GENERATIONS.map(|generation| generation.play(example.args, example.jails)))
        })
    };
    let entry = |action: &'static Action| Entry {
        action,
        examples: of(action.name()).collect(),
        errors: errors(action),
    };
    ACTIONS.iter().map(entry).collect()
}

/// What each misuse of an action is answered with.
pub(super) fn errors(action: &Action) -> Vec<(String, String, String, [String; 2])> {
    let mut misuses: Vec<String> = missing(action);
    misuses
        .extend(MISUSES.iter().filter(|args| action_of(args) == action.name()).map(|&args| args.to_owned()));
    let mut errors = Vec::new();
    for args in misuses {
        let [shell, python] =
            GENERATIONS.map(|generation| generation.play(&args, true).answer[action.name()].take());
        let texts = [&shell, &python].map(|error| error["error"].as_str().unwrap_or_default().to_owned());
        let text = |error: &Value, key: &str| error[key].as_str().unwrap_or("-").to_owned();
        assert!(shell.get("code").or(python.get("code")).is_some(), "{args} is no misuse");
        if shell["code"] == python["code"] {
            errors.push((text(&shell, "code"), text(&shell, "key"), args, texts));
            continue;
        }
        // Where the generations disagree, each that has an error has its own row.
        let [of_shell, of_python] = texts;
        for (error, texts) in [(&shell, [of_shell, String::new()]), (&python, [String::new(), of_python])] {
            if error.get("code").is_some() {
                errors.push((text(error, "code"), text(error, "key"), args.clone(), texts));
            }
        }
    }
    errors.sort();
    errors
}

/// The action without its keys, and with a jail that there is not.
pub(super) fn missing(action: &Action) -> Vec<String> {
    let required = || action.params().iter().filter(|key| key.is_required());
    let mut misuses = Vec::new();
    if required().next().is_some() {
        misuses.push(json!({"action": action.name()}).to_string());
    }
    if action.has(&JAIL) {
        let mut args = json!({"action": action.name()});
        for key in required() {
            args[key.name()] = json!("root");
        }
        args["jail"] = json!("nosuch");
        misuses.push(args.to_string());
    }
    misuses
}

/// The codes that the examples of errors show.
pub(super) fn shown(entries: &[Entry]) -> BTreeSet<&str> {
    entries.iter().flat_map(|entry| &entry.errors).map(|(code, ..)| code.as_str()).collect()
}

/// Every code, its meaning, and the actions that an example shows it with.
pub(super) fn codes(entries: &[Entry]) -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let shown = shown(entries);
    let known: BTreeSet<_> = Code::ALL.iter().map(|(_, word, _)| *word).collect();
    assert!(shown.is_subset(&known));
    let with = |word: &str| {
        let has = |entry: &&Entry| entry.errors.iter().any(|(code, ..)| code == word);
        entries.iter().filter(has).map(|entry| entry.action.name()).collect()
    };
    Code::ALL.iter().map(|&(_, word, meaning)| (word, meaning, with(word))).collect()
}
