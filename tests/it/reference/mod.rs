//! The reference, made from the things themselves: the table of actions, the
//! codes of errors, the keys of the configuration, and for every example what the
//! class ran and answered on the simulated machines of both generations. What the
//! files under `include/doc` say is therefore what happens; where they are not
//! current, a test fails, and
//!
//! ```text
//! UPDATE=1 cargo test --test it reference
//! ```
//!
//! writes them again. That the machines are simulated is said in them.

mod examples;
mod man;
mod markdown;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sysadm_iocage::action::{ACTIONS, Action};
use sysadm_iocage::error::Code;
use sysadm_iocage::request::KeyType;

use crate::support::{Folder, action_of, root};
use examples::{EXAMPLES, Example, GENERATIONS, MISUSES, Played, has_shape};

const MARKDOWN: &str = "include/doc/sysadm-iocage.md";
const MAN: &str = "include/doc/sysadm-iocage.4";

/// All that the reference says of one action.
struct Entry {
    action: &'static Action,
    examples: Vec<(&'static Example, [Played; 2])>,
    /// Code, key, args, and the sentence of each generation.
    errors: Vec<(String, String, String, [String; 2])>,
}

fn entries() -> Vec<Entry> {
    let of = |name: &'static str| {
        let examples = EXAMPLES.iter().filter(move |example| action_of(example.args) == name);
        examples.map(|example| {
            (example, GENERATIONS.map(|generation| generation.play(example.args, example.jails)))
        })
    };
    let entry = |action: &'static Action| Entry {
        action,
        examples: of(action.name).collect(),
        errors: errors(action),
    };
    ACTIONS.iter().map(entry).collect()
}

/// What each misuse of an action is answered with.
fn errors(action: &Action) -> Vec<(String, String, String, [String; 2])> {
    let mut misuses: Vec<String> = missing(action);
    misuses.extend(MISUSES.iter().filter(|args| action_of(args) == action.name).map(|&args| args.to_owned()));
    let mut errors = Vec::new();
    for args in misuses {
        let [shell, python] =
            GENERATIONS.map(|generation| generation.play(&args, true).answer[action.name].take());
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
fn missing(action: &Action) -> Vec<String> {
    let required = || action.keys.iter().filter(|key| key.required);
    let mut misuses = Vec::new();
    if required().next().is_some() {
        misuses.push(json!({"action": action.name}).to_string());
    }
    if action.keys.iter().any(|key| key.kind == KeyType::Jail) {
        let mut args = json!({"action": action.name});
        for key in required() {
            args[key.name] = json!("root");
        }
        args["jail"] = json!("nosuch");
        misuses.push(args.to_string());
    }
    misuses
}

/// The file at `path` holds `text`, or is made to.
fn check(path: &str, text: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(file.parent().expect("a folder")).expect("made");
        fs::write(&file, text).expect("written");
    }
    let stored = fs::read_to_string(&file).unwrap_or_default();
    let line = stored.lines().zip(text.lines()).position(|(a, b)| a != b);
    assert!(
        stored == text,
        "{path} is not current (line {}); run: UPDATE=1 cargo test --test it reference",
        line.unwrap_or(stored.lines().count().min(text.lines().count())) + 1
    );
}

#[test]
fn the_reference_is_current() {
    let entries = entries();
    for entry in &entries {
        for (example, played) in &entry.examples {
            let shape: Value = serde_json::from_str(example.shape).expect("JSON");
            for (generation, played) in GENERATIONS.iter().zip(played) {
                let answer = &played.answer[entry.action.name];
                assert!(
                    answer.get("code").is_none() && has_shape(answer, &shape),
                    "{} on the {}: {answer:#} has not the shape {shape}",
                    example.args,
                    generation.name
                );
                assert!(!played.calls.is_empty(), "{} ran nothing", example.args);
            }
        }
        assert!(!entry.examples.is_empty(), "{} has no example", entry.action.name);
    }
    check(MARKDOWN, &markdown::render(&entries));
    check(MAN, &man::render(&entries));
    check_mdoc(MAN);
}

/// What mandoc complains of in a manual page; nothing where there is no mandoc.
fn complaints(page: &Path) -> Option<String> {
    let output = Command::new("mandoc").args(["-T", "lint", "-W", "warning"]).arg(page).output();
    output.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

fn check_mdoc(page: &str) {
    let Some(said) = complaints(&root().join(page)) else {
        println!(
            "skipped: {page} is not looked through; there is no mandoc (Debian: apt-get install mandoc)"
        );
        return;
    };
    assert_eq!(said, "");
    // It is one that complains.
    let folder = Folder::new();
    let broken = folder.0.join("broken.4");
    fs::write(&broken, ".Dd January 1, 2026\n.Dt X 4\n.Os\n.Sh NAME\n.Bl -tag\n").expect("written");
    assert_ne!(complaints(&broken).as_deref(), Some(""));
}

#[test]
fn shapes_are_told_apart() {
    let shape = json!({"<uuid>": {"jid": "<jid>", "up?": ["<x>"]}, "ok": "pool <pool> done"});
    let good = json!({"a": {"jid": "1"}, "b": {"jid": "-", "up": ["y"]}, "ok": "pool tank done"});
    assert!(has_shape(&good, &shape));
    for (at, bad) in
        [("/ok", json!("pool tank")), ("/a/jid", json!(1)), ("/a", json!({})), ("/b/up", json!("y"))]
    {
        let mut value = good.clone();
        *value.pointer_mut(at).expect("there") = bad;
        assert!(!has_shape(&value, &shape), "{at}");
    }
    assert!(!has_shape(&json!({"a": {"jid": "1"}}), &shape));
    assert!(!has_shape(&json!({"x": 1}), &json!({})));
}

/// The codes that the examples of errors show.
fn shown(entries: &[Entry]) -> BTreeSet<&str> {
    entries.iter().flat_map(|entry| &entry.errors).map(|(code, ..)| code.as_str()).collect()
}

/// Every code, its meaning, and the actions that an example shows it with.
fn codes(entries: &[Entry]) -> Vec<(&'static str, &'static str, Vec<&'static str>)> {
    let shown = shown(entries);
    let known: BTreeSet<_> = Code::ALL.iter().map(|(_, word, _)| *word).collect();
    assert!(shown.is_subset(&known));
    let with = |word: &str| {
        let has = |entry: &&Entry| entry.errors.iter().any(|(code, ..)| code == word);
        entries.iter().filter(has).map(|entry| entry.action.name).collect()
    };
    Code::ALL.iter().map(|&(_, word, meaning)| (word, meaning, with(word))).collect()
}

/// JSON as a person reads it, with the middle left out where it is long.
fn abridged(value: &Value) -> Vec<String> {
    const SHOWN: usize = 20;
    const END: usize = 4;
    let text = serde_json::to_string_pretty(value).expect("JSON");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    if lines.len() > SHOWN + END + 1 {
        let left_out = lines.len() - SHOWN - END;
        lines.splice(SHOWN..lines.len() - END, [format!("... {left_out} more lines ...")]);
    }
    lines
}

/// A sentence with its first letter large, if that is not iocage's.
fn capital(text: &str) -> String {
    if text.starts_with("iocage") {
        return text.to_owned();
    }
    let mut rest = text.chars();
    rest.next().map(|first| first.to_uppercase().chain(rest).collect()).unwrap_or_default()
}
