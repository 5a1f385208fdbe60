//! The simulator against recordings of the real iocage: each recorded command is run on a machine that is as the
//! recording says it was, and must answer byte for byte the same.
//!
//! The recordings are not part of the project; they are looked for beside the workspace, and without them there is
//! nothing to replay. They are excerpts: rows between two of them are missing, so before each row the machine is brought
//! to what the row's precondition says (`scene`), with what no simulator can know (UUIDs, dates, sizes, jail ids) taken
//! from the recorded answer. Rows that cannot be the same are named in `differences`, each with its reason; a row that
//! is named there and is the same after all fails the test.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::machine::{Machine, Ran, run};

mod answer;
mod differences;
mod python;
mod row;
mod scene;

use row::Row;

#[test]
fn recorded_commands_answer_the_same() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/iocage/transcripts/shell-2016-02-10.jsonl");
    let Ok(text) = fs::read_to_string(&file) else {
        crate::skipped::tell(&format!("no recordings at `{}`", file.display()));
        return;
    };
    let mut unexplained = Vec::new();
    let mut ids = BTreeSet::new();
    let (mut replayed, mut equal, mut different, mut missing) = (0, 0, 0, 0);
    let machine = Machine::new(&serde_json::json!({"pools": []}));
    for mut row in text.lines().map(Row::parse) {
        replayed += 1;
        // A few ids were given to two rows.
        if !ids.insert(row.id.clone()) {
            row.id += "#2";
            ids.insert(row.id.clone());
        }
        machine.write_state(&scene::set(&machine.state(), &row));
        let mut command = machine.command();
        command.args(&row.argv).envs(recorded_environment(&row.answer.stdout));
        let ran = run(command, &row.stdin);
        let is_equal = comparable(&ran, &machine) == comparable(&row.answer, &machine);
        let is_refused = ran.exit == 70 && ran.stderr.contains("iocage-sim: not simulated: ");
        match (is_equal, differences::reason(&row.id), is_refused) {
            (true, None, _) => equal += 1,
            (false, Some(_), false) => different += 1,
            (false, Some(_), true) => missing += 1,
            (true, Some(_), _) => {
                unexplained.push(format!("{}: named as different, but it is the same", row.id))
            }
            (false, None, _) => unexplained.push(format!(
                "{} {:?}\n  on {}\n  recorded {:#?}\n  answered {ran:#?}",
                row.id, row.argv, row.precondition, row.answer
            )),
        }
    }
    eprintln!("replayed {replayed}: {equal} equal, {different} named differences, {missing} not simulated");
    for name in differences::names().filter(|name| !ids.contains(*name)) {
        unexplained.push(format!("{name}: named as different, but not recorded"));
    }
    for name in scene::hidden().filter(|name| !ids.contains(*name)) {
        unexplained.push(format!("{name}: a hidden change is noted for it, but it is not recorded"));
    }
    assert!(unexplained.is_empty(), "{} unexplained:\n{}", unexplained.len(), unexplained.join("\n"));
}

/// What the caller's environment held, where the answer is a dump of all variables.
fn recorded_environment(stdout: &str) -> Vec<(&str, &str)> {
    let from_caller = ["HOME", "PATH", "RIG", "RIG_RELEASE", "TERM", "USER"];
    let variables = stdout.lines().filter_map(|line| line.split_once('='));
    variables.filter(|(name, _)| from_caller.contains(name)).collect()
}

/// An answer without what has no reason to be the same: how often the spinner turned, where the program lies, and three
/// variables of its shell.
fn comparable(ran: &Ran, machine: &Machine) -> Ran {
    let own = machine.folder().join("iocage");
    let stderr = ran
        .stderr
        .replace("/usr/local/bin/dev-3ffbc87/iocage", "IOCAGE")
        .replace(own.to_str().expect("the target folder has a UTF-8 name"), "IOCAGE");
    let is_dump = ran.stdout.starts_with("CONF_CUSTOM=");
    let is_kept =
        |line: &&str| !is_dump || !["LIB=", "PPID=", "PWD="].iter().any(|name| line.starts_with(name));
    let stdout = ran.stdout.split_inclusive('\n').filter(is_kept).map(without_turns).collect();
    Ran { stdout, stderr, exit: ran.exit }
}

/// A line with its spinner turned once.
fn without_turns(line: &str) -> String {
    let Some(first) = line.find('\u{8}') else { return line.to_owned() };
    let last = line.rfind('\u{8}').expect("there is a first one");
    let turns = &line[first..last];
    // Two characters each: back, and one of the four that turn.
    let is_spinner = turns.split('\u{8}').skip(1).all(|turn| matches!(turn, "/" | "-" | "\\" | "|"));
    if is_spinner { format!("{}{}", &line[..first], &line[last..]) } else { line.to_owned() }
}
