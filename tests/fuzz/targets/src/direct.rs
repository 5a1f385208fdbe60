//! What the system's tools and iocage's files tell of a small machine, spoiled in one place:
//! a byte changed, lost or doubled, the rest cut off, two lines in each other's place.
//!
//! The promise: an error, or the answer of the unspoiled machine but for what was spoiled.
//! So no jail appears or goes, and only what is told of the jail whose own row, entry or file
//! was hit may differ. What cannot be seen is left out here: a listing cut off between two
//! rows is a whole one, and what iocage calls a jail stands in a file that it believes.
//!
//! An input is seven bytes, `MACHINE QUESTION TEXT KIND AT AT BYTE`.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Direct};
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError};

use crate::dispatch::{LONG, Place};
use crate::tools::{self, Said, Tools};

/// The machines: some jails each, of which one runs.
const MACHINES: [&str; 4] = [
    include_str!("../../../it/golden/shell/dev-04-three-one-up.json"),
    include_str!("../../../it/golden/python/three.json"),
    include_str!("../../../it/golden/shell/176-04-three-one-up.json"),
    include_str!("../../../it/golden/python/family.json"),
];

/// One place where one text is spoiled.
#[derive(Clone, Copy, Debug)]
struct Edit {
    kind: u8,
    at: usize,
    byte: u8,
}

/// A text before and after, and where it begins to differ.
#[derive(Clone, Debug)]
struct Spoiled {
    before: String,
    after: String,
    /// The parts that were hit, as they were: rows of zfs, entries of jls.
    hit: Vec<String>,
}

impl Edit {
    /// Spoil a text, whose parts end with `end`.
    fn spoil(self, text: &str, end: u8) -> Spoiled {
        let mut bytes = text.as_bytes().to_vec();
        let at = self.at % bytes.len().max(1);
        let mut hit = vec![part(text, at, end)];
        if !bytes.is_empty() {
            match self.kind % 5 {
                0 => bytes[at] = self.byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, bytes[at]),
                3 => bytes.truncate(at),
                _ => {
                    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
                    let line = at % lines.len();
                    let other = usize::from(self.byte) % lines.len();
                    hit = vec![lines[line].to_owned(), lines[other].to_owned()];
                    lines.swap(line, other);
                    bytes = lines.concat().into_bytes();
                }
            }
        }
        // At the end of a part the next one is hit, too.
        hit.push(part(text, (at + 1).min(text.len()), end));
        Spoiled { before: text.to_owned(), after: String::from_utf8_lossy(&bytes).into_owned(), hit }
    }
}

/// The part of a text in which a byte stands.
fn part(text: &str, at: usize, end: u8) -> String {
    let bytes = text.as_bytes();
    let start = bytes[..at].iter().rposition(|byte| *byte == end).map_or(0, |before| before + 1);
    let stop = bytes[at..].iter().position(|byte| *byte == end).map_or(bytes.len(), |after| at + after + 1);
    String::from_utf8_lossy(&bytes[start..stop]).into_owned()
}

/// A recorded machine with its class.
struct Stage {
    tools: Arc<Tools>,
    instance: Instance,
    spoil: Arc<Mutex<Option<(&'static str, Edit)>>>,
    spoiled: Arc<Mutex<Vec<Spoiled>>>,
    _place: Place,
}

/// What a command prints is what the tools of the machine print, one of them spoiled.
struct Player {
    tools: Arc<Tools>,
    spoil: Arc<Mutex<Option<(&'static str, Edit)>>>,
    spoiled: Arc<Mutex<Vec<Spoiled>>>,
}

fn lock<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Runner for Player {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        let program = tools::program(command);
        let words: Vec<_> = command.args.iter().map(String::as_str).collect();
        let mut said = match words[..] {
            ["--version"] => Said { stdout: self.tools.version(), ..Said::default() },
            _ => {
                assert_ne!(program, "iocage", "asked with `direct: only`: {words:?}");
                self.tools.play(program, &words).unwrap_or(Said { exit: 97, ..Said::default() })
            }
        };
        if let Some((_, edit)) = lock(&self.spoil).filter(|(of, _)| *of == program && said.exit == 0) {
            let spoiled = edit.spoil(&said.stdout, if program == "jls" { b'}' } else { b'\n' });
            said.stdout.clone_from(&spoiled.after);
            lock(&self.spoiled).push(spoiled);
        }
        Ok(Outcome {
            end: End::Exited(said.exit),
            stdout: Captured::whole(said.stdout.into_bytes()),
            stderr: Captured::whole(said.stderr.into_bytes()),
            duration: Duration::ZERO,
            left: None,
            pid: 1,
        })
    }
}

impl Stage {
    fn new(machine: usize) -> Stage {
        static DATA: OnceLock<Vec<Arc<Value>>> = OnceLock::new();
        let data = DATA.get_or_init(|| {
            let data = MACHINES.iter().map(|text| serde_json::from_str::<Value>(text).expect("JSON"));
            data.map(Arc::new).collect()
        });
        let place = Place::new();
        let tools = Arc::new(Tools::new(Arc::clone(&data[machine]), place.0.join("machine")));
        tools.lay();
        let (spoil, spoiled) = (Arc::default(), Arc::default());
        let player =
            Player { tools: Arc::clone(&tools), spoil: Arc::clone(&spoil), spoiled: Arc::clone(&spoiled) };
        let config = Config {
            direct: Direct::Only,
            // Nothing is started, so nothing need be there.
            allow_unsafe_program: true,
            lock_dir: place.0.join("locks"),
            ..crate::tools::nowhere()
        };
        let instance = Instance::with_runner(config, Box::new(player));
        Stage { tools, instance, spoil, spoiled, _place: place }
    }

    /// What can be asked of it.
    fn requests(&self) -> Vec<Value> {
        let mut requests = vec![json!({"action": "listjails"}), json!({"action": "df"})];
        let each = |prop: &str| json!({"action": "getjailsettings", "switches": "-r", "prop": prop});
        requests.extend(["notes", "boot", "tag"].map(each));
        // Not by the list, which one of them does not tell.
        let jails = self.answer(&requests[1]).expect("unspoiled");
        for jail in jails.keys() {
            requests.push(json!({"action": "getjailsettings", "jail": jail}));
            requests.push(json!({"action": "getjailsettings", "jail": jail, "prop": "notes"}));
        }
        requests.extend(["getdefaultsettings", "activatepool"].map(|name| json!({"action": name})));
        requests.retain(|request| self.answer(request).is_some());
        assert!(requests.len() > 5, "{requests:?}");
        requests
    }

    /// The answer, if it is one and nothing is said beside it.
    fn answer(&self, request: &Value) -> Option<Map<String, Value>> {
        let caller = Caller::ANYBODY;
        let start = Instant::now();
        let (_, args) = self.instance.dispatch(&caller, request.to_string().as_bytes());
        assert!(start.elapsed() < LONG, "{:?} for {request}", start.elapsed());
        let mut args: Map<String, Value> = serde_json::from_slice(&args).expect("JSON");
        let has_problems = args.contains_key("problems");
        let answer = args.get_mut(request["action"].as_str()?)?.take();
        let Value::Object(answer) = answer else { panic!("no object: {answer}") };
        let is_error = answer.get("code").is_some_and(Value::is_string);
        (!is_error && !has_problems).then_some(answer)
    }
}

/// The questions that each machine answers.
fn requests() -> &'static [Vec<Value>] {
    static REQUESTS: OnceLock<Vec<Vec<Value>>> = OnceLock::new();
    REQUESTS.get_or_init(|| (0..MACHINES.len()).map(|machine| Stage::new(machine).requests()).collect())
}

/// Spoil a machine in one place and ask it.
pub(crate) fn direct(bytes: &[u8]) {
    let [machine, question, text, kind, low, high, rest @ ..] = bytes else { return };
    let at = usize::from(*low) + (usize::from(*high) << 8);
    let edit = Edit { kind: *kind, at, byte: rest.first().copied().unwrap_or_default() };
    let machine = usize::from(*machine) % MACHINES.len();
    let requests = &requests()[machine];
    let request = &requests[usize::from(*question) % requests.len()];
    let stage = Stage::new(machine);
    let expected = &stage.answer(request).expect("unspoiled");
    let files = stage.tools.files();
    let program = ["zpool", "zfs", "jls"].get(usize::from(*text) % (3 + files.len())).copied();
    let Some(program) = program else {
        let (path, content) = files[usize::from(*text) % (3 + files.len()) - 3];
        let spoiled = edit.spoil(content, b'\n');
        let own = stage.tools.below(path);
        std::fs::write(&own, &spoiled.after).expect("written");
        let found = stage.answer(request);
        std::fs::write(own, content).expect("written");
        let about = if path.ends_with("defaults.json") { About::All } else { About::Path(path) };
        return check(request, expected, found, &[spoiled], about);
    };
    *lock(&stage.spoil) = Some((program, edit));
    let found = stage.answer(request);
    *lock(&stage.spoil) = None;
    let spoiled = lock(&stage.spoiled).clone();
    let is_of_one = |one: &Spoiled| one.before.starts_with("org.freebsd") && program == "zfs";
    let about = if program == "zpool" || spoiled.iter().any(is_of_one) { About::All } else { About::Hit };
    check(request, expected, found, &spoiled, about);
}

/// Of what the spoiled text tells.
#[derive(Clone, Copy, Debug)]
enum About<'a> {
    /// Of everything.
    All,
    /// Of the jail in this path.
    Path(&'a str),
    /// Of those that are named where it was hit.
    Hit,
}

fn check(
    request: &Value,
    expected: &Map<String, Value>,
    found: Option<Map<String, Value>>,
    spoiled: &[Spoiled],
    about: About<'_>,
) {
    let Some(found) = found else { return };
    if found == *expected {
        return;
    }
    let say = || format!("{request}\n  found    {found:?}\n  expected {expected:?}\n  {spoiled:?} {about:?}");
    let is_hit = |jail: &str| match about {
        About::All => true,
        About::Path(path) => path.split('/').any(|part| part == jail),
        About::Hit => spoiled.iter().any(|one| one.hit.iter().any(|hit| hit.contains(jail))),
    };
    // A table, or what is told of one thing.
    let is_table = found.len() != 1 || expected.len() != 1 || request.get("jail").is_none();
    let is_table = is_table && expected.values().all(Value::is_object);
    let held: String = spoiled.iter().map(|one| &*one.after).collect();
    let is_named_by_file = matches!(about, About::Path(_)) && {
        let named = |one: &Spoiled| {
            let line =
                |text: &str| text.lines().find(|line| line.contains("host_hostuuid")).map(str::to_owned);
            line(&one.before) != line(&one.after)
        };
        spoiled.iter().any(named)
    };
    let is_cut_between =
        spoiled.iter().any(|one| one.before.starts_with(&one.after) && one.after.ends_with('\n'));
    // What the shell iocage keeps its defaults in has a UUID of its own, which nothing repeats: there another one is as good.
    let of_defaults = |text: &str| {
        let line = text
            .lines()
            .find(|line| line.split('\t').next().is_some_and(|name| name.ends_with("/.defaults")));
        line.and_then(|line| line.split('\t').nth(1)).map(str::to_owned)
    };
    let other = spoiled.iter().map(|one| [of_defaults(&one.before), of_defaults(&one.after)]);
    let other: BTreeSet<_> = other.filter(|[before, after]| before != after).flatten().flatten().collect();
    let names = |of: &Map<String, Value>| {
        of.keys().filter(|name| !other.contains(*name)).cloned().collect::<BTreeSet<_>>()
    };
    if is_table && !is_named_by_file {
        assert!(names(&found).is_subset(&names(expected)), "a jail that is none: {}", say());
        assert!(is_cut_between || names(expected).is_subset(&names(&found)), "a jail is missing: {}", say());
    }
    for (name, value) in &found {
        let Some(before) = expected.get(name).filter(|before| *before != value) else { continue };
        let jail = if is_table { name.as_str() } else { request["jail"].as_str().unwrap_or(name) };
        assert!(is_hit(jail) || is_cut_between, "of a jail that was not hit: {name} {}", say());
        let cells = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let before = cells(before);
        for (key, cell) in cells(value) {
            if before.get(&key) == Some(&cell) {
                continue;
            }
            let word = cell.as_str().unwrap_or_default();
            // What iocage makes of a configuration that it cannot read, or that says less.
            let is_of_file = !matches!(about, About::Hit);
            assert!(is_of_file || key != "state", "another state: {}", say());
            let is_held = is_of_file || word == "none" || word.split(',').all(|part| held.contains(part));
            assert!(is_held, "a cell that nothing tells: {key} {cell} {}", say());
        }
    }
}

/// Some of each machine, question, text and kind.
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for machine in 0..MACHINES.len() as u8 {
        for text in 0..8 {
            for kind in 0..5 {
                seeds.push(vec![machine, kind, text, kind, text * 17 + kind * 23, kind % 3, b'1']);
            }
        }
    }
    seeds
}
