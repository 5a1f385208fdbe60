//! Who waits for whom, on a machine whose iocage can be held up in the middle
//! of a command: threads, instances, generations and processes exclude each
//! other where they change the same, and nowhere else.

#![expect(clippy::disallowed_methods, reason = "the threads are the host's")]

mod prefix;
mod waiting;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::process::Child;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use sysadm_class::Access;
use sysadm_class::host::{Door, Instance, Module, Request, Silent};

use crate::support::{DOORS, Folder, Machine, artifacts, module_file, spawn_host};

const DB: &str = "611c89ae-c43c-11e5-9602-54ee75595566";
const WEB: &str = "0bf985de-ca0f-11e5-8d45-d05099728dbf";

/// Two stopped jails, `db` and `web`.
fn machine() -> Machine {
    let jails = json!([{"uuid": DB, "tag": "db"}, {"uuid": WEB, "tag": "web"}]);
    Machine::new(&json!({"pools": [
        {"name": "tank", "active": true, "releases": ["10.2-RELEASE"], "jails": jails},
        {"name": "spare"},
    ]}))
}

/// A configuration that waits so long for a lock.
fn config(machine: &Machine, wait_s: u32) -> String {
    machine.config_with(&json!({"lock_wait_s": wait_s}))
}

fn instance(door: Door, config: &str) -> Instance {
    Module::load(&artifacts().module, door)
        .expect("our module")
        .create(Arc::new(Silent), config)
        .expect("good")
}

/// What is answered under the action's name.
fn ask(instance: &Instance, args: &Value) -> Value {
    ask_within(instance, args, None)
}

fn ask_within(instance: &Instance, args: &Value, timeout: Option<Duration>) -> Value {
    let text = args.to_string();
    let request =
        Request { namespace: "sysadm", name: "iocage", args: &text, id: 7, access: Access::Full, timeout };
    let response = instance.dispatch(&request).expect("the contract is kept");
    let mut answer: Value = serde_json::from_slice(response.args()).expect("JSON");
    answer[args["action"].as_str().expect("an action")].take()
}

fn of(action: &str, jail: &str) -> Value {
    json!({"action": action, "jail": jail})
}

fn code(answer: &Value) -> &str {
    answer["code"].as_str().unwrap_or_default()
}

/// Who asks: each way in which two requests can meet.
enum Asker {
    Instance(Arc<Instance>),
    /// The file of a copied module, so that the system loads it beside the first.
    Copy {
        instance: Instance,
        _folder: Folder,
    },
    Process(Child),
}

impl Asker {
    fn process(door: Door, config: &str) -> Asker {
        Asker::Process(spawn_host(&artifacts().module, door, &["--config", config, "call"]))
    }

    fn ask(&mut self, args: &Value) -> Value {
        self.ask_within(args, None)
    }

    /// The envelope has no place for a time, so a process takes its own.
    fn ask_within(&mut self, args: &Value, timeout: Option<Duration>) -> Value {
        match self {
            Asker::Instance(instance) => ask_within(instance, args, timeout),
            Asker::Copy { instance, .. } => ask_within(instance, args, timeout),
            Asker::Process(child) => {
                writeln!(child.stdin.as_mut().expect("piped"), "{args}").expect("it reads");
                let mut line = String::new();
                let stdout = child.stdout.as_mut().expect("piped");
                BufReader::with_capacity(1, stdout).read_line(&mut line).expect("it answers");
                let mut answer: Value = serde_json::from_str(&line).expect("JSON");
                answer["args"][args["action"].as_str().expect("an action")].take()
            }
        }
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        if let Asker::Process(child) = self {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The same instance, another one through the other door, another generation
/// (a copy of the file), and another process, all of which wait a second.
fn askers(door: Door, same: &Arc<Instance>, machine: &Machine) -> Vec<(&'static str, Asker)> {
    let config = config(machine, 1);
    let other = if door == Door::C { Door::Rust } else { Door::C };
    let folder = Folder::new();
    let copy = Module::load(&module_file(&folder, "copy.so"), Door::C).expect("our module");
    vec![
        ("the instance", Asker::Instance(Arc::clone(same))),
        ("another instance", Asker::Instance(Arc::new(instance(other, &config)))),
        (
            "a copy",
            Asker::Copy { instance: copy.create(Arc::new(Silent), &config).expect("good"), _folder: folder },
        ),
        ("another process", Asker::process(door, &config)),
    ]
}

/// Long enough to see that it waits.
const BRIEFLY: Option<Duration> = Some(Duration::from_millis(250));

/// Ask on a thread.
fn begin(instance: &Arc<Instance>, args: Value) -> JoinHandle<Value> {
    let instance = Arc::clone(instance);
    thread::spawn(move || ask(&instance, &args))
}

#[test]
fn changes_to_one_jail_exclude_each_other_and_no_others() {
    for door in DOORS {
        let machine = machine();
        let first = Arc::new(instance(door, &config(&machine, 1)));
        let hold = machine.hold("start");
        let started = begin(&first, of("startjail", "db"));
        machine.wait_for_call(&format!("[start][{DB}]"));
        let names = ["db", DB, &DB.to_uppercase(), "db"];
        for ((who, mut asker), name) in askers(door, &first, &machine).into_iter().zip(names) {
            let before = Instant::now();
            let answer = asker.ask(&of("stopjail", name));
            let waited = before.elapsed();
            assert_eq!(code(&answer), "busy", "{who}: {answer}");
            assert!((1000..20_000).contains(&waited.as_millis()), "{who} waited {waited:?}");
            let error = answer["error"].as_str().expect("a sentence");
            let by = format!("(process {}, request 7)", std::process::id());
            assert!(error.contains("startjail of \"db\" has been at it for "), "{who}: {error}");
            assert!(error.contains(&by), "{who}: {error}");
            // The jail beside it, whoever reads, and who runs something in a jail.
            let before = Instant::now();
            for (args, expected) in [
                (of("stopjail", "web"), ""),
                (json!({"action": "listjails"}), ""),
                (json!({"action": "df"}), ""),
                (json!({"action": "getdefaultsettings"}), ""),
                (of("getjailsettings", "db"), ""),
                (json!({"action": "activatepool"}), ""),
                (
                    json!({"action": "execjail", "jail": "db", "user": "root", "command": "true"}),
                    "jail-not-running",
                ),
                (of("destroyjail", "nosuch"), "unknown-jail"),
            ] {
                assert_eq!(code(&asker.ask(&args)), expected, "{who}: {args}");
            }
            assert!(before.elapsed() < Duration::from_secs(20), "{who} took {:?}", before.elapsed());
        }
        drop(hold);
        assert_eq!(code(&started.join().expect("no panic")), "");
        assert_eq!(code(&ask(&first, &of("stopjail", "db"))), "", "free again");
    }
}

/// What works on all jails, and what is held back by it.
#[test]
fn a_change_to_all_jails_excludes_every_other() {
    let whole = [
        json!({"action": "cleanjails"}),
        json!({"action": "cleantemplates"}),
        json!({"action": "activatepool", "pool": "tank"}),
        json!({"action": "deactivatepool", "pool": "spare"}),
        json!({"action": "createjail", "props": "tag=many count=17"}),
    ];
    let each = [
        of("startjail", "db"),
        json!({"action": "createjail"}),
        json!({"action": "createjail", "props": "tag=new"}),
        json!({"action": "clonejail", "jail": "db", "props": "tag=copy"}),
        json!({"action": "clonejail", "jail": "db"}),
    ];
    let machine = machine();
    let first = Arc::new(instance(DOORS[0], &config(&machine, 1)));
    let mut others = askers(DOORS[0], &first, &machine);
    let hold = machine.hold("clean");
    let cleaned = begin(&first, json!({"action": "cleantemplates"}));
    machine.wait_for_call("[clean][-ft]");
    for (at, args) in whole.iter().chain(&each).enumerate() {
        let count = others.len();
        let (who, other) = &mut others[at % count];
        let answer = other.ask_within(args, BRIEFLY);
        let error = answer["error"].as_str().unwrap_or_default();
        assert_eq!(code(&answer), "busy", "{who}: {args}: {answer}");
        assert!(error.starts_with("the pool is busy: cleantemplates has been at it for "), "{error}");
        assert_eq!(code(&other.ask(&json!({"action": "listjails"}))), "", "{who}");
    }
    drop(hold);
    assert_eq!(code(&cleaned.join().expect("no panic")), "");
    // And the other way round: each of those holds up what works on all.
    for (args, command) in each.iter().zip(["start", "create", "create", "clone", "clone"]) {
        let hold = machine.hold(command);
        machine.calls();
        let begun = begin(&first, args.clone());
        while !machine.calls().iter().any(|call| call.starts_with(&format!("[{command}]"))) {
            thread::sleep(Duration::from_millis(10));
        }
        let (who, other) = &mut others[1];
        let answer = other.ask_within(&whole[1], BRIEFLY);
        assert_eq!(code(&answer), "busy", "{who}: {args}: {answer}");
        let action = args["action"].as_str().expect("an action");
        assert!(answer["error"].as_str().is_some_and(|error| error.contains(action)), "{answer}");
        drop(hold);
        assert_eq!(code(&begun.join().expect("no panic")), "", "{args}");
    }
}

#[test]
fn a_clone_holds_its_source() {
    let machine = machine();
    let first = Arc::new(instance(DOORS[0], &config(&machine, 1)));
    let hold = machine.hold("clone");
    let cloned = begin(&first, json!({"action": "clonejail", "jail": "db", "props": "tag=copy"}));
    machine.wait_for_call(&format!("[clone][{DB}][tag=copy]"));
    for args in [of("destroyjail", DB), json!({"action": "createjail", "props": "tag=copy"})] {
        let answer = ask(&first, &args);
        assert_eq!(code(&answer), "busy", "{answer}");
        assert!(answer["error"].as_str().is_some_and(|e| e.contains("clonejail of \"db\"")), "{answer}");
    }
    drop(hold);
    assert_eq!(code(&cloned.join().expect("no panic")), "");
}

/// It waits, is done when the other is, and does not act on a jail that is gone
/// by then, whatever the two called it.
#[test]
fn who_waited_looks_again() {
    for (first_name, second_name) in [("db", "db"), (DB, "db"), ("db", DB)] {
        let machine = machine();
        let first = Arc::new(instance(DOORS[0], &machine.config()));
        let hold = machine.hold("destroy");
        let destroyed = begin(&first, of("destroyjail", first_name));
        machine.wait_for_call(&format!("[destroy][{DB}]"));
        let waits = begin(&first, of("startjail", second_name));
        thread::sleep(Duration::from_millis(300));
        assert!(!waits.is_finished());
        drop(hold);
        assert_eq!(code(&destroyed.join().expect("no panic")), "");
        assert_eq!(code(&waits.join().expect("no panic")), "unknown-jail", "{first_name} {second_name}");
        assert!(!machine.calls().iter().any(|call| call.starts_with("[start]")));
    }
}

/// What the holder's death leaves: a file with its line, and no lock.
#[test]
fn the_lock_of_a_holder_that_was_killed_is_free() {
    let machine = machine();
    let config = config(&machine, 1);
    let mut killed = spawn_host(&artifacts().module, Door::C, &["--config", &config, "call"]);
    let hold = machine.hold("start");
    writeln!(killed.stdin.as_mut().expect("piped"), "{}", of("startjail", "db")).expect("it reads");
    machine.wait_for_call(&format!("[start][{DB}]"));
    let alive = instance(DOORS[0], &config);
    let answer = ask(&alive, &of("stopjail", "db"));
    let by = format!("(process {}, request 1)", killed.id());
    assert!(answer["error"].as_str().is_some_and(|error| error.contains(&by)), "{answer}");
    killed.kill().expect("ours");
    killed.wait().expect("ours");
    assert_ne!(fs::read_dir(machine.locks()).expect("a folder").count(), 1, "its file is there");
    assert_eq!(code(&ask(&alive, &of("stopjail", "db"))), "");
    drop(hold);
    assert_eq!(left(&machine), ["pool"]);
}

fn left(machine: &Machine) -> Vec<String> {
    let files = fs::read_dir(machine.locks()).expect("a folder");
    files.map(|file| file.expect("a file").file_name().into_string().expect("our name")).collect()
}

/// Many at once, from threads of two instances and from two processes, by tag
/// and by UUID: exactly one does it.
#[test]
fn of_many_that_do_the_same_one_does_it() {
    for (args, done, losers) in [
        ([of("destroyjail", "db"), of("destroyjail", DB)], "destroy", &["unknown-jail", "busy"][..]),
        (
            [
                json!({"action": "createjail", "props": "tag=new"}),
                json!({"action": "clonejail", "jail": "web", "props": "tag=new"}),
            ],
            "(new)",
            &["tag-in-use", "busy"],
        ),
    ] {
        let machine = machine();
        let config = machine.config();
        let instances = DOORS.map(|door| Arc::new(instance(door, &config)));
        let mut askers: Vec<_> = (0..8).map(|at| Asker::Instance(Arc::clone(&instances[at % 2]))).collect();
        askers.extend(DOORS.map(|door| Asker::process(door, &config)));
        let workers = askers.into_iter().enumerate().map(|(at, mut asker)| {
            let args = args[at % 2].clone();
            thread::spawn(move || asker.ask(&args))
        });
        let workers: Vec<_> = workers.collect();
        let answers: Vec<_> = workers.into_iter().map(|worker| worker.join().expect("no panic")).collect();
        let (good, bad): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| code(answer).is_empty());
        assert_eq!((good.len(), bad.len()), (1, 9), "{answers:?}");
        assert!(bad.iter().all(|answer| losers.contains(&code(answer))), "{bad:?}");
        let is_change =
            |call: &&String| ["[destroy]", "[create]", "[clone]"].iter().any(|c| call.starts_with(c));
        let calls = machine.calls();
        assert_eq!(calls.iter().filter(is_change).count(), 1, "{done}: {calls:?}");
        assert_eq!(left(&machine), ["pool"]);
        let losers: Vec<_> = bad.iter().map(|answer| code(answer)).collect();
        println!("{done}: one of {}, the others {losers:?}", answers.len());
    }
}

#[test]
fn a_folder_that_cannot_be_used_stops_changes_and_no_reads() {
    for door in DOORS {
        let machine = machine();
        fs::create_dir(machine.locks()).expect("made");
        fs::set_permissions(machine.locks(), fs::Permissions::from_mode(0o777)).expect("ours");
        let instance = instance(door, &machine.config());
        assert_eq!(code(&ask(&instance, &json!({"action": "listjails"}))), "");
        machine.calls();
        for args in [of("startjail", "db"), json!({"action": "createjail"}), json!({"action": "cleanall"})] {
            let answer = ask(&instance, &args);
            assert_eq!(code(&answer), "cannot-lock", "{answer}");
            let error = answer["error"].as_str().expect("a sentence");
            assert!(error.contains("mode 0777") && error.contains("/locks"), "{error}");
        }
        assert_eq!(machine.calls(), [""; 0]);
    }
}
