//! The documented exchanges of the class: for each, a state file with which iocage's answer carries what the document
//! shows. `fixtures/exchanges.json` holds states, commands and answers; an exchange with two documented answers has two
//! entries.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::machine::{Machine, Ran};

struct Exchange {
    number: u64,
    argv: Vec<String>,
    state: Value,
    stdin: String,
    answer: Ran,
}

fn exchanges() -> Vec<Exchange> {
    let fixture: Vec<Value> =
        serde_json::from_str(include_str!("fixtures/exchanges.json")).expect("the fixture is a list");
    let lines = |value: &Value| value.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    fixture
        .into_iter()
        .map(|entry| Exchange {
            number: entry["exchange"].as_u64().expect("each entry has its number"),
            argv: serde_json::from_value(entry["argv"].clone()).expect("argv is a list of strings"),
            state: entry["state"].clone(),
            stdin: entry["stdin"].as_str().unwrap_or_default().to_owned(),
            answer: Ran {
                stdout: lines(&entry["stdout"]),
                stderr: lines(&entry["stderr"]),
                exit: i32::from(entry["exit"] == 1),
            },
        })
        .collect()
}

#[test]
fn a_state_can_say_what_each_exchange_shows() {
    let mut seen = BTreeSet::new();
    for exchange in exchanges() {
        let argv: Vec<&str> = exchange.argv.iter().map(String::as_str).collect();
        let ran = Machine::new(&exchange.state).run_with(&argv, &exchange.stdin);
        assert_eq!(ran, exchange.answer, "exchange {}", exchange.number);
        seen.insert(exchange.number);
    }
    assert_eq!(seen, (1..=22).collect());
}

/// The fixture against the document itself, which is not part of the project: each documented value stands in a line of
/// the answer, with its key or the jail it belongs to.
#[test]
fn the_answers_carry_the_documented_values() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/api/exchanges.json");
    let Ok(text) = fs::read_to_string(&file) else {
        eprintln!("no document at `{}`: nothing to compare", file.display());
        return;
    };
    let documented: Vec<Value> = serde_json::from_str(&text).expect("the document is a list");
    let ours = exchanges();
    let mut compared = 0;
    for exchange in &documented {
        let answers: String = ours
            .iter()
            .filter(|ours| ours.number == exchange["exchange"])
            .map(|ours| ours.answer.stdout.clone() + &ours.answer.stderr)
            .collect();
        let lines: Vec<String> = answers.lines().map(squeezed).collect();
        for side in ["rest_response", "websocket_response"] {
            for (path, value) in leaves(&exchange[side]["args"]) {
                let is_there = lines.iter().any(|line| {
                    line.contains(&squeezed(&value)) && path.iter().any(|key| line.contains(&squeezed(key)))
                });
                // A UUID that stands alone has a key of the class's own.
                let is_alone = lines.iter().any(|line| *line == squeezed(&value));
                assert!(
                    is_there || is_alone,
                    "{}: {path:?} = {value:?} not in {lines:#?}",
                    exchange["exchange"]
                );
                compared += 1;
            }
        }
    }
    eprintln!("{compared} documented values compared");
    assert!(compared > 300);
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// All values with the keys that lead to them, but for the words that the class itself says.
fn leaves(value: &Value) -> Vec<(Vec<String>, String)> {
    let Value::Object(map) = value else { return Vec::new() };
    let mut found = Vec::new();
    for (key, value) in map {
        match (key.as_str(), value) {
            ("jail" | "props" | "switches" | "success", Value::String(_)) => {}
            (_, Value::String(text)) => found.push((vec![key.clone()], text.clone())),
            (_, inner) => found.extend(leaves(inner).into_iter().map(|(mut path, text)| {
                path.push(key.clone());
                (path, text)
            })),
        }
    }
    // df has the names of its columns in lower case.
    for (path, _) in &mut found {
        let upper: Vec<String> = path.iter().map(|key| key.to_uppercase()).collect();
        path.extend(upper);
    }
    found
}
