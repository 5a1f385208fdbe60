//! That the word which iocage is given leads it to the jail that was asked for, or
//! that nothing is run: over thousands of random machines whose jails, templates,
//! names, tags and UUIDs get in each other's way. iocage is a model here that finds
//! a jail as the programs of February 2016 and 1.7.x do, by their source; no process
//! is started. The generator is seeded, and a failure names its machine.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::json;
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Generation};
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError};

use crate::support::Folder;
use crate::support::dice::near;
use crate::support::stand::nowhere;

const CASES: usize = 3000;

/// How a version finds a jail by a word.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Version {
    /// February 2016: the datasets in order; the first of this tag or UUID ends the
    /// search, and each whose end the word is, as a regular expression without regard
    /// to case, is one more.
    Development,
    /// 1.7.x: every jail whose dataset begins so, and every one of this tag; one that
    /// is both counts twice. Templates are jails.
    Release,
}

#[derive(Clone, Debug)]
struct Row {
    /// The last part of its dataset, if it is a jail; a template's is its tag.
    dataset: String,
    uuid: String,
    tag: String,
    is_template: bool,
}

#[derive(Debug)]
struct Machine {
    version: Version,
    /// In the order of the datasets: jails, then templates.
    rows: Vec<Row>,
}

impl Machine {
    /// The row that a word leads to; none where it leads to none or several.
    fn find(&self, word: &str) -> Option<usize> {
        let word_low = word.to_ascii_lowercase();
        let mut found = Vec::new();
        for (at, row) in self.rows.iter().enumerate() {
            let dataset = row.dataset.to_ascii_lowercase();
            match self.version {
                Version::Development => {
                    let is_it = row.tag == word || row.uuid == word;
                    if is_it || dataset.ends_with(&word_low) {
                        found.push(at);
                    }
                    if is_it {
                        break;
                    }
                }
                Version::Release => {
                    let times = usize::from(dataset.starts_with(&word_low)) + usize::from(row.tag == word);
                    found.extend(std::iter::repeat_n(at, times));
                }
            }
        }
        match found[..] {
            [only] => Some(only),
            _ => None,
        }
    }

    fn df(&self) -> String {
        let shown = |row: &&Row| self.version == Version::Release || !row.is_template;
        let row = |row: &Row| format!("{}  1.00x   none   none   9K     5.8G  {}\n", row.uuid, row.tag);
        let rows = self.rows.iter().filter(shown).map(row).collect::<String>();
        format!("UUID                                  CRT     RES    QTA    USE    AVA   TAG\n{rows}")
    }

    fn templates(&self) -> String {
        let (header, end) = match self.version {
            Version::Development => ("TYPE  IP4", "template  -"),
            Version::Release => ("IP", "none"),
        };
        let row = |row: &Row| format!("-    {}  off   down   {}  {end}\n", row.uuid, row.tag);
        let rows = self.rows.iter().filter(|row| row.is_template).map(row).collect::<String>();
        format!("JID  UUID                                  BOOT  STATE  TAG  {header}\n{rows}")
    }
}

/// What iocage was led to: each time the word, and the row if it was one.
type Led = Vec<(String, Option<usize>)>;

/// iocage.
struct Model {
    machine: Arc<Machine>,
    led: Arc<Mutex<Led>>,
}

impl Runner for Model {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        if !command.program.ends_with("iocage") {
            return Err(StartError::Missing { path: command.program.to_owned() });
        }
        let words: Vec<_> = command.args.iter().map(String::as_str).collect();
        let (stdout, exit) = match words[..] {
            ["df"] => (self.machine.df(), 0),
            ["list", "-t"] => (self.machine.templates(), 0),
            ["destroy" | "start" | "stop" | "clone", word, ..]
            | ["get", _, word]
            | ["exec", _, _, word, ..] => {
                self.led.lock().expect("alone").push((word.to_owned(), self.machine.find(word)));
                ("  ERROR: the model does nothing\n".to_owned(), 1)
            }
            _ => panic!("nobody thought of {words:?}"),
        };
        Ok(Outcome {
            end: End::Exited(exit),
            stdout: Captured::whole(stdout.as_bytes()),
            stderr: Captured::whole(b""),
            duration: Duration::from_secs(5),
            left: None,
            pid: 1,
        })
    }
}

/// A generator of numbers, the same each time.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % end
    }

    fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    fn of<'a>(&mut self, all: &'a [String]) -> &'a str {
        &all[self.below(all.len())]
    }
}

/// UUIDs that begin or end the same, or differ in case only.
fn uuids(random: &mut Random) -> Vec<String> {
    let parts = ["611c89ae", "0bf985de", "611C89AE", "5e1fe97e"];
    let ends = ["54ee75595566", "d05099728dbf", "54EE75595566"];
    (0..6).map(|_| format!("{}-c43c-11e5-9602-{}", parts[random.below(4)], ends[random.below(3)])).collect()
}

/// Words that may be a tag, or what a request calls a jail.
fn words(random: &mut Random, uuids: &[String]) -> Vec<String> {
    let mut words: Vec<_> =
        ["web", "we", "web2", "w.b", "tpl", "d", "my jail", ".*"].map(str::to_owned).to_vec();
    for _ in 0..4 {
        let uuid = random.of(uuids).to_owned();
        words.push(near(uuid, random.below(6)));
    }
    words
}

fn machine(random: &mut Random, version: Version, uuids: &[String], words: &[String]) -> Machine {
    let mut rows: Vec<Row> = Vec::new();
    for _ in 0..=random.below(5) {
        let is_template = random.one_in(3);
        let (uuid, tag) = (random.of(uuids).to_owned(), random.of(words).to_owned());
        let dataset = match version {
            Version::Development if is_template => tag.clone(),
            // A clone that was given another jail's UUID.
            Version::Development if random.one_in(8) => random.of(uuids).to_owned(),
            _ => uuid.clone(),
        };
        // No two datasets have one name.
        let is_other = |row: &Row| row.is_template != is_template || row.dataset != dataset;
        if rows.iter().all(|row| is_other(row) && (version == Version::Development || row.dataset != dataset))
        {
            rows.push(Row { dataset, uuid, tag, is_template });
        }
    }
    rows.sort_by(|a, b| {
        let place = |row: &Row| (version == Version::Development && row.is_template, row.dataset.clone());
        place(a).cmp(&place(b))
    });
    Machine { version, rows }
}

/// The rows that a request can mean: by equality, UUIDs without regard to case.
fn meant(machine: &Machine, name: &str) -> Vec<usize> {
    let is_meant = |row: &Row| row.uuid.eq_ignore_ascii_case(name) || row.tag == name;
    machine.rows.iter().enumerate().filter(|(_, row)| is_meant(row)).map(|(at, _)| at).collect()
}

#[test]
fn the_word_leads_to_the_jail_that_was_asked_for_or_nothing_is_run() {
    let locks = Folder::new();
    let mut random = Random(20_160_210);
    let (mut ran, mut refused) = (0, 0);
    for case in 0..CASES {
        let version = if case % 2 == 0 { Version::Development } else { Version::Release };
        let uuids = uuids(&mut random);
        let words = words(&mut random, &uuids);
        let machine = Arc::new(machine(&mut random, version, &uuids, &words));
        let name = match random.below(3) {
            0 => random.of(&words).to_owned(),
            1 => random.of(&uuids).to_owned(),
            _ => random.of(&uuids).to_uppercase(),
        };
        let led = Arc::default();
        let model = Model { machine: Arc::clone(&machine), led: Arc::clone(&led) };
        let config = Config {
            dialect: Some(Generation::Shell),
            iocage: Path::new("/model/iocage").to_owned(),
            lock_dir: locks.0.clone(),
            allow_unsafe_program: true,
            ..nowhere()
        };
        let instance = Instance::with_runner(config, Box::new(model));
        let actions = ["destroyjail", "getjailsettings", "clonejail"];
        let request = json!({"action": actions[random.below(3)], "jail": name, "prop": "vnet"});
        let caller = Caller::ANYBODY;
        let (_, answer) = instance.dispatch(&caller, request.to_string().as_bytes());
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let led = led.lock().expect("alone");
        let meant = meant(&machine, &name);
        if led.is_empty() {
            refused += 1;
            let is_sure = meant.len() == 1 && {
                let row = &machine.rows[meant[0]];
                let word = row.uuid.to_ascii_lowercase();
                let gets_in_the_way = |other: &Row| {
                    other.uuid.eq_ignore_ascii_case(&word) || other.tag.to_ascii_lowercase().ends_with(&word)
                };
                machine.rows.iter().enumerate().all(|(at, other)| at == meant[0] || !gets_in_the_way(other))
            };
            let is_plain = !name.contains([' ', '*']);
            assert!(!(is_sure && is_plain), "case {case}, {name:?} is refused: {answer}\n{machine:#?}");
        }
        for (word, row) in led.iter() {
            ran += 1;
            // Where it finds none or several it does nothing.
            let Some(row) = row else { continue };
            assert_eq!(meant, [*row], "case {case}: {request} led by {word:?} astray\n{machine:#?}");
        }
    }
    println!("{CASES} machines: {ran} commands run, {refused} requests refused");
    assert!(ran > CASES / 10 && refused > CASES / 10, "{ran} and {refused}");
}

/// That the model can be led astray: by the name as it came, and by a template's tag.
#[test]
fn a_naive_word_leads_astray() {
    let row = |dataset: &str, uuid: &str, tag: &str, is_template| Row {
        dataset: dataset.to_owned(),
        uuid: uuid.to_owned(),
        tag: tag.to_owned(),
        is_template,
    };
    let (a, b) = ("611c89ae-c43c-11e5-9602-54ee75595566", "0bf985de-c43c-11e5-9602-d05099728dbf");
    let machine = Machine {
        version: Version::Development,
        rows: vec![row(b, b, "t1", false), row("t1", a, "t1", true)],
    };
    assert_eq!(
        (machine.find("t1"), machine.find(a), machine.find("d05099728dbf")),
        (Some(0), Some(1), Some(0))
    );
    let machine =
        Machine { version: Version::Development, rows: vec![row(b, b, a, false), row(a, a, "web", false)] };
    assert_eq!(machine.find(a), Some(0), "a jail whose tag is another's UUID");
    let machine =
        Machine { version: Version::Release, rows: vec![row(b, b, a, false), row(a, a, "web", false)] };
    assert_eq!((machine.find(a), machine.find("0bf985de")), (None, Some(0)));
}
