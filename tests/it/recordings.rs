//! Both dialects against recordings of the real programs, where they are beside
//! the workspace. Each recorded command that a request of the class can lead to
//! is answered, by a runner that starts nothing, with what the real program
//! printed; the lookups on the way with text made from what the recording says
//! there was. The answer is then held against the recorded exit status and text,
//! by a rule where one holds (`judge`), and where iocage is known to lie by a
//! row with its reason (`named`).
//!
//! The figures are printed, and fewer rows than today fail the test.

mod judge;
mod named;
mod python;
mod row;
mod scene;
mod shell;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use sysadm_iocage::config::Generation;

use row::Row;

#[derive(Default)]
struct Tally {
    replayed: usize,
    errors: usize,
    named: usize,
    refused: usize,
}

/// Replay a file. `least` is how many rows were replayed when this was written.
fn replay(file: &str, generation: Generation, least: usize) {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../shared/iocage/transcripts/{file}.jsonl"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        crate::support::skipped!("no recordings at {}", path.display());
        return;
    };
    let rows: Vec<_> = text.lines().map(Row::parse).collect();
    let mut tallies: BTreeMap<&str, Tally> = BTreeMap::new();
    let mut left_out: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut unexplained = Vec::new();
    let mut met = BTreeSet::new();
    for row in &rows {
        let verb = row.argv.first().map_or("", String::as_str);
        let plan = match generation {
            Generation::Shell => shell::plan(row),
            Generation::Python => python::plan(row, &rows),
        };
        let scene = match plan {
            Ok(scene) => scene,
            Err(reason) => {
                *left_out.entry((verb, reason)).or_default() += 1;
                continue;
            }
        };
        let tally = tallies.entry(verb).or_default();
        tally.replayed += 1;
        match judge::judge(file, generation, row, scene, &mut met) {
            Ok(verdict) => {
                tally.errors += usize::from(verdict.is_error);
                tally.named += usize::from(verdict.is_named);
                tally.refused += usize::from(verdict.is_refused);
            }
            Err(why) => unexplained.push(format!("{} {:?}: {why}", row.id, row.argv)),
        }
    }
    let stale = named::ids(file).filter(|id| !met.contains(*id));
    unexplained.extend(stale.map(|id| format!("{id} is named, but no row of it was replayed")));
    let mut all = 0;
    for (verb, Tally { replayed, errors, named, refused }) in &tallies {
        println!(
            "{file} {verb}: {replayed} replayed, {errors} errors ({refused} of them before iocage runs), \
             {named} named differences"
        );
        all += replayed;
    }
    for ((verb, reason), count) in &left_out {
        println!("{file} {verb}: {count} not the class's words: {reason}");
    }
    println!("{file}: {all} of {} replayed, {} unexplained", rows.len(), unexplained.len());
    assert!(unexplained.is_empty(), "{} unexplained:\n{}", unexplained.len(), unexplained.join("\n"));
    assert!(all >= least, "{all} of {file} were replayed, {least} were before");
}

#[test]
fn shell_development_line_of_2016() {
    replay("shell-2016-02-10", Generation::Shell, 270);
}

#[test]
fn shell_1_7_6() {
    replay("shell-1.7.6", Generation::Shell, 274);
}

#[test]
fn python_1_13() {
    replay("python-1.13", Generation::Python, 325);
}

#[test]
fn python_1_2() {
    replay("python-1.2", Generation::Python, 32);
}
