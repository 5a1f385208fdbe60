//! Lookups without iocage, against starting the same tools and reading what they print.
//!
//! The machine is made up: realistic rows of `zfs list`, a tenth of the jails running, and
//! with the Python iocage a configuration of 12 to 20 keys for each. Which tools are asked in
//! which words is not said here: the tools tell of it, what they print is made for these
//! words, and the floor starts them with the same ones in the same order, from C. With the
//! Python iocage it opens and reads the same files, too.

use std::collections::BTreeSet;
use std::ffi::{CString, c_char, c_long};
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use libloading::{Library, Symbol};
use serde_json::{Value, json};
use sysadm_class::Status;
use sysadm_class::host::{Door, Instance, Module, Silent};
use sysadm_iocage::config::Generation;

use crate::installed::{compile, module, send};
use crate::measure::{self, Ratio};
use crate::processor::processor;
use crate::tables::uuid;

/// What the Python iocage wrote as its defaults, among else.
const RECORDED: &str = include_str!("../../it/golden/python/three.json");

/// What is asked, of one generation's machine of so many jails.
pub(crate) struct Question {
    /// For people.
    pub(crate) what: &'static str,
    request: String,
    /// Each program's words with a null behind, and one more behind the last.
    words: Vec<*const c_char>,
    files: Vec<*const c_char>,
    _texts: Vec<CString>,
    /// How much is printed and read.
    pub(crate) bytes: usize,
    /// How long the answer is: an error, which would be fast, is another.
    length: usize,
}

// SAFETY: the pointers lead into texts of its own, which nobody changes.
unsafe impl Sync for Question {}

/// A machine, its tools and an instance that asks them.
pub(crate) struct Machine {
    folder: PathBuf,
    generation: Generation,
    jails: usize,
    instance: Instance,
    spawn: Library,
}

impl Machine {
    pub(crate) fn new(generation: Generation, jails: usize) -> Machine {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("sysadm-iocage-bench-tools-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // Nobody else's business, as a program for root should be.
        fs::DirBuilder::new().mode(0o700).create(&folder).expect("a folder of our own");
        let tool = |name: &str| folder.join(name);
        compile("tool.c", &tool("zfs"), &["-static", "-D_GNU_SOURCE"]);
        for name in ["zpool", "jls", "iocage"] {
            fs::copy(tool("zfs"), tool(name)).expect("copied");
        }
        compile("spawn.c", &tool("spawn.so"), &["-shared", "-fPIC"]);
        let config = json!({
            "iocage": tool("iocage"), "zpool": tool("zpool"), "zfs": tool("zfs"), "jls": tool("jls"),
            "direct": "only", "lock_dir": tool("locks"),
        });
        let loaded = Module::load_untrusted(&module(), Door::C).expect("our module");
        let instance = loaded.create(Arc::new(Silent), &config.to_string()).expect("a good configuration");
        // SAFETY: our own library, just compiled; it has no initialisers.
        let spawn = unsafe { Library::new(tool("spawn.so")) }.expect("our library");
        let machine = Machine { folder, generation, jails, instance, spawn };
        machine.lay();
        machine
    }

    fn name(&self, jail: usize) -> String {
        if self.generation == Generation::Shell { uuid(jail) } else { format!("jail-{jail:05}") }
    }

    fn at(&self, dataset: &str) -> String {
        format!("{}/{}", self.folder.display(), dataset)
    }

    fn configs(&self) -> impl Iterator<Item = String> {
        let jails = (0..self.jails).filter(|_| self.generation == Generation::Python);
        jails.map(|jail| self.at(&format!("tank/iocage/jails/{}/config.json", self.name(jail))))
    }

    /// The files of the Python iocage.
    fn lay(&self) {
        if self.generation == Generation::Shell {
            return;
        }
        let recorded: Value = serde_json::from_str(RECORDED).expect("JSON");
        let defaults = recorded["files"]["/vault/iocage/defaults.json"].as_str().expect("a text");
        fs::create_dir_all(self.at("tank/iocage")).expect("made");
        fs::write(self.at("tank/iocage/defaults.json"), defaults).expect("written");
        for (jail, path) in self.configs().enumerate() {
            let name = self.name(jail);
            let mut config = json!({
                "CONFIG_VERSION": "34", "boot": u8::from(jail % 3 == 0), "cloned_release": "14.3-RELEASE",
                "host_hostname": name, "host_hostuuid": name, "ip4_addr": format!("em0|10.{}.{}.1/24", jail / 256, jail % 256),
                "jail_zfs_dataset": format!("iocage/jails/{name}/data"), "last_started": "2026-11-25 21:30:55",
                "notes": "a note of some words", "release": "14.3-RELEASE-p5", "type": "jail", "vnet": 0,
            });
            let more = [
                "allow_raw_sockets",
                "allow_tun",
                "cpuset",
                "defaultrouter",
                "mount_procfs",
                "priority",
                "resolver",
                "rlimits",
            ];
            let object = config.as_object_mut().expect("a map");
            object.extend(more.iter().take(jail % 9).map(|key| ((*key).to_owned(), Value::from("none"))));
            fs::create_dir_all(Path::new(&path).parent().expect("a folder")).expect("made");
            fs::write(path, serde_json::to_string_pretty(&config).expect("JSON")).expect("written");
        }
    }

    /// The datasets, and which jail each is of.
    fn datasets(&self) -> Vec<(String, Option<usize>)> {
        let mut jails: Vec<_> = (0..self.jails).map(|jail| (self.name(jail), jail)).collect();
        jails.sort_unstable();
        let parts = match self.generation {
            Generation::Shell => [".defaults", "download", "download/10.2-RELEASE", "jails"],
            Generation::Python => ["download", "download/14.3-RELEASE", "images", "jails"],
        };
        let mut names: Vec<(String, Option<usize>)> =
            ["tank", "tank/iocage"].map(|name| (name.to_owned(), None)).into();
        names.extend(parts.map(|part| (format!("tank/iocage/{part}"), None)));
        for (name, jail) in jails {
            names.push((format!("tank/iocage/jails/{name}"), Some(jail)));
            names.push((format!("tank/iocage/jails/{name}/root"), Some(jail)));
        }
        let last = ["log", "releases", "releases/14.3-RELEASE", "releases/14.3-RELEASE/root", "templates"];
        names.extend(last.map(|part| (format!("tank/iocage/{part}"), None)));
        names
    }

    fn value(&self, dataset: &str, jail: Option<usize>, property: &str) -> String {
        let of_shell = |jail: usize, key: &str| match key {
            "host_hostuuid" => uuid(jail),
            "tag" => format!("jail-{jail}"),
            "boot" => if jail.is_multiple_of(3) { "on" } else { "off" }.to_owned(),
            "type" => "basejail".to_owned(),
            "notes" => "a note of some words".to_owned(),
            "ip4_addr" => format!("em0|10.{}.{}.1/24", jail / 256, jail % 256),
            _ => "none".to_owned(),
        };
        match (property, property.strip_prefix("org.freebsd.iocage:")) {
            ("name", _) => dataset.to_owned(),
            ("mounted", _) => "yes".to_owned(),
            ("mountpoint", _) => self.at(dataset),
            ("exec", _) => "on".to_owned(),
            ("compressratio", _) => "1.29x".to_owned(),
            ("reservation" | "quota", _) => "none".to_owned(),
            ("used", _) => format!("{}K", 500 + jail.unwrap_or(0) % 400),
            ("available", _) => "5.87G".to_owned(),
            ("encryption", _) => "off".to_owned(),
            ("org.freebsd.ioc:active", _) if self.generation == Generation::Python => "yes".to_owned(),
            ("origin", _) if jail.is_some() && dataset.ends_with("/root") => {
                format!("tank/iocage/releases/14.3-RELEASE/root@{}", self.name(jail.unwrap_or(0)))
            }
            (_, Some(key)) if self.generation == Generation::Shell => {
                match (jail, dataset.ends_with("/.defaults")) {
                    (Some(jail), _) => of_shell(jail, key),
                    (None, true) if key == "host_hostuuid" => uuid(1 << 20),
                    (None, true) => of_shell(0, key).replace("none", "1"),
                    _ => "-".to_owned(),
                }
            }
            _ => "-".to_owned(),
        }
    }

    /// What a tool prints for these words.
    fn play(&self, program: &str, words: &[&str]) -> String {
        match (program, words) {
            ("iocage", ["--version"]) if self.generation == Generation::Shell => {
                "iocage DEVELOP (2016-02-10)\n".to_owned()
            }
            ("iocage", ["--version"]) => "Version\t1.13\n".to_owned(),
            ("zpool", ["list", ..]) if self.generation == Generation::Shell => "tank\tiocage\n".to_owned(),
            ("zpool", ["list", ..]) => "tank\t-\n".to_owned(),
            ("zfs", ["get", "-H", "-o", "property,value", properties, dataset]) => {
                let jail =
                    self.datasets().into_iter().find(|(name, _)| name == dataset).and_then(|(_, jail)| jail);
                let line = |property| format!("{property}\t{}\n", self.value(dataset, jail, property));
                properties.split(',').map(line).collect()
            }
            ("zfs", ["list", "-H", "-t", "filesystem", "-d", depth, "-o", columns, top @ ..]) => {
                // Below a dataset of the pool it is one level more from the pool's root.
                let depth = depth.parse::<usize>().expect("a number") + top.len();
                let columns: Vec<_> = columns.split(',').collect();
                let shown =
                    self.datasets().into_iter().filter(|(name, _)| name.matches('/').count() <= depth);
                let row = |(name, jail): (String, Option<usize>)| {
                    let cells: Vec<_> =
                        columns.iter().map(|column| self.value(&name, jail, column)).collect();
                    cells.join("\t") + "\n"
                };
                shown.map(row).collect()
            }
            ("jls", ["--libxo", "json", "-v"]) => {
                let prison = |jail: usize| {
                    let name = self.name(jail);
                    let path = match self.generation {
                        Generation::Shell => format!("/iocage/jails/{name}/root"),
                        Generation::Python => self.at(&format!("tank/iocage/jails/{name}/root")),
                    };
                    json!({
                        "jid": jail + 1, "hostname": name, "path": path, "name": format!("ioc-{name}"), "state": "ACTIVE",
                        "cpusetid": jail + 2, "ipv4_addrs": [format!("10.{}.{}.1", jail / 256, jail % 256)], "ipv6_addrs": [],
                    })
                };
                let running: Vec<_> = (0..self.jails).step_by(10).map(prison).collect();
                json!({"__version": "2", "jail-information": {"jail": running}}).to_string() + "\n"
            }
            _ => panic!("{program} {words:?}"),
        }
    }

    /// What was asked since it was asked the last time.
    fn asked(&self) -> Vec<Vec<String>> {
        let text = fs::read_to_string(self.folder.join("trace")).expect("a trace");
        fs::write(self.folder.join("trace"), "").expect("written");
        let programs = text.split("\n\n").filter(|words| !words.is_empty());
        programs.map(|words| words.lines().map(str::to_owned).collect()).collect()
    }

    /// All questions, with what is asked for each.
    pub(crate) fn questions(&self) -> Vec<Question> {
        let jail = self.name(self.jails / 2);
        let each = json!({"action": "getjailsettings", "prop": "notes", "switches": "-r"});
        [
            ("listjails", json!({"action": "listjails"})),
            ("df", json!({"action": "df"})),
            ("one property of each", each),
            ("all of one", json!({"action": "getjailsettings", "jail": jail})),
            ("defaults", json!({"action": "getdefaultsettings"})),
        ]
        .map(|(what, request)| self.question(what, request.to_string()))
        .into()
    }

    fn question(&self, what: &'static str, request: String) -> Question {
        fs::write(self.folder.join("trace"), "").expect("written");
        let mut known = BTreeSet::new();
        // Until all is there that is asked for.
        loop {
            let response = send(&self.instance, &request);
            let text = response.text();
            if !text.contains("\"code\"") {
                break;
            }
            let mut asked = self.asked();
            asked.retain(|words| known.insert(words.clone()));
            assert!(!asked.is_empty(), "{request}: {text}");
            asked.iter().for_each(|words| self.teach(words));
        }
        self.asked();
        let length = self.try_out(&request);
        let asked = self.asked();
        let mut texts = Vec::new();
        let mut pointer = |text: &str| {
            texts.push(CString::new(text).expect("no NUL"));
            texts.last().map_or(ptr::null(), |text| text.as_ptr())
        };
        let mut words = Vec::new();
        for program in &asked {
            words.extend(program.iter().map(|word| pointer(word)));
            words.push(ptr::null());
        }
        words.push(ptr::null());
        let mut files = Vec::new();
        if self.generation == Generation::Python {
            files.push(pointer(&self.at("tank/iocage/defaults.json")));
            let own = self.configs().enumerate().filter(|(jail, _)| match what {
                "defaults" => false,
                "all of one" => *jail == self.jails / 2,
                _ => true,
            });
            files.extend(own.map(|(_, path)| pointer(&path)));
        }
        files.push(ptr::null());
        fs::remove_file(self.folder.join("trace")).expect("gone");
        let mut question = Question { what, request, words, files, _texts: texts, bytes: 0, length };
        question.bytes = usize::try_from(self.spawn(&question)).expect("the tools are run");
        question
    }

    fn teach(&self, words: &[String]) {
        let program = Path::new(&words[0]).file_name().expect("a name").to_string_lossy();
        let words_of: Vec<_> = words[1..].iter().map(String::as_str).collect();
        let number = words_of
            .iter()
            .flat_map(|word| word.bytes().chain([0]))
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
                (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
            });
        let path = self.folder.join(format!("{program}.{number:016x}"));
        fs::write(path, self.play(&program, &words_of)).expect("written");
    }

    /// Ask, and look whether that is the answer; how long it is.
    fn try_out(&self, request: &str) -> usize {
        let response = send(&self.instance, request);
        assert!(
            response.status() == Status::Ok && !response.text().contains("\"code\""),
            "{request}: {}",
            response.text()
        );
        response.args().len()
    }

    fn ask(&self, question: &Question) {
        let response = send(&self.instance, &question.request);
        // Not as text: to look whether it is one takes as long as a good part of the request.
        let is_as_long = response.args().len() == question.length;
        assert!(response.status() == Status::Ok && is_as_long, "another answer");
    }

    fn spawn(&self, question: &Question) -> c_long {
        // SAFETY: the function's type in spawn.c, which is what was compiled.
        let spawn: Symbol<'_, unsafe extern "C" fn(*const *const c_char, *const *const c_char) -> c_long> =
            unsafe { self.spawn.get(b"spawn_all_and_read\0") }.expect("it is there");
        // SAFETY: NUL-terminated strings that live through the call, each list with its null.
        unsafe { spawn(question.words.as_ptr(), question.files.as_ptr()) }
    }

    /// The ratio of asking to starting the tools alone.
    pub(crate) fn ratio(&self, question: &Question, rounds: usize, threads: usize, requests: usize) -> Ratio {
        let alone = || assert_eq!(usize::try_from(self.spawn(question)), Ok(question.bytes));
        measure::ratio(rounds, threads, requests, alone, || self.ask(question))
    }

    /// The processor time of this thread for the tools alone and for a request, the least of
    /// so many in turns, in microseconds.
    pub(crate) fn processor(&self, question: &Question, times: usize) -> (f64, f64) {
        let of = |work: &dyn Fn()| {
            let start = processor();
            work();
            (processor() - start).as_secs_f64() * 1e6
        };
        let alone = || assert_eq!(usize::try_from(self.spawn(question)), Ok(question.bytes));
        let request = || self.ask(question);
        let least = |(a, b): (f64, f64), (c, d): (f64, f64)| (a.min(c), b.min(d));
        let times = (0..times).map(|_| (of(&alone), of(&request)));
        times.reduce(least).unwrap_or_default()
    }

    /// The peak of memory, by what is printed and read.
    pub(crate) fn peak(&self, question: &Question) -> f64 {
        self.ask(question);
        measure::peak(|| self.ask(question)) as f64 / question.bytes as f64
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
