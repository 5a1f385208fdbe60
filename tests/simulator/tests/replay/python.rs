//! The same for the Python iocage 1.13. What no simulator can know is taken from the recorded answer (`measure`), and
//! what has no reason to be the same is left out on both sides (`comparable`); rows that differ all the same, and rows
//! of commands that are not simulated, are named in `differences`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::row::Row;
use crate::machine::{Machine, Ran, run};

mod differences;
mod machines;
mod scenes;

#[test]
fn recorded_commands_of_the_python_iocage_answer_the_same() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/iocage/transcripts/python-1.13.jsonl");
    let Ok(text) = fs::read_to_string(&file) else {
        crate::skipped::tell(&format!("no recordings at `{}`", file.display()));
        return;
    };
    let mut unexplained = Vec::new();
    let mut ids = BTreeSet::new();
    let (mut equal, mut different, mut missing) = (0, 0, 0);
    for mut row in text.lines().map(Row::parse) {
        if !ids.insert(row.id.clone()) {
            row.id += "#2";
            ids.insert(row.id.clone());
        }
        let mut state = scenes::of(&row);
        measure(&mut state, &row.answer.stdout);
        // By way of `init`, which completes it.
        let machine = Machine::new(&state);
        let mut command = machine.command();
        command.args(&row.argv);
        let ran = run(command, &row.stdin);
        let is_equal = comparable(&ran) == comparable(&row.answer);
        let is_refused = ran.exit == 70 && ran.stderr.contains("iocage-sim: not simulated: ");
        match (is_equal, differences::reason(&row.id, &row.argv), is_refused) {
            (true, None, _) => equal += 1,
            (false, Some(_), false) => different += 1,
            (false, Some(_), true) => missing += 1,
            (true, Some(_), _) => {
                unexplained.push(format!("{}: named as different, but it is the same", row.id));
            }
            (false, None, _) => unexplained.push(format!(
                "{} {:?}\n  on {}\n  recorded {:#?}\n  answered {ran:#?}",
                row.id, row.argv, row.precondition, row.answer
            )),
        }
    }
    eprintln!("{equal} of {} equal, {different} named differences, {missing} not simulated", ids.len());
    for name in differences::names().filter(|name| !ids.contains(*name)) {
        unexplained.push(format!("{name}: named as different, but not recorded"));
    }
    assert!(unexplained.is_empty(), "{} unexplained:\n{}", unexplained.len(), unexplained.join("\n"));
}

/// Puts into the state what only the answer can tell: sizes, and the names of jails that were given none.
fn measure(state: &mut Value, stdout: &str) {
    let made = stdout.lines().filter_map(|line| {
        line.strip_suffix(" successfully created!").or(line.strip_suffix(" successfully cloned!"))
    });
    state["uuids"] = json!(made.collect::<Vec<_>>());
    for line in stdout.lines() {
        let cells: Vec<&str> = if line.starts_with("| ") {
            line.trim_matches('|').split('|').map(str::trim).collect()
        } else {
            line.split('\t').collect()
        };
        // A row of df.
        let [name, ratio, _, _, used, available] = cells.as_slice() else { continue };
        let Some(jails) = state["pools"][0]["jails"].as_array_mut() else { continue };
        if let Some(jail) = jails.iter_mut().find(|jail| jail["name"] == *name) {
            jail["properties"]["compressratio"] = json!(ratio);
            jail["properties"]["used"] = json!(used);
            jail["properties"]["available"] = json!(available);
        }
    }
}

/// An answer without what has no reason to be the same: the stack of a Python traceback, how often a reader of a pipe
/// found nothing, and the last line break of a message.
fn comparable(ran: &Ran) -> Ran {
    let mut stderr = ran.stderr.replace(", b''", "");
    if let Some(begin) = stderr.find("Traceback (most recent call last):") {
        let last = stderr.trim_end().lines().last().unwrap_or_default().to_owned();
        stderr.truncate(begin);
        stderr.push_str(&last);
        stderr.push('\n');
    }
    Ran { stdout: ran.stdout.clone(), stderr, exit: ran.exit }
}
