//! A recorded machine as the programs that told of it: zpool, zfs, jls and iocage, each in
//! the forms that are known, and no other.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use sysadm_class::{Access, Status};
use sysadm_iocage::class::{Caller, Instance};
use sysadm_iocage::config::{Config, Direct};
use sysadm_iocage::process::{Captured, Command, End, Outcome, Runner, StartError, Stopped};

use crate::support::Folder;
use crate::support::stand::nowhere;

/// A recording.
pub struct Recording {
    /// What it is called.
    pub name: String,
    data: Value,
    /// Where its files are, and what the machine's mountpoints begin with.
    root: PathBuf,
    _folder: Folder,
}

/// What iocage printed for some words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub exit: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Recording {
    /// All of a generation, in the order of their names.
    pub fn all(generation: &str) -> Vec<Recording> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(generation);
        let mut paths: Vec<_> =
            fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("one").path()).collect();
        paths.sort();
        let recordings: Vec<_> = paths.iter().map(|path| Recording::of(path)).collect();
        assert!(recordings.len() > 10, "{}", recordings.len());
        recordings
    }

    fn of(path: &Path) -> Recording {
        Recording::altered(path, |_, _| ())
    }

    /// One of them, with something of it changed; the other value is where its files are.
    pub fn altered(path: &Path, change: impl FnOnce(&mut Value, &str)) -> Recording {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(path);
        let mut data: Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
        let folder = Folder::new();
        change(&mut data, &folder.0.display().to_string());
        let recording = Recording {
            name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
            root: folder.0.clone(),
            data,
            _folder: folder,
        };
        for (path, text) in recording.data["files"].as_object().into_iter().flatten() {
            let path = recording.below(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text.as_str().expect("a text")).expect("written");
        }
        recording
    }

    /// Where a path of the recorded machine is here.
    pub fn below(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// What iocage was asked and printed, with the words that it was asked.
    pub fn said(&self) -> impl Iterator<Item = (Vec<&str>, Said)> {
        self.data["iocage"].as_array().expect("a list").iter().map(move |row| {
            let text = |at: usize| row[at].as_str().expect("a text").to_owned();
            let exit = row[1].as_i64().expect("a number") as i32;
            (texts(&row[0]), Said { exit, stdout: text(2), stderr: text(3) })
        })
    }

    fn datasets(&self) -> Vec<(&str, &Value)> {
        let rows = self.data["datasets"].as_array().expect("a list");
        rows.iter().map(|row| (row[0].as_str().expect("a name"), &row[1])).collect()
    }

    /// What zfs prints for a property; one of a user's own is had from above.
    fn value(&self, datasets: &BTreeMap<&str, &Value>, name: &str, property: &str) -> String {
        if property == "name" {
            return name.to_owned();
        }
        let own = |name: &str| datasets.get(name).and_then(|own| own[property].as_str());
        let mut holder = name;
        loop {
            match own(holder) {
                Some(path)
                    if property == "mountpoint"
                        && path.starts_with('/')
                        && self.data.get("files").is_some() =>
                {
                    return self.below(path).display().to_string();
                }
                Some(value) => return value.to_owned(),
                None if !property.contains(':') => return "-".to_owned(),
                None => match holder.rfind('/') {
                    Some(at) => holder = &holder[..at],
                    None => return "-".to_owned(),
                },
            }
        }
    }

    fn zfs(&self, words: &[&str]) -> Said {
        if let ["get", "-H", "-o", "property,value", properties, dataset] = words {
            let datasets: BTreeMap<_, _> = self.datasets().into_iter().collect();
            let line = |property| format!("{property}\t{}\n", self.value(&datasets, dataset, property));
            return Said {
                exit: 0,
                stdout: properties.split(',').map(line).collect(),
                stderr: String::new(),
            };
        }
        let (depth, columns, only) = match words {
            ["list", "-H", "-t", "filesystem", "-d", depth, "-o", columns, only @ ..] => {
                (depth, columns, only)
            }
            _ => return refused("zfs", words),
        };
        let depth: usize = depth.parse().expect("a number");
        let columns: Vec<_> = columns.split(',').collect();
        // What the zfs of 2011 has not; later ones refuse what they have not in the same words.
        let is_missing = |column: &&&str| {
            let is_lock = ["encryption", "keystatus"].contains(*column);
            is_lock && self.datasets().iter().all(|(_, own)| own.get(**column).is_none())
        };
        if let Some(column) = columns.iter().find(is_missing) {
            let stderr = format!("bad property list: invalid property '{column}'\n");
            return Said { exit: 2, stdout: String::new(), stderr };
        }
        let datasets: BTreeMap<_, _> = self.datasets().into_iter().collect();
        if let [top] = only
            && !datasets.contains_key(top)
        {
            let stderr = format!("cannot open '{top}': dataset does not exist\n");
            return Said { exit: 1, stdout: String::new(), stderr };
        }
        let is_shown = |name: &str| match only {
            [] => name.matches('/').count() <= depth,
            [top, ..] => {
                let below = name.strip_prefix(top).filter(|rest| rest.is_empty() || rest.starts_with('/'));
                below.is_some_and(|rest| rest.matches('/').count() <= depth)
            }
        };
        let mut stdout = String::new();
        for (name, _) in self.datasets().into_iter().filter(|(name, _)| is_shown(name)) {
            let cells: Vec<_> = columns.iter().map(|column| self.value(&datasets, name, column)).collect();
            stdout += &format!("{}\n", cells.join("\t"));
        }
        Said { exit: 0, stdout, stderr: String::new() }
    }

    /// Play one command.
    fn play(&self, program: &str, words: &[&str]) -> Said {
        let told = |text: &str| Said { exit: 0, stdout: text.to_owned(), stderr: String::new() };
        match (program, words) {
            ("iocage", ["--version"]) => {
                let version = self.data["version"].as_str().expect("a text");
                told(&if version.contains("iocage") {
                    format!("{version}\n")
                } else {
                    format!("Version\t{version}\n")
                })
            }
            ("iocage", words) => {
                let found = self.said().find(|(asked, _)| asked == words);
                found.map_or_else(|| refused(program, words), |(_, said)| said)
            }
            ("zpool", ["list", "-H", "-o", "name,comment"]) => {
                told(self.data["zpool"].as_str().expect("a text"))
            }
            ("zfs", words) => self.zfs(words),
            ("jexec", words) => {
                self.data["jexec"][words.join(" ")].as_str().map_or_else(|| refused(program, words), told)
            }
            ("jls", ["-j", name, "-n", "jid", "name", "path"]) => self.jls_of(name),
            ("jls", words) => {
                self.data["jls"][words.join(" ")].as_str().map_or_else(|| refused(program, words), told)
            }
            _ => refused(program, words),
        }
    }

    fn jls_of(&self, name: &str) -> Said {
        let all: Value = serde_json::from_str(self.data["jls"]["--libxo json -v"].as_str().expect("a text"))
            .expect("JSON");
        let jails = all["jail-information"]["jail"].as_array().expect("a list");
        match jails.iter().find(|jail| jail["name"] == name) {
            Some(jail) => {
                let stdout = format!(
                    "jid={} name={name} path={}\n",
                    jail["jid"],
                    jail["path"].as_str().expect("a text")
                );
                Said { exit: 0, stdout, stderr: String::new() }
            }
            None => {
                Said { exit: 1, stdout: String::new(), stderr: format!("jls: jail \"{name}\" not found\n") }
            }
        }
    }
}

fn texts(words: &Value) -> Vec<&str> {
    words.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn refused(program: &str, words: &[&str]) -> Said {
    Said { exit: 97, stdout: String::new(), stderr: format!("nobody recorded {program} {words:?}\n") }
}

/// What a program printed on its standard output, as somebody has spoiled it.
pub type Spoil = Box<dyn Fn(&str, String) -> String + Send + Sync>;

/// How a program ends that does not answer; `None` where it does.
pub type Fate = fn(&Command<'_>) -> Option<Result<End, StartError>>;

/// Starts nothing, and answers from a recording.
struct Player {
    recording: Arc<Recording>,
    spoil: Option<Spoil>,
    fate: Fate,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Runner for Player {
    fn run(&self, command: &Command<'_>) -> Result<Outcome, StartError> {
        let program = command.program.file_name().expect("a name").to_string_lossy().into_owned();
        let words: Vec<_> = command.args.iter().map(String::as_str).collect();
        self.asked.lock().expect("alone").push(format!("{program} {}", words.join(" ")));
        let end = (self.fate)(command).transpose()?;
        let mut said = self.recording.play(&program, &words);
        if end.is_some() {
            let stderr = "jls: illegal option -- -\nusage: jls [-dhNnqv] [-j jail] [param ...]\n".to_owned();
            said = Said { exit: 0, stdout: String::new(), stderr };
        }
        let is_slow = self.recording.data["slow"] == *program;
        let end = end.or(is_slow.then_some(End::TimedOut(Stopped::Signaled(15))));
        if let Some(spoil) = &self.spoil {
            said.stdout = spoil(&program, said.stdout);
        }
        Ok(Outcome {
            end: end.unwrap_or(End::Exited(said.exit)),
            stdout: Captured::whole(said.stdout.into_bytes()),
            stderr: Captured::whole(said.stderr.into_bytes()),
            duration: Duration::from_millis(1),
            left: None,
            pid: 1,
        })
    }
}

/// The class over a recorded machine.
pub struct Played {
    instance: Instance,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Played {
    /// As it is, or with what its tools print spoiled.
    pub fn new(recording: &Arc<Recording>, direct: Direct, spoil: Option<Spoil>) -> Played {
        Played::of(recording, direct, spoil, |_| None)
    }

    /// The same, where programs end otherwise.
    pub fn fated(recording: &Arc<Recording>, direct: Direct, fate: Fate) -> Played {
        Played::of(recording, direct, None, fate)
    }

    fn of(recording: &Arc<Recording>, direct: Direct, spoil: Option<Spoil>, fate: Fate) -> Played {
        let asked: Arc<Mutex<_>> = Arc::default();
        let config =
            Config { direct, allow_unsafe_program: true, lock_dir: recording.below("/locks"), ..nowhere() };
        let player = Player { recording: Arc::clone(recording), spoil, fate, asked: Arc::clone(&asked) };
        Played { instance: Instance::with_runner(config, Box::new(player)), asked }
    }

    /// What would be printed for these words without iocage; the error's sentence where it is
    /// not known or a tool failed.
    pub fn without_iocage(&self, words: &[&str]) -> Result<Said, String> {
        let output = self.instance.without_iocage(&caller(), words).map_err(|error| error.message)?;
        let output = output.ok_or("iocage has to be asked")?;
        Ok(Said {
            exit: output.exit.expect("a status"),
            stdout: output.stdout.to_string(),
            stderr: output.stderr.to_string(),
        })
    }

    /// The response args of a request.
    pub fn answer(&self, request: &Value) -> String {
        self.answer_to(Access::Full, request).1
    }

    /// The same, and the status, of one who may do this.
    pub fn answer_to(&self, access: Access, request: &Value) -> (Status, String) {
        let caller = Caller { access, ..caller() };
        let (status, args) = self.instance.dispatch(&caller, request.to_string().as_bytes());
        (status, String::from_utf8(args).expect("UTF-8"))
    }

    /// What was run since this was asked the last time.
    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().expect("alone"))
    }
}

fn caller() -> Caller<'static> {
    Caller::ANYBODY
}
