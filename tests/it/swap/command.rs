//! The example host as a program: `rpc/modules`, `--watch`, `--jobs`, and what a
//! host that is killed in the middle of a swap leaves.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::stand::{CLASS, GOOD, small, two_versions};
use crate::support::{Folder, Machine, artifacts};

/// A running `host-example call`.
struct Program {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Program {
    fn start(stage: &Path, module: &Path, arguments: &[&str]) -> Program {
        let mut child = Command::new(&artifacts().host)
            .args(["--door", "c", "--stage"])
            .arg(stage)
            .arg("--module")
            .arg(module)
            .args(arguments)
            .arg("call")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the host runs");
        let input = child.stdin.take().expect("piped");
        let output = BufReader::new(child.stdout.take().expect("piped"));
        Program { child, input, output }
    }

    fn write(&mut self, request: &Value) {
        writeln!(self.input, "{request}").expect("it reads");
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("it answers");
        serde_json::from_str(&line).expect("JSON")
    }

    /// The class's answer to nothing special.
    fn version(&mut self) -> String {
        self.write(&json!({"namespace": CLASS.0, "name": CLASS.1, "id": "v", "args": {"action": "x"}}));
        self.read()["args"]["version"].as_str().expect("a version").to_owned()
    }

    /// What `rpc/modules` answers under the action's name.
    fn modules(&mut self, args: &Value) -> Value {
        self.write(&modules(args));
        let mut answer = self.read();
        assert_eq!((&answer["namespace"], &answer["id"]), (&json!("rpc"), &json!("m")), "{answer}");
        answer["args"][args["action"].as_str().expect("an action")].take()
    }

    /// The end of its input: it ends by itself.
    fn end(self) {
        let Program { mut child, input, .. } = self;
        drop(input);
        assert!(child.wait().expect("it ends").success());
    }
}

fn modules(args: &Value) -> Value {
    json!({"namespace": "rpc", "name": "modules", "id": "m", "args": args})
}

fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_so() {
        assert!(Instant::now() < deadline, "{what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The folders of processes in a stage, and the copies in one.
fn folders(stage: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(stage).expect("there").map(|entry| entry.expect("read").path());
    entries.filter(|path| path.is_dir()).collect()
}

fn copies(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).expect("there").map(|entry| entry.expect("read").path());
    entries.filter(|path| path.extension().is_some_and(|end| end == "so")).count()
}

#[test]
fn an_administrator_replaces_goes_back_takes_away_and_sees_it() {
    let folder = Folder::new();
    let stage = folder.0.join("stage");
    let [one, two] = ["1", "2"].map(|version| small(&folder, CLASS, version, GOOD));
    let mut host = Program::start(&stage, &one, &[]);
    assert_eq!(host.version(), "1");
    assert_eq!(host.modules(&json!({"action": "rollback"}))["code"], "no-previous-version");
    let swapped = host.modules(&json!({"action": "swap", "path": two}));
    assert_eq!(
        (&swapped["generation"], &swapped["replaced"], &swapped["version"], &swapped["state"]),
        (&json!(2), &json!(1), &json!("2"), &json!({"id": "test/swapped", "version": 1}))
    );
    assert!(swapped["publish_us"].as_f64().expect("a time") < 1e6);
    assert_eq!(host.version(), "2");
    let refused =
        host.modules(&json!({"action": "swap", "class": "test/swapped", "path": "/nonexistent.so"}));
    assert_eq!(refused, json!({"code": "load-refused", "error": "no such file: /nonexistent.so"}));
    assert_eq!(host.modules(&json!({"action": "rollback"}))["version"], "1");
    assert_eq!(host.version(), "1");
    let other = small(&folder, ("test", "other"), "7", GOOD);
    let loaded = host.modules(&json!({"action": "load", "path": other, "config": {}}));
    assert_eq!(loaded["version"], "7");

    let list = host.modules(&json!({"action": "list"}));
    let generations = list["generations"].as_array().expect("generations");
    let shown: Vec<_> = generations
        .iter()
        .map(|g| (g["class"].as_str(), g["version"].as_str(), g["answered"].as_u64(), g["failed"].as_u64()))
        .collect();
    let row = |class, version, answered| (Some(class), Some(version), Some(answered), Some(0));
    assert_eq!(
        shown,
        [
            row("test/swapped", "1", 1),
            row("test/swapped", "2", 1),
            row("test/swapped", "1", 1),
            row("test/other", "7", 0)
        ]
    );
    assert_eq!((&generations[2]["state"], &generations[2]["in_flight"]), (&json!("current"), &json!(0)));
    assert_eq!(generations[0]["digest"], generations[2]["digest"]);
    assert_ne!(generations[0]["digest"], generations[1]["digest"]);
    assert!(generations[0]["digest"].as_str().expect("a digest").len() == "sha256:".len() + 64);
    assert_eq!(list["classes"][1]["path"], json!(one));

    assert_eq!(host.modules(&json!({"action": "unload", "class": "test/swapped"}))["version"], "1");
    host.write(&json!({"namespace": CLASS.0, "name": CLASS.1, "id": "x", "args": {"action": "x"}}));
    assert_eq!(host.read()["args"]["code"], "404");
    for (args, code) in [
        (json!({"action": "swap"}), "missing-key"),
        (json!({"action": "swap", "path": "relative.so"}), "wrong-type"),
        (json!({"action": "swap", "path": two, "class": "x"}), "wrong-type"),
        (json!({"action": "load", "path": two, "config": 5}), "wrong-type"),
        (json!({"action": "rollback", "class": "no/such"}), "unknown-class"),
    ] {
        assert_eq!(host.modules(&args)["code"], code, "{args}");
    }
    for args in [json!({"action": "jump"}), json!({}), json!([])] {
        host.write(&modules(&args));
        assert_eq!(host.read()["args"]["code"], "400", "{args}");
    }
    host.end();
    assert!(folders(&stage).is_empty(), "{:?}", folders(&stage));
}

#[test]
fn limited_access_may_look() {
    let folder = Folder::new();
    let one = small(&folder, CLASS, "1", GOOD);
    let mut host = Program::start(&folder.0.join("stage"), &one, &["--access", "limited"]);
    assert_eq!(host.modules(&json!({"action": "list"}))["classes"][0]["current"], 1);
    for action in ["load", "rollback", "swap", "unload"] {
        host.write(&modules(&json!({"action": action, "path": one})));
        assert_eq!(host.read()["args"]["code"], "403", "{action}");
    }
    assert_eq!(host.version(), "1");
    host.end();
}

#[test]
fn a_watched_folder_is_looked_at() {
    let folder = Folder::new();
    let installed = folder.0.join("installed.so");
    fs::copy(small(&folder, CLASS, "1", GOOD), &installed).expect("copied");
    let watched = folder.0.to_str().expect("ours");
    let mut host = Program::start(&folder.0.join("stage"), &installed, &["--watch", watched]);
    assert_eq!(host.version(), "1");
    fs::rename(small(&folder, CLASS, "2", GOOD), &installed).expect("renamed");
    let deadline = Instant::now() + Duration::from_secs(60);
    while host.version() == "1" {
        assert!(Instant::now() < deadline);
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(host.version(), "2");
    host.end();
}

/// A request that takes long does not hold up the ones behind it.
#[test]
fn requests_are_answered_at_once_when_asked_for() {
    let (folder, machine) =
        (Folder::new(), Machine::new(&json!({"pools": [{"name": "tank", "active": true}]})));
    let [plugin, _] = two_versions(&folder);
    let slow = small(&folder, CLASS, "1", "fault = DISPATCH_WAITS");
    let config = machine.config();
    for (jobs, first) in [("1", "slow"), ("3", "quick")] {
        let mut host =
            Program::start(&folder.0.join("stage"), &plugin, &["--jobs", jobs, "--config", &config]);
        assert_eq!(host.modules(&json!({"action": "load", "path": slow}))["version"], "1");
        host.write(&json!({"namespace": CLASS.0, "name": CLASS.1, "id": "slow", "args": {}}));
        host.write(
            &json!({"namespace": "sysadm", "name": "iocage", "id": "quick", "args": {"action": "listjails"}}),
        );
        let (one, two) = (host.read(), host.read());
        assert_eq!(one["id"], first, "--jobs {jobs}");
        assert_ne!(one["id"], two["id"]);
        host.end();
    }
}

#[test]
fn a_host_killed_in_the_middle_of_a_swap_leaves_nothing_to_clean_by_hand() {
    let folder = Folder::new();
    let stage = folder.0.join("stage");
    let one = small(&folder, CLASS, "1", GOOD);
    let hangs = small(&folder, CLASS, "2", "fault = HEALTH_HANGS");
    // A host beside it, which lives on.
    let mut living = Program::start(&stage, &one, &[]);
    assert_eq!(living.version(), "1");
    let others = folders(&stage);
    assert_eq!(others.len(), 1);

    let mut killed = Program::start(&stage, &one, &[]);
    assert_eq!(killed.version(), "1");
    let its_own =
        folders(&stage).into_iter().find(|folder| *folder != others[0]).expect("a folder of its own");
    killed.write(&modules(&json!({"action": "swap", "path": hangs})));
    wait_until("it is in the middle", || copies(&its_own) == 2);
    killed.child.kill().expect("SIGKILL");
    killed.child.wait().expect("it ends");
    assert_eq!(copies(&its_own), 2, "what a killed host leaves");

    let mut next = Program::start(&stage, &one, &[]);
    assert_eq!(next.version(), "1");
    assert!(!its_own.exists());
    assert!(others[0].is_dir() && copies(&others[0]) == 1, "what is in use stays");
    assert_eq!(living.version(), "1");
    assert_eq!(
        next.modules(&json!({"action": "swap", "path": small(&folder, CLASS, "3", GOOD)}))["version"],
        "3"
    );
    next.end();
    living.end();
    assert!(folders(&stage).is_empty(), "{:?}", folders(&stage));
}
