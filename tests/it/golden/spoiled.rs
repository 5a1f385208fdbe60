//! A byte that was changed, lost or doubled in what a tool or a file tells of the Python
//! iocage's machine: what is answered then is the same, an error, left to iocage, or of
//! that value; never of another jail, and never without a jail that is there.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex};

use sysadm_iocage::config::Direct;

use super::replay::{Played, Recording, Said, Spoil};
use crate::support::dice::Dice;
use crate::support::is_long;

const RECORDINGS: [&str; 3] = ["family", "three", "twenty"];

fn cases() -> usize {
    if is_long() { 20_000 } else { 300 }
}

/// What is done to a text, and where.
#[derive(Clone, Copy, Debug)]
enum Damage {
    Changed(usize, u8),
    Lost(usize),
    Doubled(usize),
}

impl Damage {
    fn of(dice: &mut Dice, text: &str) -> Damage {
        let at = dice.below(text.len());
        match dice.below(4) {
            0 => Damage::Lost(at),
            1 => Damage::Doubled(at),
            // One that stands there elsewhere is likelier to be taken for something.
            2 => Damage::Changed(at, text.as_bytes()[dice.below(text.len())]),
            _ => Damage::Changed(at, *dice.of(b"\t\n\"{}[],:-/_. 01azNO")),
        }
    }

    fn of_text(self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        match self {
            Damage::Changed(at, byte) => bytes[at] = byte,
            Damage::Lost(at) => drop(bytes.remove(at)),
            Damage::Doubled(at) => bytes.insert(at, bytes[at]),
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn questions(jail: &str) -> Vec<Vec<&str>> {
    vec![
        vec!["list", "-lh"],
        vec!["list", "-tlh"],
        vec!["list", "-rh"],
        vec!["df", "-lh"],
        vec!["get", "all", "default"],
        vec!["get", "-p"],
        vec!["get", "all", jail],
        vec!["get", "state", jail],
        vec!["get", "devfs_ruleset", jail],
        vec!["get", "-rh", "boot"],
        vec!["get", "-rh", "state"],
    ]
}

/// The rows of a table by what they are called, and how many stand under that name.
fn rows<'t>(words: &[&str], text: &'t str) -> BTreeMap<&'t str, Vec<Vec<&'t str>>> {
    let name = usize::from(words[0] == "list" && words[1] != "-rh");
    let mut rows: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for line in text.lines() {
        let cells: Vec<_> = line.split('\t').collect();
        rows.entry(cells.get(name).copied().unwrap_or(line)).or_default().push(cells);
    }
    rows
}

/// Are the rows the same but for one cell of one of them?
fn is_of_one_value(words: &[&str], clean: &str, spoiled: &str) -> bool {
    let (clean, spoiled) = (rows(words, clean), rows(words, spoiled));
    let mut cells = 0;
    let is_alike = clean.len() == spoiled.len()
        && clean.iter().zip(&spoiled).all(|((name, rows), (other, others))| {
            let is_counted = rows.len() == others.len()
                && rows.iter().zip(others).all(|(a, b)| {
                    cells += a.iter().zip(b).filter(|(a, b)| a != b).count();
                    a.len() == b.len()
                });
            name == other && is_counted
        });
    is_alike && cells <= 1
}

fn recorded(name: &str) -> Arc<Recording> {
    let recording = Recording::all("python").into_iter().find(|recording| recording.name == name);
    Arc::new(recording.expect("it is there"))
}

fn jails(recording: &Recording) -> Vec<String> {
    let words = recording.said().map(|(words, _)| words.join(" ")).collect::<Vec<_>>();
    let names = words.iter().filter_map(|words| words.strip_prefix("get all "));
    names.filter(|name| *name != "default").map(str::to_owned).collect()
}

/// A table or a value that jls or zfs told of.
#[test]
fn what_a_tool_tells_wrongly_is_never_of_another_jail() {
    let (mut same, mut of_value, mut not_told) = (0, 0, 0);
    for name in RECORDINGS {
        let recording = recorded(name);
        let clean = Played::new(&recording, Direct::Only, None);
        let damage: Arc<Mutex<Option<(&str, u64)>>> = Arc::default();
        let spoil: Spoil = {
            let damage = Arc::clone(&damage);
            Box::new(move |program, text| match *damage.lock().expect("alone") {
                Some((of, seed)) if of == program && !text.is_empty() => {
                    Damage::of(&mut Dice::new(seed), &text).of_text(&text)
                }
                _ => text,
            })
        };
        let spoiled = Played::new(&recording, Direct::Only, Some(spoil));
        let jails = jails(&recording);
        for seed in 0..cases() as u64 {
            let mut dice = Dice::new(seed + 1);
            let program = *dice.of(&["zfs", "zfs", "zpool", "jls"]);
            let jail = dice.of(&jails);
            let words = dice.of(&questions(jail)).clone();
            *damage.lock().expect("alone") = None;
            let before = clean.without_iocage(&words).expect("told");
            spoiled.without_iocage(&["get", "-p"]).expect("the version is asked for once");
            *damage.lock().expect("alone") = Some((program, seed + 1));
            let Ok(after) = spoiled.without_iocage(&words) else {
                not_told += 1;
                continue;
            };
            if after == before {
                same += 1;
                continue;
            }
            let is_one = match &words[..] {
                // The number of its rules is the value.
                ["get", "devfs_ruleset", _] => after.exit == 0 && after.stdout.lines().count() == 1,
                ["list" | "df", _] | ["get", "-rh", _] => {
                    is_of_one_value(&words, &before.stdout, &after.stdout)
                }
                _ => false,
            };
            assert!(
                is_one && after.exit == before.exit && after.stderr == before.stderr,
                "{name}, seed {seed}, {program}: {words:?}\n{before:#?}\n{after:#?}"
            );
            of_value += 1;
        }
    }
    println!("{same} the same, {of_value} of the value, {not_told} not told");
    assert!(same > 100 && of_value > 0 && not_told > 100, "{same} {of_value} {not_told}");
}

/// A configuration of which a byte is wrong is another one, as iocage reads it, too: of
/// the other jails everything is told as before, and the jail itself is there.
#[test]
fn a_configuration_that_is_wrong_is_the_jails_own() {
    let (mut same, mut of_jail, mut not_told) = (0, 0, 0);
    for name in RECORDINGS {
        let recording = recorded(name);
        let played = Played::new(&recording, Direct::Only, None);
        let jails = jails(&recording);
        for seed in 0..cases() as u64 {
            let mut dice = Dice::new(seed + 1);
            let jail = dice.of(&jails);
            let sort = ["jails", "templates"].map(|sort| format!("/vault/iocage/{sort}/{jail}/config.json"));
            let path = sort.map(|path| recording.below(&path)).into_iter().find(|path| path.is_file());
            let Some(path) = path else { continue };
            let asked = dice.of(&jails);
            let words = dice.of(&questions(asked)).clone();
            let before = played.without_iocage(&words).expect("told");
            let text = fs::read_to_string(&path).expect("a file");
            fs::write(&path, Damage::of(&mut dice, &text).of_text(&text)).expect("written");
            let after = played.without_iocage(&words);
            fs::write(&path, text).expect("written");
            match after {
                Err(_) => not_told += 1,
                Ok(after) if after == before => same += 1,
                Ok(after) => {
                    let is_own = is_of_one_jail(&words, jail, &before, &after);
                    assert!(is_own, "{name}, seed {seed}, {jail}: {words:?}\n{before:#?}\n{after:#?}");
                    of_jail += 1;
                }
            }
        }
    }
    println!("{same} the same, {of_jail} of the jail, {not_told} not told");
    assert!(same > 100 && of_jail > 10 && not_told > 0, "{same} {of_jail} {not_told}");
}

/// Is nothing other than this jail's row or answer another?
fn is_of_one_jail(words: &[&str], jail: &str, before: &Said, after: &Said) -> bool {
    match words {
        // It fails at this jail, and says so.
        ["df", _] | ["get", "-rh", _] if after.exit == 1 => {
            after.stdout.is_empty()
                && (after.stderr.starts_with(jail) || after.stderr.contains("is not a valid property!"))
        }
        ["df", _] | ["get", "-rh", _] => {
            let (before, after) = (rows(words, &before.stdout), rows(words, &after.stdout));
            let is_same = |(name, rows): (&&str, _)| after.get(name) == Some(rows) || *name == jail;
            before.len() == after.len() && before.iter().all(is_same) && after.contains_key(jail)
        }
        // Here it is called what its configuration says.
        ["list", _] => {
            let (before, after) = (rows(words, &before.stdout), rows(words, &after.stdout));
            let count = |rows: &BTreeMap<_, Vec<_>>| rows.values().map(Vec::len).sum::<usize>();
            let others = before.iter().filter(|(name, rows)| {
                after.get(*name).is_none_or(|found| !rows.iter().all(|row| found.contains(row)))
            });
            count(&before) == count(&after) && others.count() <= 1
        }
        ["get", _, of] => *of == jail,
        _ => false,
    }
}
