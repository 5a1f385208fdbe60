//! A host in the test's own process, over the contract's crate.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, LazyLock, Mutex};

use serde_json::Value;
use sysadm_class::host::{Door, Instance, Module, Request, Services};
use sysadm_class::{Access, Level, Status};

use super::artifacts::{artifacts, roots};
use super::folder::Folder;
use super::machine::{TOOLS, without_tools};
use super::shaped;

/// Both ways into a module.
pub const DOORS: [Door; 2] = [Door::Rust, Door::C];

/// An instance and the log of its host.
pub struct Host {
    instance: Instance,
    log: Arc<Log>,
}

#[derive(Default)]
struct Log(Mutex<Vec<String>>);

impl Services for Log {
    fn log(&self, level: Level, _: &str, message: &str, request_id: u64) {
        self.0.lock().expect("no panic in here").push(format!("{} [{request_id}] {message}", level.word()));
    }
}

/// Does a configuration that names an iocage name the tools beside it, too? Those of the machine that the
/// tests run on tell of that one. See [`super::without_tools`].
fn is_of_no_other(config: &str) -> bool {
    let config: Value = serde_json::from_str(config).unwrap_or_default();
    config.get("iocage").is_none() || config.get("zpool").is_some()
}

impl Host {
    /// The plugin through a door, with a configuration.
    pub fn new(door: Door, config: &str) -> Host {
        Host::of(&Module::load(&artifacts().module, door).expect("our module"), config)
    }

    /// An instance of a module.
    pub fn of(module: &Module, config: &str) -> Host {
        assert!(is_of_no_other(config), "the tools of this machine would be asked: {config}");
        let log = Arc::new(Log::default());
        let instance =
            module.create(Arc::clone(&log) as Arc<dyn Services>, config).expect("a good configuration");
        Host { instance, log }
    }

    /// Send args to `sysadm/iocage`; the status and the response args.
    pub fn send(&self, args: &str) -> (Status, String) {
        self.send_as(Access::Full, "sysadm", "iocage", args)
    }

    /// Send a request.
    pub fn send_as(&self, access: Access, namespace: &str, name: &str, args: &str) -> (Status, String) {
        let request = Request::new(namespace, name, args, access).with_id(7);
        let response = self.instance.dispatch(&request).expect("the contract is kept");
        if response.status() == Status::Ok && (namespace, name) == ("sysadm", "iocage") {
            shaped::hold(args, &response.text());
        }
        (response.status(), response.text().into_owned())
    }

    /// Send args that are answered with 200, and read the answer.
    pub fn ask(&self, args: &Value) -> Value {
        let (status, text) = self.send(&args.to_string());
        assert_eq!(status, Status::Ok, "{args}: {text}");
        serde_json::from_str(&text).expect("JSON")
    }

    /// What is under the action's name in the answer.
    pub fn answer(&self, args: &Value) -> Value {
        self.ask(args)[args["action"].as_str().expect("an action")].take()
    }

    /// The instance.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// The instance, for what must be alone.
    pub fn instance_mut(&mut self) -> &mut Instance {
        &mut self.instance
    }

    /// What was logged since the last time.
    pub fn log(&self) -> Vec<String> {
        std::mem::take(&mut *self.log.0.lock().expect("no panic in here"))
    }
}

/// Run the example host with our module: its output, its log and its exit
/// status.
pub fn run_host(door: Door, arguments: &[&str], input: &str) -> (String, String, Option<i32>) {
    run_host_with(&artifacts().module, door, arguments, input)
}

/// Start the example host with a module and pipes for its three streams. It keeps
/// its private copies of modules in a folder that all of this process's tests
/// share, as hosts of one user do.
pub fn spawn_host(module: &Path, door: Door, arguments: &[&str]) -> Child {
    static STATE: LazyLock<PathBuf> =
        LazyLock::new(|| roots(Path::new(env!("CARGO_TARGET_TMPDIR"))).join("host-state"));
    Command::new(&artifacts().host)
        .env("XDG_STATE_HOME", &*STATE)
        .arg("--module")
        .arg(module)
        .args(["--door", door.word()])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the host runs")
}

/// Run the example host with a module, and locks that it shares with nobody
/// unless the arguments have a configuration.
pub fn run_host_with(
    module: &Path,
    door: Door,
    arguments: &[&str],
    input: &str,
) -> (String, String, Option<i32>) {
    let locks = Folder::new();
    let mut config = serde_json::json!({"lock_dir": locks.0.join("locks")});
    // A machine's other programs lie beside its iocage.
    let iocage = arguments.iter().position(|word| *word == "--iocage").and_then(|at| arguments.get(at + 1));
    for tool in TOOLS {
        let beside = iocage.map(|iocage| Path::new(iocage).with_file_name(tool));
        if let Some(beside) = beside.filter(|path| path.exists()) {
            config[tool] = beside.to_str().into();
        }
    }
    let config = without_tools(config);
    let config = config.to_string();
    let arguments = [&["--config", &config], arguments].concat();
    let mut child = spawn_host(module, door, &arguments);
    // A host that ends before it has read everything is judged by what it says.
    let _ = child.stdin.take().expect("piped").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code())
}
